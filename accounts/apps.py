"""Name the application that registers, activates and signs in customers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Hold what Django needs to know, and bring its checks along."""

    name = "accounts"
    verbose_name = _("Customers")

    def ready(self) -> None:
        """Register the system checks; they need the models, which are there only now."""
        from accounts.passkeys import checks  # noqa: F401

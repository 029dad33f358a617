"""Name the application that registers, activates and signs in customers."""

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Hold what Django needs to know, and have it check what must hold before a start."""

    name = "accounts"
    verbose_name = _("Customers")

    def ready(self) -> None:
        """Register our checks; nothing else happens at start-up."""
        from accounts import checks

        register(checks.check_operator, "operator")

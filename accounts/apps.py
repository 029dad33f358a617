"""Name the application that registers, activates and signs in customers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Hold what Django needs to know; nothing happens at start-up."""

    name = "accounts"
    verbose_name = _("Customers")

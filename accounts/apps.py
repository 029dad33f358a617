"""Name the application that registers, activates and signs in customers, and the staff's site."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.core.checks import register
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Hold what Django needs to know, and bring its checks along."""

    name = "accounts"
    verbose_name = _("All pages")

    def ready(self) -> None:
        """Register the system checks; they need the models, which are there only now.

        Around every `migrate` the guards of consents and audit are lifted and put up again.
        """
        from accounts import checks
        from accounts.models.consent_guard import CONSENTS
        from accounts.models.event_guard import EVENTS
        from accounts.passkeys import checks as _passkeys  # noqa: F401  registers as it is read

        register(checks.check_operator, "operator")
        for guard in (CONSENTS, EVENTS):
            pre_migrate.connect(guard.before_migrations, sender=self)
            post_migrate.connect(guard.after_migrations, sender=self)


class StaffSiteConfig(admin_apps.AdminConfig):
    """Django's admin, with the staff's site as the one that everything registers with."""

    default_site = "accounts.staff.site.StaffSite"
    default = False

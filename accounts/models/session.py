"""Remember where an account is and was signed in."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.values.visit import Visit


class AccountSession(models.Model):
    """One time that somebody was signed in, kept longer than the session itself.

    The session's key opens the account, so only its hash is here. Whether it goes on is told by
    the table of sessions alone (`accounts.services.sessions`).
    """

    class How(models.TextChoices):
        """With what it was opened."""

        PASSWORD = "password", _("password")
        PASSKEY = "passkey", _("passkey")
        TOTP = "totp", _("password and a code from the app")
        RECOVERY_CODE = "recovery_code", _("password and a recovery code")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="sessions",
    )
    # SHA-256 without a key: what is hashed has 160 random bits, and a new SECRET_KEY is no matter.
    session_hash = models.CharField(max_length=64, unique=True, editable=False)
    # Keys of accounts.values.user_agent, and the half of an address; empty where unknown.
    browser = models.CharField(_("browser"), max_length=20, blank=True)
    system = models.CharField(_("system"), max_length=20, blank=True)
    network_shown = models.CharField(_("shortened address"), max_length=20, blank=True)
    # Empty for a session that was open before these rows were.
    how = models.CharField(_("opened with"), max_length=20, choices=How.choices, blank=True)
    began_at = models.DateTimeField(_("begun"))
    # Behind by up to five minutes: an ordinary request writes nothing.
    seen_at = models.DateTimeField(_("last seen"), db_index=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-seen_at", "-pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def visit(self) -> Visit:
        """Return from where it was."""
        return Visit(self.browser, self.system, self.network_shown)

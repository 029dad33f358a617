"""Remember what happened to an account: rows are added, never changed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.values.visit import Visit


class AccountEvent(models.Model):
    """One thing that happened to the ways into an account, for its owner and for staff to read.

    `details` are words of ours (`how` somebody signed in, which `method`), never a person's data,
    never an address or a header of a request; but for the last two digits of a phone number that
    was given up (`old_digits`), by which its owner knows which one it was.
    """

    class Kind(models.TextChoices):
        """What happened, as its owner reads it."""

        SIGNED_IN = "signed_in", _("Sign-in")
        FAILED_SIGN_INS = "failed_sign_ins", _("Several failed sign-ins")
        FAILED_CODES = "failed_codes", _("Several wrong codes after the right password")
        FAILED_CONFIRMATIONS = (
            "failed_confirmations",
            _("Several wrong passwords on a page that asks for it again"),
        )
        PASSKEY_REFUSED = "passkey_refused", _("Passkey refused: it may have been copied")
        PASSWORD_BARRED = "password_barred", _("Password blocked after many failed sign-ins")
        PASSWORD_CHANGED = "password_changed", _("Password changed")
        PASSWORD_RESET = "password_reset", _("New password set by e-mail")
        PHONE_LINK_ASKED = "phone_link_asked", _("Link for a new phone number requested")
        PHONE_CHANGED = "phone_changed", _("Phone number changed")
        EMAIL_ASKED = "email_asked", _("Change of the e-mail address requested")
        EMAIL_CHANGED = "email_changed", _("E-mail address changed")
        EMAIL_REVERTED = (
            "email_reverted",
            _("Change of the e-mail address undone: all sessions ended, password blocked"),
        )
        METHOD_ADDED = "method_added", _("Sign-in method added")
        METHOD_REMOVED = "method_removed", _("Sign-in method removed")
        RECOVERY_CODES_MADE = "recovery_codes_made", _("New recovery codes made")
        RECOVERY_CODE_USED = "recovery_code_used", _("Recovery code used")
        SESSION_ENDED = "session_ended", _("Session in another browser ended")
        OTHER_SESSIONS_ENDED = "other_sessions_ended", _("All other sessions ended")
        DATA_DOWNLOADED = "data_downloaded", _("Copy of personal data downloaded")
        CLOSED = "closed", _("Account closed")
        REOPENED = "reopened", _("Account reopened")
        DISOWNED = "disowned", _("“It was not me”: all sessions ended, password blocked")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="events",
        db_index=False,  # the index below begins with it
    )
    kind = models.CharField(_("what happened"), max_length=20, choices=Kind.choices)
    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    # As in AccountSession; empty where it is unknown or staff's.
    browser = models.CharField(_("browser"), max_length=20, blank=True)
    system = models.CharField(_("system"), max_length=20, blank=True)
    network_shown = models.CharField(_("shortened address"), max_length=20, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["user", "-at"], name="event_newest")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; refuse to change one that is stored."""
        if not self._state.adding:
            raise TypeError("An event is append-only: add a new row instead.")
        super().save(*args, **kwargs)

    @property
    def visit(self) -> Visit:
        """Return from where it was."""
        return Visit(self.browser, self.system, self.network_shown)

    @property
    def words(self) -> Promise | str:
        """Return what happened in a whole sentence, with its detail where that is known."""
        detail = self.details.get("how") or self.details.get("method") or ""
        return _IN_DETAIL.get((self.kind, detail)) or self.get_kind_display()


# Whole sentences: none is put together from pieces.
_IN_DETAIL: dict[tuple[str, str], Promise] = {
    (AccountEvent.Kind.SIGNED_IN, "password"): _("Sign-in with the password"),
    (AccountEvent.Kind.SIGNED_IN, "passkey"): _("Sign-in with a passkey"),
    (AccountEvent.Kind.SIGNED_IN, "totp"): _("Sign-in with the password and a code from the app"),
    (AccountEvent.Kind.SIGNED_IN, "recovery_code"): _(
        "Sign-in with the password and a recovery code"
    ),
    (AccountEvent.Kind.PHONE_CHANGED, "staff"): _("Phone number changed by our staff"),
    (AccountEvent.Kind.EMAIL_ASKED, "staff"): _(
        "Change of the e-mail address requested through our staff"
    ),
    (AccountEvent.Kind.METHOD_ADDED, "passkey"): _("Passkey added"),
    (AccountEvent.Kind.METHOD_REMOVED, "passkey"): _("Passkey removed"),
    (AccountEvent.Kind.METHOD_ADDED, "totp"): _("Authenticator app turned on"),
    (AccountEvent.Kind.METHOD_REMOVED, "totp"): _("Authenticator app turned off"),
    (AccountEvent.Kind.METHOD_REMOVED, "recovery_codes"): _("Recovery codes made void"),
}

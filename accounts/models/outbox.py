"""Remember the mails that are owed: written with what they announce, delivered after it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import ReviewState


class OutboxMessage(models.Model):
    """One mail owed to one address; never its text, whose links are made at delivery.

    Who delivers claims the row by moving `due_at` into the future in one conditional UPDATE, so
    two workers never hold the same row and the claim of a dead one lapses by itself.
    """

    class Kind(models.TextChoices):
        """What the recipient is to be told."""

        REGISTRATION = "registration", _("activation link")
        WELCOME = "welcome", _("welcome help")
        PASSWORD_RESET = "password_reset", _("password reset")
        PASSWORD_CHANGED = "password_changed", _("password changed")
        ONE_TIME_CODE = "one_time_code", _("one-time code")
        REQUEST_RECEIVED = "request_received", _("request for a change received")
        REQUEST_DECIDED = "request_decided", _("request for a change decided")
        DATA_CORRECTED = "data_corrected", _("details corrected by staff")
        REVIEW_APPROVED = "review_approved", _("review: details approved")
        REVIEW_CORRECTION = "review_correction", _("review: correction requested")
        REVIEW_REJECTED = "review_rejected", _("review: account refused")
        PANEL_OPEN = "panel_open", _("the Transaction Panel is open")
        TERMS_PUBLISHED = "terms_published", _("new Terms of Service published")
        TERMS_ACCEPTED = "terms_accepted", _("new Terms of Service accepted")
        NEW_BROWSER = "new_browser", _("sign-in from a new browser")
        FAILED_SIGN_INS = "failed_sign_ins", _("several failed sign-ins")
        FAILED_CODES = "failed_codes", _("several wrong codes")
        FAILED_CONFIRMATIONS = "failed_confirmations", _("several wrong passwords in the account")
        PASSKEY_REFUSED = "passkey_refused", _("passkey refused")
        PASSWORD_BARRED = "password_barred", _("password blocked")
        SUSPENDED = "suspended", _("account blocked")
        UNSUSPENDED = "unsuspended", _("account unblocked")
        CLOSED = "closed", _("account closed")
        REOPENED = "reopened", _("account reopened")
        PHONE_LINK = "phone_link", _("link to the phone number")
        PHONE_CHANGED = "phone_changed", _("phone number changed")
        EMAIL_CONFIRM = "email_confirm", _("link to the new e-mail address")
        EMAIL_ASKED = "email_asked", _("change of the e-mail address requested")
        EMAIL_CHANGED = "email_changed", _("e-mail address changed, to the former one")
        EMAIL_CONFIRMED = "email_confirmed", _("e-mail address changed, to the new one")
        EMAIL_REVERTED = "email_reverted", _("change of the e-mail address undone")
        METHOD_ADDED = "method_added", _("sign-in method added")
        METHOD_REMOVED = "method_removed", _("sign-in method removed")
        RECOVERY_CODES_MADE = "recovery_codes_made", _("new recovery codes made")
        RECOVERY_CODE_USED = "recovery_code_used", _("recovery code used")
        DATA_DOWNLOADED = "data_downloaded", _("copy of personal data downloaded")

    class State(models.TextChoices):
        """How far the mail has come."""

        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed for good")
        DROPPED = "dropped", _("no longer needed")

    kind = models.CharField(_("message"), max_length=20, choices=Kind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        null=True,
        on_delete=models.CASCADE,
        related_name="messages",
    )
    # What it tells of: when, from which browser and where. About what is forgotten it is dropped.
    about = models.ForeignKey(
        "accounts.AccountEvent",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    request = models.ForeignKey(
        "accounts.DataRequest",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # Which change of the details by staff it tells of.
    correction = models.ForeignKey(
        "accounts.DataChange",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # The version that it tells of; empty where it tells of none.
    terms_version = models.CharField(
        _("version of the Terms of Service"), max_length=10, default="", db_default="", blank=True
    )
    # Why it came to what it tells of (`accounts.reasons`), where the account keeps no reason.
    reason = models.CharField(max_length=20, default="", db_default="", blank=True, editable=False)
    change = models.ForeignKey(
        "accounts.EmailChange",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # From where an address had it asked for: whose that is, and so whose event, the delivery finds.
    asked_from = models.JSONField(null=True, editable=False)
    recipient = models.EmailField(_("recipient"), max_length=254)
    language = models.CharField(_("language"), max_length=5)
    # The id of the request that owed it, for the logs.
    asked_in = models.CharField(
        max_length=36, blank=True, editable=False, default="", db_default=""
    )
    link_serial = models.PositiveIntegerField(_("number of the link"), default=0)
    message_id = models.CharField(_("Message-ID"), max_length=100, unique=True)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("next attempt at"), default=timezone.now)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("written at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="outbox_due"),
            models.Index(fields=["-id"], condition=Q(state="failed"), name="outbox_failed"),
            models.Index(fields=["-id"], condition=Q(state="dropped"), name="outbox_dropped"),
            # For the lists of staff: a kind that is rare, and the beginning of an address.
            models.Index(fields=["kind", "-id"], name="outbox_of_kind"),
            models.Index(
                fields=["recipient"], opclasses=["varchar_pattern_ops"], name="outbox_recipient"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


# Which mail tells the customer of which state of the review; `new` is told by none.
OUTCOMES = {
    ReviewState.APPROVED: OutboxMessage.Kind.REVIEW_APPROVED,
    ReviewState.CORRECTION: OutboxMessage.Kind.REVIEW_CORRECTION,
    ReviewState.REJECTED: OutboxMessage.Kind.REVIEW_REJECTED,
}

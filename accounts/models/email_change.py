"""Remember which e-mail address an account gave up for which, and how far that has come."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# How long the new address has to be confirmed by the link that was sent there last, and how long
# afterwards the old one can have the change undone.
CONFIRMED_WITHIN = timedelta(hours=48)
UNDONE_WITHIN = timedelta(hours=72)

_OPEN = Q(confirmed_at=None, cancelled_at=None)


class EmailChangeQuerySet(models.QuerySet["EmailChange"]):
    """The changes of one account or of all."""

    def open(self) -> "EmailChangeQuerySet":
        """Return those that wait for the new address to be confirmed."""
        return self.filter(_OPEN)

    def cancel(self) -> int:
        """End those that wait; return how many there were. One conditional UPDATE."""
        return self.open().update(cancelled_at=timezone.now())


class EmailChange(models.Model):
    """One change of the address of an account; the database holds one open one an account.

    It takes effect when the new address is confirmed (`confirmed_at`), or never (`cancelled_at`).
    `reverted_at` says that the reader of the old mailbox had it undone, before or after that.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="email_changes",
    )
    # As typed, and the keys by which addresses are compared.
    old_email = models.EmailField(_("former e-mail address"), max_length=254)
    old_key = models.CharField(max_length=254, editable=False)
    new_email = models.EmailField(_("new e-mail address"), max_length=254)
    new_key = models.CharField(max_length=254, editable=False)
    asked_at = models.DateTimeField(_("asked for at"), default=timezone.now)
    sent_at = models.DateTimeField(_("link sent at"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    reverted_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    objects = EmailChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of the e-mail address")
        verbose_name_plural = _("changes of the e-mail address")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=_OPEN, name="one_open_email_change_per_account"
            ),
        ]

    def __str__(self) -> str:
        # Ends up in logs: a number, never an address.
        return f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        """Tell whether it waits for the new address to be confirmed."""
        return self.confirmed_at is None and self.cancelled_at is None

    @property
    def link_ends_at(self) -> datetime:
        """Return until when the newest link works, if it was delivered at once."""
        return self.sent_at + CONFIRMED_WITHIN

    @property
    def is_link_over(self) -> bool:
        """Tell whether another link has to be sent."""
        return timezone.now() >= self.link_ends_at

    def can_be_undone(self, now: datetime) -> bool:
        """Tell whether the old mailbox may have it undone: open, or in effect for 72 hours."""
        if self.confirmed_at is None:
            return self.cancelled_at is None
        return self.reverted_at is None and now < self.confirmed_at + UNDONE_WITHIN

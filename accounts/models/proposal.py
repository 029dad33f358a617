"""Remember which phone number or e-mail address staff propose, until a second person decides."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User

_OPEN = Q(state="open")


class ContactProposal(models.Model):
    """One proposal; the database holds one open one of a kind an account.

    `before` is what the account had when it was proposed: a number in E.164, or an address as
    typed. Whatever has another one by now is not what was proposed.
    """

    class Field(models.TextChoices):
        """What is to be changed."""

        PHONE = "phone", _("phone number")
        EMAIL = "email", _("e-mail address")

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", _("open")
        CONFIRMED = "confirmed", _("confirmed")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="contact_proposals",
    )
    field = models.CharField(_("field"), max_length=5, choices=Field.choices)
    before = models.CharField(_("before"), max_length=254)
    value = models.CharField(_("wanted"), max_length=254)
    # A code of `accounts.desk.reasons`.
    reason = models.CharField(_("reason"), max_length=20)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    proposed_at = models.DateTimeField(_("proposed at"), default=timezone.now)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("proposed by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("proposed change of a contact")
        verbose_name_plural = _("proposed changes of contacts")
        ordering = ["pk"]
        indexes = [models.Index(fields=["id"], condition=_OPEN, name="contact_proposal_open")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "field"], condition=_OPEN, name="one_open_proposal_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        # Ends up in logs: a number, never a person's data.
        return f"#{self.pk}"

    def close(self, state: State, *, by: User) -> None:
        """Store what became of it; call it with the row locked."""
        self.state, self.decided_by, self.closed_at = state, by, timezone.now()
        self.save(update_fields=["state", "decided_by", "closed_at"])

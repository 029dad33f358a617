"""Remember how a customer's data became what they are, and what he has asked to be changed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import WORDS_LENGTH, Section


class DataChange(models.Model):
    """One section of a customer's data before and after a change; rows are added, never changed.

    `before` and `after` are canonical values by the names of the customer's fields.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="data_changes",
    )
    section = models.CharField(_("section"), max_length=10, choices=Section.choices)
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)
    # Who of the staff did it, and why (`accounts.desk.reasons`); empty where the customer did.
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("changed by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reason = models.CharField(
        _("reason"), max_length=20, blank=True, default="", db_default="", editable=False
    )

    class Meta:
        verbose_name = _("change of details")
        verbose_name_plural = _("changes of details")
        ordering = ["-changed_at", "-pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; refuse to change one that is stored."""
        if not self._state.adding:
            raise TypeError("A change is append-only: add a new row instead.")
        super().save(*args, **kwargs)


class DataRequest(models.Model):
    """What a customer asks to be changed, and why; the database holds one open one an account."""

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="data_requests",
    )
    section = models.CharField(_("section"), max_length=10, choices=Section.choices)
    # Canonical values by the names of the customer's fields.
    wanted = models.JSONField(_("wanted"))
    reason = models.CharField(_("reason"), max_length=WORDS_LENGTH)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    # For the customer to read.
    answer = models.CharField(_("words for the customer"), max_length=WORDS_LENGTH, blank=True)
    created_at = models.DateTimeField(_("received at"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("request for a change")
        verbose_name_plural = _("requests for a change")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state="open"), name="one_open_request_per_account"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

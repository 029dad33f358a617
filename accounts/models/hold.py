"""Remember that somebody's data must not be deleted yet, why, and until when."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class HoldQuerySet(models.QuerySet["Hold"]):
    """The holds of one account or of all."""

    def in_force(self) -> "HoldQuerySet":
        """Return those that are neither released nor over; the last day counts."""
        return self.filter(released_at=None, until__gte=timezone.localdate())


class Hold(models.Model):
    """One reason to keep a customer's data beyond its time; officers set and release it.

    Art. 49(3) of the AML act of 1 March 2018 lets the GIIF ask for five years more. Never for the
    customer, and for staff only who may read of AML: art. 54 forbids telling. The database holds
    one of a reason an account that is not released.
    """

    class Reason(models.TextChoices):
        """Why it is kept."""

        GIIF = "giif", _("demand of the GIIF")
        COURT = "court", _("court or prosecutor")
        COMPLAINT = "complaint", _("open complaint or claim")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="holds",
    )
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    until = models.DateField(_("kept until"))
    set_at = models.DateTimeField(_("set at"), default=timezone.now)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("set by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("released by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "reason"],
                condition=Q(released_at=None),
                name="one_hold_of_a_reason_per_account",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

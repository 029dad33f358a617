"""Remember which countries officers hold to be of high risk."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.values import country


class HighRiskCountry(models.Model):
    """One country whose customers deserve a second look; officers keep the table.

    Which they are, the institution decides for itself (art. 33 and 43 of the AML act of 1 March
    2018): the table is empty at first.
    """

    code = models.CharField(_("country"), max_length=2, unique=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("added by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    added_at = models.DateTimeField(_("added at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("high-risk country")
        verbose_name_plural = _("high-risk countries")
        ordering = ["code"]

    def __str__(self) -> str:
        return country.name(self.code)

"""Remember how customers heard of the service."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kantor.serving.typography import tie


class Source(models.Model):
    """One choice of "How did you hear about kantor.pl?", kept by staff in both languages."""

    name_pl = models.CharField(_("name in Polish"), max_length=100)
    name_en = models.CharField(_("name in English"), max_length=100)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    asks_details = models.BooleanField(_("asks which one"), default=False)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("source of knowledge")
        verbose_name_plural = _("sources of knowledge")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return tie(self.name_en, "en") if get_language() == "en" else tie(self.name_pl, "pl")


class SurveyAnswer(models.Model):
    """One customer's answer; the first one stands."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="survey_answer",
    )
    source = models.ForeignKey(
        Source, verbose_name=_("source of knowledge"), on_delete=models.PROTECT
    )
    details = models.CharField(_("details"), max_length=200, blank=True)
    answered_at = models.DateTimeField(_("answered at"), default=timezone.now)

    class Meta:
        verbose_name = _("survey answer")
        verbose_name_plural = _("survey answers")
        indexes = [models.Index(fields=["source", "-user"], name="answer_of_source")]

    def __str__(self) -> str:
        return str(self.source)

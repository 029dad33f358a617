"""Remember how often things happened, by day, and what a visitor with a code is looking at."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DailyCount(models.Model):
    """How often one thing happened on one day (Warsaw time): a number, and nothing of anybody.

    `kind` and `language` are empty where they do not tell anything; `key` is made of words of ours
    (`accounts.statistics.counting`), joined by dots.
    """

    class Name(models.TextChoices):
        """What is counted; the key says which of it."""

        BEGUN = "begun", "a step begun"
        FINISHED = "finished", "a step finished"
        LEFT = "left", "a step left for good"
        SECONDS = "seconds", "time for a step"
        MESSAGE = "message", "a message at a field"
        CAPTCHA = "captcha", "a challenge shown, or answered"
        REGISTERED = "registered", "a registration"
        SOURCE = "source", "an answer to the survey"
        MAIL = "mail", "a mail delivered, or not"
        DECIDED = "decided", "a decision of staff"
        DECISION_TIME = "decision_time", "time to a decision"

    day = models.DateField()
    name = models.CharField(max_length=16, choices=Name.choices)
    kind = models.CharField(max_length=8, blank=True)
    language = models.CharField(max_length=5, blank=True)
    key = models.CharField(max_length=100, blank=True)
    count = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = _("statistics")
        verbose_name_plural = _("statistics")
        constraints = [
            # Its index answers, too, how often one thing happened from day to day.
            models.UniqueConstraint(
                fields=["name", "day", "kind", "language", "key"], name="one_count_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name} {self.key}"


class SupportCode(models.Model):
    """Which page a visitor is at who has asked for a code to tell on the phone; no answer of his.

    `digest` is the keyed hash of the code, which stands nowhere. `messages` are names of fields
    and of what was said at them (`["email", "required"]`), never what was typed.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    step = models.CharField(max_length=12)
    kind = models.CharField(max_length=8, blank=True)
    language = models.CharField(max_length=5)
    messages = models.JSONField(default=list)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("code for the consultant")
        verbose_name_plural = _("code for the consultant")

    def __str__(self) -> str:
        # The digest names a visitor's page; no log needs it.
        return "–"

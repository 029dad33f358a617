"""Remember what became of the work that is done by the clock, for the operator's monitor."""

from django.db import models
from django.utils import timezone


class NightlyFact(models.Model):
    """The last result of one task; `/healthz` shows it."""

    class Name(models.TextChoices):
        """Which task."""

        VERIFY_CONSENTS = "verify_consents"
        CHECK_AUDIT = "check_audit"
        BACKUP = "backup"
        PURGE = "purge"

    name = models.CharField(max_length=40, primary_key=True, choices=Name.choices)
    is_well = models.BooleanField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def record(cls, name: Name, *, is_well: bool = True) -> None:
        """Write down what became of it just now."""
        facts = {"is_well": is_well, "at": timezone.now()}
        cls.objects.update_or_create(name=name, defaults=facts)

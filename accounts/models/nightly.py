"""Remember what the checks of the night found, for the operator's monitor."""

from django.db import models


class NightlyFact(models.Model):
    """The last result of one check; `/healthz` shows it."""

    class Name(models.TextChoices):
        """Which check."""

        VERIFY_CONSENTS = "verify_consents"
        CHECK_AUDIT = "check_audit"

    name = models.CharField(max_length=40, primary_key=True, choices=Name.choices)
    is_well = models.BooleanField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

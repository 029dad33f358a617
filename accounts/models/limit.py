"""Remember how often something was tried."""

from django.db import models


class Counter(models.Model):
    """How often one thing happened in one window of time; `accounts.limits` counts."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key

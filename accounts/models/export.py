"""Remember which lists of customers staff have ordered as files, until those are gone."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# A task that writes a file says so every few thousand rows; one that is silent for longer is dead.
SILENCE = timedelta(minutes=10)


class ExportFile(models.Model):
    """One ordered file, for its author alone; neither words of a search nor a customer are in it.

    The file lies in EXPORT_DIR under `name`, from when it is begun, and goes with the row
    (`accounts.services.export_files`).
    `found` are the numbers of the accounts that a search had found, where there was one.
    """

    class Format(models.TextChoices):
        """What kind of a file it is."""

        CSV = "csv", _("CSV (text)")
        XLSX = "xlsx", _("XLSX (spreadsheet)")

    class State(models.TextChoices):
        """How far it is."""

        PROPOSED = "proposed", _("waiting for a second person")
        WAITING = "waiting", _("waiting for its turn")
        RUNNING = "running", _("being written")
        READY = "ready", _("ready")
        FAILED = "failed", pgettext_lazy("export", "failed")

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="export_files"
    )
    # Where it was ordered, for the audit (`accounts.desk.events.Desk`).
    session = models.CharField(max_length=16, blank=True)
    network = models.CharField(max_length=43, blank=True)
    format = models.CharField(_("format"), max_length=4, choices=Format.choices)
    is_masked = models.BooleanField(_("masked"), default=True)
    # A code of `accounts.desk.reasons`.
    reason = models.CharField(_("reason"), max_length=20, blank=True)
    language = models.CharField(max_length=5)
    filters = models.JSONField(_("filters"), default=dict)
    found = models.JSONField(null=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=60, blank=True)
    total = models.PositiveIntegerField(null=True)
    written = models.PositiveIntegerField(_("rows"), default=0)
    at = models.DateTimeField(_("when"), default=timezone.now)
    heard_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(_("kept until"), db_index=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_interrupted(self) -> bool:
        """Tell whether whoever writes it, or should, has been silent for so long that he is gone.

        An order that nobody has begun may still be: it waits behind others, or was lost with the
        process that had it.
        """
        silent_since = timezone.now() - SILENCE
        is_ordered = self.state in (self.State.WAITING, self.State.RUNNING)
        return is_ordered and self.heard_at < silent_since

    @property
    def is_under_way(self) -> bool:
        """Tell whether it is worth looking again in a while."""
        is_ordered = self.state in (self.State.WAITING, self.State.RUNNING)
        return is_ordered and not self.is_interrupted

    @property
    def percent(self) -> int | None:
        """Return how much of it is written, 99 at most before it is ready; None while unknown."""
        return min(99, self.written * 100 // self.total) if self.total else None

"""Remember what a customer agreed to and what he took back: rows are added, never changed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ConsentRecord(models.Model):
    """One yes or no of one person to one version of one text, in one language.

    The proof that art. 7(1) GDPR asks for. A withdrawal is a new row with `given` false; the
    newest row of a key tells how things stand. `text_hash` is the SHA-256 of exactly what was
    shown (`accounts.consents`).
    """

    class Channel(models.TextChoices):
        """Where the person said so."""

        REGISTRATION = "registration", _("registration form")
        ACCOUNT = "account", _("account page")
        LINK = "link", _("link in a message")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="consents",
    )
    key = models.CharField(_("consent"), max_length=20)
    version = models.CharField(_("version of the text"), max_length=10)
    text_hash = models.CharField(_("SHA-256 of the text"), max_length=64)
    language = models.CharField(_("language"), max_length=5)
    given = models.BooleanField(_("given"))
    channel = models.CharField(_("way"), max_length=12, choices=Channel.choices)
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["recorded_at", "pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; refuse to change one that is stored."""
        if not self._state.adding:
            raise TypeError("A consent record is append-only: add a new row instead.")
        super().save(*args, **kwargs)

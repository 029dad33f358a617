"""Remember what a customer agreed to and what he took back: rows are added, never changed."""

import hashlib
import json
from datetime import UTC
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ConsentRecord(models.Model):
    """One yes or no of one person to one version of one text, in one language.

    The proof that art. 7(1) GDPR asks for. A withdrawal is a new row with `given` false; the
    newest row of a key tells how things stand. `text_hash` is the SHA-256 of exactly what was
    shown (`accounts.consents`). Each row is sealed together with the one before it of the same
    account, so that none can be changed, taken out or put in between unseen; the database itself
    refuses to try (`consent_guard`). Rows are added by `accounts.services.ledger`.
    """

    class Channel(models.TextChoices):
        """Where the person said so."""

        REGISTRATION = "registration", _("registration form")
        ACCOUNT = "account", _("account page")
        LINK = "link", _("link in a message")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        # The database erases them with their account, and refuses it before (`consent_guard`).
        on_delete=models.DO_NOTHING,
        related_name="consents",
    )
    key = models.CharField(_("consent"), max_length=20)
    version = models.CharField(_("version of the text"), max_length=10)
    text_hash = models.CharField(_("SHA-256 of the text"), max_length=64)
    language = models.CharField(_("language"), max_length=5)
    given = models.BooleanField(_("given"))
    channel = models.CharField(_("way"), max_length=12, choices=Channel.choices)
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    digest = models.CharField(
        _("receipt (SHA-256)"), max_length=64, db_default="", default="", editable=False
    )

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

    def digest_after(self, previous: str) -> str:
        """Return the SHA-256, in hexadecimal, of this row and of the digest before it.

        `previous` is empty for the first row of an account. What is hashed is a JSON array without
        spaces, in ASCII: that digest, the number of the account, key, version, text_hash,
        language, given, channel, and the time in UTC to the microsecond, with its offset
        ("2026-11-29T08:15:00.000000+00:00"). No secret is in it: whoever has the rows can count
        them again.
        """
        stated = [
            previous,
            self.user_id,
            self.key,
            self.version,
            self.text_hash,
            self.language,
            self.given,
            str(self.channel),
            self.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        ]
        return hashlib.sha256(json.dumps(stated, separators=(",", ":")).encode()).hexdigest()

"""Remember what a public register answered about a company when staff asked it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RegisterCheck(models.Model):
    """One answer of the register of VAT payers; rows are added, never changed.

    `request_id` is the number by which the Ministry of Finance confirms that the question was asked
    (art. 96b of the VAT act of 11 March 2004). Where the register has no such company, name and
    status are empty.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="register_checks",
    )
    nip = models.CharField(_("tax number (NIP)"), max_length=10)
    is_found = models.BooleanField(_("in the register"))
    name = models.CharField(_("name in the register"), max_length=255, blank=True)
    # As the register writes it: Czynny, Zwolniony, Niezarejestrowany.
    vat_status = models.CharField(_("status"), max_length=40, blank=True)
    # The day of Warsaw that the answer is about.
    day = models.DateField(_("as of"))
    request_id = models.CharField(_("number of the question"), max_length=60, blank=True)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("check in the register")
        verbose_name_plural = _("checks in the register")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; refuse to change one that is stored."""
        if not self._state.adding:
            raise TypeError("A check is append-only: ask the register again.")
        super().save(*args, **kwargs)

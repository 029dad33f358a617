"""Remember the passkeys that open an account."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Passkey(models.Model):
    """One passkey of one account: the credential record of WebAuthn level 3, section 4.

    Nothing in it is secret: the private key never leaves its owner's device.
    """

    # Bytes that the standard allows a credential id to have (section 7.1).
    MAX_ID: ClassVar = 1023
    MAX_NAME: ClassVar = 60
    # Passkeys that an account may have.
    MOST: ClassVar = 10

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="passkeys",
    )
    name = models.CharField(_("name"), max_length=MAX_NAME)
    credential_id = models.BinaryField(max_length=MAX_ID, unique=True)
    # As COSE writes it (RFC 9052), in CBOR.
    public_key = models.BinaryField(max_length=1024)
    # How often the authenticator has signed, 32 bits; 0 for ever in one that does not count.
    sign_count = models.PositiveBigIntegerField(default=0)
    # The ways in which a browser may reach it, separated by blanks: "internal hybrid".
    transports = models.CharField(max_length=60, blank=True)
    # Whether it may be copied to other devices of its owner, and whether that has happened.
    is_backup_eligible = models.BooleanField(_("may be synchronised"), default=False)
    is_backed_up = models.BooleanField(_("synchronised"), default=False)
    added_at = models.DateTimeField(_("added at"), default=timezone.now)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("passkey")
        verbose_name_plural = _("passkeys")
        ordering = ["added_at", "pk"]

    def __str__(self) -> str:
        # Ends up in the admin's history and in logs: a number, never what its owner calls it.
        return f"#{self.pk}"

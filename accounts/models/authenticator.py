"""Remember the authenticator app of an account and its recovery codes; neither can be read here."""

from time import time
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from django_otp.oath import hotp
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import sealing

# What is sealed, for `accounts.sealing`; the number of the account follows.
SEED = "accounts.authenticator.seed"
DIGEST = "accounts.recovery-code.digest"

STEP_SECONDS = 30
DRIFT_STEPS = 1


class AuthenticatorApp(TOTPDevice):
    """The app with codes (RFC 6238) of one account: django-otp's device, its seed sealed.

    django-otp keeps the seed readable, checks a code in variable time, and two simultaneous tries
    of one code would both pass: `key` holds the seed sealed for its account, and `verify_token`
    decides by one UPDATE. The database has one row an account (migration 0007); a row is there
    only after a right code, so `confirmed` is always true. What django-otp counts of failures is
    left at nothing: `accounts.totp.services` counts them for the account.
    """

    # django-otp ships no types.
    objects: ClassVar[models.Manager["AuthenticatorApp"]]
    user_id: int
    key: str

    class Meta:
        proxy = True
        verbose_name = _("authenticator app")
        verbose_name_plural = _("authenticator apps")

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def bin_key(self) -> bytes:
        """Return the seed. Raises `sealing.UnreadableError`."""
        return sealing.unseal(self.key, SEED, str(self.user_id))

    def step_of(self, token: str) -> int | None:
        """Return the newest step whose code this is: now, the one before or the one after.

        Every step is compared, each in constant time. Raises `sealing.UnreadableError`.
        """
        now, seed = int(time()) // STEP_SECONDS, self.bin_key
        fitting = [
            step
            for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)
            if constant_time_compare(token, f"{hotp(seed, step):06}")
        ]
        return max(fitting, default=None)

    def verify_token(self, token: str) -> bool:
        """Tell whether this is a code of these moments, and use it up.

        A code counts once, and none counts that is older than the last one (RFC 6238, section
        5.2): of any number of simultaneous tries one passes. Raises `sealing.UnreadableError`.
        """
        step = self.step_of(token)
        if step is None:
            return False
        unused = AuthenticatorApp.objects.filter(pk=self.pk, last_t__lt=step)
        return bool(unused.update(last_t=step, last_used_at=timezone.now()))


class RecoveryCode(models.Model):
    """One code that opens an account in the place of its app, once: a used one is deleted.

    `sealed` is the SHA-256 of the code, sealed for the account.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="recovery_codes",
    )
    sealed = models.CharField(max_length=96, editable=False)
    created_at = models.DateTimeField(_("made at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")

    def __str__(self) -> str:
        return f"#{self.pk}"

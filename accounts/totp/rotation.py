"""Seal anew what an older key of `TOTP_KEYS` sealed, so that the older key can go."""

from collections.abc import Iterator
from dataclasses import dataclass

from accounts import sealing
from accounts.models import AuthenticatorApp, RecoveryCode
from accounts.models.authenticator import DIGEST, SEED

BATCH = 1000


@dataclass
class Tally:
    """How many seeds and digests were found in which state."""

    current: int = 0
    resealed: int = 0
    # No key opens these: a key was taken away too early, or the rows come from elsewhere.
    unreadable: int = 0


def reseal(*, dry_run: bool = False) -> Tally:
    """Seal every seed and every recovery code with the newest key; return what was found.

    Row by row, so it may be stopped and begun again, and runs beside visitors: a row that changes
    meanwhile stays as they left it. Every process of the site has to know the newest key before.
    """
    tally = Tally()
    for kind, field, about in (
        (AuthenticatorApp, "key", SEED),
        (RecoveryCode, "sealed", DIGEST),
    ):
        for pk, user_id, sealed in _rows(kind, field):
            try:
                secret = sealing.unseal(sealed, about, str(user_id))
            except sealing.UnreadableError:
                tally.unreadable += 1
                continue
            newest = sealing.seal(secret, about, str(user_id))
            unchanged = kind.objects.filter(pk=pk, **{field: sealed})
            if newest == sealed:
                tally.current += 1
            elif dry_run:
                tally.resealed += 1
            else:
                tally.resealed += unchanged.update(**{field: newest})
    return tally


def _rows(
    kind: type[AuthenticatorApp | RecoveryCode], field: str
) -> Iterator[tuple[int, int, str]]:
    rows, last = kind.objects.order_by("pk").values_list("pk", "user_id", field), 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield from batch
        last = batch[-1][0]

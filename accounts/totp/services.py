"""Turn an authenticator app on and off, make recovery codes, and judge a code. Nobody is signed in.

Each function is one decision and says what happened; the caller tells the owner by mail and notes
the event. What changes something may be called inside the transaction that owes the mail.
`verify` may not: a count that is rolled back is none; it tells of a recovery code itself.
"""

import logging
import secrets
from base64 import b32encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from django.db import IntegrityError, transaction
from django.db.models import Count

from accounts import sealing
from accounts.limits import Limit, count_all, note_refusal
from accounts.models import AccountEvent, AuthenticatorApp, RecoveryCode, User
from accounts.models.authenticator import DIGEST, SEED
from accounts.services import events, sessions
from accounts.totp import codes
from accounts.values.visit import NOBODY, Visit
from kantor.serving import security_log
from kantor.serving.security_log import Event

logger = logging.getLogger(__name__)

# RFC 4226, section 4, recommends 160 bits.
SEED_BYTES = 20
RECOVERY_CODES = 8
# Codes of the app and recovery codes together; a right one clears the count.
TRIES = Limit("totp", times=5, window=timedelta(minutes=15), must_last=True)


class Outcome(Enum):
    """What a code was worth; a right one names its method."""

    APP = "totp"
    RECOVERY_CODE = "recovery_code"
    WRONG = "wrong"  # or used before, or of an account without an app
    LIMITED = "limited"  # not looked at; `wait` says how long
    UNREADABLE = "unreadable"  # TOTP_KEYS lacks the key of this account: ours to mend

    @property
    def is_right(self) -> bool:
        """Tell whether the second step is passed."""
        return self in (Outcome.APP, Outcome.RECOVERY_CODE)


class Refusal(Enum):
    """Why an app was not turned on."""

    WRONG = "wrong"
    STALE = "stale"  # this seed is not readable, or another account's: only a new one helps
    ALREADY_ON = "already on"
    ENDED = "ended"  # a new password or "It was not me" came first: who asked is let in no more


@dataclass(frozen=True)
class State:
    """What an account with an app is shown of it."""

    added_at: datetime
    last_used_at: datetime | None
    recovery_codes_left: int


@dataclass(frozen=True)
class Proposal:
    """A seed for a new app: sealed, to be kept till it is confirmed, and as the app takes it."""

    sealed: str
    uri: str = field(repr=False)
    key: str = field(repr=False)


def state(user: User) -> State | None:
    """Return how the app of this account stands; nothing when there is none. One statement."""
    app = (
        AuthenticatorApp.objects.filter(user=user)
        .annotate(codes_left=Count("user__recovery_codes"))
        .first()
    )
    if app is None:
        return None
    return State(app.created_at, app.last_used_at, app.codes_left)


def is_on(user: User) -> bool:
    """Tell whether this account asks for a code after the password."""
    return AuthenticatorApp.objects.filter(user=user).exists()


def propose(user: User, sealed: str = "") -> Proposal:
    """Return a seed for a new app: the one that was proposed before, if it is good, or a new one.

    Nothing is stored. The sealed seed opens for this account only.
    """
    try:
        return _proposal(user, sealed)
    except sealing.UnreadableError:
        return _proposal(user, sealing.seal(secrets.token_bytes(SEED_BYTES), SEED, str(user.pk)))


def turn_on(user: User, sealed: str, code: str) -> list[str] | Refusal:
    """Turn on the app with this proposed seed if it shows this code; return the recovery codes.

    They exist here and nowhere else: kept are their digests. The code is used up by it. Of two
    simultaneous calls one turns on. None is for who was let in before a new password or "It was
    not me" ended that: `user` is as this request found him.
    """
    app = AuthenticatorApp(user=user, name="", key=sealed)
    try:
        step = app.step_of(codes.read(code))
    except sealing.UnreadableError:
        return Refusal.STALE
    if step is None:
        return Refusal.WRONG
    app.last_t = step
    try:
        with transaction.atomic():
            if not sessions.is_still_in(user):
                return Refusal.ENDED
            app.save(force_insert=True)
            return _replace_recovery_codes(user)
    except IntegrityError:
        return Refusal.ALREADY_ON


def renew_recovery_codes(user: User) -> list[str] | None:
    """Replace the recovery codes, whatever is left of them; return the new ones.

    Nothing for an account without an app, or for who is let in no more, as in `turn_on`. Of two
    simultaneous calls the second one's stay.
    """
    with transaction.atomic():
        if not sessions.is_still_in(user):
            return None
        if AuthenticatorApp.objects.select_for_update().filter(user=user).first() is None:
            return None
        return _replace_recovery_codes(user)


def turn_off(user: User) -> bool:
    """Forget the app and the recovery codes; tell whether there was an app."""
    with transaction.atomic():
        # The app first, as everywhere: two calls must not wait for each other.
        deleted, _ = AuthenticatorApp.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()
    return bool(deleted)


def reset(user: User) -> bool:
    """Turn off for somebody who has lost app and codes, and forget the tries; for staff.

    Only after the person has proved who it is: this opens the account with the password alone.
    """
    TRIES.clear(str(user.pk))
    return turn_off(user)


def verify(user: User, code: str, *, visit: Visit = NOBODY) -> Outcome:
    """Judge a code of the app or a recovery code, however it is typed; a right one counts once.

    The try is counted before it is judged: of any number of simultaneous ones five are looked at,
    and of right ones of the same code one passes. The owner is told of a recovery code by
    mail, and of the last try that is looked at when it is wrong as well.
    """
    app = AuthenticatorApp.objects.filter(user=user).first()
    if app is None:
        return Outcome.WRONG
    (tried,) = count_all((TRIES,), str(user.pk))
    if tried > TRIES.times:
        note_refusal(TRIES.name)
        return Outcome.LIMITED
    outcome = _judge(app, user, codes.read(code), visit)
    if outcome is not Outcome.WRONG:
        TRIES.clear(str(user.pk))
    else:
        security_log.note(Event.CODE_REFUSED, account=user.pk)
    if outcome is Outcome.WRONG and tried == TRIES.times:
        events.tell_daily(user, AccountEvent.Kind.FAILED_CODES, visit=visit)
    return outcome


def wait(user: User) -> timedelta:
    """Return how long this account has to wait until a code is looked at again."""
    return TRIES.wait(str(user.pk))


def _judge(app: AuthenticatorApp, user: User, code: str, visit: Visit) -> Outcome:
    try:
        if app.verify_token(code):
            return Outcome.APP
    except sealing.UnreadableError:
        logger.error(
            "No key of TOTP_KEYS opens the authenticator app of account #%s: a key is missing",
            app.user_id,
        )
        return Outcome.UNREADABLE
    if codes.is_app_code(code):
        return Outcome.WRONG
    sealed = sealing.seals(codes.digest(code), DIGEST, str(app.user_id))
    with transaction.atomic():
        used, _ = RecoveryCode.objects.filter(user=user, sealed__in=sealed).delete()
        if used:
            events.tell(user, AccountEvent.Kind.RECOVERY_CODE_USED, visit=visit)
    return Outcome.RECOVERY_CODE if used else Outcome.WRONG


def _proposal(user: User, sealed: str) -> Proposal:
    app = AuthenticatorApp(user=user, key=sealed)
    return Proposal(sealed, app.config_url, b32encode(app.bin_key).decode())


def _replace_recovery_codes(user: User) -> list[str]:
    made = [codes.make_recovery_code() for _ in range(RECOVERY_CODES)]
    about = (DIGEST, str(user.pk))
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, sealed=sealing.seal(codes.digest(code), *about)) for code in made
    )
    return made

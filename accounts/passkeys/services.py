"""Decide what a passkey opens: add one, sign in, confirm that it is you, rename, remove.

Each function returns what happened. What is owed for it, a mail to the owner and a line among the
events of the account, is owed by who calls, in the same transaction where both must hold.

The ceremony and its library are read when somebody shows a passkey: 10 MiB that no registration
needs.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Passkey, User
from accounts.passkeys import challenge, relying_party
from accounts.passkeys.challenge import Purpose, RefusedError, StaleError
from accounts.services import sessions
from kantor.serving import security_log
from kantor.serving.security_log import Event

if TYPE_CHECKING:
    from accounts.passkeys.ceremony import Proof

# What the standard recommends, and the most that it allows (WebAuthn, 14.6.1).
HANDLE_BYTES = 64


class Outcome(StrEnum):
    """What became of an answer."""

    ACCEPTED = "accepted"
    # Nothing was proved: broken, foreign, signed by another key, a passkey that we do not know,
    # an account that is not open, or not at this door. Nobody is told which.
    REFUSED = "refused"
    # Too late, or answered already.
    STALE = "stale"
    # Proved, but the authenticator has signed less often than before: there may be two of it.
    CLONED = "cloned"
    # Proved, but staff closed the account. Its owner, and nobody else, may be told.
    SUSPENDED = "suspended"
    # Proved, but its owner closed the account: he is offered to reopen it.
    CLOSED = "closed"
    # Verified, but the account has as many passkeys as it may.
    TOO_MANY = "too-many"


@dataclass(frozen=True)
class Result:
    """What happened, and to which passkey if that was proved (its account is `passkey.user`)."""

    outcome: Outcome
    passkey: Passkey | None = None


def options_to_add(user: User) -> dict[str, Any]:
    """Return what the browser needs to make a passkey for this account."""
    from accounts.passkeys import ceremony

    return ceremony.options_to_add(user, _handle_of(user), user.passkeys.all())


def options_to_sign_in() -> dict[str, Any]:
    """Return what the browser needs to sign in with any passkey. No statement."""
    from accounts.passkeys import ceremony

    return ceremony.options_to_prove(Purpose.SIGN_IN)


def options_to_confirm(user: User) -> dict[str, Any]:
    """Return what the browser needs to prove a passkey of this account."""
    from accounts.passkeys import ceremony

    return ceremony.options_to_prove(Purpose.CONFIRM, user, user.passkeys.all())


def known_to_browsers(user: User, passkeys: Iterable[Passkey]) -> dict[str, Any]:
    """Return what `PublicKeyCredential.signalAllAcceptedCredentials` takes, empty without a handle.

    A browser that understands it stops offering what was removed here (WebAuthn, 5.1.10).
    """
    if user.passkey_handle is None:
        return {}
    from fido2.utils import websafe_encode

    return {
        "rpId": relying_party.rp_id(),
        "userId": websafe_encode(bytes(user.passkey_handle)),
        "allAcceptedCredentialIds": [
            websafe_encode(bytes(each.credential_id)) for each in passkeys
        ],
    }


def add(user: User, answer: str, name: str = "") -> Result:
    """Add the passkey that the browser has made; without a name it gets a number.

    Of parallel calls with one answer one adds it, and an account never has more than
    `Passkey.MOST`: they wait for each other at the account's row. None is added for who was let in
    before a new password or "It was not me" ended that: `user` is as this request found him.
    """
    from accounts.passkeys import ceremony

    try:
        new = ceremony.verify_new(answer, user)
        with transaction.atomic():
            if not sessions.is_still_in(user):
                return Result(Outcome.REFUSED)
            challenge.spend(new.nonce)
            names = list(user.passkeys.values_list("name", flat=True))
            if len(names) >= Passkey.MOST:
                return Result(Outcome.TOO_MANY)
            passkey = user.passkeys.create(
                name=name or _free_name(names),
                credential_id=new.credential_id,
                public_key=new.public_key,
                sign_count=new.sign_count,
                transports=new.transports,
                is_backup_eligible=new.is_backup_eligible,
                is_backed_up=new.is_backed_up,
            )
    except StaleError:
        return Result(Outcome.STALE)
    except (RefusedError, IntegrityError):
        # A credential that is somebody's already: the standard refuses it (section 7.1).
        return Result(Outcome.REFUSED)
    return Result(Outcome.ACCEPTED, passkey)


def sign_in(answer: str, *, for_staff: bool = False) -> Result:
    """Find the account that a passkey opens; nobody is signed in by this.

    `for_staff` names the door: accounts of staff open at theirs only, customers' never there. Of
    parallel calls with one answer one is accepted. Whatever is not proved costs one SELECT.
    """
    return _prove(answer, Purpose.SIGN_IN, for_staff=for_staff)


def confirm(user: User, answer: str) -> Result:
    """Tell whether who is signed in has just proved a passkey of this account."""
    return _prove(answer, Purpose.CONFIRM, user)


def rename(user: User, pk: int, name: str) -> bool:
    """Give a passkey of this account another name; tell whether there is one."""
    return bool(user.passkeys.filter(pk=pk).update(name=name))


def remove(user: User, pk: int) -> Passkey | None:
    """Remove a passkey of this account and return it; of parallel calls one does."""
    passkey = user.passkeys.filter(pk=pk).first()
    if passkey is None:
        return None
    removed, _kinds = user.passkeys.filter(pk=pk).delete()
    return passkey if removed else None


def _prove(
    answer: str, purpose: Purpose, user: User | None = None, *, for_staff: bool = False
) -> Result:
    from accounts.passkeys import ceremony

    try:
        parsed = ceremony.read_proof(answer)
        passkey = Passkey.objects.select_related("user").filter(credential_id=parsed.raw_id).first()
        if passkey is None or (user is not None and passkey.user != user):
            return Result(Outcome.REFUSED)
        proof = ceremony.verify_proof(parsed, passkey, purpose, user)
        with transaction.atomic():
            challenge.spend(proof.nonce)
            outcome = _use(passkey, proof)
    except StaleError:
        return Result(Outcome.STALE)
    except RefusedError:
        return Result(Outcome.REFUSED)
    owner = passkey.user
    # A copied passkey is its owner's business at whichever door it was shown.
    if outcome is Outcome.ACCEPTED and user is None and owner.is_staff != for_staff:
        return Result(Outcome.REFUSED)
    if outcome is Outcome.ACCEPTED and not owner.is_active:
        # What staff closed before its activation was never open: it is as good as unknown.
        if owner.activated_at is None:
            return Result(Outcome.REFUSED)
        outcome = Outcome.CLOSED if owner.suspended_at is None else Outcome.SUSPENDED
    return Result(outcome, passkey)


def _use(passkey: Passkey, proof: "Proof") -> Outcome:
    """Remember that the passkey was used, unless its signatures are fewer than before.

    Section 7.2 leaves the choice to us. One device counts up, or says 0 for ever; two devices with
    one key cannot help repeating a number, and the second is refused. A synchronised passkey lives
    on several devices by design and its count means nothing. One conditional UPDATE: two parallel
    answers with the same count never both pass.
    """
    grew = Q(sign_count__lt=proof.sign_count) if proof.sign_count else Q(sign_count=0)
    known = Passkey.objects.filter(pk=passkey.pk)
    used = known.filter(Q() if passkey.is_backup_eligible else grew).update(
        sign_count=proof.sign_count,
        is_backed_up=proof.is_backed_up,
        last_used_at=timezone.now(),
    )
    if used:
        return Outcome.ACCEPTED
    if not known.exists():
        return Outcome.REFUSED
    security_log.note(Event.PASSKEY_COPIED, account=passkey.user_id, passkey=passkey.pk)
    return Outcome.CLONED


def _handle_of(user: User) -> bytes:
    """Return how authenticators name this account; of parallel calls the first one decides."""
    if user.passkey_handle is None:
        User.objects.filter(pk=user.pk, passkey_handle=None).update(
            passkey_handle=secrets.token_bytes(HANDLE_BYTES)
        )
        user.refresh_from_db(fields=["passkey_handle"])
    return bytes(user.passkey_handle or b"")


def _free_name(names: list[str]) -> str:
    """Return "Passkey 2", or the first number that no passkey of the account has."""
    proposed = (_("Passkey %(number)d") % {"number": number} for number in count(1))
    return next(name for name in proposed if name not in names)

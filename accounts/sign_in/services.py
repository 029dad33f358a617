"""Judge a try to sign in, at the customers' door and at the staff's, and count it.

None of it tells who has an account: for every address the same is counted, the same statements run
and the same work is done.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from django.db import transaction
from django.utils import timezone

from accounts import passwords
from accounts.backends import EmailBackend, State, candidates_of
from accounts.models import AccountEvent, User
from accounts.services import events, network_tries
from accounts.sessions import known_browser
from accounts.sign_in import tries
from accounts.sign_in.digits import Answer
from accounts.values import email as email_address
from accounts.values.visit import NOBODY, Visit
from kantor.serving import security_log
from kantor.serving.security_log import Event


class Outcome(Enum):
    """What a try came to."""

    OPEN = "open"
    PENDING = "pending"  # all right, but the link is still to be used
    SUSPENDED = "suspended"  # all right, but staff have closed the account
    CLOSED = "closed"  # all right, but the owner has closed it
    REFUSED = "refused"
    WAIT = "wait"  # this address was tried too often
    NETWORK_WAIT = "network wait"  # this network tried too often, whichever addresses


@dataclass(frozen=True)
class Try:
    """What was typed, and from where."""

    email: str
    password: str = field(repr=False)
    network: str
    # Nothing where the digits are not asked for.
    answer: Answer | None = None
    # The cookie of the browsers that accounts know.
    known_browser: str = ""
    visit: Visit = NOBODY
    for_staff: bool = False


@dataclass(frozen=True)
class Verdict:
    """What a try came to, whose account it is if all was right, and how long to wait."""

    outcome: Outcome
    user: User | None = None
    wait: timedelta = timedelta(0)


_OUTCOMES = {
    State.OPEN: Outcome.OPEN,
    State.PENDING: Outcome.PENDING,
    State.SUSPENDED: Outcome.SUSPENDED,
    State.CLOSED: Outcome.CLOSED,
    State.REFUSED: Outcome.REFUSED,
}
_EVENTS = {
    Outcome.PENDING: Event.SIGN_IN_PENDING,
    Outcome.SUSPENDED: Event.SIGN_IN_SUSPENDED,
    Outcome.CLOSED: Event.SIGN_IN_CLOSED,
    Outcome.REFUSED: Event.SIGN_IN_REFUSED,
    Outcome.WAIT: Event.SIGN_IN_HELD_UP,
    Outcome.NETWORK_WAIT: Event.SIGN_IN_HELD_UP,
}


def attempt(tried: Try) -> Verdict:
    """Judge a try; opening a session is the caller's.

    Counted before a hash is computed, for the network, for address and network together, and for
    the address everywhere. The tries are forgotten when an account opens, not for a pending one: an
    account that a stranger made for this address must not buy him more guesses at its owner's.
    The owner is told of many tries, and too many bar the password; both happen only to an account
    that is open, and take as many statements for any other address. Never call it in a transaction:
    a count that is rolled back is none. Raises `HashingBusyError` before anything is counted.
    """
    with passwords.turn():
        verdict = _attempt(tried)
    if verdict.outcome is not Outcome.OPEN:
        number = verdict.user.pk if verdict.user is not None else None
        security_log.note(_EVENTS[verdict.outcome], account=number)
    return verdict


def _attempt(tried: Try) -> Verdict:
    if wait := network_tries.count(tried.network):
        return Verdict(Outcome.NETWORK_WAIT, wait=wait)
    key = email_address.normalise(tried.email)
    candidates = candidates_of(key)
    owner = next((user for user in candidates if user.activated_at is not None), None)
    is_known = known_browser.knows_by(tried.known_browser, owner)
    wait, everywhere = tries.count(key, tried.network, is_known=is_known)
    if wait:
        return Verdict(Outcome.WAIT, wait=wait)
    judged = EmailBackend().judge(
        candidates, tried.password, tried.answer, for_staff=tried.for_staff
    )
    if judged.state is not State.REFUSED:
        network_tries.forgive(tried.network)
    if judged.state is State.OPEN:
        tries.forgive(key, tried.network)
    else:
        _count_failure(key, owner, tried.visit, everywhere, judged.is_only_number_wrong)
    return Verdict(_OUTCOMES[judged.state], judged.user)


def _count_failure(
    key: str, owner: User | None, visit: Visit, everywhere: int, is_only_number_wrong: bool
) -> None:
    """Count it, and do what is due to the owner of the address, if it has one."""
    in_a_row, digits = tries.count_failure(key, was_password_right=is_only_number_wrong)
    reached = owner if owner is not None and owner.is_active else None
    if in_a_row >= tries.IN_A_ROW.times or digits >= tries.DIGITS.times:
        _bar(reached, visit)
    elif digits == tries.DIGITS_TOLD:
        _tell(reached, AccountEvent.Kind.FAILED_SIGN_INS, visit, by_mail=True)
    elif everywhere and everywhere % tries.EVERYWHERE.times == 0:
        is_first = tries.TOLD.hit(key)
        _tell(reached, AccountEvent.Kind.FAILED_SIGN_INS, visit, by_mail=is_first)


def _bar(owner: User | None, visit: Visit) -> None:
    """Bar the password until it is set anew by mail; of any number of calls one does it."""
    with transaction.atomic():
        number = owner.pk if owner is not None else 0
        is_done = User.objects.filter(pk=number, password_barred_at=None).update(
            password_barred_at=timezone.now()
        )
        # Whose password is barred already costs what nobody costs.
        _tell(owner if is_done else None, AccountEvent.Kind.PASSWORD_BARRED, visit, by_mail=True)


def _tell(owner: User | None, kind: AccountEvent.Kind, visit: Visit, *, by_mail: bool) -> None:
    """Note it for the owner; for nobody, run as many statements that change nothing."""
    with transaction.atomic():
        if owner is not None:
            (events.tell if by_mail else events.record)(owner, kind, visit=visit)
        else:
            for _statement in range(2 if by_mail else 1):
                User.objects.filter(pk=0).update(language="")

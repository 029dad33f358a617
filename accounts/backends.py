"""Judge what somebody signs in with: which account of an address it opens, if any."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db.models import F, Q, Subquery
from django.http import HttpRequest

from accounts.models import User
from accounts.sign_in import digits
from accounts.sign_in.digits import Answer
from accounts.values import email as email_address

# The activated account of an address, or the one that was closed last, and the newest pending one.
CANDIDATES = 2


class State(Enum):
    """What password and digits are good for."""

    OPEN = "open"
    PENDING = "pending"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Judgement:
    """What they are good for, and whose account that is.

    `is_only_number_wrong` says that the password of the activated account was right and the digits
    were not: never to be told, but counted.
    """

    state: State
    user: User | None = None
    is_only_number_wrong: bool = False


class EmailBackend(ModelBackend):
    """Sign in by e-mail, in any spelling of it, password and digits of the phone number.

    All is judged together, with the same work whatever is found.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        answer: Answer | None = None,
        *,
        for_staff: bool = False,
        **kwargs: Any,
    ) -> User | None:
        """Return the active account that these open, or nothing; counts nothing."""
        candidates = candidates_of(email_address.normalise(username or ""))
        judged = self.judge(candidates, password or "", answer, for_staff=for_staff)
        return judged.user if judged.state is State.OPEN else None

    def judge(
        self,
        candidates: Sequence[User],
        password: str,
        answer: Answer | None,
        *,
        for_staff: bool = False,
    ) -> Judgement:
        """Say what this password and this answer are good for, at the one door or the other.

        Whoever is not let in has cost `CANDIDATES` hashes, so time tells nothing; a barred password
        is compared like any other, and opens nothing. An account of staff opens at their door only,
        where no digits are asked for, and a customer's never opens there.
        """
        found, is_only_number_wrong = Judgement(State.REFUSED), False
        for user in candidates:
            is_right = user.check_password(password)
            knows_number = _knows_number(user, answer, for_staff=for_staff)
            if not is_right or user.password_barred_at is not None or user.is_staff != for_staff:
                continue
            if not knows_number:
                is_only_number_wrong |= user.activated_at is not None
            elif user.is_active:
                return Judgement(State.OPEN, user)
            elif found.user is None or found.state is State.CLOSED:
                # Whoever has registered anew after a closing is led to what is new.
                found = Judgement(_state_of(user), user)
        for _missing in range(CANDIDATES - len(candidates)):
            User().set_password(password)
            _knows_number(User(), answer, for_staff=for_staff)
        return Judgement(found.state, found.user, is_only_number_wrong)


def candidates_of(key: str) -> list[User]:
    """Return the accounts of a normalised address that may be meant, the activated one first.

    That one, if there is one, or else the one that its owner closed last; and the newest pending
    one, never a second pending one in the other's place: a stranger who registers somebody's
    address once or twice and signs in with his own passwords must be told the same whether its
    owner is a customer or not. One statement.
    """
    accounts = User.objects.filter(email_key=key).values("pk")
    activated = accounts.filter(activated_at__isnull=False).order_by(
        F("closed_at").desc(nulls_first=True)
    )
    pending = accounts.filter(activated_at=None).order_by(
        # What staff closed before its activation opens nothing and hides nothing.
        F("suspended_at").asc(nulls_first=True),
        "-created_at",
    )
    return list(
        User.objects.filter(Q(pk=Subquery(activated[:1])) | Q(pk=Subquery(pending[:1])))
        .select_related("customer")
        .order_by(F("activated_at").asc(nulls_last=True))
    )


def _state_of(user: User) -> State:
    if user.suspended_at is not None:
        return State.SUSPENDED
    return State.CLOSED if user.closed_at is not None else State.PENDING


def _knows_number(user: User, answer: Answer | None, *, for_staff: bool) -> bool:
    if for_staff or not settings.SIGN_IN_PHONE_DIGITS:
        return True
    return digits.proves(answer or Answer(digits.CHOICES[0]), user)

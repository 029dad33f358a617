"""Keep in the session what the two pages of the sign-in hand over to each other.

The password is never kept, and what was typed of a phone number only sealed: it may be all of it.
Nothing is written before somebody sends a form.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from accounts import sealing
from accounts.sign_in import digits
from accounts.sign_in.digits import Answer, Places

SESSION_KEY = "sign_in"
SEAL = "accounts.sign-in.digits"
LIFETIME = timedelta(minutes=15)
# Longer than any address, and than any spelling of a number.
LONGEST_ADDRESS = 320
LONGEST_DIGITS = 60


@dataclass
class Kept:
    """The address that was given, and what became of the last try."""

    email: str
    # Seconds since 1970, and the day by which its page chose the places: past midnight they stay.
    at: float
    day: str
    # What was typed in the field for the digits, sealed for this address.
    digits: str = ""
    # Codes of what is to be said once, and when the wait ends, in seconds since 1970.
    refused: tuple[str, ...] = ()
    until: float = 0

    @property
    def places(self) -> Places:
        """Return the places that the page asks for."""
        return digits.places(self.email, date.fromisoformat(self.day))

    @property
    def typed(self) -> str:
        """Return what was typed in the field for the digits, to be shown again."""
        if not self.digits:
            return ""
        try:
            return sealing.unseal(self.digits, SEAL, self.email).decode()
        except sealing.UnreadableError:
            return ""

    def answer(self, typed: str) -> Answer:
        """Return what was typed there."""
        return Answer(self.places, typed)

    @property
    def wait(self) -> timedelta:
        """Return what is left of the wait."""
        return max(timedelta(0), timedelta(seconds=self.until - _now()))


def keep(session: SessionBase, email: str) -> None:
    """Keep an address for a quarter of an hour from now, whatever was typed."""
    email = email.replace("\0", "").strip()[:LONGEST_ADDRESS]
    _write(session, Kept(email, _now(), digits.today().isoformat()))


def refuse(
    session: SessionBase, kept: Kept, codes: Iterable[str], typed: str, until: float = 0
) -> None:
    """Keep what is to be said on the next page, and the digits; the quarter begins anew.

    After midnight the next page asks for other places: digits of the old ones would be wrong.
    """
    day = digits.today().isoformat()
    shown = typed[:LONGEST_DIGITS].replace("\0", "") if day == kept.day else ""
    sealed = sealing.seal(shown.encode("utf-8", "replace"), SEAL, kept.email) if shown else ""
    _write(session, Kept(kept.email, _now(), day, sealed, tuple(codes), until))


def read(session: SessionBase) -> Kept | None:
    """Return what is kept, as long as it is; makes no session where there is none."""
    stored: dict[str, Any] | None = session.get(SESSION_KEY)
    if stored is None:
        return None
    kept = Kept(**{**stored, "refused": tuple(stored["refused"])})
    return kept if _now() - kept.at < LIFETIME.total_seconds() else None


def address(session: SessionBase) -> str:
    """Return the address that is kept; empty without one. For pages that ask for it again."""
    kept = read(session)
    return kept.email if kept is not None else ""


def say_once(session: SessionBase, kept: Kept) -> None:
    """Forget what has just been shown of the last try."""
    if kept.refused or kept.digits:
        _write(session, Kept(kept.email, kept.at, kept.day))


def forget(session: SessionBase) -> None:
    """End it: somebody is in, or has to go another way."""
    session.pop(SESSION_KEY, None)


def _write(session: SessionBase, kept: Kept) -> None:
    session[SESSION_KEY] = asdict(kept)


def _now() -> float:
    return timezone.now().timestamp()

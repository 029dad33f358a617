"""Give a visitor who asks for it a code to tell a consultant, and keep it true as he goes on.

Whoever has not asked costs no statement. The session keeps since when there is a code and at which
try; the code follows from that and the attempt.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import get_language

from accounts.registration.funnel import name_of
from accounts.registration.order import Step
from accounts.registration.storage import AttemptStorage
from accounts.statistics import support_code
from accounts.statistics.support_code import LIFETIME, Messages, Page

# Short, as its value is: a session row has a dozen characters to spare for the longest answers.
FACT = "h"
# Codes that are tried when one is somebody else's; with thousands at once that happens never. Its
# number is the last digit of what is kept.
TRIES = 3
# Where a visitor is who has finished: at the page that tells him to look into his mailbox.
FINISHED = "sent"


class Code(NamedTuple):
    """A code that holds, and until when."""

    letters: str
    until: datetime


def shown(storage: AttemptStorage) -> Code | None:
    """Return the code of this attempt; none where none was asked for, or its time is over."""
    kept: int | None = storage.fact(FACT)
    if kept is None:
        return None
    since, number = divmod(kept, 10)
    at = _began(storage) + since
    until = datetime.fromtimestamp(at, UTC) + LIFETIME
    return Code(_made_of(storage, at, number), until) if until > timezone.now() else None


def ask(storage: AttemptStorage, step: Step, kind: str | None, said: Messages) -> None:
    """Give this attempt a code, unless it has one."""
    if shown(storage) is not None:
        return
    at = int(timezone.now().timestamp())
    until = datetime.fromtimestamp(at, UTC) + LIFETIME
    for number in range(TRIES):
        if support_code.begin(_made_of(storage, at, number), _page(step, kind, said), until):
            storage.set_fact(FACT, (at - _began(storage)) * 10 + number)
            return


def follow(storage: AttemptStorage, step: Step, kind: str | None, said: Messages) -> None:
    """Keep what this attempt is shown now, if it has a code."""
    if (code := shown(storage)) is not None:
        support_code.follow(code.letters, _page(step, kind, said))


def finish(storage: AttemptStorage, kind: str | None) -> None:
    """Keep that this attempt has come to its end, if it has a code."""
    if (code := shown(storage)) is not None:
        page = Page(FINISHED, kind or "", get_language() or "")
        support_code.follow(code.letters, page)


def cancel(storage: AttemptStorage) -> None:
    """Forget the code of an attempt that is cancelled, if it has one."""
    if (code := shown(storage)) is not None:
        support_code.end(code.letters)


def _began(storage: AttemptStorage) -> int:
    """Return when the attempt began; for one of which that is not known, when time did."""
    began: int = storage.fact("began", 0)
    return began


def _made_of(storage: AttemptStorage, at: int, number: int) -> str:
    assert storage.attempt is not None, "only an attempt has facts"
    return support_code.made_of(f"{storage.attempt.hex}.{at}.{number}")


def _page(step: Step, kind: str | None, said: Messages) -> Page:
    return Page(name_of(step), kind or "", get_language() or "", said)

"""Tell a member of staff where the visitor with a code is; count the tries and write them down."""

from dataclasses import dataclass
from datetime import timedelta

from accounts.desk import events
from accounts.desk.events import Desk
from accounts.desk.roles import Right, may
from accounts.limits import Limit, UsedUpError, note_refusal
from accounts.models import StaffEvent
from accounts.statistics import support_code
from accounts.statistics.support_code import Page

# More than anybody on the phone hears in ten minutes.
TRIES = Limit("support-code", times=20, window=timedelta(minutes=10))
# Of all staff together: a hundred wrong ones an hour are no mistakes of hearing.
WRONG = Limit("support-code-wrong", times=100, window=timedelta(hours=1))
EVERYBODY = "staff"


class NotAllowed(Exception):  # noqa: N818
    """Whoever asks does not help customers."""


@dataclass(frozen=True)
class Answer:
    """What came of a code: the visitor's page, or nothing, whatever was wrong with it."""

    page: Page | None


def look_up(typed: str, desk: Desk) -> Answer:
    """Return where the visitor with this code is; wrong, old and no codes find nothing alike.

    Each try is a row of the audit, without the code and without a customer: it is not known who it
    is. Raises `NotAllowed`, and `UsedUpError` where there have been too many tries.
    """
    if not may(desk.user, Right.HELP):
        raise NotAllowed
    if wait := WRONG.wait(EVERYBODY):
        note_refusal(WRONG.name)
        raise UsedUpError(wait)
    member = str(desk.user.pk)
    if not TRIES.hit(member):
        raise UsedUpError(TRIES.wait(member))
    page = support_code.find(typed)
    if page is None:
        WRONG.hit(EVERYBODY)
    facts = {"found": page is not None}
    if page is not None:
        facts |= {"step": page.step}  # type: ignore[dict-item]
    events.record(desk, StaffEvent.Action.CODE_TYPED, after=facts)
    return Answer(page)

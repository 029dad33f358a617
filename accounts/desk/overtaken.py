"""Say who was faster than somebody who decided about a case: what was done, by whom and when."""

from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, DataChange, ReviewState, StaffEvent, User

Action = StaffEvent.Action

# What makes of a case another one than its page showed.
_CHANGES = (
    Action.APPROVED,
    Action.CORRECTION_ASKED,
    Action.REJECTED,
    Action.REOPENED,
    Action.PROPOSED,
    Action.CONFIRMED,
    Action.RETURNED,
    Action.WITHDRAWN,
    Action.SUSPENDED,
    Action.RESTORED,
    Action.CORRECTED,
    Action.REQUEST_DECIDED,
    Action.ERASED,
)


class Overtaken(Exception):  # noqa: N818  what happened, not an error of the program
    """The case is not as it was seen.

    `what` was done, `by` whom of staff and `at` which time, where that is known: what the customer
    did has no member of staff. `state` is that of the review.
    """

    def __init__(
        self,
        what: Promise | str = "",
        *,
        by: User | None = None,
        at: datetime | None = None,
        state: ReviewState | None = None,
    ) -> None:
        super().__init__()
        self.what, self.by, self.at, self.state = what, by, at, state


def overtaken(number: int) -> Overtaken:
    """Return what became of the account of this number last; five statements at most.

    Staff are found in the audit, which has a row of each change in its transaction; its owner by
    what he changed or closed since.
    """
    account = User.objects.filter(pk=number).first()
    customer = Customer.objects.filter(pk=number).first()
    state = ReviewState(customer.review_state) if customer else None
    row = StaffEvent.objects.filter(customer=number, action__in=_CHANGES).first()
    done_at = row.at if row else None

    def is_later(at: datetime | None) -> bool:
        return at is not None and (done_at is None or at > done_at)

    if account is not None and account.closed_at is not None and is_later(account.closed_at):
        return Overtaken(
            _("the customer has closed the account"), at=account.closed_at, state=state
        )
    own = DataChange.objects.filter(user=number, changed_by=None).first()
    if own is not None and is_later(own.changed_at):
        words = gettext("changed by the customer: %(section)s")
        what = words % {"section": own.get_section_display()}
        return Overtaken(what, at=own.changed_at, state=state)
    if row is None:
        return Overtaken(state=state)
    by = User.objects.filter(pk=row.actor).first() if row.actor else None
    return Overtaken(row.get_action_display(), by=by, at=row.at, state=state)


def taken(account: User) -> Overtaken:
    """Return that somebody else has this case now."""
    words = StaffEvent.Action.TAKEN.label
    customer = Customer.objects.filter(pk=account.pk).first()
    state = ReviewState(customer.review_state) if customer else None
    row = StaffEvent.objects.filter(
        customer=account.pk, action=Action.TAKEN, actor=account.held_by_id
    ).first()
    return Overtaken(words, by=account.held_by, at=row.at if row else None, state=state)

"""Change a customer's data, or ask staff to; every change leaves what was before it.

A customer changes his address, and what staff have asked him to correct; all else is a request.
Each function locks the customer's row, so of simultaneous calls one comes after the other; where
more is locked, it is the account, then its requests, then the customer. Whoever locks an account
leaves it to others to refer to (`no_key`), or they would wait for each other.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.limits import Limit, undone_on_failure
from accounts.mail import outbox
from accounts.models import Customer, DataChange, DataRequest, OutboxMessage, ReviewState, User
from accounts.models.customer import Section
from accounts.services import review

# Each of them owes a mail, and staff read it.
REQUESTS = Limit("data-requests", times=5, window=timedelta(days=1))


def may_change(customer: Customer, section: str) -> bool:
    """Tell whether the customer changes this section himself, at once."""
    awaited = customer.review_state == ReviewState.CORRECTION and section in (
        customer.review_sections or []
    )
    return section == Section.ADDRESS or awaited


def change(user: User, section: str, values: Mapping[str, str]) -> bool:
    """Store these canonical values; tell whether that was still the customer's to do.

    What staff have awaited is theirs to review again. Values as they were are fine: then staff
    are told that it is right so. A request about the same section is withdrawn: accepted later, it
    would put older wishes in the place of the correction.
    """
    requests = user.data_requests.filter(section=section, state=DataRequest.State.OPEN)
    with transaction.atomic():
        # The account's row first, as everywhere: the last correction says since when it waits.
        User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
        overtaken = [each.pk for each in requests.select_for_update()]
        customer = Customer.objects.select_for_update().get(user=user)
        if not may_change(customer, section):
            return False
        _store(customer, section, values)
        if overtaken:
            _withdraw(requests)
        if section in (customer.review_sections or []):
            review.correction_recorded(customer, section)
    return True


def ask(user: User, section: str, values: Mapping[str, str], reason: str) -> bool:
    """Ask staff for this change, and owe the receipt.

    False while another request is open, after five that were sent within a day, withdrawn ones too,
    and for an account that was closed meanwhile: its owner, or staff, would find a request there
    that nobody answers.
    """
    try:
        with undone_on_failure(), transaction.atomic():
            account = User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True)
            if not account.exists() or not REQUESTS.hit(str(user.pk)):
                return False
            request = DataRequest.objects.create(
                user=user, section=section, wanted=dict(values), reason=reason
            )
            outbox.put(OutboxMessage.Kind.REQUEST_RECEIVED, user, request=request)
    except IntegrityError:
        return False
    return True


def withdraw(user: User) -> bool:
    """Take back the open request of this account; tell whether there was one."""
    return bool(_withdraw(user.data_requests.all()))


def accept(request: DataRequest, *, by: User, answer: str = "") -> bool:
    """Carry out an open request and owe its answer; tell whether it was open.

    An identity that was approved is to be reviewed again.
    """
    with transaction.atomic():
        # The account's row first, as everywhere: it says since when a review waits.
        User.objects.select_for_update(no_key=True).only("pk").get(pk=request.user_id)
        if not _close(request, DataRequest.State.ACCEPTED, by=by, answer=answer):
            return False
        customer = Customer.objects.select_for_update().get(user=request.user_id)
        _store(customer, request.section, request.wanted)
    return True


def refuse(request: DataRequest, *, by: User, answer: str) -> bool:
    """Refuse an open request with words for the customer; tell whether it was open."""
    with transaction.atomic():
        return _close(request, DataRequest.State.REFUSED, by=by, answer=answer)


def set_language(user: User, language: str) -> None:
    """Write to this customer in another language from now on; mails that wait keep theirs."""
    User.objects.filter(pk=user.pk).update(language=language)


def _withdraw(requests: QuerySet[DataRequest]) -> int:
    return requests.filter(state=DataRequest.State.OPEN).update(
        state=DataRequest.State.WITHDRAWN, closed_at=timezone.now()
    )


def _close(request: DataRequest, state: DataRequest.State, *, by: User, answer: str) -> bool:
    closed = DataRequest.objects.filter(pk=request.pk, state=DataRequest.State.OPEN).update(
        state=state, answer=answer, closed_at=timezone.now(), decided_by=by
    )
    if closed:
        outbox.put(OutboxMessage.Kind.REQUEST_DECIDED, request.user, request=request)
    return bool(closed)


def correct(
    customer: Customer, section: str, values: Mapping[str, str], *, by: User, reason: str
) -> DataChange | None:
    """Store what staff have corrected and return the change; None where nothing differs.

    Call it in a transaction, the account locked, then its open requests, then the customer. What
    was awaited of the customer is taken off, and his open request about the same section is
    withdrawn, as when he corrects it himself.
    """
    change = _store(customer, section, values, by=by, reason=reason)
    if change is None:
        return None
    _withdraw(DataRequest.objects.filter(user=customer.pk, section=section))
    if section in (customer.review_sections or []):
        review.correction_recorded(customer, section)
    return change


def _store(
    customer: Customer,
    section: str,
    values: Mapping[str, str],
    *,
    by: User | None = None,
    reason: str = "",
) -> DataChange | None:
    before = {name: getattr(customer, name) for name in values}
    if before == dict(values):
        return None
    for name, value in values.items():
        setattr(customer, name, value)
    customer.save(update_fields=[*values, "name_key", "company_key"])
    review.data_changed(customer, {name for name in values if before[name] != values[name]})
    return DataChange.objects.create(
        user_id=customer.pk,
        section=section,
        before=before,
        after=dict(values),
        changed_by=by,
        reason=reason,
    )

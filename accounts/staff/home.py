"""Show staff what waits for them first, and let them take and release cases."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.desk import corrections, export, queue, standing
from accounts.desk.at_work import desk_of
from accounts.desk.roles import Right, may
from accounts.models import OutboxMessage, User

# A mail is late when it waits longer than a server that is up takes for it.
MAIL_IS_LATE = timedelta(minutes=15)
# No more is counted and shown: what is beyond waits for another day anyway.
MOST_COUNTED = 1_001
MOST_SHOWN = 25


def context(user: User) -> dict[str, Any]:
    """Return what the first page shows this person; half a dozen statements by indices."""
    sees, decides = may(user, Right.SEE_CUSTOMERS), may(user, Right.DECIDE)
    shown: dict[str, Any] = {
        "sees_customers": sees,
        "sees_numbers": may(user, Right.REVEAL),
        "decides": decides,
        "exports_customers": may(user, Right.EXPORT_MASKED),
    }
    if sees:
        oldest = queue.waiting().first()
        shown |= {
            "waiting_count": queue.waiting()[:MOST_COUNTED].count(),
            "most": MOST_COUNTED - 1,
            "oldest": queue.wait_in_words(oldest) if oldest else None,
            "is_overdue": oldest is not None and queue.overdue_by(oldest) >= timedelta(0),
            "target_hours": settings.REVIEW_TARGET_HOURS,
            "held": [
                (case, queue.wait_in_words(case))
                for case in queue.held_by_others(user)[:MOST_SHOWN]
            ],
            **_mails(),
        }
    if decides:
        shown |= {
            "mine": [(case, queue.wait_in_words(case)) for case in queue.mine(user)[:MOST_SHOWN]],
            "contacts": corrections.for_second(user)[:MOST_SHOWN],
            "second": queue.for_second(user)[:MOST_SHOWN],
        }
    if may(user, Right.OVERRULE):
        shown["proposals"] = standing.for_second(user)[:MOST_SHOWN]
    if may(user, Right.EXPORT_UNMASKED):
        shown["exports"] = export.for_second(user)[:MOST_SHOWN]
    return shown


def _mails() -> dict[str, int]:
    states = OutboxMessage.State
    late = OutboxMessage.objects.filter(
        state=states.WAITING, created_at__lt=timezone.now() - MAIL_IS_LATE
    )
    failed = OutboxMessage.objects.filter(state=states.FAILED)
    return {
        "late_mails": late[:MOST_COUNTED].count(),
        "failed_mails": failed[:MOST_COUNTED].count(),
    }


@require_POST
def take_next(request: HttpRequest) -> HttpResponse:
    """Take the longest waiting case that nobody has, and open it."""
    _require_decider(request)
    case = queue.take_next(desk_of(request))
    if case is None:
        messages.info(request, gettext("No case is waiting that nobody has taken."))
        return redirect("admin:index")
    return redirect("admin:accounts_user_change", case.pk)


@require_POST
def take(request: HttpRequest, number: int) -> HttpResponse:
    """Take one case, or renew its lease, and open it; somebody else's stays his."""
    _require_decider(request)
    case = _customer(number)
    if queue.take(case, desk_of(request)):
        messages.success(request, gettext("The case is yours for 30 minutes."))
    else:
        messages.warning(request, gettext("Somebody else has taken this case."))
    return redirect("admin:accounts_user_change", case.pk)


@require_POST
def release(request: HttpRequest, number: int) -> HttpResponse:
    """Give a case back, and lead to the first page."""
    _require_decider(request)
    if queue.release(_customer(number), desk_of(request)):
        messages.success(request, gettext("The case was released."))
    else:
        messages.warning(request, gettext("You have not taken this case."))
    return redirect("admin:index")


def _require_decider(request: HttpRequest) -> None:
    if not (isinstance(request.user, User) and may(request.user, Right.DECIDE)):
        raise PermissionDenied


def _customer(number: int) -> User:
    case = User.objects.filter(pk=number, is_staff=False).first()
    if case is None:
        raise Http404
    return case

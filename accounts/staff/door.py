"""Open a session at the staff's door, and write down who came, who failed and who left."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.desk import events
from accounts.desk.at_work import desk_of
from accounts.models import AccountSession, Passkey, StaffEvent, User
from accounts.sessions.opening import open_session
from accounts.totp.first_step import FirstStep
from accounts.totp.services import Outcome
from accounts.values import email as email_address
from kantor.serving.network import network_of

FRAME = "admin/doors/frame.html"


def open_desk(request: HttpRequest, user: User, how: AccountSession.How) -> None:
    """Sign in a member of staff who has proved a method of his."""
    with transaction.atomic():
        open_session(request, user, how)
        events.record(desk_of(request), StaffEvent.Action.SIGNED_IN, after={"how": how.value})


def let_in_by_passkey(request: HttpRequest, passkey: Passkey, address: str) -> HttpResponse:
    """Let in who has proved this passkey and lead to `address`, a page of ours."""
    open_desk(request, passkey.user, AccountSession.How.PASSKEY)
    return HttpResponseRedirect(address)


def let_in_by_code(request: HttpRequest, passed: FirstStep, outcome: Outcome) -> HttpResponse:
    """Let in who has given a right code after the password, and lead to where he wanted."""
    open_desk(request, passed.user, AccountSession.How(outcome.value))
    return HttpResponseRedirect(passed.then)


def note_failure(
    request: HttpRequest, how: str, *, email: str = "", account: int | None = None
) -> None:
    """Write down a try that failed; for every address that was typed the same two statements."""
    if email:
        key = email_address.normalise(email)
        staff = User.objects.filter(email_key=key, activated_at__isnull=False, is_staff=True)
        account = staff.values_list("pk", flat=True).first()
    events.record_unattended(
        StaffEvent.Action.SIGN_IN_FAILED,
        network=network_of(request),
        customer=account,
        after={"how": how},
    )

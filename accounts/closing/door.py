"""Stand behind every door of customers: open the session, or offer to reopen a closed account."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect

from accounts.closing import proof
from accounts.models import AccountSession, User
from accounts.sessions.opening import open_session


def let_in(
    request: HttpRequest, account: User, how: AccountSession.How, address: str
) -> HttpResponse:
    """Let in who has proved all that this account asks for and lead to `address`, a page of ours.

    Of an account that its owner closed, lead to the offer to reopen it instead.
    """
    if account.closed_at is not None:
        proof.remember(request.session, account, how, address)
        return redirect("accounts:reopen")
    open_session(request, account, how)
    # Not redirect(): it takes an address without a slash for the name of a view.
    return HttpResponseRedirect(address)

"""Ask before an account is closed, close it, and reopen it by the link of a mail or at the door."""

from http import HTTPStatus
from typing import Any

from django.contrib import auth, messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts import retention
from accounts.closing import proof, services
from accounts.closing.services import State
from accounts.models import Customer, ReviewState, User
from accounts.registration import browser
from accounts.retention import AfterClosing
from accounts.sessions.account import account_of
from accounts.sessions.confirmation import confirmed, is_confirmed
from accounts.sessions.opening import open_session
from accounts.sessions.returning import signed_in
from accounts.sessions.visit import visit_of
from accounts.views.links import redirect_to_mended

FORM_SALT = "accounts.closing.form"
FORM = "form"

_STATUS = {
    State.LATE: HTTPStatus.GONE,
    State.SUPERSEDED: HTTPStatus.GONE,
    State.TAKEN: HTTPStatus.CONFLICT,
    State.BROKEN: HTTPStatus.NOT_FOUND,
}


@method_decorator(never_cache, name="dispatch")
class CloseView(View):
    """Say what a closing means for this customer's data, and close the account.

    Reading needs no proof; the button is there, and works, for who has just confirmed that it is
    him.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead the second click of a form that has closed the account to where the first one leads.

        Its session is over by then; the form says whose it was.
        """
        if request.method == "POST" and not request.user.is_authenticated and _has_closed(request):
            return redirect("accounts:closed")
        return super().dispatch(request, *args, **kwargs)

    @method_decorator(signed_in)
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what goes at once, what later, what stays and why, from the table of retention."""
        user, customer = _owner(request)
        # What names nobody belongs to no account.
        named = [each for each in retention.ALL if each not in retention.NOT_IN_COPY]
        kept = {
            fate: [each for each in named if each.after_closing is fate] for fate in AfterClosing
        }
        context = {
            "is_approved": customer.review_state == ReviewState.APPROVED,
            "blocked": kept[AfterClosing.BLOCKED],
            "forgotten": kept[AfterClosing.FORGOTTEN],
            "goes_on": kept[AfterClosing.GOES_ON],
            "is_confirmed": is_confirmed(request),
            "form": signing.Signer(salt=FORM_SALT).sign(str(user.pk)),
        }
        return render(request, "accounts/closing/page.html", context)

    @method_decorator(confirmed)
    def post(self, request: HttpRequest) -> HttpResponse:
        """Close the account and leave nothing of the session in this browser."""
        user, _customer = _owner(request)
        is_closed = services.close(user, visit=visit_of(request)) or _has_closed(request)
        auth.logout(request)
        # Staff may have suspended it at that moment: then the sign-in says whom to call.
        response = redirect("accounts:closed" if is_closed else "accounts:sign-in")
        browser.forget(response)
        return response


@method_decorator(never_cache, name="dispatch")
class ClosedView(View):
    """Say that the account is closed and how to come back; needs no session and asks no table."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it; whoever is signed in has an account that is not closed."""
        if request.user.is_authenticated:
            return redirect("accounts:account")
        return render(request, "accounts/closing/closed.html")


@method_decorator(never_cache, name="dispatch")
class ReopenView(View):
    """Offer to reopen the account to who has just proved at the door that it is his."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask by one button, or say why that cannot be done."""
        proved = proof.read(request.session)
        if proved is None:
            return redirect("accounts:sign-in")
        return _page(request, services.state_of(proved.user), proved.user)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Reopen it and go straight in: nothing more would be asked at the door."""
        proved = proof.read(request.session)
        if proved is None:
            return redirect("accounts:sign-in")
        if services.reopen(proved.user, visit=visit_of(request)) is not State.REOPENED:
            return redirect("accounts:reopen")
        open_session(request, proved.user, proved.how)
        messages.success(request, _("Your account is open again."))
        # Not redirect(): it takes an address without a slash for the name of a view.
        return HttpResponseRedirect(proved.then)


@method_decorator(never_cache, name="dispatch")
class ReopenLinkView(View):
    """Let the reader of the mailbox reopen the account; needs no session.

    GET and HEAD change nothing, whoever opens the link, and however often. Nobody is signed in by
    it. The referrer names the site alone (why not `no-referrer`: `accounts.views.activation`).
    """

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask by one button, or say how the account stands."""
        state, user = services.examine(token)
        meant = redirect_to_mended(request) if state is State.BROKEN else None
        response = meant or _page(request, state, user)
        response["Referrer-Policy"] = "strict-origin"
        return response

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Reopen the account, once; the page says how it stands."""
        state, user = services.examine(token)
        if state is State.VALID and user is not None:
            services.reopen(user, visit=visit_of(request))
        response = redirect(request.path)
        response["Referrer-Policy"] = "strict-origin"
        return response


def _page(request: HttpRequest, state: State, user: User | None) -> HttpResponse:
    context: dict[str, Any] = {}
    if user is not None and user.closed_at is not None:
        context = {
            "closed_at": user.closed_at,
            "until": user.closed_at + retention.REOPENING_LASTS,
        }
    name = f"accounts/closing/{state.value}.html"
    return render(request, name, context, status=_STATUS.get(state))


def _has_closed(request: HttpRequest) -> bool:
    """Tell whether this form was a page of an account that is closed now."""
    try:
        pk = signing.Signer(salt=FORM_SALT).unsign(request.POST.get(FORM, ""))
    except signing.BadSignature:
        return False
    return User.objects.filter(pk=pk, closed_at__isnull=False).exists()


def _owner(request: HttpRequest) -> tuple[User, Customer]:
    """Return who is signed in and his data; staff have no account to close here."""
    user = account_of(request)
    customer = Customer.objects.filter(user=user, user__is_staff=False).first()
    if customer is None:
        raise Http404("No customer.")
    return user, customer

"""Show the owner of an account the ways into it, end sessions, and ask whether it is really him."""

from datetime import timedelta
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from accounts import retention
from accounts.models import AccountSession
from accounts.passkeys import views as passkeys
from accounts.services import credentials, disowning, network_tries, sessions
from accounts.services.credentials import PASSWORD_CHANGES
from accounts.services.disowning import LinkState
from accounts.sessions import confirmation
from accounts.sessions.account import account_of
from accounts.sessions.forms import ConfirmForm
from accounts.sessions.returning import ReturnMixin, return_address, signed_in
from accounts.sessions.visit import visit_of
from accounts.sessions.watch import WRITTEN_EVERY, watch_of
from accounts.totp import services as totp
from accounts.views.links import redirect_to_mended
from kantor.serving.network import held_up, network_of, too_many

EVENTS_SHOWN_FOR = retention.HISTORY_LASTS
EVENTS_ON_A_PAGE = 10
PAGE = "strona"
# In the query of a page that says why the last answer was refused.
REFUSED = "odmowa"
REASONS = {"brak": "required", "niezgodny": "wrong"}


class Row(NamedTuple):
    """A session as its owner's page shows it."""

    session: AccountSession
    is_here: bool
    # Minutes since the last request, as far as they are written down; 0 for a moment ago.
    minutes_ago: int


@method_decorator([never_cache, signed_in], name="dispatch")
class SecurityView(View):
    """Show with what the account is opened, where it is open, and what happened to it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show all of it; of the events one page."""
        user = account_of(request)
        events = user.events.filter(at__gt=timezone.now() - EVENTS_SHOWN_FOR)
        context = {
            "rows": rows_of(request),
            "events": Paginator(events, EVENTS_ON_A_PAGE).get_page(request.GET.get(PAGE)),
            "event_days": EVENTS_SHOWN_FOR.days,
            **passkeys.list_context(request),
            "app": totp.state(user),
        }
        return render(request, "accounts/security/page.html", context)


def rows_of(request: HttpRequest) -> list[Row]:
    """Return the sessions of who is signed in that may go on, this one first; two statements."""
    watch = watch_of(request)
    assert watch is not None
    now, lifetime, here = timezone.now(), watch.lifetime, sessions.hash_of(watch.key)
    open_sessions = sessions.live(
        account_of(request),
        begun_after=now - lifetime.whole,
        seen_after=now - lifetime.idle - WRITTEN_EVERY,
    )
    rows = []
    for session in open_sessions:
        is_here, ago = session.session_hash == here, now - session.seen_at
        is_recent = is_here or ago < WRITTEN_EVERY
        rows.append(Row(session, is_here, 0 if is_recent else ago // timedelta(minutes=1)))
    return sorted(rows, key=lambda row: not row.is_here)


@method_decorator([never_cache, signed_in], name="dispatch")
class EndSessionView(View):
    """End a session in another browser, after a question."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask; whoever means this browser signs out instead."""
        session = get_object_or_404(account_of(request).sessions, pk=pk)
        if _is_here(request, session):
            return redirect("accounts:security")
        return render(request, "accounts/security/end_session.html", {"session": session})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it; one that is over already is fine."""
        session = get_object_or_404(account_of(request).sessions, pk=pk)
        if not _is_here(request, session):
            if sessions.end(account_of(request), pk, visit=visit_of(request)):
                messages.success(request, _("The session has been ended."))
            else:
                messages.info(request, _("That session was over already."))
        return redirect("accounts:security")


@method_decorator([never_cache, signed_in], name="dispatch")
class EndOtherSessionsView(View):
    """End all sessions but the one that asks for it, after a question."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask."""
        return render(request, "accounts/security/end_others.html")

    def post(self, request: HttpRequest) -> HttpResponse:
        """End them and say how many there were."""
        ended = sessions.end_others(
            account_of(request), request.session.session_key, visit=visit_of(request)
        )
        words = ngettext(
            "%(count)d session has been ended.", "%(count)d sessions have been ended.", ended
        )
        if ended:
            messages.success(request, words % {"count": ended})
        else:
            messages.info(request, _("There were no other sessions."))
        return redirect("accounts:security")


@method_decorator([never_cache, signed_in, sensitive_post_parameters()], name="dispatch")
class ConfirmView(ReturnMixin, View):
    """Ask who is signed in to prove that it is him, and lead on to what he began."""

    next_page = "accounts:security"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for the password, with what was wrong with the last one."""
        form = ConfirmForm.refused(REASONS.get(request.GET.get(REFUSED, ""), ""))
        return self.ask(form)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Remember the proof and lead on, or lead back to the question."""
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            code = form.errors.as_data()["password"][0].code
            return self.ask_again("required" if code == "required" else "wrong")
        password = form.cleaned_data["password"]
        network = network_of(request)
        if wait := network_tries.count(network):
            return too_many(request, wait)
        match credentials.proves_owner(account_of(request), password, visit=visit_of(request)):
            case True:
                network_tries.forgive(network)
                confirmation.remember(request)
                # Not redirect(): it takes an address without a slash for the name of a view.
                return HttpResponseRedirect(self.get_success_url())
            case False:
                return self.ask_again("wrong")
            case _:
                page = self.ask(ConfirmForm.refused("too_often"))
                return held_up(page, PASSWORD_CHANGES.window)

    def ask(self, form: ConfirmForm) -> HttpResponse:
        """Show the form, which knows where to lead afterwards."""
        context = {
            "form": form,
            REDIRECT_FIELD_NAME: self.get_redirect_url(),
            **passkeys.confirm_context(self.request),
        }
        return render(self.request, "accounts/security/confirm.html", context)

    def ask_again(self, code: str) -> HttpResponse:
        """Lead back to the form, which says what is wrong."""
        (reason,) = (word for word, known in REASONS.items() if known == code)
        query = {REFUSED: reason}
        if wanted := self.get_redirect_url():
            query[REDIRECT_FIELD_NAME] = wanted
        return HttpResponseRedirect(f"{self.request.path}?{urlencode(query)}")


@method_decorator(never_cache, name="dispatch")
class SessionStateView(View):
    """Tell the script how long the session lasts, and prolong it on request."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Answer with the seconds that are left; 0 for a visitor. Asking prolongs nothing."""
        return self.answer(request, counts=False)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Count as a request, which is all that is wanted; without a script lead back."""
        if request.headers.get("Accept") == "application/json":
            return self.answer(request, counts=True)
        page = return_address(request)
        return HttpResponseRedirect(page if page != request.path else reverse("accounts:account"))

    def answer(self, request: HttpRequest, *, counts: bool) -> JsonResponse:
        """Say how long the session lasts, and whether it ends then in any case."""
        # Only now is the session looked at.
        watch = watch_of(request) if request.user.is_authenticated else None
        if watch is None:
            return JsonResponse({"left": 0})
        watch.counts = counts
        return JsonResponse({"left": watch.seconds_left, "isLast": watch.is_last})


@method_decorator(never_cache, name="dispatch")
class DisownView(View):
    """Let the reader of the mailbox say that a sign-in was not his; needs no session.

    GET and HEAD change nothing, whoever opens the link, and however often. The referrer names the
    site alone (why not `no-referrer`: `accounts.views.activation.TokenView`).
    """

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask, or say why there is nothing to be asked any more, with the next thing to do."""
        state, event = disowning.examine(token)
        meant = redirect_to_mended(request) if state is LinkState.BROKEN else None
        response = meant or render(
            request,
            f"accounts/disowning/{state.value}.html",
            {
                "event": event,
                "removed": disowning.removed_since(event) if event else (),
            },
            status={
                LinkState.EXPIRED: HTTPStatus.GONE,
                LinkState.OVER: HTTPStatus.GONE,
                LinkState.BROKEN: HTTPStatus.NOT_FOUND,
            }.get(state),
        )
        response["Referrer-Policy"] = "strict-origin"
        return response

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """End all sessions and bar the password, once; the page says what to do next."""
        state, event = disowning.examine(token)
        if state is LinkState.VALID and event is not None:
            disowning.disown(event, visit=visit_of(request))
        response = redirect(request.path)
        response["Referrer-Policy"] = "strict-origin"
        return response


def _is_here(request: HttpRequest, session: AccountSession) -> bool:
    key = request.session.session_key
    return key is not None and session.session_hash == sessions.hash_of(key)

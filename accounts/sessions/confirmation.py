"""Ask who is signed in to confirm that it is him, unless he just did ("Potwierdź, że to Ty").

A page that is guarded by `confirmed` asks before it is shown, so nothing that was typed is lost.
What it then sends may take as long as a session waits for a request.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.sessions import factor
from accounts.sessions.lifetime import STAFF
from accounts.sessions.returning import return_address, to_sign_in
from accounts.sessions.watch import watch_of

SESSION_KEY = "confirmed_at"  # seconds since 1970
VALID_FOR = timedelta(minutes=5)

View = Callable[..., HttpResponseBase]


def remember(request: HttpRequest) -> None:
    """Remember that who is signed in has just proved that it is him."""
    request.session[SESSION_KEY] = int(timezone.now().timestamp())


def is_confirmed(request: HttpRequest, *, longer: timedelta = timedelta(0)) -> bool:
    """Tell whether that was in the last five minutes, or in a time that is so much longer."""
    at: float = request.session.get(SESSION_KEY, 0)
    return timezone.now().timestamp() - at < (VALID_FOR + longer).total_seconds()


def confirmed(view: View) -> View:
    """Let through who has confirmed that it is him; lead others to do so, and back.

    A page asks for it in the last five minutes. What is sent from a page that was shown has
    the time of a session's pause more.
    """
    return _guarded(view, is_page=lambda request: request.method in ("GET", "HEAD"))


def still_confirmed(view: View) -> View:
    """Let through what a script of a confirmed page asks for, as long as the page may be sent."""
    return _guarded(view, is_page=lambda request: False)


def factor_again(view: View) -> View:
    """Let through who proved a method in the last five minutes; lead others to do so, and back.

    For what is done to one's own methods: what is sent from a page that was shown has the time of
    a session's pause more.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_page = request.method in ("GET", "HEAD")
        within = factor.FRESH_FOR if is_page else factor.FRESH_FOR + STAFF.idle
        return (
            view(request, *args, **kwargs)
            if factor.fresh_factor(request, within)
            else _ask_factor(request)
        )

    return answer


def factor_now(view: View) -> View:
    """As `factor_again`, for what is done to others: what is sent has the five minutes, no more.

    Whoever comes too late is told that nothing was done, and is led back to the page afterwards.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if factor.fresh_factor(request):
            return view(request, *args, **kwargs)
        if request.method not in ("GET", "HEAD"):
            messages.warning(
                request,
                gettext("Nothing has been done yet. Confirm that it is you, then send it again."),
            )
        return _ask_factor(request)

    return answer


def _ask_factor(request: HttpRequest) -> HttpResponseBase:
    query = {REDIRECT_FIELD_NAME: return_address(request)}
    return HttpResponseRedirect(reverse("admin:confirm", query=query))


def _guarded(view: View, is_page: Callable[[HttpRequest], bool]) -> View:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        watch = watch_of(request)
        pause = watch.lifetime.idle if watch else timedelta(0)
        if is_confirmed(request, longer=timedelta(0) if is_page(request) else pause):
            return view(request, *args, **kwargs)
        return HttpResponseRedirect(
            reverse("accounts:confirm", query={REDIRECT_FIELD_NAME: return_address(request)})
        )

    return answer

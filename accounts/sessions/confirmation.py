"""Ask who is signed in to confirm that it is him, unless he just did ("Potwierdź, że to Ty").

A page that is guarded by `confirmed` asks before it is shown, so nothing that was typed is lost.
What it then sends may take as long as a session waits for a request.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

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

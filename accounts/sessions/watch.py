"""Follow the session of a request: how long it still lasts, that it was used, that it is over.

The session holds when it began and when it was seen last, written every five minutes at most: an
ordinary request writes nothing. So that nobody is signed out before his time, and nobody stays for
longer, each answer carries the moment in a signed cookie; the later of the two counts. A browser
that sends no such cookie has what is written alone.

Nothing here opens a session (`accounts.sessions.opening`).
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, NamedTuple

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import User
from accounts.registration import browser
from accounts.services import sessions
from accounts.sessions import known_browser
from accounts.sessions.lifetime import Lifetime, lifetime_of
from accounts.sessions.visit import visit_of

# Keys of the session: seconds since 1970, and what this browser held before the sign-in.
BEGAN = "began"
SEEN = "seen"
ASIDE = "aside"

WRITTEN_EVERY = timedelta(minutes=5)
SALT = "accounts.session-seen"
# How long a browser can tell that its session has expired.
REMEMBERED_FOR = timedelta(hours=24)
# Where a request keeps the key of an earlier session that its browser gets back.
_GIVEN_BACK = "session_given_back"


class Aside(NamedTuple):
    """What a browser held before somebody signed in: an anonymous session and a CSRF secret.

    With the old secret, a form that was open all the time can still be sent.
    """

    key: str
    csrf_secret: str


@dataclass
class Watch:
    """What a request knows of the session in which an account is signed in."""

    # The attribute of a request; templates read it.
    ATTRIBUTE: ClassVar = "account_session"

    account: User
    key: str
    # Seconds since 1970: when it began, when it was seen last, and when that was written.
    began: float
    seen: float
    written: float
    lifetime: Lifetime
    aside: Aside | None = None
    # Whether the browser is to know the account from now on.
    is_new: bool = False
    # Whether somebody has signed in by this request.
    is_opened: bool = False
    # Whether this request counts as one; asking how much time is left does not.
    counts: bool = True

    @property
    def seconds_left(self) -> int:
        """Return how long the session goes on after this request; at least a second."""
        return max(1, math.ceil(self._ends(_now() if self.counts else self.seen) - _now()))

    @property
    def is_last(self) -> bool:
        """Tell whether no request prolongs the session any more."""
        return self._ends(_now()) == self._ends(math.inf)

    @property
    def is_over(self) -> bool:
        return _now() >= self._ends(self.seen)

    def _ends(self, seen: float) -> float:
        """Return when a session ends that was seen last at this moment."""
        idle, whole = self.lifetime.idle.total_seconds(), self.lifetime.whole.total_seconds()
        return min(seen + idle, self.began + whole)


def watch_of(request: HttpRequest) -> Watch | None:
    """Return what is known of the session of this request; nothing for a visitor."""
    found: Watch | None = getattr(request, Watch.ATTRIBUTE, None)
    return found


def user_of(request: HttpRequest) -> User | AnonymousUser:
    """Return who is signed in in this request's session, as long as it lasts.

    No statement beyond Django's own two, but for a session that is over: it is deleted, and the
    browser gets back what it held before. One that was opened by other means begins now.
    """
    key = request.session.session_key
    aside = aside_of(request)
    if aside is None and auth.SESSION_KEY not in request.session:
        return AnonymousUser()
    user = auth.get_user(request)
    if isinstance(user, User) and key is not None:
        watch = _watch(request, user, key)
        if not watch.is_over:
            watch.aside = aside
            setattr(request, Watch.ATTRIBUTE, watch)
            return user
    if auth.SESSION_KEY in request.session:
        # Over, or of a closed account: when that is opened again, this must be gone.
        request.session.flush()
    _give_back(request, aside)
    return AnonymousUser()


def start(request: HttpRequest, account: User, aside: Aside | None = None) -> Watch:
    """Begin to follow the session in which this account has just been signed in."""
    key, now = request.session.session_key, _now()
    assert key is not None
    watch = Watch(account, key, now, now, now, lifetime_of(account), aside, is_new=True)
    request.session.update({BEGAN: now, SEEN: now})
    if aside is not None:
        request.session[ASIDE] = aside
    setattr(request, Watch.ATTRIBUTE, watch)
    return watch


def leave(request: HttpRequest, response: HttpResponseBase) -> None:
    """Have the browser and, every five minutes, the database know that the session was used.

    After a sign-out, by whatever view, the browser gets back what it held before.
    """
    watch = watch_of(request)
    if watch is not None and auth.SESSION_KEY in request.session:
        _go_on(request, response, watch)
    elif watch is not None:
        response.delete_cookie(settings.SEEN_COOKIE_NAME, samesite="Lax")
        _give_back(request, watch.aside)
    given_back = getattr(request, _GIVEN_BACK, None)
    if given_back is not None and given_back == request.session.session_key:
        response.set_cookie(
            settings.SESSION_COOKIE_NAME,
            given_back,
            max_age=settings.SESSION_COOKIE_AGE,
            domain=settings.SESSION_COOKIE_DOMAIN,
            path=settings.SESSION_COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=settings.SESSION_COOKIE_HTTPONLY,
            samesite="Lax",
        )


def has_expired(request: HttpRequest) -> bool:
    """Tell whether somebody was signed in here within a day whose session has ended by itself."""
    stamp = _read_stamp(request)
    return (
        stamp is not None
        and not request.user.is_authenticated
        and _now() - stamp.seen < REMEMBERED_FOR.total_seconds()
    )


def _watch(request: HttpRequest, user: User, key: str) -> Watch:
    """Return how far the session has come; one that was opened by other means begins now."""
    session = request.session
    if BEGAN not in session:
        watch = start(request, user)
        visit, at = visit_of(request), datetime.fromtimestamp(watch.began, UTC)
        sessions.begin(user, watch.key, visit=visit, how="", at=at)
        return watch
    seen = written = session[SEEN]
    stamp = _read_stamp(request)
    if stamp is not None and stamp.session == _short(key):
        seen = max(written, stamp.seen)
    return Watch(user, key, session[BEGAN], seen, written, lifetime_of(user))


def _go_on(request: HttpRequest, response: HttpResponseBase, watch: Watch) -> None:
    session = request.session
    if session.session_key != watch.key and session.session_key is not None:
        # The password was changed here, or a key of the site exchanged.
        sessions.rename(watch.key, session.session_key)
        watch.key = session.session_key
    if watch.counts:
        seen = _now()
        if seen - watch.written >= min(WRITTEN_EVERY, watch.lifetime.idle / 3).total_seconds():
            session[SEEN] = seen
            sessions.see(watch.key, datetime.fromtimestamp(seen, UTC))
        _write_stamp(response, Stamp(_short(watch.key), seen))
    if watch.is_new:
        known_browser.remember(request, response, watch.account)
    if watch.is_opened:
        browser.forget_others(request, response, watch.account)


def aside_of(request: HttpRequest) -> Aside | None:
    kept = request.session.get(ASIDE)
    return None if kept is None else Aside(*kept)


def _give_back(request: HttpRequest, aside: Aside | None) -> None:
    """Let this browser go on with what it held before; one that is gone by now is no harm."""
    if aside is None:
        return
    request.session = type(request.session)(aside.key)
    setattr(request, _GIVEN_BACK, aside.key)
    request.META |= {"CSRF_COOKIE": aside.csrf_secret, "CSRF_COOKIE_NEEDS_UPDATE": True}


class Stamp(NamedTuple):
    """What the cookie says: which session was used, and when, in seconds since 1970."""

    session: str
    seen: float


def _write_stamp(response: HttpResponseBase, stamp: Stamp) -> None:
    response.set_cookie(
        settings.SEEN_COOKIE_NAME,
        signing.Signer(salt=SALT).sign(f"{stamp.session}-{stamp.seen}"),
        max_age=REMEMBERED_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read_stamp(request: HttpRequest) -> Stamp | None:
    try:
        cookie = request.COOKIES[settings.SEEN_COOKIE_NAME]
        session, seen = signing.Signer(salt=SALT).unsign(cookie).split("-")
        return Stamp(session, float(seen))
    except (KeyError, signing.BadSignature, ValueError):
        return None


def _short(key: str) -> str:
    """Return enough of a session's hash to tell it from the browser's earlier ones."""
    return sessions.hash_of(key)[:12]


def _now() -> float:
    return timezone.now().timestamp()

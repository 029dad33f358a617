"""Open an account in a browser: the one function that every door calls after it has judged."""

from datetime import UTC, datetime

from django.contrib import auth
from django.http import HttpRequest

from accounts.models import AccountSession, User
from accounts.registration.storage import is_attempt
from accounts.services import sessions
from accounts.sessions import confirmation, factor, known_browser, texts, watch
from accounts.sessions.visit import visit_of
from accounts.sessions.watch import Aside

BACKEND = "accounts.backends.EmailBackend"


def open_session(request: HttpRequest, account: User, how: AccountSession.How) -> None:
    """Sign this account in, in a new session; remember it, and tell its owner of a new browser.

    The caller has judged that it may be opened. Nothing of what this browser held before gets into
    the session: unfinished registrations are set aside until the sign-out, at most for their
    day, and the rest goes, somebody else's finished registration too. Cookies are set with the
    answer, whichever it is.
    """
    # The first sign-in of an account is no news to its owner.
    is_known = account.last_login is None or known_browser.knows(request, account)
    secret = request.META.get("CSRF_COOKIE") or ""
    session = request.session
    earlier = watch.aside_of(request)
    key = session.set_aside(is_attempt)  # type: ignore[attr-defined]  # our store's
    auth.login(request, account, backend=BACKEND)
    begun = watch.start(request, account, Aside(key, secret) if key else earlier)
    begun.is_opened = True
    confirmation.remember(request)
    factor.remember(request, how)
    texts.remember(request, account)
    sessions.sign_in(
        account,
        begun.key,
        visit=visit_of(request),
        how=how,
        at=datetime.fromtimestamp(begun.began, UTC),
        is_known=is_known,
    )

"""Know which terms and privacy notice who is signed in has accepted, and what is new to him.

The session holds the versions, read when it is opened, so that no page asks the database. It is
asked again where the terms in force are newer: they may have been accepted in another browser.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.http import HttpRequest
from django.utils import timezone

from accounts import consents
from accounts.models import User
from accounts.services import agreements
from accounts.services.agreements import KnownTexts
from accounts.sessions.account import account_of
from accounts.sessions.watch import watch_of

SESSION_KEY = "texts"
# Who is no customer is asked for nothing: a day later than any version's.
NOT_ASKED = KnownTexts("9999-12-31", "9999-12-31")

# What stays open to who has not accepted the terms in force, by the names of addresses: to accept
# them, or to take one's data and leave.
OPEN = frozenset(
    {
        "accounts:terms",
        "accounts:my-data",
        "accounts:close",
        "accounts:confirm",
        "accounts:passkey-confirm",
        "accounts:passkey-confirm-options",
    }
)


@dataclass(frozen=True)
class TextNews:
    """What an account page says above all else: the versions that are news to its reader."""

    # The attribute of a request; templates read it.
    ATTRIBUTE: ClassVar = "text_news"

    # Terms that he has not accepted: those in force, for which his pages wait, or announced ones.
    terms: str
    is_awaited: bool
    privacy: str


def remember(request: HttpRequest, account: User) -> KnownTexts:
    """Read what this account has accepted and keep it in the session, which is its own."""
    known = agreements.known_texts(account) or NOT_ASKED
    if request.session.get(SESSION_KEY) != list(known):
        request.session[SESSION_KEY] = list(known)
    return known


def are_accepted(request: HttpRequest) -> bool:
    """Tell whether the page may be shown: the terms in force are accepted, or it is `OPEN`.

    Also let the page know what is new. What is sent from a page that was shown before midnight
    has the time of a session's pause more, so that nothing typed is lost.
    """
    known, day = _known(request), consents.today()
    if known.terms < consents.in_force("terms", day):
        known = remember(request, account_of(request))
    is_awaited = known.terms < consents.in_force("terms", day)
    news = TextNews(
        consents.to_accept(known.terms, day),
        is_awaited,
        consents.news_of_privacy(known.privacy, day),
    )
    setattr(request, TextNews.ATTRIBUTE, news)
    if not is_awaited or _name_of(request) in OPEN:
        return True
    if request.method in ("GET", "HEAD"):
        return False
    watch = watch_of(request)
    shown_at = timezone.now() - (watch.lifetime.idle if watch else timedelta(0))
    day = timezone.localdate(shown_at, timezone.get_default_timezone())
    return known.terms >= consents.in_force("terms", day)


def _known(request: HttpRequest) -> KnownTexts:
    kept = request.session.get(SESSION_KEY)
    return KnownTexts(*kept) if kept else remember(request, account_of(request))


def _name_of(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""

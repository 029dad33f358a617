"""Know the browsers in which an account was opened: a signed cookie names the accounts.

It opens nothing. A new browser brings the owner a mail, and a known one keeps tries of its own when
strangers have used up those of the address.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User
from accounts.values import email as email_address
from kantor.serving import security_log
from kantor.serving.security_log import Event

SALT = "accounts.known-browser"
LIFETIME = timedelta(days=180)
# A family at one computer. The one that was opened longest ago is forgotten first.
MOST_ACCOUNTS = 8
MARK_LENGTH = 20  # hexadecimal digits; they tell accounts apart, the signature proves


class Entry(NamedTuple):
    """One account by its mark, and the day on which it was opened here last."""

    mark: str
    day: int


def knows(request: HttpRequest, account: User | None) -> bool:
    """Tell whether this account was opened in this browser in the last 180 days. No statement.

    Costs the same for nobody's account. False for all browsers after `close_access` and after a
    new password, but for the one that set it if that was known (`keep`).
    """
    return knows_by(cookie_of(request), account)


def knows_owner_of(request: HttpRequest, email: str) -> bool:
    """Tell whether the account of this address was opened here: who asks is no stranger to it.

    A browser that was never signed in looks nothing up; any other one, one SELECT for each address.
    """
    if not _read(cookie_of(request)):
        return False
    owner = User.objects.having(email_address.normalise(email)).first()
    return knows(request, owner)


def cookie_of(request: HttpRequest) -> str:
    """Return the value of the cookie, for `knows_by`; empty without one."""
    return request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, "")


def knows_by(cookie: str, account: User | None) -> bool:
    """Tell the same from the value of the cookie."""
    entries = _read(cookie)
    is_known = False
    for mark in _marks(account or User(pk=0)):
        for entry in entries:
            is_known |= constant_time_compare(entry.mark, mark)
    return is_known and account is not None


def remember(request: HttpRequest, response: HttpResponseBase, account: User) -> None:
    """Name this account first among those that the browser knows, for another 180 days."""
    own = list(_marks(account))
    others = [entry for entry in _read(cookie_of(request)) if entry.mark not in own]
    entries = [Entry(own[0], _today()), *others][:MOST_ACCOUNTS]
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        signing.dumps(entries, salt=SALT),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def keep(request: HttpRequest, response: HttpResponseBase, account: User) -> None:
    """Let a browser that knew this account know it under the account's new number as well.

    `account` is as it was before its password was set anew; one SELECT where it was known.
    """
    if knows(request, account):
        remember(request, response, User.objects.get(pk=account.pk))


def _read(cookie: str) -> list[Entry]:
    """Return the entries of a genuine cookie that still count: a copy must not live longer."""
    try:
        entries = [Entry(str(mark), int(day)) for mark, day in signing.loads(cookie, salt=SALT)]
    except (signing.BadSignature, ValueError, TypeError):
        if cookie:
            security_log.note(Event.COOKIE_FORGED, cookie="known_browser")
        return []
    return [entry for entry in entries if _today() - entry.day <= LIFETIME.days]


def _marks(account: User) -> Iterator[str]:
    """Yield what stands for the account, by each key of the site: its number is nobody's business.

    The number of its access is in it, so closing the access makes every browser unknown.
    """
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        value = f"{account.pk}.{account.access_serial}"
        yield salted_hmac(SALT, value, secret=key, algorithm="sha256").hexdigest()[:MARK_LENGTH]


def _today() -> int:
    return int(timezone.now().timestamp() // timedelta(days=1).total_seconds())

"""Note by name what a guard of the site should see: one line, its event, whose account, no more.

What each event means stands in docs/logs.md. Facts are words of ours and numbers of rows: never an
address, a name, a token or anything else that a request brought.
"""

import logging
from contextvars import ContextVar
from enum import StrEnum

from django_guid import get_guid

from kantor.serving import numbers

logger = logging.getLogger("kantor.security")


class Event(StrEnum):
    """What can be noted; beside these, every event of an account (`note_of_account`)."""

    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_IN_HELD_UP = "sign_in_held_up"
    SIGN_IN_PENDING = "sign_in_pending"
    SIGN_IN_SUSPENDED = "sign_in_suspended"
    SIGN_IN_CLOSED = "sign_in_closed"
    CONFIRMATION_REFUSED = "confirmation_refused"
    CODE_REFUSED = "code_refused"
    PASSKEY_COPIED = "passkey_copied"
    CAPTCHA_REFUSED = "captcha_refused"
    LIMIT_REACHED = "limit_reached"
    COOKIE_FORGED = "cookie_forged"
    LINK_FORGED = "link_forged"
    FORM_FORGED = "form_forged"
    REQUEST_MALFORMED = "request_malformed"
    REQUEST_TOO_LARGE = "request_too_large"
    ACCESS_DENIED = "access_denied"


# What no honest visitor causes by a slip.
_GRAVE = {Event.PASSKEY_COPIED, Event.COOKIE_FORGED}

_last: ContextVar[tuple[object, ...] | None] = ContextVar("last security event", default=None)


def note(event: Event, *, account: int | None = None, **facts: str | int) -> None:
    """Write the line of this event and count it; what a request repeats is written once."""
    level = logging.WARNING if event in _GRAVE else logging.INFO
    _note(event.value, level, account, facts)


def note_of_account(kind: str, account: int) -> None:
    """Write the line of an event that the account keeps: `account_` and its kind."""
    _note(f"account_{kind}", logging.INFO, account, {})


def _note(name: str, level: int, account: int | None, facts: dict[str, str | int]) -> None:
    if account is not None:
        facts = {"account": account, **facts}
    if guid := get_guid():
        this = (guid, name, *facts.items())
        if _last.get() == this:
            return
        _last.set(this)
    numbers.SECURITY_EVENTS.add(event=name)
    logger.log(level, name, extra=facts)

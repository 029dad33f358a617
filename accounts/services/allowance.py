"""Say how many mails strangers may have sent to one mailbox, and how soon the next may go.

Each purpose has a budget of its own. Two of them no other purpose touches: a link to a new
password, and the first link of a finished registration. What else is asked for shares a third one.
Together they keep strangers who solve no captcha within three mails an hour and seven a day, others
within ten a day; docs/decisions/mail.md has the argument.

Counted is what is asked for, not what is sent: whether an address has an account must not show in
a counter. Counted are mailboxes, not spellings (`email.mailbox`).
"""

from dataclasses import replace
from datetime import timedelta
from enum import Enum

from accounts.limits import Limit, Running, keys_of, longest_wait, note_refusal, take_all
from accounts.values.email import mailbox

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAUSE = timedelta(minutes=3)

# An impatient click at one door does not use up another: each has a pause of its own.
LINK_PAUSE = Limit("link-pause", times=1, window=PAUSE)
CODE_PAUSE = Limit("code-pause", times=1, window=PAUSE)

# All of them; what has a budget to itself is counted here and never refused for it.
MAILS_AN_HOUR = Limit("mails-hour", times=3, window=HOUR)
# What anybody can ask for, but for what has a budget to itself.
ASKED_AN_HOUR = Limit("asked-hour", times=2, window=HOUR)
ASKED_A_DAY = Limit("asked-day", times=4, window=DAY)
# In one order everywhere, behind what belongs to one purpose: PostgreSQL locks counters as they are
# counted, and two orders would make two visitors wait for each other.
_SHARED = (MAILS_AN_HOUR, ASKED_AN_HOUR, ASKED_A_DAY)

# The reserve: what one network may take of it, and one place more for whoever comes from another.
NETWORK_FIRST_LINKS = (
    Limit("network-first-link-hour", times=1, window=HOUR),
    Limit("network-first-link-day", times=3, window=DAY),
)
FIRST_LINKS = (
    Limit("first-link-hour", times=2, window=HOUR),
    Limit("first-link-day", times=4, window=DAY),
)


def _budget(name: str, an_hour: int, a_day: int) -> tuple[Limit, Limit]:
    """Return what one purpose takes at most; of a shared budget, less than all of a day."""
    return Limit(f"{name}-hour", an_hour, HOUR), Limit(f"{name}-day", a_day, DAY)


class Purpose(Enum):
    """What a mail is asked for; the value is what limits it, each in the order of counting."""

    # A budget of its own: whatever strangers ask for otherwise, the owner gets his link.
    RESET = _budget("reset", 1, 3)
    # By the browser that registered, or with the password of the registration.
    SEND_AGAIN = (LINK_PAUSE, *_budget("again", 2, 3), *_SHARED)
    CORRECTION = (LINK_PAUSE, *_budget("correction", 1, 3), *_SHARED)
    PHONE = (*_budget("phone", 1, 3), *_SHARED)
    EMAIL_CHANGE = (*_budget("email-change", 2, 3), *_SHARED)
    CODE = (CODE_PAUSE, *_budget("code", 2, 3), *_SHARED)
    # By somebody who is no stranger: he holds a genuine link of ours, asks in a browser in which
    # the account was opened, or works for us.
    ACQUAINTANCE = (LINK_PAUSE, *_budget("acquaintance", 3, 10))


def ask(purpose: Purpose, email_key: str) -> timedelta:
    """Count a mail to this address; return zero when it may be sent, else how long to wait.

    What is refused uses nothing up. Of simultaneous tries no more pass than the limits allow.
    """
    subject, limits = mailbox(email_key), purpose.value
    beside = (MAILS_AN_HOUR,) if purpose is Purpose.RESET else ()
    if take_all(limits, subject, beside=beside):
        return timedelta(0)
    note_refusal(f"mail-{purpose.name.lower()}")
    # Somebody else was faster, or his window ends at this very moment.
    return longest_wait(limits, subject) or timedelta(seconds=1)


def wait(purpose: Purpose, email_key: str) -> timedelta:
    """Return how long this address has to wait for such a mail; zero when it need not."""
    return longest_wait(purpose.value, mailbox(email_key))


def wait_keys(purpose: Purpose, email_key: str) -> list[str]:
    """Return the keys of the counters that `wait_by` looks at."""
    return keys_of(purpose.value, mailbox(email_key))


def wait_by(running: Running, purpose: Purpose, email_key: str) -> timedelta:
    """Return what `wait` would, by counters that have been read already."""
    return running.longest_wait(purpose.value, mailbox(email_key))


def ask_first_link(email_key: str, network: str, finishes: Limit | None = None) -> bool:
    """Count the first link of a registration finished in `network`; tell whether it may be sent.

    With `finishes` the registration itself is counted for the network by the same statement, and
    UsedUpError raised where that has finished too many.

    The reserve comes first: the first registration of a network in an hour is not refused for
    what others asked for. Further ones take what the shared mails leave. The link begins the pause
    before it is sent again and is not held up by one: somebody who registers twice gets both.
    """
    subject = mailbox(email_key)
    own = [replace(each, name=f"{each.name} {network}") for each in NETWORK_FIRST_LINKS]
    may_be_sent = take_all(
        (*own, *FIRST_LINKS),
        subject,
        beside=(LINK_PAUSE, MAILS_AN_HOUR),
        first=(finishes, network) if finishes else None,
    ) or take_all(_SHARED, subject, beside=(LINK_PAUSE,))
    if not may_be_sent:
        note_refusal("mail-first_link")
    return may_be_sent

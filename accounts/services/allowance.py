"""Say how many mails strangers may have sent to one address, and how soon the next may go.

Counted is what is asked for, not what is sent: whether an address has an account must not show
in a counter. All doors share the hour and the day; a pause of its own keeps an impatient click
at one door from using up the other.
"""

from datetime import timedelta

from accounts.limits import Limit, hit_all, longest_wait

LINK_PAUSE = Limit("link-pause", times=1, window=timedelta(minutes=3))
RESET_PAUSE = Limit("reset-pause", times=1, window=timedelta(minutes=3))
MAILS_AN_HOUR = Limit("mails-hour", times=3, window=timedelta(hours=1))
MAILS_A_DAY = Limit("mails-day", times=10, window=timedelta(days=1))


def for_registration(email_key: str) -> bool:
    """Count the first link of a registration; tell whether it may be sent.

    It begins the pause before a link is sent again, but is not held up by one itself: somebody
    who registers twice gets both links. One statement, so a try that the hour refuses counts for
    the day as well.
    """
    _paused, *allowed = hit_all((LINK_PAUSE, MAILS_AN_HOUR, MAILS_A_DAY), email_key)
    return all(allowed)


def for_link(email_key: str) -> bool:
    """Count another link to this address; tell whether it may be sent."""
    return _may_send(LINK_PAUSE, email_key)


def for_reset(email_key: str) -> bool:
    """Count a mail to this address about a forgotten password; tell whether it may be sent."""
    return _may_send(RESET_PAUSE, email_key)


def wait_for_link(email_key: str) -> timedelta:
    """Return how long this address has to wait for another link; zero when it need not."""
    return longest_wait((LINK_PAUSE, MAILS_AN_HOUR, MAILS_A_DAY), email_key)


def _may_send(pause: Limit, email_key: str) -> bool:
    # In this order: what the pause refuses does not use up the hour, nor what that refuses the day.
    return pause.hit(email_key) and MAILS_AN_HOUR.hit(email_key) and MAILS_A_DAY.hit(email_key)

"""Count what one network tries at all doors: customers', staff's, and where it is asked again.

Only failed tries count on the limit that the site promises; a right one is taken back. What tries
cost, right or wrong, has a wider limit of its own.
"""

from datetime import timedelta

from accounts.limits import Limit, hit_all, longest_wait

WINDOW = timedelta(minutes=5)
# Whichever addresses and accounts are named.
NETWORK_SIGN_INS = Limit("network-sign-in", times=100, window=WINDOW)
# At most two hashes each, also for who knows a password and goes on using it.
NETWORK_WORK = Limit("network-sign-in-work", times=300, window=WINDOW)
# The first page of the sign-in judges nothing, but keeps an address in a session: a row each.
NETWORK_ADDRESSES = Limit("network-sign-in-address", times=300, window=WINDOW)

_LIMITS = (NETWORK_SIGN_INS, NETWORK_WORK)


def count(network: str) -> timedelta:
    """Count a try before it is judged; return how long to wait instead, zero when it may be.

    One statement where it may. Never call it in a transaction: a count that is rolled back is none.
    """
    return _count(_LIMITS, network)


def forgive(network: str) -> None:
    """Take back the try that was just counted: it was right. One UPDATE."""
    NETWORK_SIGN_INS.take_back(network)


def count_address(network: str) -> timedelta:
    """Count an address that is to be kept; return how long to wait instead."""
    return _count((NETWORK_ADDRESSES,), network)


def _count(limits: tuple[Limit, ...], network: str) -> timedelta:
    if all(hit_all(limits, network)):
        return timedelta(0)
    # A window may end at this very moment.
    return longest_wait(limits, network) or timedelta(seconds=1)

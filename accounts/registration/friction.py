"""Say how much of the expensive things one network gets, and what a person never does.

The numbers leave room for an office, a school or a mobile operator's thousands behind one
address: they end floods, not people. A machine is slowed down by the sum of them.
"""

import time
from datetime import timedelta

from accounts.limits import Limit, LocalLimit, hit_all
from accounts.registration.storage import AttemptStorage

# A session row each; nobody begins a registration every half a minute for an hour.
ATTEMPTS = Limit("network-attempt", times=200, window=timedelta(hours=1))
# A challenge is a row; its picture costs this process some 2 ms, its sound 2 ms and 80 kB.
CHALLENGES = Limit("network-challenge", times=150, window=timedelta(minutes=10))
PICTURES = LocalLimit(times=600, window=timedelta(minutes=10), name="network-picture")
SOUNDS = LocalLimit(times=300, window=timedelta(minutes=10), name="network-sound")
# A password judged and hashed, the one thing that is meant to be slow (`passwords.hashing`).
PASSWORDS = Limit("network-password", times=100, window=timedelta(minutes=10))
# An account, its rows and a mail to an address that nobody has confirmed.
FINISHES = Limit("network-finish", times=60, window=timedelta(hours=1))

# A row each, for who is on the phone with a consultant.
SUPPORT_CODES = Limit("network-support", times=60, window=timedelta(hours=1))

# A person needs longer for five pages, even one whose browser fills them in. Somebody faster is
# only counted; from a network that does it often, he is asked for another challenge.
FASTEST = 5.0  # seconds from step 1 to an answered challenge
HURRIED = Limit("network-hurried", times=20, window=timedelta(hours=1))


def now() -> int:
    """Return the time as an attempt keeps it: whole seconds."""
    return int(time.time())


def seconds_since_begun(storage: AttemptStorage) -> int | None:
    """Return how long this attempt has taken, in whole seconds; nothing where it is not known."""
    began: int = storage.fact("began", 0)
    return max(0, now() - began) if began else None


def count_password(storage: AttemptStorage, network: str) -> tuple[bool, bool]:
    """Count a password to be judged; tell whether it may be, and whether the pace is a machine's.

    The latter is an attempt too fast for a person, from a network full of such. One statement.
    """
    began: int = storage.fact("began", 0)
    is_fast = time.time() - began < FASTEST
    allowed, *calm = hit_all((PASSWORDS, HURRIED) if is_fast else (PASSWORDS,), network)
    return allowed, not all(calm)

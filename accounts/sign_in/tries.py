"""Count failed tries to sign in, for every address alike, whether it has an account or not.

The subject of all but one is the address in its normalised form. What was tried is counted before
a password is looked at, and forgotten with a right answer.
"""

from datetime import timedelta

from accounts.limits import Ladder, Limit, count_all, forget

# In a row from one network, or from all browsers together that the account knows.
HERE = Ladder(
    "sign-in",
    times=5,
    waits=tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 60)),
    memory=timedelta(days=1),
)
# From everywhere, but for browsers that the account knows.
EVERYWHERE = Ladder(
    "sign-in-everywhere", times=20, waits=(timedelta(hours=1),), memory=timedelta(hours=1)
)
# In a row: until a right answer or a new password, however long that takes.
EVER = timedelta(days=365)
IN_A_ROW = Limit("sign-in-in-a-row", times=100, window=EVER, must_last=True)
# The password was right and the digits were not. Somebody knows the password.
DIGITS = Limit("sign-in-digits", times=10, window=EVER, must_last=True)
DIGITS_TOLD = 3
# Counts in its place when the password was wrong: the same statement, with no consequences.
OTHERWISE = Limit("sign-in-otherwise", times=10, window=EVER, must_last=True)
# How often the owner is told that an address was tried from everywhere.
TOLD = Limit("sign-in-told", times=1, window=timedelta(days=1), quiet=True, must_last=True)

KNOWN = "known browser"


def count(key: str, network: str, *, is_known: bool) -> tuple[timedelta, int]:
    """Count a try before it is judged; return how long to wait instead, and the tries everywhere.

    A known browser has tries of its own, which those of strangers do not use up; then the second
    number is 0. At most three statements.
    """
    here = _here(key, network, is_known=is_known)
    if HERE.hit(here) is None:
        return HERE.wait(here) or timedelta(seconds=1), 0
    if is_known:
        return timedelta(0), 0
    everywhere = EVERYWHERE.hit(key)
    if everywhere is None:
        return EVERYWHERE.wait(key) or timedelta(seconds=1), 0
    return timedelta(0), everywhere


def count_failure(key: str, *, was_password_right: bool) -> tuple[int, int]:
    """Count a try that opened nothing; return those in a row, and those with wrong digits alone.

    One statement, whatever was wrong.
    """
    second = DIGITS if was_password_right else OTHERWISE
    in_a_row, other = count_all((IN_A_ROW, second), key)
    return in_a_row, other if was_password_right else 0


def forgive(key: str, network: str) -> None:
    """Forget the tries at this address, after a right answer or a new password. One DELETE.

    Tries from everywhere are left to time: where they went, a stranger who waits for their hour
    would see that somebody has signed in, and be given as many again.
    """
    forget(
        [
            *(HERE.key(_here(key, network, is_known=is_known)) for is_known in (True, False)),
            *(each.key(key) for each in (IN_A_ROW, DIGITS, OTHERWISE)),
        ]
    )


def forgive_digits(key: str) -> None:
    """Forget the tries with wrong digits at this address, after the number was changed."""
    forget([DIGITS.key(key)])


def _here(key: str, network: str, *, is_known: bool) -> str:
    return f"{key} {KNOWN if is_known else network}"

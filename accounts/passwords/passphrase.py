"""Propose a password that a person can note and type: four Polish words and a number."""

import secrets
from functools import cache

from accounts.passwords.assessment import assess
from accounts.passwords.data import read

WORDS = 4
VERY_STRONG = 4


@cache
def vocabulary() -> tuple[str, ...]:
    """Return the 2,048 words, each of 4 to 8 letters, none with a Polish letter."""
    return tuple(word for part in read("passphrase.txt") for word in part)


def propose() -> str:
    """Return "Rower-kapelusz-jesion-zegar-74": it keeps the guide's rules and is very strong.

    Chosen by the system's random generator: 4 × 11 bits and the number's 6.6 are 51 bits, and
    Argon2id makes each guess a quarter second of work. Never longer than 38 characters. The few
    that happen to be made of everyday words alone are drawn again, 1 of 400.
    """
    while True:
        chosen = [secrets.choice(vocabulary()) for _ in range(WORDS)]
        number = f"{secrets.randbelow(100):02}"
        password = "-".join([chosen[0].capitalize(), *chosen[1:], number])
        if assess(password).score == VERY_STRONG:
            return password

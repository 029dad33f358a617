"""Propose a password that a person can note and type: four Polish words and a digit."""

import secrets
from functools import cache

from accounts.passwords import words

WORDS = 4


@cache
def vocabulary() -> tuple[str, ...]:
    """Return the 4,096 words, each of 4 to 8 letters, none with a Polish letter."""
    return tuple(word for part in words.read("passphrase.txt") for word in part)


def propose() -> str:
    """Return "Rower-kapelusz-jesion-zegar-7": it keeps the guide's rules and is very strong.

    Chosen by the system's random generator: 4 × 12 bits and the digit's 3.3 are 51 bits, and
    Argon2id makes each guess a quarter second of work. Never longer than 37 characters.
    """
    chosen = [secrets.choice(vocabulary()) for _ in range(WORDS)]
    return "-".join([chosen[0].capitalize(), *chosen[1:], str(secrets.randbelow(10))])

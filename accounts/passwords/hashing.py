"""Bring a password into its one form and hash it."""

import unicodedata

from django.contrib.auth.hashers import make_password

MIN_LENGTH = 8
MAX_LENGTH = 128
# NFKC shortens a text fourfold at most, so a longer one is over MAX_LENGTH afterwards too. Without
# this bound it costs the square of the length on a text that is one long run of accents.
MAX_RAW_LENGTH = 4 * MAX_LENGTH


def normalize(raw: str) -> str:
    """Return the NFKC form, so that one password typed on two systems is one password.

    A text that is too long to become a valid password is returned as it is: no stored hash is
    made of such a one.
    """
    return raw if len(raw) > MAX_RAW_LENGTH else unicodedata.normalize("NFKC", raw)


def hash_password(raw: str) -> str:
    """Hash the whole normalised password with the preferred hasher; a quarter second of CPU."""
    return make_password(normalize(raw))

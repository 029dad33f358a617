"""Guess which address was meant by one that looks mistyped. Advice only: nothing is refused here.

A guess is made for slips of the fingers alone: two letters exchanged, one left out, doubled or
hit on the next key. A domain that merely resembles a great provider may be somebody's own, and
the shorter a name is, the more honest neighbours it has.
"""

import re
from functools import lru_cache

from django.core.exceptions import ValidationError

from accounts.values import email

# A slip near two of them, as near to one as to the other, means the one that more people use.
_PROVIDERS = email.PROVIDERS

# Mailboxes of others whose names are a slip away from one above.
_HONEST = frozenset(
    {
        "aol.com",
        "email.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "interia.com",
        "life.com",
        "line.com",
        "love.com",
        "mail.com",
        "me.com",
        "pm.me",
        "poczta.pl",
        "protonmail.ch",
        "rocketmail.com",
        "wp.com",
        "wp.eu",
        "ymail.com",
    }
)

# What no single slip explains, or what nobody has a mailbox at.
_KNOWN_SLIPS = {
    "gmail.com.pl": "gmail.com",
    "gmail.eu": "gmail.com",
    "gmail.pl": "gmail.com",
    "gmial.pl": "gmail.com",
    "google.com": "gmail.com",
    "icloud.pl": "icloud.com",
    "icould.com": "icloud.com",
    "onet.com": "onet.pl",
    "outlook.pl": "outlook.com",
}

# The keys beside each key of the Polish programmer's keyboard.
_ROWS = ("1234567890-", " qwertyuiop", " asdfghjkl", " zxcvbnm,.")
_BESIDE = {
    key: {
        _ROWS[line][place]
        for line in range(max(0, row - 1), min(len(_ROWS), row + 2))
        for place in range(max(0, column - 1), min(len(_ROWS[line]), column + 2))
    }
    - {key, " "}
    for row, keys in enumerate(_ROWS)
    for column, key in enumerate(keys)
}

_WRAPPING = re.compile(r"\A(?:mailto:|.*<(?=[^<>]*>\Z))|[>.,;:]+\Z", re.IGNORECASE)


def suggestion(text: str) -> str:
    """Return the address that was probably meant, canonical; empty when there is no better one.

    Takes what was typed, whether `email.parse` would accept it or not: of a refused address, the
    evident remedy (a comma for a dot, a blank in between, brackets around) is proposed as well.
    Whatever is returned, `email.parse` accepts. Never raises.
    """
    if "@" not in text or len(text) > email.MAX_LENGTH:
        return ""
    typed = text.strip()
    local, domain = _mended(typed)
    meant = _meant(domain.lower())
    if f"{local}@{meant}" == typed:
        return ""
    try:
        found = email.parse(f"{local}@{meant}")
    except ValidationError:
        return ""
    return "" if email.normalise(found) == email.normalise(typed) else found


def _mended(typed: str) -> tuple[str, str]:
    """Return both parts of the address without what is copied or slips in around them.

    Blanks inside the first part stay, and make it no address: nobody knows what belongs there.
    """
    local, _at, domain = _WRAPPING.sub("", typed).rpartition("@")
    domain = "".join(domain.split()).replace(",", ".").replace(";", ".")
    return local.rstrip("@ "), domain


@lru_cache(maxsize=512)
def _meant(domain: str) -> str:
    """Return the provider that this domain is a slip of, or the domain itself."""
    if domain in _KNOWN_SLIPS:
        return _KNOWN_SLIPS[domain]
    if domain in _PROVIDERS or domain in _HONEST:
        return domain
    for provider in _PROVIDERS:
        if domain in (provider.replace(".", ""), provider.rpartition(".")[0]):
            return provider
    return next((each for each in _PROVIDERS if _is_slip(domain, each)), domain)


def _is_slip(domain: str, provider: str) -> bool:
    """Tell whether each part of the domain is the provider's, or a slip away from it."""
    name, _dot, top = domain.rpartition(".")
    right_name, _dot, right_top = provider.rpartition(".")
    if not (name == right_name or _is_slip_of_name(name, right_name)):
        return False
    return top == right_top or _is_one_slip(top, right_top)


def _is_slip_of_name(typed: str, right: str) -> bool:
    """Tell the same of a name. Names of two letters have too many neighbours to guess.

    The first letter is seldom missed, and names that begin otherwise are other names (mail and
    gmail, cloud and icloud). Of short names, one without a letter is another name (onet and one).
    """
    begins_alike = typed[:1] == right[0] or typed[:2] == right[1::-1]
    is_too_short = len(right) < 4 or (len(right) == 4 and len(typed) < 4)
    return begins_alike and not is_too_short and _is_one_slip(typed, right)


def _is_one_slip(typed: str, right: str) -> bool:
    """Tell whether one slip of the fingers makes `typed` of `right`."""
    shared = next(
        (place for place, pair in enumerate(zip(typed, right, strict=False)) if pair[0] != pair[1]),
        min(len(typed), len(right)),
    )
    rest, right_rest = typed[shared:], right[shared:]
    match len(typed) - len(right):
        case 0:
            exchanged = rest[:2] == right_rest[1::-1] and rest[2:] == right_rest[2:]
            is_beside = rest[:1] in _BESIDE.get(right_rest[:1], ()) and rest[1:] == right_rest[1:]
            return exchanged or is_beside
        case -1:
            return rest == right_rest[1:]
        case 1:
            near = typed[max(0, shared - 1)] + right_rest[:1]
            is_near = any(rest[0] == key or rest[0] in _BESIDE.get(key, ()) for key in near)
            return rest[1:] == right_rest and is_near
        case _:
            return False

"""Keep in the session of staff the words that were searched for; addresses name them by a key.

Words may be a person's data: in an address they would stay in histories and logs.
"""

from secrets import token_urlsafe

from django.http import HttpRequest

_KEPT = "desk_searches"
_MOST_KEPT = 10  # searches that one session remembers


def keep(request: HttpRequest, words: str) -> str:
    """Keep these words and return their key; the oldest are forgotten."""
    kept = dict(request.session.get(_KEPT, {}))
    key = token_urlsafe(6)
    # The oldest is forgotten first: JSON keeps the order.
    request.session[_KEPT] = dict([*kept.items(), (key, words)][-_MOST_KEPT:])
    return key


def of(request: HttpRequest, key: str) -> str | None:
    """Return the words that this session keeps under a key; nothing for one it does not know."""
    words = request.session.get(_KEPT, {}).get(key)
    return words if isinstance(words, str) else None

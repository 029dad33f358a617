"""Remember, in the session, the words that a member of staff searches by; forget them in time.

Words may be a person's data: in an address they would stay in histories and logs, so the address
has a key and the session the words.
"""

from contextlib import suppress
from secrets import token_urlsafe

from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.utils import timezone

from accounts.models import User
from kantor.serving.models import Session
from kantor.serving.sessions import SessionStore

_NAME = "desk_searches"
_MOST_KEPT = 10  # searches that one session remembers


def keep(session: SessionBase, words: str) -> str:
    """Keep the words of a search and return their key; the oldest are forgotten first."""
    # JSON keeps the order.
    kept, key = dict(session.get(_NAME, {})), token_urlsafe(6)
    session[_NAME] = dict([*kept.items(), (key, words)][-_MOST_KEPT:])
    return key


def words_of(session: SessionBase, key: str) -> str | None:
    """Return the words that this session keeps under a key; nothing for one it does not know."""
    words = session.get(_NAME, {}).get(key)
    return words if isinstance(words, str) else None


def forget_all() -> None:
    """Forget the words of all staff's sessions: somebody was erased, and they may be his.

    A statement or two for each session of staff that goes on.
    """
    staff = User.objects.filter(is_staff=True).values("pk")
    going_on = Session.objects.filter(account_id__in=staff, expire_date__gt=timezone.now())
    for key in going_on.values_list("session_key", flat=True):
        session = SessionStore(key)
        if session.pop(_NAME, None) is not None:
            with suppress(UpdateError):  # ended at this moment
                session.save()

"""Say who is at work, from a request: the one place at the desk that knows of requests."""

from django.http import HttpRequest

from accounts.desk.events import Desk
from accounts.models import User
from accounts.services.sessions import hash_of
from kantor.serving.network import network_of

SESSION_DIGITS = 16


def desk_of(request: HttpRequest) -> Desk:
    """Return who is at work, in which session and from which network.

    Call it for signed-in staff only. The session is named by the beginning of the digest that its
    row has (`AccountSession`): it leads to that row, and opens nothing.
    """
    user = request.user
    assert isinstance(user, User)
    key = request.session.session_key
    digest = hash_of(key)[:SESSION_DIGITS] if key else ""
    return Desk(user, session=digest, network=network_of(request))

"""Put who is signed in into the request, and let the session be followed."""

from functools import partial

from asgiref.sync import sync_to_async
from django.contrib.auth import middleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.sessions import watch


async def _auser(request: HttpRequest) -> User | AnonymousUser:
    # Wrapped when it is called: no view of ours does, and wrapping costs more than the rest here.
    return await sync_to_async(watch.user_of)(request)


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    """Django's own, but that a session ends in its time; a page that asks nobody costs nothing.

    Stands below SessionMiddleware, which saves what this one writes.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Have the session looked at when somebody asks who is signed in."""
        request.user = SimpleLazyObject(partial(watch.user_of, request))  # type: ignore[assignment]
        request.auser = partial(_auser, request)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Note that the session was used, if it was."""
        watch.leave(request, response)
        return response

"""Read from a request what may be remembered of it."""

from django.http import HttpRequest

from accounts.values import visit
from accounts.values.visit import Visit
from kantor.serving.network import network_of


def visit_of(request: HttpRequest) -> Visit:
    """Return browser, system and shortened address; nothing else of a request goes further."""
    return visit.read(request.headers.get("User-Agent", ""), network_of(request))

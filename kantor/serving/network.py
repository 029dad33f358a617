"""Tell from which network a request comes, and answer one that came too often."""

import math
import re
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

# Some proxies add the client's port. Brackets belong to an IPv6 address, with a port or without.
_WITH_PORT = re.compile(r"\[([^\[\]]*)\](?::[0-9]{1,5})?|([^:\[\]]*):[0-9]{1,5}")


def network_of(request: HttpRequest) -> str:
    """Return the client's IPv4 address or IPv6 /64.

    `X-Forwarded-For` counts only as far as TRUSTED_PROXIES of our own proxies wrote it, read
    from the right: what stands further left came from the client.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(forwarded) >= settings.TRUSTED_PROXIES:
            address = forwarded[-settings.TRUSTED_PROXIES].strip()
    return _network(address)


# Asked several times a request, and a visitor makes a dozen of them.
@lru_cache(maxsize=1024)
def _network(address: str) -> str:
    try:
        parsed = ip_address(_without_port(address))
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        # On a socket for both, an IPv4 client comes as ::ffff:a.b.c.d.
        parsed = parsed.ipv4_mapped or parsed
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(ip_network((parsed, 64), strict=False))


def _without_port(address: str) -> str:
    """Return what stands before the port: `192.0.2.1:5678`, `[2001:db8::1]:443`, or all of it."""
    found = _WITH_PORT.fullmatch(address)
    return (found[1] or found[2]) if found else address


Response = TypeVar("Response", bound=HttpResponse)


def held_up(response: Response, wait: timedelta) -> Response:
    """Make this the answer to somebody who came too often: 429, when to come back, kept by nobody.

    Every answer of ours with this status is made here, whatever it shows.
    """
    response.status_code = HTTPStatus.TOO_MANY_REQUESTS
    response["Retry-After"] = str(_seconds(wait))
    add_never_cache_headers(response)
    return response


def too_many(request: HttpRequest, wait: timedelta, **context: object) -> HttpResponse:
    """Answer with the page that says how long to wait; nothing that was kept is lost by it.

    `back` in the context is where the reader came from, if the page is to lead there.
    """
    minutes = math.ceil(_seconds(wait) / 60)
    context |= {"minutes": minutes, "hours": math.ceil(minutes / 60) if minutes > 90 else 0}
    return held_up(render(request, "429.html", context), wait)


def _seconds(wait: timedelta) -> int:
    # A counter may have ended between the refusal and its answer.
    return max(1, math.ceil(wait.total_seconds()))

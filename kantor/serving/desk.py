"""Say where the staff's pages are: at `ADMIN_HOST`, or with the rest of the site."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port


def root() -> str:
    """Return scheme and host of the staff's pages, by the settings alone."""
    if not settings.ADMIN_HOST:
        return str(settings.BASE_URL)
    parts = urlsplit(settings.BASE_URL)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{settings.ADMIN_HOST}{port}"


def is_at(request: HttpRequest) -> bool:
    """Tell whether this request came to the host that has them; any host where none is named."""
    return settings.ADMIN_HOST in ("", split_domain_port(request.get_host())[0])

"""Say where the staff's pages are, at `ADMIN_HOST` or with the others, and in which language."""

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


def language_of(request: HttpRequest) -> str | None:
    """Return the language that this browser chose for the staff's pages; None at any other page."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    is_theirs = request.path_info.startswith("/admin/")
    return chosen if is_theirs and chosen in dict(settings.LANGUAGES) else None

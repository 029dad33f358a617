"""Tell a page that somebody reads from one that a browser loads in case it is asked for."""

from django.http import HttpRequest

# Each browser says it in its own way: Chromium, Safari, old Firefox.
HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


def is_read(request: HttpRequest) -> bool:
    """Tell whether the answer goes to a reader: not to HEAD, a prefetch or a preview.

    What is said once, and what a link does by being opened, waits for a reader.
    """
    said = " ".join(request.headers.get(name, "") for name in HEADERS).lower()
    return request.method == "GET" and "prefetch" not in said and "preview" not in said

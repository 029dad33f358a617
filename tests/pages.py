"""Follow what a page answers, as a browser does."""

from typing import Any

from django.test import Client


def follow(client: Client, response: Any, limit: int = 4) -> Any:
    """Return the page at the end of the redirects."""
    for _ in range(limit):
        if response.status_code not in (301, 302, 303):
            return response
        response = client.get(response["Location"])
    raise AssertionError(f"More than {limit} redirects")

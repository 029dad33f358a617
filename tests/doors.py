"""Try the doors: sign in by the form, ask for a forgotten password, and see where one is."""

from typing import Any

from django.test import Client

PATH = "/en/logowanie/"
RESET_PATH = "/en/haslo/"
ACCOUNT = "/en/konto/"
GENERIC = "Wrong e-mail address or password. Check them and try again."


def try_in(email: str, password: str, client: Client | None = None, **extra: Any) -> Any:
    """Send the form of the sign-in page."""
    data = {"username": email, "password": password}
    return (client or Client()).post(PATH, data, **extra)


def is_signed_in(client: Client) -> bool:
    return client.get(ACCOUNT).status_code == 200


def enters(email: str, password: str) -> bool:
    client = Client()
    try_in(email, password, client)
    return is_signed_in(client)

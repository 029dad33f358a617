"""Try the doors: sign in by the forms, ask for a forgotten password, and see where one is."""

from typing import Any

from django.test import Client
from django.utils.translation import override

from accounts.sign_in import digits as digits_module
from kantor.serving.typography import untie

PATH = "/en/logowanie/"
PASSWORD_PATH = "/en/logowanie/haslo/"
RESET_PATH = "/en/haslo/"
ACCOUNT = "/en/konto/"
GENERIC = "The address, the password or the digits of the number do not match. Check all three."
# That of everybody whom `tests.factories` makes, unless a test says otherwise.
NUMBER = "601 234 567"


def try_in(
    email: str,
    password: str,
    client: Client | None = None,
    digits: str = NUMBER,
    *,
    prefix: str = "/en",
    next: str = "",
    **extra: Any,
) -> Any:
    """Send the forms of both pages of the sign-in.

    Returns the answer to the second one; where that leads back to a page of the sign-in, the page.
    """
    client = client or Client()
    wanted = {"next": next} if next else {}
    first = client.post(f"{prefix}/logowanie/", {"username": email, **wanted}, **extra)
    if not first["Location"].startswith(f"{prefix}/logowanie/haslo/"):
        return client.get(first["Location"], **extra)
    answer = send(client, {"password": password, "digits": digits, **wanted}, prefix, **extra)
    if answer.status_code == 302 and answer["Location"].startswith(f"{prefix}/logowanie/"):
        return client.get(answer["Location"], **extra)
    return answer


def send(client: Client, data: dict[str, Any], prefix: str = "/en", **extra: Any) -> Any:
    """Send the form with password and digits."""
    return client.post(f"{prefix}/logowanie/haslo/", data, **extra)


def is_signed_in(client: Client) -> bool:
    return client.get(ACCOUNT).status_code == 200


def enters(email: str, password: str) -> bool:
    client = Client()
    try_in(email, password, client)
    return is_signed_in(client)


def digits_label(email: str, language: str = "en") -> str:
    """Return the label under which the digits of this address are asked for today."""
    with override(language):
        asked = digits_module.places(email, digits_module.today())
        return untie(digits_module.question(asked))


WORDS = {
    "en": ("E-mail address (login)", "Next", "Password", "Sign in"),
    "pl": ("Adres e-mail (login)", "Dalej", "Hasło", "Zaloguj się"),
}


def walk_in(
    visitor: Any, email: str, password: str, digits: str = NUMBER, language: str = "en"
) -> Any:
    """Go through both pages from the first of them, by what is written there."""
    login, next_page, secret, enter = WORDS[language]
    visitor.fill({login: email}).press(next_page)
    answers = {secret: password, digits_label(email, language): digits}
    return visitor.fill(answers).press(enter)

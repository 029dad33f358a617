"""What a customer does on each site, from the first page to the last.

Each journey is a function that drives a Browser. It hands every request to `step` with a label,
so that a table has the same rows in every round.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from bench.browser import Browser, Response, UnexpectedAnswerError
from bench.mail import deliver, letter_path

PASSWORD = "Kotlet#Brzoza8"  # noqa: S105  typed by the measured customers only


class Visit:
    """A browser that notes a label for every request it makes."""

    def __init__(self, browser: Browser, note: Callable[[str], None]) -> None:
        """Call `note` with the label of each request after its answer."""
        self.browser = browser
        self.note = note

    def get(self, label: str, url: str) -> Response:
        """Open an address."""
        response = self.browser.request("GET", url)
        self.note(label)
        return response

    def post(self, label: str, answers: dict[str, str | bool], **more: str) -> Response:
        """Fill the form of the page and send it, with `more` beside what its fields hold."""
        url, data = self.browser.fill(answers)
        response = self.browser.request("POST", url, {**data, **more})
        self.note(label)
        return response

    def follow(self, label: str, response: Response, limit: int = 4) -> Response:
        """Open where the answer redirects to, again and again; each hop is a request."""
        for _ in range(limit):
            if response.status not in {301, 302, 303, 307}:
                return response
            response = self.get(label, response.header("location"))
        raise UnexpectedAnswerError(f"{label}: more than {limit} redirects")


def letter_link(email: str, pattern: str) -> str:
    """Return the path of the first link in the newest letter to an address that matches."""
    letter = letter_path(email).read_text(encoding="utf-8")
    found = re.findall(r"https?://[^\s<>\")]+", letter)
    links = [link for link in found if re.search(pattern, link)]
    if not links:
        raise UnexpectedAnswerError(f"no link like {pattern} in the letter to {email}")
    return str(urlsplit(links[0]).path)


def wizard(visit: Visit, serial: int) -> str:
    """Walk through the plain wizard in 7 requests; return the e-mail that was registered."""
    email = f"anna.{serial}@example.org"
    first_steps(visit, email, serial)
    visit.post("step 4", HINTED_PASSWORD)
    done = visit.post("step 5", {"terms": True, "personal_data": True, "news": True})
    visit.follow("done page", done)
    return email


def glued(captcha_answer: Callable[[str], str]) -> Callable[[Visit, int], str]:
    """Return the journey through the glued parts in 11 requests, its captcha and link included."""

    def journey(visit: Visit, serial: int) -> str:
        email = f"anna.{serial}@example.org"
        first_steps(visit, email, serial)
        address = picture_url(visit.browser.page)
        visit.get("step 4: captcha picture", address)
        key = CAPTCHA_PICTURE.search(address)
        assert key is not None, address
        person = {"captcha_0": key[1], "captcha_1": captcha_answer(key[1])}
        visit.post("step 4", {**HINTED_PASSWORD, **person})
        done = visit.post("step 5", {"terms": True, "personal_data": True, "news": True})
        visit.follow("done page", done)
        visit.get("activation link", letter_link(email, r"/activate/"))
        visit.follow("landing page", visit.post("activation POST", {}))
        return email

    return journey


HINTED_PASSWORD: dict[str, str | bool] = {
    "password1": PASSWORD,
    "password2": PASSWORD,
    "hint": "parasol",
}


def first_steps(visit: Visit, email: str, serial: int) -> None:
    """Open the plain wizard, or the glued one, and answer its first three steps."""
    visit.get("first GET", "/register/")
    visit.post(
        "step 1",
        {"username": f"anna{serial}", "first_name": "Anna", "last_name": "Nowak"},
    )
    visit.post("step 2", {"email": email, "phone": "+48 601 234 567", "language": "pl"})
    visit.post("step 3", {"street": "Prosta", "postal_code": "00-838", "city": "Warszawa"})


def allauth(visit: Visit, serial: int) -> str:
    """Sign up with django-allauth and confirm; return the e-mail that was registered."""
    email = f"anna.{serial}@example.org"
    visit.get("first GET", "/accounts/signup/")
    sent = visit.post("sign-up", {"email": email, "password1": PASSWORD, "password2": PASSWORD})
    visit.follow("sent page", sent)
    visit.get("confirm GET", letter_link(email, r"/confirm-email/"))
    form = next_form(visit.browser, "/confirm-email/")
    visit.browser.page = form
    done = visit.post("confirm POST", {})
    visit.follow("landing page", done)
    return email


def next_form(browser: Browser, action: str) -> str:
    """Return the part of the page that holds the form with this action."""
    match = re.search(rf'<form[^>]*action="[^"]*{re.escape(action)}.*?</form>', browser.page, re.S)
    if match is None:
        raise UnexpectedAnswerError(f"{browser.url}: no form for {action}")
    return match.group()


PERSON: dict[str, str | bool] = {
    "main_street": "Prosta",
    "main_house_no": "51",
    "main_flat_no": "7",
    "main_postal_code": "00-838",
    "main_city": "Warszawa",
    "main_country": "PL",
    "first_name": "Anna",
    "last_name": "Nowak-Żółć",
    "phone": "+48 601 234 567",
}
COMPANY: dict[str, str | bool] = {
    **PERSON,
    "company_name": "Nowak i Wspólnicy sp. z o.o.",
    "nip": "526-025-02-74",
    "regon": "010016565",
    "krs": "0000028860",
    "position": "Prezes zarządu",
}
CONSENTS: dict[str, str | bool] = {
    "terms": True,
    "e_documents": True,
    "personal_data": True,
    "news_email": True,
    "authority": True,
    "adult": True,
}
CAPTCHA_PICTURE = re.compile(r"/captcha/image/([0-9a-zA-Z]+)")


def register(
    visit: Visit, kind: str, email: str, captcha_answer: Callable[[str], str], junk: dict[str, str]
) -> None:
    """Fill the five steps for a customer of this kind; `junk` is posted beside every answer."""
    data = {**(COMPANY if kind == "company" else PERSON), "email": email}
    visit.get("first GET", "/rejestracja/")
    visit.follow("start: GET of the next page", visit.post("start: POST", {"kind": kind}, **junk))
    visit.follow("dane: GET of the next page", visit.post("dane: POST", data, **junk))
    checked = visit.post("weryfikacja: POST", {"current_step": "weryfikacja"}, **junk)
    visit.follow("weryfikacja: GET of the next page", checked)
    picture = CAPTCHA_PICTURE.search(visit.browser.page)
    if picture is None:
        raise UnexpectedAnswerError(f"{visit.browser.url}: no captcha on the page")
    visit.get("captcha picture", picture_url(visit.browser.page))
    answer = captcha_answer(picture[1])
    password: dict[str, str | bool] = {
        "password1": PASSWORD,
        "password2": PASSWORD,
        "captcha": answer,
        "captcha_0": picture[1],
        "captcha_1": answer,
    }
    visit.follow("haslo: GET of the next page", visit.post("haslo: POST", password, **junk))
    visit.follow("sent page", visit.post("zgody: POST", CONSENTS, **junk))


def picture_url(page: str) -> str:
    """Return the address of the captcha's picture, as the page has it."""
    match = re.search(r'src="([^"]*/captcha/image/[^"]+)"', page)
    if match is None:
        raise UnexpectedAnswerError("the captcha has no picture")
    return match[1]


def kantor(kind: str, captcha_answer: Callable[[str], str]) -> Callable[[Visit, int], str]:
    """Return the journey of a customer of this kind, activation in the same browser included.

    The delivery of the mails, which a worker or a thread does, happens between the measured
    requests.
    """

    def journey(visit: Visit, serial: int) -> str:
        email = f"anna.{kind}.{serial}@example.org"
        register(visit, kind, email, captcha_answer, {})
        deliver(email)
        opened = visit.get("activation link", letter_link(email, r"/aktywacja/[^/]+/$"))
        visit.follow("landing page", opened)
        deliver(email)
        return email

    return journey


def hoarder(captcha_answer: Callable[[str], str]) -> Callable[[Visit, int], str]:
    """Return a journey that posts 100 kB of unknown fields with every step, up to the sent page."""
    junk = {f"junk-{number}": "x" * 10_000 for number in range(10)}

    def journey(visit: Visit, serial: int) -> str:
        email = f"hoarder.{serial}@example.org"
        register(visit, "company", email, captcha_answer, junk)
        return email

    return journey


def journeys(app: str, captcha_answer: Callable[[str], str]) -> dict[str, Any]:
    """Return the measured journeys of an app by their names in the table."""
    if app == "kantor":
        return {
            "kantor (osoba)": kantor("person", captcha_answer),
            "kantor (firma)": kantor("company", captcha_answer),
        }
    baselines = {"wizard": wizard, "glued": glued(captcha_answer), "allauth": allauth}
    return {app: baselines[app]}

"""Walk through the registration at a stand of the drill as customers do, in front of nginx."""

import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from http.cookies import SimpleCookie
from typing import NamedTuple, Self

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kantor.settings.test")

import django

# The visitors of the tests come with models.
django.setup()

from bench.drill_site import Stand  # noqa: E402
from tests.front import HOST, Front  # noqa: E402
from tests.people import Applicant  # noqa: E402
from tests.walk import Post, Visitor  # noqa: E402

ORIGIN = f"https://{HOST}"
WAIT = 60.0  # seconds for a mail, a restart
STEPS = 6  # five buttons, and the link of the mail


class Answer:
    """What a tests' client would return, as far as `Visitor` asks."""

    def __init__(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        """Keep them."""
        self.status_code, self.headers, self.content = status, headers, content

    def __getitem__(self, name: str) -> str:
        """Return the first header of this name."""
        return next(value for key, value in self.headers if key.lower() == name.lower())


class Client:
    """A browser in front of nginx, with an address of its own."""

    def __init__(self, front: Front, address: str) -> None:
        """Begin without cookies."""
        self.front, self.address = front, address
        self.cookies: dict[str, str] = {}

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Open an address."""
        return self._ask("GET", target, dict(headers or {}))

    def post(self, target: str, body: str, content_type: str) -> Answer:
        """Send a form."""
        headers = {"Content-Type": content_type, "Origin": ORIGIN, "Referer": ORIGIN + target}
        return self._ask("POST", target, headers, body.encode())

    def _ask(
        self, method: str, target: str, headers: dict[str, str], body: bytes | None = None
    ) -> Answer:
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        headers["Accept-Language"] = "pl"
        answer, content = self.front.ask(method, target, headers, body, self.address)
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                for key, morsel in SimpleCookie(value).items():
                    self.cookies[key] = morsel.value
        return Answer(answer.status, answer.getheaders(), content)


class Walker(Visitor):
    """A visitor who reads the captcha from the table of the site that he visits."""

    def __init__(self, stand: Stand, address: str) -> None:
        """Come with a new browser."""
        self.stand = stand
        super().__init__(Client(stand.front, address))  # type: ignore[arg-type]

    def copy_captcha(self, label: str, *, wrongly: bool = False) -> Self:
        """Look at the picture and copy its characters."""
        assert self.client.get(self._picture).status_code == 200
        return self.fill({label: self.stand.captcha(self.captcha_key).upper()})


class Seen(NamedTuple):
    """What somebody saw who pressed a button while a fault stood."""

    step: int
    status: int
    heading: str
    retry_after: str


@dataclass
class Customer:
    """Somebody on the way through the registration, before the button of one step."""

    walker: Walker
    applicant: Applicant
    step: int = 0
    post: Post | None = None
    link: str = ""

    def fill_in(self) -> None:
        """Fill in the page of the present step, so that only its button is left to be pressed."""
        walker, applicant, words = self.walker, self.applicant, self.applicant.words
        match self.step:
            case 0:
                walker.open("/rejestracja/").choose(applicant.kind)
            case 1:
                applicant.type_details(walker)
            case 3:
                applicant.type_password(walker)
                if walker.page.select("img[src*='/captcha/']"):
                    walker.copy_captcha(words.captcha)
            case 4:
                walker.choose(*applicant.required_consents)
            case _:
                pass
        if self.step < STEPS - 1:
            self.post = walker.post_of(words.register if self.step == 4 else words.next)

    def press(self) -> Seen:
        """Press the button, or open the link; tell what is to be seen then."""
        walker = self.walker
        try:
            if self.step == STEPS - 1:
                walker.open(self.link)
            else:
                assert self.post is not None
                walker.send(self.post)
        except (OSError, HTTPException) as error:
            return Seen(self.step, 0, repr(error), "")
        headings = walker.page.select("h1")
        retry = dict(walker.response.headers).get("Retry-After", "")
        heading = " ".join(headings[0].get_text(" ").split()) if headings else ""
        return Seen(self.step, walker.status, heading, retry)

    def press_again(self) -> None:
        """After a failure: go back to the form and fill it in again, as a person does."""
        if self.post is None or self.step == STEPS - 1:
            return
        if self.step != 4:
            for _try in range(3):
                self.walker.open(self.post.address)
                # What was sent before may still be answered, and use up the picture on this page.
                with suppress(LookupError):
                    self.fill_in()
                    break
        seen = self.press()
        assert seen.status == 200, seen
        if self.step == 3 and self.walker.errors:
            # The picture was used up by what failed; there is a new one now.
            self.fill_in()
            seen = self.press()
            assert seen.status == 200, seen
        assert not self.walker.errors, self.walker.errors

    def go_on(self, stand: Stand) -> None:
        """Go from the page after this step to an active account."""
        while self.step < STEPS - 2:
            self.step += 1
            self.fill_in()
            seen = self.press()
            assert seen.status == 200, (self.step, seen, self.walker.errors)
        words = self.applicant.words
        assert self.walker.heading == words.check_mailbox, (self.walker.heading, self.walker.errors)
        self.link = link_for(stand, self.applicant.email)

    def reach(self, step: int, stand: Stand) -> Self:
        """Go as far as the button of this step, from the beginning."""
        self.fill_in()
        while self.step < min(step, STEPS - 2):
            seen = self.press()
            assert seen.status == 200, seen
            self.step += 1
            self.fill_in()
        if step == STEPS - 1:
            self.press()
            self.link = link_for(stand, self.applicant.email)
            self.step = step
        return self


def link_for(stand: Stand, email: str) -> str:
    """Return the activation link of the mail to this address, once it has come."""
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        # The postbox is written by another thread; a copy is looked at.
        for mail in list(stand.postbox.mails):
            if email in str(mail["To"]):
                for part in mail.walk():
                    if part.get_content_type() == "text/plain":
                        text = part.get_payload(decode=True).decode()
                        if found := re.search(rf"{ORIGIN}(/aktywacja/\S+)", text):
                            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"no mail with a link came to {email} in a minute")

"""Walk the pages as a visitor does: by what is written on them."""

from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from captcha.models import CaptchaStore
from django.http import HttpResponse
from django.test import Client


class Visitor:
    """One person with one browser without scripts.

    Knows labels, buttons and links, not names of fields; reads the captcha from its table, as
    nobody else can. Every POST has to answer with a redirect or a page of its own; the redirects
    are followed and their addresses kept in `history`.
    """

    def __init__(self, client: Client | None = None) -> None:
        self.client = client or Client()
        self.history: list[tuple[str, str, int]] = []
        self.response: HttpResponse
        self.path = "/"
        self.page: Tag = BeautifulSoup("", "html.parser")
        self._answers: dict[str, str] = {}

    # -- going --------------------------------------------------------------------------

    def open(self, address: str, **headers: Any) -> Self:
        """Type an address (a path or a whole link)."""
        return self._request("GET", address, headers=headers)

    def reload(self) -> Self:
        """Press F5."""
        return self.open(self.path)

    def follow(self, words: str) -> Self:
        """Click the link with these words."""
        for link in self.page.find_all("a", href=True):
            if _words(link) == words:
                return self.open(urljoin(self.path, str(link["href"])))
        raise AssertionError(f"No link {words!r} on {self.path}: {self.text[:500]}")

    def press(self, words: str, **extra: str) -> Self:
        """Press the button with these words, with everything that is filled in around it."""
        button = self.button(words)
        form = button.find_parent("form")
        assert form is not None, f"The button {words!r} belongs to no form"
        data = self._data_of(form) | extra
        if button.get("name"):
            data[str(button["name"])] = str(button.get("value", ""))
        target = urljoin(self.path, str(form.get("action") or self.path))
        if str(form.get("method", "get")).lower() == "get":
            return self._request("GET", target)
        return self._request("POST", target, data)

    def post(self, address: str, data: dict[str, Any]) -> Self:
        """Send what no button sends."""
        return self._request("POST", address, data)

    # -- reading ------------------------------------------------------------------------

    @property
    def heading(self) -> str:
        """Return the words of the page's one h1."""
        (heading,) = self.page.find_all("h1")
        return _words(heading)

    @property
    def title(self) -> str:
        """Return the page's title."""
        assert self.page.title is not None
        return _words(self.page.title)

    @property
    def text(self) -> str:
        """Return all words of the main part of the page."""
        return _words(self.page.find("main") or self.page)

    @property
    def errors(self) -> list[str]:
        """Return the sentences of the error summary."""
        summary = self.page.find(id="error-summary")
        return [_words(item) for item in summary.find_all("li")] if summary else []

    @property
    def status(self) -> int:
        """Return the status of the last answer."""
        return self.response.status_code

    def buttons(self) -> list[str]:
        """Return the words of the buttons of the main part, in their order."""
        main = self.page.find("main") or self.page
        return [words for button in main.find_all("button") if (words := _words(button))]

    def button(self, words: str) -> Tag:
        """Return the button with these words."""
        for button in self.page.find_all("button"):
            if _words(button) == words:
                return button
        raise AssertionError(f"No button {words!r} on {self.path}: {self.buttons()}")

    def field(self, label: str, within: str | None = None) -> Tag:
        """Return the input of this label, in the named group when labels repeat."""
        scope: Tag = self.page
        if within is not None:
            scope = next(
                group
                for group in self.page.find_all("fieldset")
                if (legend := group.find("legend")) and _words(legend) == within
            )
        for candidate in scope.find_all("label"):
            if _label(candidate) == label:
                found = self.page.find(id=candidate.get("for"))
                assert isinstance(found, Tag), f"The label {label!r} points nowhere"
                return found
        labels = [_label(each) for each in scope.find_all("label")]
        raise AssertionError(f"No field {label!r} on {self.path}: {labels}")

    def value(self, label: str, within: str | None = None) -> str:
        """Return what the field shows."""
        field = self.field(label, within)
        if field.name == "select":
            chosen = field.find("option", selected=True)
            return _words(chosen) if chosen else ""
        return str(field.get("value", ""))

    def is_ticked(self, label: str) -> bool:
        """Tell whether the box or radio button is on."""
        return self.field(label).has_attr("checked")

    def error_at(self, label: str, within: str | None = None) -> str:
        """Return the message that the field refers to by aria-describedby."""
        described = str(self.field(label, within).get("aria-describedby", "")).split()
        found = [self.page.find(id=name) for name in described if name.endswith("_error")]
        return " ".join(_words(each) for each in found if each)

    def shows(self, words: str) -> bool:
        """Tell whether these words stand in the main part."""
        return words in self.text

    # -- filling in ---------------------------------------------------------------------

    def fill(self, answers: dict[str, str], within: str | None = None) -> Self:
        """Type answers by labels; select boxes take the words of their options."""
        for label, answer in answers.items():
            field = self.field(label, within)
            if field.name == "select":
                option = next(o for o in field.find_all("option") if _words(o) == answer)
                answer = str(option["value"])
            self._answers[str(field["name"])] = answer
        return self

    def choose(self, *labels: str) -> Self:
        """Tick boxes or choose radio buttons."""
        for label in labels:
            field = self.field(label)
            self._answers[str(field["name"])] = str(field.get("value", "on"))
        return self

    def untick(self, label: str) -> Self:
        """Take a tick away."""
        self._answers[str(self.field(label)["name"])] = ""
        return self

    def copy_captcha(self, label: str, *, wrongly: bool = False) -> Self:
        """Copy the characters of the picture on the page."""
        picture = next(img for img in self.page.find_all("img") if "/captcha/" in str(img["src"]))
        key = str(picture["src"]).rstrip("/").rpartition("/")[2]
        answer = CaptchaStore.objects.get(hashkey=key).response
        return self.fill({label: "######" if wrongly else answer})

    # -- underneath ---------------------------------------------------------------------

    def _data_of(self, form: Tag) -> dict[str, str]:
        data = {}
        for field in form.find_all(["input", "select", "textarea"]):
            name = str(field.get("name", ""))
            if not name or field.get("type") in ("submit", "button"):
                continue
            if field.get("type") in ("checkbox", "radio"):
                if field.has_attr("checked"):
                    data[name] = str(field.get("value", "on"))
            elif field.name == "select":
                chosen = field.find("option", selected=True) or field.find("option")
                data[name] = str(chosen["value"]) if chosen else ""
            else:
                data[name] = str(field.get("value", ""))
        names = {str(field.get("name")) for field in form.find_all(["input", "select"])}
        data |= {name: value for name, value in self._answers.items() if name in names}
        return {name: value for name, value in data.items() if value != ""}

    def _request(
        self,
        method: str,
        address: str,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Self:
        parts = urlsplit(address)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        if method == "POST":
            response = self.client.post(target, data or {})
        else:
            response = self.client.get(target, headers=headers or {})
        self.history.append((method, target, response.status_code))
        if response.status_code in (301, 302, 303):
            return self._request("GET", urljoin(target, response["Location"]), headers=headers)
        self.path, self.response, self._answers = parts.path, response, {}
        self.page = BeautifulSoup(response.content.decode(), "html.parser")
        return self


def _words(tag: Tag) -> str:
    """Return what a person reads there: white space counts once."""
    return " ".join(tag.get_text(" ").replace("\N{NO-BREAK SPACE}", " ").split())


def _label(tag: Tag) -> str:
    """Return a label without its remark that the field is optional."""
    return _words(
        BeautifulSoup(
            "".join(str(c) for c in tag.contents if "optional" not in str(c)), "html.parser"
        )
    )

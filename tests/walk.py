"""Walk the pages as a visitor does: by what is written on them."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode, urljoin, urlsplit

from bs4 import BeautifulSoup
from captcha.models import CaptchaStore
from django.test import Client

from tests.elements import Element, read

URLENCODED = "application/x-www-form-urlencoded"


class Post(NamedTuple):
    """What a button sends: kept, it can be sent again as a browser's retry does."""

    address: str
    data: dict[str, Any]


class Visitor:
    """One person with one browser without scripts.

    Knows labels, buttons and links, not names of fields; reads the captcha from its table, as
    nobody else can. Sends what a browser sends: every text field, empty or not, boxes only when
    they are ticked, the CSRF token of the form (it is checked). Redirects are followed; `history`
    keeps method, address and status of every request. A label or legend may be given by its
    beginning, with "…" at the end.
    """

    def __init__(self, client: Client | None = None) -> None:
        self.client = client or Client(enforce_csrf_checks=True)
        self.history: list[tuple[str, str, int]] = []
        self.response: Any
        self.path = "/"
        self._root: Element | None = None
        self._page: BeautifulSoup | None = None
        self._answers: dict[str, str | None] = {}
        self._labels: dict[str | None, list[tuple[Element, str]]] = {}

    def new_tab(self) -> Self:
        """Return the same browser with another tab."""
        return type(self)(self.client)

    # -- going --------------------------------------------------------------------------

    def open(self, address: str, **headers: str) -> Self:
        """Type an address (a path or a whole link)."""
        return self._request("GET", address, headers=headers)

    def reload(self) -> Self:
        """Press F5."""
        return self.open(self.path)

    def follow(self, words: str) -> Self:
        """Click the link with these words."""
        for link in self.select("a[href]"):
            if _says(link.words, words):
                return self.open(urljoin(self.path, link["href"]))
        raise AssertionError(f"No link {words!r} on {self.path}: {self.text[:500]}")

    def press(self, words: str) -> Self:
        """Press the button with these words, with everything that is filled in around it."""
        return self.send(self.post_of(words))

    def post_of(self, words: str) -> Post:
        """Return what the button would send, without pressing it."""
        button = self.button(words)
        form = self._with_id(button["form"]) if button.get("form") else None
        form = form or next((each for each in button.around() if each.name == "form"), None)
        assert form is not None, f"The button {words!r} belongs to no form"
        assert str(form.get("method")).lower() == "post", f"{words!r} does not post"
        data = self._data_of(form)
        if button.get("name"):
            data[button["name"]] = button.get("value", "")
        return Post(urljoin(self.path, form.get("action") or self.path), data)

    def send(self, post: Post) -> Self:
        """Send what a button sent before, or what no button sends."""
        return self._request("POST", post.address, post.data)

    # -- reading ------------------------------------------------------------------------

    @property
    def page(self) -> BeautifulSoup:
        """Return the page's nodes, for what no selector can say."""
        if self._page is None:
            self._page = BeautifulSoup(self.response.content.decode(), "html.parser")
        return self._page

    @property
    def heading(self) -> str:
        """Return the words of the page's one h1."""
        return self.element("h1").words

    @property
    def title(self) -> str:
        """Return the page's title."""
        return self.element("head > title").words

    @property
    def language(self) -> str:
        """Return the language that the page says it is in."""
        return self.root["lang"]

    @property
    def text(self) -> str:
        """Return all words of the main part of the page."""
        return self._main.words

    @property
    def errors(self) -> list[str]:
        """Return the sentences of the error summary."""
        return [item.words for item in self.select("#error-summary li")]

    @property
    def status(self) -> int:
        """Return the status of the last answer."""
        return int(self.response.status_code)

    @property
    def posts(self) -> list[int]:
        """Return the statuses of all answers to POSTs."""
        return [status for method, _address, status in self.history if method == "POST"]

    @property
    def root(self) -> Element:
        """Return the whole page."""
        if self._root is None:
            self._root = read(self.response.content)
        return self._root

    def select(self, selector: str) -> list[Element]:
        """Return the elements of this CSS selector."""
        return self.root.select(selector)

    def element(self, selector: str) -> Element:
        """Return the one element of this CSS selector."""
        (found,) = self.select(selector)
        return found

    def buttons(self) -> list[str]:
        """Return the words of the buttons of the main part that are seen, in their order."""
        return [
            words
            for button in self._main.select("button")
            if (words := button.words)
            and not button.has_attr("hidden")
            and not any(each.has_attr("hidden") for each in button.around())
        ]

    def button(self, words: str) -> Element:
        """Return the button with these words."""
        for button in self.select("button"):
            if _says(button.words, words):
                return button
        raise AssertionError(f"No button {words!r} on {self.path}: {self.buttons()}")

    def field(self, label: str, within: str | None = None) -> Element:
        """Return the input of this label, in the group with this legend when labels repeat."""
        labels = self._labels_in(within)
        found = [each for each, words in labels if _says(words, label)]
        assert len(found) == 1, (
            f"{len(found)} fields {label!r} on {self.path}: {[words for _, words in labels]}"
        )
        field = self._with_id(str(found[0].get("for")))
        assert field is not None, f"The label {label!r} points nowhere"
        return field

    def value(self, label: str, within: str | None = None) -> str:
        """Return what the field shows."""
        field = self.field(label, within)
        if field.name == "select":
            chosen = _chosen(field)
            return chosen.words if chosen else ""
        return field.get("value") or ""

    def values(self, answers: Mapping[str, str], within: str | None = None) -> dict[str, str]:
        """Return what the fields of these labels show, to compare with the answers."""
        return {label: self.value(label, within) for label in answers}

    def is_ticked(self, label: str) -> bool:
        """Tell whether the box or radio button is on."""
        return self.field(label).has_attr("checked")

    def error_at(self, label: str, within: str | None = None) -> str:
        """Return the message that the field refers to by aria-describedby."""
        described = str(self.field(label, within).get("aria-describedby", "")).split()
        found = [self._with_id(name) for name in described if name.endswith("_error")]
        return " ".join(each.words for each in found if each is not None)

    def shows(self, words: str) -> bool:
        """Tell whether these words stand in the main part."""
        return words in self.text

    # -- filling in ---------------------------------------------------------------------

    def fill(self, answers: Mapping[str, str], within: str | None = None) -> Self:
        """Type answers by labels; select boxes take the words of their options."""
        for label, answer in answers.items():
            field = self.field(label, within)
            typed = answer
            if field.name == "select":
                typed = next(
                    option["value"] for option in field.select("option") if option.words == answer
                )
            self._answers[field["name"]] = typed
        return self

    def choose(self, *labels: str) -> Self:
        """Tick boxes or choose radio buttons."""
        for label in labels:
            field = self.field(label)
            self._answers[field["name"]] = field.get("value", "on")
        return self

    def untick(self, label: str) -> Self:
        """Take a tick away."""
        self._answers[self.field(label)["name"]] = None
        return self

    @property
    def captcha_key(self) -> str:
        """Return the key of the picture on the page."""
        return self._picture.partition("?")[0].rstrip("/").rpartition("/")[2]

    def copy_captcha(self, label: str, *, wrongly: bool = False) -> Self:
        """Look at the picture on the page and copy its characters."""
        shown = self.client.get(self._picture)
        assert shown.status_code == 200
        assert str(shown["Content-Type"]).startswith("image/")
        answer = CaptchaStore.objects.get(hashkey=self.captcha_key).response
        return self.fill({label: "######" if wrongly else answer.upper()})

    # -- underneath ---------------------------------------------------------------------

    @property
    def _picture(self) -> str:
        return self.element("img[src*='/captcha/']")["src"]

    @property
    def _main(self) -> Element:
        main = self.root.select_one("main")
        assert main, f"{self.path} has no main part"
        return main

    def _with_id(self, name: str) -> Element | None:
        return self.root.select_one(f'[id="{name}"]')

    def _labels_in(self, legend: str | None) -> list[tuple[Element, str]]:
        """Return the labels of the group with their words; a page is searched once for each."""
        if legend not in self._labels:
            group = self.root if legend is None else self._group(legend)
            self._labels[legend] = [(each, _label(each)) for each in group.select("label")]
        return self._labels[legend]

    def _group(self, legend: str) -> Element:
        for group in self.select("fieldset"):
            found = group.select_one("legend")
            if found and _says(found.words, legend):
                return group
        raise AssertionError(f"No group {legend!r} on {self.path}")

    def _data_of(self, form: Element) -> dict[str, Any]:
        """Return what a browser sends for this form as it is filled in now."""
        data: dict[str, Any] = {}
        for field in form.select("input, select, textarea"):
            name = field.get("name")
            if not name or field.get("type") in ("submit", "button"):
                continue
            if name in self._answers:
                answer = self._answers[name]
                if answer is not None:
                    data[name] = answer
            elif field.get("type") in ("checkbox", "radio"):
                if field.has_attr("checked"):
                    data[name] = field.get("value", "on")
            elif field.name == "select":
                chosen = _chosen(field)
                data[name] = chosen["value"] if chosen else ""
            else:
                data[name] = field.get("value", "")
        return data

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
            response = self.client.post(
                target, urlencode(data or {}, doseq=True), content_type=URLENCODED
            )
        else:
            response = self.client.get(target, headers=headers or {})
        self.history.append((method, target, response.status_code))
        if response.status_code in (301, 302, 303):
            return self._request("GET", urljoin(target, response["Location"]), headers=headers)
        self.path, self.response = target, response
        self._root, self._page, self._answers, self._labels = None, None, {}, {}
        return self


def _says(found: str, wanted: str) -> bool:
    """Compare words; "…" at the end of the wanted ones stands for any others."""
    if wanted.endswith("…"):
        return found.startswith(wanted[:-1])
    return found == wanted


def _label(label: Element) -> str:
    """Return a label without its remark that the field is optional."""
    remark = label.select_one(".optional")
    return label.words.removesuffix(remark.words).strip() if remark else label.words


def _chosen(field: Element) -> Element | None:
    """Return the option that a select box shows."""
    return field.select_one("option[selected]") or field.select_one("option")

"""Answer with pages that are kept: rendered once, then only the visitor's own words are put in.

Rendering a step of the registration costs three times as much as the rest of its request, and
its HTML differs between visitors in a handful of words. A page is rendered with a mark in the
place of each such word and kept as the pieces between the marks.

Nobody may read another visitor's words. So all that a page can be made of is a `KeptPage`, whose
fields are its key, and `Words`, which are marks when it is made: it is shown neither a request nor
what is known of the visitor. Where `KEPT_PAGES_CHECKED` is set (development, tests), each page
that is served is rendered a second time with the words themselves and has to be the same.

Texts that are no pages, such as those of a mail, are kept and checked alike (`fill_kept`).
"""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.signals import setting_changed
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.autoreload import file_changed
from django.utils.translation import get_language

from kantor.serving.csrf import get_token
from kantor.serving.templatetags.site import translated_path

# No text of the site contains this character, and no field accepts it.
_SIGN = "\N{OBJECT REPLACEMENT CHARACTER}"
_MARK = re.compile(f"{_SIGN}([a-z0-9_]+){_SIGN}")
# A page takes some 20 kB; visitors may come with any number of keys.
MOST_PAGES = 200


@dataclass(frozen=True)
class Words:
    """What a page shows of one visitor, by name: texts, and ids that stand in addresses.

    Ids are random, made by us: UUIDs, or strings of hexadecimal digits.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a text; it may be a mark, so nothing may depend on it."""
        return self.texts[name]

    def id(self, name: str) -> Any:
        """Return an id of the type that it was given with; it may stand for another one."""
        return self.ids[name]


@dataclass(frozen=True)
class KeptPage(ABC):
    """A page as its key has it: what the fields do not tell apart is the same for everybody.

    Each kind is a frozen dataclass of its own with few possible values in its fields: choices,
    states, numbers of minutes; never a word that a visitor typed.
    """

    @property
    @abstractmethod
    def template_name(self) -> str:
        """Return the name of the template."""

    @abstractmethod
    def context(self, words: Words) -> dict[str, Any]:
        """Return what the template shows; it follows from the fields and these words alone."""


class MixedPageError(Exception):
    """A kept page is not what it would be if it were rendered now: its key tells too little."""


class _Pieces(NamedTuple):
    """A page: what stands between the marks, as it is sent, and the names of the marks."""

    between: list[bytes]
    names: list[str]


# By page and language.
_kept: dict[tuple[KeptPage, str | None], _Pieces] = {}
# Of other texts, by their name in the order in which they were rendered, the pieces between the
# marks and, at every odd place, the name of a mark: of a text that is finished by lines, those
# lines that hold a word, and what lies between them.
_kept_texts: dict[Hashable, dict[str, list[list[str]]]] = {}


def render_kept(request: HttpRequest, page: KeptPage, words: Words) -> HttpResponse:
    """Answer with this page in the active language, the words put in, escaped.

    The CSRF token and the links to the other language are taken care of. For somebody who is
    signed in the page is rendered each time, with the request. Raises MixedPageError where pages
    are checked.
    """
    # First: to see that a session is over gives the browser its earlier CSRF secret back.
    is_signed_in = request.user.is_authenticated
    path = request.get_full_path()
    frame = {f"{code}_url": translated_path(path, code) for code, _name in settings.LANGUAGES}
    frame["csrf_token"] = get_token(request)
    if is_signed_in:
        return HttpResponse(_rendered(page, words, frame, request))
    place = (page, get_language())
    pieces = _kept.get(place)
    if pieces is None:
        pieces = _split(page, words, frame)
        if len(_kept) >= MOST_PAGES:
            _kept.clear()
        _kept[place] = pieces
    values = {**frame, **words.texts, **_spellings(words.ids)}
    # In bytes: letters beyond ASCII make joining and encoding a page three times as slow.
    content: list[bytes] = [b""] * (2 * len(pieces.names) + 1)
    content[::2] = pieces.between
    content[1::2] = [escape(values[name]).encode() for name in pieces.names]
    response = HttpResponse(b"".join(content))
    if settings.KEPT_PAGES_CHECKED:
        _check(response.content.decode(), page, words, frame)
    return response


def fill_kept(
    key: Hashable,
    words: Mapping[str, str],
    render: Callable[[Mapping[str, str]], dict[str, str]],
    by_line: Mapping[str, Callable[[str], str]] = MappingProxyType({}),
) -> dict[str, str]:
    """Return the texts that `render` makes of these words, by the names that it gives them.

    It is called with marks once for each key, language, and choice of words that are empty: what
    else the texts depend on must be in the key, and nothing of a visitor may. In a text whose name
    ends in ".html" the words are escaped. Each line of a text that `by_line` names is given to the
    function that it names: those without words once, the others with their words. Raises
    MixedPageError where pages are checked.
    """
    place = (key, get_language(), *(name for name, word in words.items() if not word))
    kept = _kept_texts.get(place)
    if kept is None:
        marks = {name: _mark(name) if word else "" for name, word in words.items()}
        kept = {name: _split_text(text, by_line.get(name)) for name, text in render(marks).items()}
        if len(_kept_texts) >= MOST_PAGES:
            _kept_texts.clear()
        _kept_texts[place] = kept
    texts = {}
    for name, parts in kept.items():
        spelled: Callable[[str], str] = escape if name.endswith(".html") else str
        finish: Callable[[str], str] = by_line.get(name, str)
        texts[name] = "\n".join(
            finish(_filled(pieces, words, spelled)) if len(pieces) > 1 else pieces[0]
            for pieces in parts
        )
    if settings.KEPT_PAGES_CHECKED:
        anew = render(words)
        for name, text in texts.items():
            lines = map(by_line[name], anew[name].split("\n")) if name in by_line else [anew[name]]
            _compare(text, "\n".join(lines), (name, key))
    return texts


def forget(**_signal: object) -> None:
    """Forget everything: a template was edited beside a running server, or a test has settings."""
    _kept.clear()
    _kept_texts.clear()


file_changed.connect(forget)
setting_changed.connect(forget)


def _rendered(
    page: KeptPage, words: Words, frame: Mapping[str, str], request: HttpRequest | None = None
) -> str:
    context = page.context(words) | {
        "csrf_token": frame["csrf_token"],
        "language_urls": {code: frame[f"{code}_url"] for code, _name in settings.LANGUAGES},
    }
    html: str = render_to_string(page.template_name, context, request)
    return html


def _split(page: KeptPage, words: Words, frame: Mapping[str, str]) -> _Pieces:
    """Render the page with marks for everything that is a visitor's own."""
    ids = {name: _stand_in(name, value) for name, value in words.ids.items()}
    marks = Words({name: _mark(name) for name in words.texts}, ids)
    html = _rendered(page, marks, {name: _mark(name) for name in frame})
    for name, spelling in _spellings(ids).items():
        html = html.replace(spelling, _mark(name))
    pieces = _MARK.split(html)
    return _Pieces([piece.encode() for piece in pieces[::2]], pieces[1::2])


def _split_text(text: str, finish: Callable[[str], str] | None) -> list[list[str]]:
    """Return a text with marks as the pieces of its lines, or of all of it without a `finish`."""
    if finish is None:
        return [_MARK.split(text)]
    parts: list[list[str]] = []
    for has_words, lines in groupby(text.split("\n"), lambda line: _SIGN in line):
        if has_words:
            parts += map(_MARK.split, lines)
        else:
            parts.append(["\n".join(map(finish, lines))])
    return parts


def _filled(pieces: list[str], words: Mapping[str, str], spelled: Callable[[str], str]) -> str:
    filled = pieces.copy()
    filled[1::2] = [spelled(words[name]) for name in pieces[1::2]]
    return "".join(filled)


def _mark(name: str) -> str:
    return f"{_SIGN}{name}{_SIGN}"


def _stand_in(name: str, value: UUID | str) -> UUID | str:
    """Return what stands for an id of this kind while a page is made: an address takes no mark."""
    digits = hashlib.sha256(name.encode()).hexdigest()
    return UUID(hex=digits[:32]) if isinstance(value, UUID) else digits[: len(value)]


def _spellings(ids: Mapping[str, UUID | str]) -> dict[str, str]:
    """Return each id as it may stand in a page, by the name of its mark."""
    spelled = {name: str(value) for name, value in ids.items()}
    spelled |= {f"{name}_hex": each.hex for name, each in ids.items() if isinstance(each, UUID)}
    return spelled


def _check(html: str, page: KeptPage, words: Words, frame: Mapping[str, str]) -> None:
    """Raise unless the page is what it would be without being kept, byte for byte."""
    if "__dataclass_params__" not in vars(type(page)):
        raise MixedPageError(f"{type(page).__name__} has no key of its own: it is no dataclass.")
    _compare(html, _rendered(page, words, frame), page)


def _compare(kept: str, anew: str, what: object) -> None:
    if kept != anew:
        at = next(
            (n for n, pair in enumerate(zip(kept, anew, strict=False)) if pair[0] != pair[1]),
            min(len(kept), len(anew)),
        )
        raise MixedPageError(
            f"{what!r} was kept otherwise than it is: "
            f"{kept[max(0, at - 60) : at + 60]!r}, now {anew[max(0, at - 60) : at + 60]!r}"
        )

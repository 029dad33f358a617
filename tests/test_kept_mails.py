"""The mails whose texts are kept, written to two customers one after the other."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.test import SimpleTestCase, override_settings
from django.utils import timezone
from django.utils.text import wrap
from hypothesis import given
from hypothesis import strategies as st

from accounts.consents import Receipt
from accounts.mail import messages, rendering
from accounts.mail.rendering import Envelope
from kantor.serving import kept
from kantor.serving.kept import MixedPageError, fill_kept
from kantor.serving.typography import JOINER

# Nothing of the one is part of anything of the other.
NAMES = {"Kanarek": "Kanarkowska & Syn <sp. j.>", "Papuga": "Papużki „Falista” s.c."}


def letters(word: str, language: str) -> dict[str, EmailMultiAlternatives]:
    """Return every mail whose texts are kept, with this word or a number of it all over."""
    hours = {"Kanarek": 47, "Papuga": 46}[word]
    to = Envelope(f"{word.lower()}@example.com", language, f"<{word}@kantor.pl>", word)
    until = timezone.now() + timedelta(hours=hours)
    link = f"https://kantor.pl/{word}/"
    receipt = Receipt(recorded_at=until, digest=word * 4, terms="2026-11-29", privacy="2026-11-29")
    makers: dict[str, Callable[[], EmailMultiAlternatives]] = {
        "activation": partial(
            messages.activation,
            to,
            link=f"{link}a/",
            refuse_link=f"{link}b/",
            expires_at=until,
        ),
        "password_reset": partial(messages.password_reset, to, link=link, expires_at=until),
        "welcome": partial(
            messages.welcome,
            to,
            owner_name=NAMES[word],
            terms=("2026-11-29", language),
            receipt=receipt,
        ),
        "welcome, sealed nothing": partial(messages.welcome, to, owner_name=NAMES[word]),
        "nameless": partial(
            messages.activation,
            replace(to, first_name=""),
            link=link,
            refuse_link=link,
            expires_at=until,
        ),
    }
    return {name: make() for name, make in makers.items()}


def everything(message: EmailMultiAlternatives) -> str:
    """Return all that a reader gets, but for the attachment."""
    html, _kind = message.alternatives[0]
    return "\n".join([str(message.subject), str(message.body), str(html), str(message.to)])


class KeptMailTests(SimpleTestCase):
    """Two customers who get the same mails."""

    def setUp(self) -> None:
        kept.forget()
        self.addCleanup(kept.forget)

    def test_read_nothing_of_each_other(self) -> None:
        for language in ("pl", "en"):
            seen = {word: letters(word, language) for word in NAMES}
            for word, stranger in (tuple(NAMES), tuple(reversed(NAMES))):
                for name, message in seen[word].items():
                    read = everything(message)
                    assert f"{word.lower()}@example.com" in read, name
                    assert not re.search(stranger[:5], read, re.IGNORECASE), (name, stranger)

    def test_leave_nothing_in_what_is_kept(self) -> None:
        for language in ("pl", "en"):
            for word in NAMES:
                letters(word, language)
        told = repr(kept._kept_texts)
        assert "kantor.pl" in told
        for word in NAMES:
            assert not re.search(word[:5], told, re.IGNORECASE), word

    @override_settings(KEPT_PAGES_CHECKED=False)
    def test_are_rendered_once_for_each_language_and_for_each_thing_left_out(self) -> None:
        with mock.patch(
            "accounts.mail.rendering.render_to_string", side_effect=render_to_string
        ) as rendered:
            for word in NAMES:
                letters(word, "pl")
            first = rendered.call_count
            # Another number of hours is another sentence; all else is the same.
            letters("Kanarek", "pl")
            letters("Papuga", "pl")
            assert rendered.call_count == first
            letters("Papuga", "en")
            assert rendered.call_count > first

    def test_are_the_same_bytes_as_without_keeping(self) -> None:
        def afresh(
            _key: object, words: dict[str, str], render: Callable[..., Any], by_line: object
        ) -> object:
            texts = render(words)
            # All at once, as the lines without words have never been.
            text = texts["body.txt"].replace(JOINER, "")
            return {**texts, "body.txt": wrap(text, rendering.LINE_WIDTH)}

        for language in ("pl", "en"):
            letters("Kanarek", language)
            ours = {name: everything(mail) for name, mail in letters("Papuga", language).items()}
            with mock.patch.object(rendering, "fill_kept", afresh):
                plain = letters("Papuga", language)
            assert ours == {name: everything(mail) for name, mail in plain.items()}

    def test_are_wrapped_where_a_word_moves_the_lines(self) -> None:
        for length in range(1, 60):
            link = f"https://kantor.pl/{'x' * length}/"
            to = Envelope("anna@example.com", "pl", "<1@kantor.pl>", "Zoé" * (length // 6))
            mail = messages.password_reset(to, link=link, expires_at=timezone.now())
            assert link in str(mail.body)
            for line in str(mail.body).split("\n"):
                assert len(line) <= rendering.LINE_WIDTH or " " not in line, line

    @given(st.text(st.sampled_from("ab \t\N{NO-BREAK SPACE}\N{WORD JOINER}-żź.\x85"), max_size=99))
    def test_leave_a_short_line_as_wrapping_would(self, line: str) -> None:
        assert rendering.wrapped(line) == wrap(line.replace(JOINER, ""), rendering.LINE_WIDTH)

    def test_escape_a_name_in_html_alone(self) -> None:
        message = letters("Kanarek", "pl")["welcome"]
        assert NAMES["Kanarek"] in str(message.body)
        assert "Kanarkowska &amp; Syn &lt;sp. j.&gt;" in str(message.alternatives[0][0])


class FillTests(SimpleTestCase):
    """What keeps texts."""

    def setUp(self) -> None:
        kept.forget()
        self.addCleanup(kept.forget)

    def test_finds_a_key_that_tells_too_little_at_its_first_hit(self) -> None:
        fill_kept("hello", {"name": "Anna"}, lambda words: {"a.txt": f"Hello {words['name']}, 1"})
        with self.assertRaises(MixedPageError):
            fill_kept(
                "hello", {"name": "Jan"}, lambda words: {"a.txt": f"Hello {words['name']}, 2"}
            )

    def test_finds_a_word_that_is_changed_on_its_way(self) -> None:
        with self.assertRaises(MixedPageError):
            fill_kept("hello", {"name": "Anna"}, lambda words: {"a.txt": words["name"].lower()})

    def test_finishes_the_lines_without_words_once(self) -> None:
        finished = []

        def finish(line: str) -> str:
            finished.append(line)
            return line.upper()

        def render(words: Mapping[str, str]) -> dict[str, str]:
            return {"a.txt": f"Hello\n\nDear {words['name']}\n{words['name']},\nbye", "b.txt": "b"}

        for name in ("Anna", "Jan"):
            with override_settings(KEPT_PAGES_CHECKED=name == "Jan"):
                texts = fill_kept("hello", {"name": name}, render, by_line={"a.txt": finish})
            upper = name.upper()
            assert texts == {"a.txt": f"HELLO\n\nDEAR {upper}\n{upper},\nBYE", "b.txt": "b"}
            if name == "Anna":
                assert finished == ["Hello", "", "bye", "Dear Anna", "Anna,"]

    @override_settings(KEPT_PAGES_CHECKED=False)
    def test_keeps_a_fixed_number(self) -> None:
        for number in range(kept.MOST_PAGES + 5):
            fill_kept(number, {"name": "Anna"}, lambda words: {"a.txt": words["name"]})
        assert len(kept._kept_texts) == 5

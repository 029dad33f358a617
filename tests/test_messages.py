"""The mails: what each says, in both languages, and that it arrives whole and safe."""

import email
import email.policy
import re
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.test import SimpleTestCase, override_settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from hypothesis import given
from hypothesis import strategies as st

from accounts import consents
from accounts.mail import messages, rendering
from accounts.mail.rendering import Envelope
from accounts.values.visit import Visit
from kantor.serving.typography import untie
from tests.mails import (
    CONFIRM_LINK,
    DATA_LINK,
    DISOWN_LINK,
    LANGUAGES,
    LINK,
    MESSAGE_ID,
    NAMES,
    PANEL,
    PHONE_LINK,
    REFUSE_LINK,
    REOPEN_LINK,
    RESET_LINK,
    SITE,
    TERMS_LINK,
    UNDO_LINK,
    build,
)

NASTY_NAMES = (
    "O'Brien & Córki",
    "<b>Jan</b></td></table>",
    "{{ x }} {% y %} %(z)s",
    "A&amp;B &lt;script&gt;",
    "שלום \u05d0\u05d1\u05d2",
    "Ż" * 255,
    "Spółka " * 36 + "Żak",
)
URL = re.compile(r"https?://[^\s<>\"]+")
# Their reader did nothing, so nobody else can have done it.
DECISIONS_OF_STAFF = (
    "data_corrected",
    "review_approved",
    "review_correction",
    "review_rejected",
    "suspended",
    "unsuspended",
)
ALWAYS = {"tel:+48228590218", f"mailto:{settings.OPERATOR_EMAIL}"}
ENGLISH = re.compile(
    r"\b(?:the|and|you|your|is|was|this|it|not|of|to be|account|password|sign|hello|help|"
    r"address|registration|link is|hours?|terms|activate|message|reply)\b",
    re.IGNORECASE,
)


def pages(language: str) -> dict[str, str]:
    """Return the addresses of the pages that messages link to."""
    root = SITE if language == "pl" else f"{SITE}/en"
    return {
        "sign_in": f"{root}/logowanie/",
        "reset": f"{root}/haslo/",
        "help": f"{root}/pomoc/",
        "guide": f"{root}/pomoc/pierwsze-kroki/rejestracja/",
        "terms": f"{root}/regulamin/",
        "security": f"{root}/konto/bezpieczenstwo/",
        "phone": f"{root}/logowanie/numer/",
    }


def links_of(name: str, language: str) -> set[str]:
    """Return exactly the links that a message has to carry."""
    page = pages(language)
    return {
        "activation": {LINK, REFUSE_LINK},
        "already_registered": {page["sign_in"], page["reset"]},
        "welcome": set(page.values()) - {page["security"], page["phone"]},
        "password_reset": {RESET_LINK},
        "password_changed": {page["reset"]},
        "one_time_code": set(),
        "new_browser": {DISOWN_LINK},
        "panel_open": {PANEL, page["reset"]},
        "terms_published": {TERMS_LINK},
        "terms_accepted": {page["reset"]},
        "request_received": {DATA_LINK},
        "request_decided": {DATA_LINK, page["reset"]},
        "data_corrected": {DATA_LINK},
        "review_approved": set(),
        "review_correction": {DATA_LINK},
        "review_rejected": set(),
        "failed_sign_ins": {page["reset"], page["phone"]},
        "password_barred": {page["reset"]},
        "suspended": set(),
        "unsuspended": {page["sign_in"]},
        "closed": {REOPEN_LINK, page["reset"]},
        "reopened": {page["reset"]},
        "phone_link": {PHONE_LINK},
        "phone_changed": {page["reset"]},
        "email_confirm": {CONFIRM_LINK},
        "email_asked": {UNDO_LINK},
        "email_changed": {UNDO_LINK},
        "email_confirmed": {page["sign_in"]},
        "email_reverted": set(),
        "method_added": {page["reset"], page["security"]},
        "method_removed": {page["reset"], page["security"]},
        "failed_codes": {page["reset"]},
        "failed_confirmations": {page["reset"], page["security"]},
        "passkey_refused": {page["security"]},
        "recovery_codes_made": {page["reset"], page["security"]},
        "recovery_code_used": {page["reset"], page["security"]},
        "data_downloaded": {page["reset"]},
    }[name]


def text_of(message: EmailMultiAlternatives) -> str:
    """Return the text part."""
    return str(message.body)


def html_of(message: EmailMultiAlternatives) -> str:
    """Return the HTML part."""
    ((content, mimetype),) = message.alternatives
    assert mimetype == "text/html"
    return str(content)


def received(message: EmailMultiAlternatives) -> EmailMessage:
    """Return the message as a mail program reads it off the wire."""
    parsed = email.message_from_bytes(wire(message), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def wire(message: EmailMultiAlternatives) -> bytes:
    """Return the bytes that go to the mail server."""
    return message.message().as_bytes().replace(b"\n", b"\r\n")


def flat(text: str) -> str:
    """Undo the wrapping."""
    return " ".join(text.split())


class Page(HTMLParser):
    """The links and the visible text of an HTML part."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: set[str] = set()
        self.language = ""
        self.words: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what the tag carries."""
        values = dict(attrs)
        assert tag not in ("img", "script", "form", "iframe", "link"), tag
        if tag == "a":
            self.links.add(values["href"] or "")
        if tag == "html":
            self.language = values["lang"] or ""

    def handle_data(self, data: str) -> None:
        """Collect the text."""
        self.words.append(data)

    @property
    def text(self) -> str:
        """Return all text, flat."""
        return flat(" ".join(self.words))


@override_settings(
    BASE_URL=SITE,
    DEFAULT_FROM_EMAIL="kantor.pl <rejestracja@kantor.example>",
    REPLY_TO_EMAIL="pomoc@kantor.example",
)
class EveryMessage(SimpleTestCase):
    def each(self) -> list[tuple[str, str, EmailMultiAlternatives]]:
        """Return every message in every language."""
        return [(name, language, build(name, language)) for name in NAMES for language in LANGUAGES]

    def test_has_one_recipient_and_the_headers_of_an_automatic_mail(self) -> None:
        for name, language, message in self.each():
            with self.subTest(message=name, language=language):
                mail = received(message)
                assert mail["To"] == "anna@firma.example"
                assert message.recipients() == ["anna@firma.example"]
                assert mail["From"].addresses[0].display_name == "kantor.pl"
                assert mail["From"].addresses[0].addr_spec == "rejestracja@kantor.example"
                assert mail["Reply-To"] == "pomoc@kantor.example"
                assert mail["Message-ID"] == MESSAGE_ID
                assert mail["Auto-Submitted"] == "auto-generated"
                assert mail["Content-Language"] == language

    def test_has_a_subject_of_one_short_line(self) -> None:
        for name, language, message in self.each():
            with self.subTest(message=name, language=language):
                assert 0 < len(str(message.subject)) <= 78
                assert str(message.subject) == flat(str(message.subject))
                assert received(message)["Subject"] == str(message.subject)

    def test_is_text_first_and_html_second(self) -> None:
        for name, language, message in self.each():
            with self.subTest(message=name, language=language):
                mail: Any = received(message)
                if name in ("welcome", "terms_published", "terms_accepted"):
                    assert mail.get_content_type() == "multipart/mixed"
                    mail, attachment = mail.iter_parts()
                    assert attachment.get_content_type() == "application/pdf"
                assert mail.get_content_type() == "multipart/alternative"
                text, html = mail.iter_parts()
                assert text.get_content_type() == "text/plain"
                assert html.get_content_type() == "text/html"
                assert text.get_content().replace("\r\n", "\n") == text_of(message)
                assert html.get_content().replace("\r\n", "\n") == html_of(message)
                assert Page(html.get_content()).language == language

    def test_links_to_the_right_pages_in_its_language_and_to_nothing_else(self) -> None:
        for name, language, message in self.each():
            with self.subTest(message=name, language=language):
                wanted = links_of(name, language)
                assert Page(html_of(message)).links == wanted | ALWAYS
                assert set(URL.findall(text_of(message))) - {f"{SITE}/"} == wanted

    def test_has_each_link_alone_on_its_line(self) -> None:
        for name, language, message in self.each():
            with self.subTest(message=name, language=language):
                assert links_of(name, language) <= set(text_of(message).splitlines())

    def test_leaves_no_word_of_one_letter_at_the_end_of_a_line_of_its_heading(self) -> None:
        heading = "Potwierdź rejestrację w\N{NO-BREAK SPACE}serwisie kantor.pl</h1>"
        assert heading in html_of(build("activation", "pl"))

    def test_wraps_its_text_part(self) -> None:
        for name, language, message in self.each():
            with self.subTest(message=name, language=language):
                assert all(
                    len(line) <= 78 for line in text_of(message).splitlines() if not URL.match(line)
                )
                assert "\n\n\n" not in text_of(message)

    def test_crosses_the_wire_in_short_ascii_lines(self) -> None:
        for name, language, message in self.each():
            with self.subTest(message=name, language=language):
                raw = wire(message)
                assert raw.isascii()
                assert b": \r\n" not in raw, "a header begins with an empty line"
                assert max(len(line) for line in raw.split(b"\r\n")) <= 78

    def test_leaves_nothing_of_a_template_behind(self) -> None:
        for name, language, message in self.each():
            with self.subTest(message=name, language=language):
                for part in (str(message.subject), text_of(message), Page(html_of(message)).text):
                    assert not re.search(r"\{\{|\{%|%\(|\bNone\b|&#?\w+;", part), part

    def test_names_the_phone_and_its_hours(self) -> None:
        for name, language, message in self.each():
            with self.subTest(message=name, language=language):
                days = "pon.\u2013pt." if language == "pl" else "Mon\u2013Fri"
                for part in (flat(text_of(message)), Page(html_of(message)).text):
                    assert f"+48 22 859 0218 (9:00\u201316:30, {days})" in untie(part)

    def test_says_what_to_do_if_it_was_not_the_reader(self) -> None:
        for name, language, message in self.each():
            if name in DECISIONS_OF_STAFF:
                continue
            with self.subTest(message=name, language=language):
                question = "To nie Ty?" if language == "pl" else "Was it not you?"
                assert question in text_of(message).splitlines()
                assert f">{question}</h2>" in html_of(message)

    def test_shows_something_of_use_beside_the_subject_in_a_list_of_mails(self) -> None:
        for name, language, message in self.each():
            with self.subTest(message=name, language=language):
                found = re.search(r'class="preheader"[^>]*>([^<]+)</div>', html_of(message))
                assert found
                assert 20 < len(flat(found[1])) < 120
                assert flat(found[1]) != str(message.subject)

    def test_loads_nothing_and_keeps_its_colours_where_styles_are_dropped(self) -> None:
        for name, language, message in self.each():
            with self.subTest(message=name, language=language):
                source = html_of(message)
                assert not re.search(r"<(?:img|script|iframe|form|link)\b|url\(|@import", source)
                assert re.search(r"<td class=\"card\" style=\"[^\"]*color: #16232b", source)
                assert "prefers-color-scheme: dark" in source
                assert len(source.encode()) < 20_000, "Gmail cuts at 102 kB; ours are far below"

    def test_speaks_one_language(self) -> None:
        for name, language, message in self.each():
            with self.subTest(message=name, language=language):
                for part in (str(message.subject), text_of(message), Page(html_of(message)).text):
                    words = untie(URL.sub("", part)).replace("Śnieżka Sp. z o.o.", "")
                    for own in (settings.OPERATOR_NAME, settings.OPERATOR_ADDRESS):
                        words = words.replace(own, "")
                    if language == "pl":
                        assert not ENGLISH.search(words), ENGLISH.search(words)
                    else:
                        assert not re.search("[ąćęłńóśźż]", words, re.IGNORECASE)

    def test_takes_its_language_from_the_caller_and_leaves_the_active_one_alone(self) -> None:
        with translation.override("en"):
            message = build("activation", "pl")
            assert str(message.subject) == "Potwierdź rejestrację w serwisie kantor.pl"
            assert translation.get_language() == "en"

    def test_refuses_a_recipient_that_would_add_a_header(self) -> None:
        message = build("activation", "pl", recipient="anna@firma.example\nBcc: eve@evil.example")
        with self.assertRaises(ValueError):
            message.message()


@override_settings(BASE_URL=SITE)
class Expiry(SimpleTestCase):
    def test_is_told_in_words_and_warsaw_time(self) -> None:
        moment = datetime(2026, 11, 25, 13, 5, tzinfo=UTC)
        for name in ("activation", "password_reset"):
            polish = build(name, "pl", expires_at=moment)
            english = build(name, "en", expires_at=moment)
            for part in (flat(text_of(polish)), Page(html_of(polish)).text):
                assert "do środy 25 listopada 2026 r., godz. 14:05 (czas warszawski)." in part
            for part in (flat(text_of(english)), Page(html_of(english)).text):
                assert "until Wednesday 25 November 2026, 14:05 (Warsaw time)." in part

    def test_follows_summer_time(self) -> None:
        message = build("activation", "pl", expires_at=datetime(2027, 7, 1, 22, 30, tzinfo=UTC))
        assert "do piątku 2 lipca 2027 r., godz. 0:30 (czas warszawski)." in flat(text_of(message))

    def test_declines_the_day_of_the_week(self) -> None:
        days = ("poniedziałku", "wtorku", "środy", "czwartku", "piątku", "soboty", "niedzieli")
        for number, day in enumerate(days, start=23):
            with self.subTest(day=day):
                moment = datetime(2026, 11, number, tzinfo=UTC)
                message = build("activation", "pl", expires_at=moment)
                assert f"do {day} {number} listopada 2026 r., godz. 1:00" in flat(text_of(message))

    def test_counts_hours_in_the_right_case(self) -> None:
        polish = {
            1: "1 godzinę",
            2: "2 godziny",
            5: "5 godzin",
            11: "11 godzin",
            12: "12 godzin",
            22: "22 godziny",
            25: "25 godzin",
            48: "48 godzin",
            72: "72 godziny",
            112: "112 godzin",
        }
        for hours, words in polish.items():
            with self.subTest(hours=hours):
                expires_at = timezone.now() + timedelta(hours=hours)
                message = build("activation", "pl", expires_at=expires_at)
                assert f"Link jest ważny {words}, do " in flat(text_of(message))
        one = build("activation", "en", expires_at=timezone.now() + timedelta(hours=1))
        assert "valid for 1 hour, until" in flat(text_of(one))
        two = build("activation", "en", expires_at=timezone.now() + timedelta(hours=2))
        assert "valid for 2 hours, until" in flat(text_of(two))


@override_settings(BASE_URL=SITE)
class NameOfTheReader(SimpleTestCase):
    def test_stands_in_both_parts_escaped_once(self) -> None:
        message = build("activation", "pl", first_name="Sinéad O'Brien-Żak")
        assert "Sinéad O'Brien-Żak, anna@firma.example" in flat(text_of(message))
        assert "Sinéad O&#x27;Brien-Żak, anna@firma.example" in html_of(message)

    def test_carries_neither_markup_nor_links_nor_numbers(self) -> None:
        cases = {
            "<b>Jan</b>": "bJanb",
            "{{ x }}": "x",
            "evil.example": "evilexample",
            "https://evil.example/": "httpsevilexample",
            "Wygrana 1000 zł!": "Wygrana zł",
            "Anna\r\nBcc: eve@evil.example": "AnnaBcc eveevilexample",
            "Anna\u202etxt\x00": "Annatxt",
        }
        for typed, kept in cases.items():
            with self.subTest(typed=typed):
                message = build("activation", "pl", first_name=typed)
                assert f": {kept}, anna@firma.example" in flat(text_of(message))
                assert Page(html_of(message)).links == {LINK, REFUSE_LINK} | ALWAYS

    def test_is_left_out_when_nothing_of_it_is_left(self) -> None:
        message = build("activation", "pl", first_name="123")
        assert "Wiadomość wysłano do: anna@firma.example" in flat(text_of(message))

    def test_breaks_no_message_whatever_it_is(self) -> None:
        for nasty in NASTY_NAMES:
            for name in NAMES:
                for language in LANGUAGES:
                    with self.subTest(message=name, language=language, typed=nasty):
                        message = build(name, language, first_name=nasty, owner_name=nasty)
                        assert max(len(line) for line in wire(message).split(b"\r\n")) <= 78
                        page = Page(html_of(message))
                        assert page.links == links_of(name, language) | ALWAYS
                        assert nasty not in str(message.subject)
                        if name == "welcome":
                            assert flat(nasty) in page.text
                            assert flat(nasty) in flat(text_of(message))

    @given(st.text(max_size=300))
    def test_is_short_and_plain_whatever_was_typed(self, typed: str) -> None:
        kept = rendering.plain_name(typed)
        assert len(kept) <= rendering.NAME_LENGTH
        assert not re.search(r"[\d<>{}@:/.\\\x00-\x1f\u202a-\u202e\u2066-\u2069]", kept)
        assert kept == kept.strip()


@override_settings(BASE_URL=SITE)
class OwnerOfTheBankAccounts(SimpleTestCase):
    def test_is_named_exactly_in_both_parts(self) -> None:
        cases = {
            "O'Brien & Syn „Kantor”": "O&#x27;Brien &amp; Syn „Kantor”",
            "<b>Firma</b> {{ x }} {% y %}": "&lt;b&gt;Firma&lt;/b&gt; {{ x }} {% y %}",
            "A&amp;B": "A&amp;amp;B",
            "חברת ייבוא \u202eltd": "חברת ייבוא \u202eltd",
        }
        for name, escaped in cases.items():
            with self.subTest(name=name):
                message = build("welcome", "pl", owner_name=name)
                assert name in text_of(message).splitlines()
                assert f'<strong dir="auto">{escaped}</strong>' in html_of(message)

    def test_may_have_255_characters(self) -> None:
        for name in ("Spółka " * 36 + "Żak", "Ż" * 255):
            with self.subTest(name=name):
                assert len(name) == 255
                message = build("welcome", "pl", owner_name=name)
                assert name in flat(text_of(message))
                raw = wire(message)
                assert max(len(line) for line in raw.split(b"\r\n")) <= 78


@override_settings(PANEL_URL=PANEL)
class Welcome(SimpleTestCase):
    def test_explains_the_first_steps(self) -> None:
        body = flat(text_of(build("welcome", "pl")))
        for words in (
            "Login to Twój adres e-mail: anna@firma.example.",
            "trzy cyfry numeru telefonu",
            "jeden w złotych i jeden w walucie",
            "Złóż zlecenie",
            "Nigdy nie prosimy o hasło",
        ):
            assert words in body


@override_settings(BASE_URL=SITE)
class AcceptedTerms(SimpleTestCase):
    """The copy on a durable medium that travels with the welcome mail."""

    def test_is_the_published_file_of_that_version_and_language(self) -> None:
        newest = consents.in_force("terms")
        names = {
            "pl": f"kantor.pl-regulamin-{newest}.pdf",
            "en": f"kantor.pl-terms-of-service-{newest}.pdf",
        }
        for language, name in names.items():
            with self.subTest(language=language):
                mail = received(build("welcome", language))
                (attachment,) = mail.iter_attachments()
                assert attachment.get_content_type() == "application/pdf"
                assert attachment.get_filename() == name
                assert attachment.get_content_disposition() == "attachment"
                assert attachment["Content-Language"] == language
                published = consents.terms_pdf(consents.in_force("terms"), language).read_bytes()
                assert attachment.get_content() == published

    def test_is_named_in_the_mail_by_its_date(self) -> None:
        with translation.override("pl"):
            day = date_format(date.fromisoformat(consents.in_force("terms")), "DATE_FORMAT")
        body = flat(text_of(build("welcome", "pl")))
        assert f"W załączniku przesyłamy regulamin w wersji z dnia {flat(day)}" in body

    def test_is_neither_attached_nor_promised_where_none_was_accepted(self) -> None:
        message = messages.welcome(
            Envelope("anna@firma.example", "pl", MESSAGE_ID, "Anna"), owner_name="Anna Nowak"
        )
        assert not list(received(message).iter_attachments())
        assert "załącznik" not in text_of(message) + html_of(message)

    def test_is_read_and_encoded_once(self) -> None:
        first, second = build("welcome", "pl"), build("welcome", "pl")
        assert first.attachments[0] is second.attachments[0]
        assert wire(first).count(b"application/pdf") == wire(second).count(b"application/pdf") == 1


@override_settings(BASE_URL=SITE)
class PasswordChanged(SimpleTestCase):
    def test_says_when_in_warsaw_time(self) -> None:
        moment = datetime(2026, 11, 25, 13, 5, tzinfo=UTC)
        polish = flat(text_of(build("password_changed", "pl", changed_at=moment)))
        english = flat(text_of(build("password_changed", "en", changed_at=moment)))
        assert "zmienione 25 listopada 2026 r. o godz. 14:05 (czas warszawski)." in polish
        assert "changed on 25 November 2026 at 14:05 (Warsaw time)." in english


class AlreadyRegistered(SimpleTestCase):
    def test_says_which_password_counts_and_that_nothing_need_be_done(self) -> None:
        message = build("already_registered", "pl")
        assert str(message.subject) == "Ktoś próbował założyć konto"
        body = flat(text_of(message))
        assert "obowiązuje dotychczasowe hasło" in body
        assert "To nie Ty? Nie musisz nic robić." in body


@override_settings(BASE_URL=SITE)
class NewBrowser(SimpleTestCase):
    """The notice of a sign-in in a browser that is not known."""

    MOMENT = datetime(2026, 11, 29, 13, 5, tzinfo=UTC)

    def parts(self, language: str, visit: Visit) -> list[str]:
        message = messages.new_browser(
            Envelope("anna@firma.example", language, "<1@kantor.example>", "Anna"),
            signed_in_at=self.MOMENT,
            visit=visit,
            link=DISOWN_LINK,
            expires_at=self.MOMENT + timedelta(days=7),
        )
        return [flat(text_of(message)), Page(html_of(message)).text]

    def test_says_when_with_what_and_from_where(self) -> None:
        for language, told in (
            (
                "pl",
                (
                    "Kiedy: 29 listopada 2026 r., godz. 14:05 (czas warszawski)",
                    "Przeglądarka: Firefox, Windows",
                    "Adres IP: 83.12.x.x",
                    "do 6 grudnia 2026 r., godz. 14:05 (czas warszawski)",
                ),
            ),
            (
                "en",
                (
                    "When: 29 November 2026, 14:05 (Warsaw time)",
                    "Browser: Firefox, Windows",
                    "IP address: 83.12.x.x",
                    "until 6 December 2026, 14:05 (Warsaw time)",
                ),
            ),
        ):
            for part in self.parts(language, Visit("firefox", "windows", "83.12.x.x")):
                for words in told:
                    assert words in part.replace(" :", ":"), (words, part)

    def test_leaves_out_what_is_unknown(self) -> None:
        for part in self.parts("pl", Visit()):
            assert "nieznana przeglądarka" in part
            assert "Adres IP" not in part

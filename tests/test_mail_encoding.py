"""How a mail crosses the wire: the same bytes under every Django, addresses ready for servers."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from unittest import mock

from django.test import SimpleTestCase, override_settings

from accounts.mail import mime
from accounts.mail.mime import SevenBitMessage
from accounts.models import OutboxMessage
from tests.factories import registered
from tests.mail_server import MailServerTestCase
from tests.mails import LANGUAGES, NAMES, build


def message(**changes: Any) -> SevenBitMessage:
    """Return a small mail with these details."""
    details: dict[str, Any] = {
        "subject": "Zażółć gęślą jaźń",
        "body": "Dzień dobry!\n",
        "from_email": mime.mailbox("kantor.pl <rejestracja@kantor.example>"),
        "to": ["anna@firma.example"],
        "reply_to": ["pomoc@kantor.example"],
    }
    built = SevenBitMessage(**details | changes)
    built.attach_alternative("<p>Dzień dobry!</p>\n", "text/html")
    return built


def parsed(raw: bytes) -> EmailMessage:
    """Return what a mail program makes of these bytes."""
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


class WireTests(SimpleTestCase):
    """The bytes of a mail."""

    def test_have_the_line_ends_that_are_asked_for_in_either_way(self) -> None:
        moment = datetime(2026, 11, 29, tzinfo=UTC)
        self.enterContext(mock.patch("django.utils.timezone.now", return_value=moment))
        for name in NAMES:
            for language in LANGUAGES:
                with self.subTest(name=name, language=language):
                    mail: Any = build(name, language)
                    # Django 5.2 asks for them when it takes the bytes, 6 when it takes the message.
                    older = mail.message().as_bytes(linesep="\r\n")
                    newer = mail.message(policy=email.policy.SMTP).as_bytes()
                    plain = mail.message().as_bytes()
                    assert b"\r" not in plain
                    assert older == newer == plain.replace(b"\n", b"\r\n")

    def test_keep_every_sign(self) -> None:
        body = (
            "".join(map(chr, (*range(0x20, 0x180), 0x2013, 0x201E, 0x1F4B6))) + " = . \n.\nFrom x\n"
        )
        mail = parsed(message(body=body).message().as_bytes(linesep="\r\n"))
        text = mail.get_body(("plain",))
        assert text is not None
        assert text.get_content().replace("\r\n", "\n") == body

    def test_are_ascii_in_short_lines_whatever_stands_in_them(self) -> None:
        subject = " ".join(["Zażółć gęślą jaźń"] * 4)
        raw = message(subject=subject, body="ż" * 5000 + "\n" + "x" * 5000).message().as_bytes()
        assert raw.isascii()
        assert max(map(len, raw.splitlines())) <= 78
        assert parsed(raw)["Subject"] == subject

    def test_have_boundaries_that_no_body_can_hold(self) -> None:
        body = "--=_alternative\n--=_alternative--\n--=_mixed\n"
        mail = parsed(message(body=body).message().as_bytes())
        text, html = mail.iter_parts()
        assert text.get_payload(decode=True) == body.encode()
        assert html.get_content_type() == "text/html"

    def test_carry_an_attachment_unchanged(self) -> None:
        content = bytes(range(256)) * 500
        mail = message()
        mail.attachments.append(mime.attachment(content, "application/pdf", "Regulamin.pdf", "pl"))
        (part,) = parsed(mail.message().as_bytes(linesep="\r\n")).iter_attachments()
        assert part.get_payload(decode=True) == content
        assert part.get_filename() == "Regulamin.pdf"
        assert part["Content-Language"] == "pl"

    def test_keep_no_header_of_one_customer(self) -> None:
        for number in range(2):
            mail = message(to=[f"osoba{number}@example.com"])
            mail.extra_headers["Message-ID"] = f"<{number}@example.com>"
            before = mime._folded.cache_info().currsize, mime._shared.cache_info().currsize
            raw = mail.message().as_bytes()
            assert parsed(raw)["To"] == f"osoba{number}@example.com"
            assert parsed(raw)["Message-ID"] == f"<{number}@example.com>"
        assert before == (mime._folded.cache_info().currsize, mime._shared.cache_info().currsize)

    def test_write_headers_as_the_standard_library_would(self) -> None:
        for linesep in ("\n", "\r\n"):
            wire: Any = message(subject="Zażółć gęślą jaźń " * 4).message(
                policy=email.policy.default.clone(linesep=linesep)
            )
            plain = email.policy.default.clone(cte_type="7bit", linesep=linesep)
            assert wire.as_bytes() == wire.as_bytes(policy=plain)

    def test_write_every_mail_as_the_standard_library_would(self) -> None:
        for name in NAMES:
            for language in LANGUAGES:
                with self.subTest(name=name, language=language):
                    self._written_alike(build(name, language).message())

    def test_write_attachments_and_odd_words_as_the_standard_library_would(self) -> None:
        mail = message(
            to=[f"{'x' * 60}@firma.example"],
            body="Ends\rof\r\nlines\n\n.\nFrom x\n--=_mixed\nno end",
            headers={"Message-ID": "<a b@kantor.example>"},
        )
        self._written_alike(mail.message())
        for content in (b"", b"short", bytes(range(256)) * 500):
            part = mime.attachment(content, "application/pdf", "Regulamin.pdf", "pl")
            mail.attachments.append(part)
            self._written_alike(mail.message())

    def test_write_the_headers_of_one_mail_as_parsing_them_would(self) -> None:
        for name, value in (
            ("To", "anna@firma.example"),
            ("To", "anna.maria+1@a-b.firma.example"),
            ("To", "o'neill@firma.example"),
            ("To", ".anna..maria@firma.example"),
            ("To", f"{'x' * 64}@{'y' * 60}.example"),
            ("Message-ID", "<1.2@kantor.example>"),
            ("Message-ID", f"<{'x' * 64}@{'y' * 60}.example>"),
            ("Message-ID", "no brackets@kantor.example"),
            ("Date", "Sun, 29 Nov 2026 23:55:00 +0000"),
            ("Date", "yesterday"),
        ):
            with self.subTest(name=name, value=value):
                ours, parsed_first = (EmailMessage(policy=mime.POLICY) for _ in range(2))
                ours[name] = value
                parsed_first[name] = mime.POLICY.header_factory(name, value)
                assert ours[name] == parsed_first[name]
                assert mime.POLICY.fold_binary(name, next(iter(ours.raw_items()))[1]) == (
                    parsed_first[name].fold(policy=mime.POLICY).encode()
                )

    def _written_alike(self, wire: Any) -> None:
        assert wire.as_bytes() == EmailMessage.as_bytes(wire)
        ended = EmailMessage.as_bytes(wire, policy=wire.policy.clone(linesep="\r\n"))
        assert wire.as_bytes(linesep="\r\n") == ended


class HeaderTests(SimpleTestCase):
    """Whom a mail is from, and to."""

    def test_spell_a_domain_as_the_network_does(self) -> None:
        raw = (
            message(
                to=["zenon@żółw.example"],
                from_email="Żółw <zenon@żółw.example>",
                reply_to=["zenon@żółw.example"],
            )
            .message()
            .as_bytes()
        )
        assert raw.isascii()
        mail = parsed(raw)
        for name in ("To", "From", "Reply-To"):
            (address,) = mail[name].addresses
            assert address.addr_spec == "zenon@xn--w-uga1v8h.example"
        assert mail["From"].addresses[0].display_name == "Żółw"

    def test_put_a_name_with_a_dot_between_quotes(self) -> None:
        for written, sent in (
            ("kantor.pl <a@kantor.example>", '"kantor.pl" <a@kantor.example>'),
            ('"kantor.pl" <a@kantor.example>', '"kantor.pl" <a@kantor.example>'),
            ("Kantor <a@kantor.example>", "Kantor <a@kantor.example>"),
            ("a@kantor.example", "a@kantor.example"),
        ):
            assert mime.mailbox(written) == sent

    def test_never_become_two(self) -> None:
        evil = "x\nBcc: eve@evil.example"
        for changes in (
            {"subject": evil},
            {"to": [f"a@b.example{evil}"]},
            {"from_email": f"a@b.example{evil}"},
            {"reply_to": [f"a@b.example{evil}"]},
            {"headers": {"Message-ID": evil}},
        ):
            for line_end in ("\n", "\r", "\r\n"):
                split = {
                    name: (
                        [each.replace("\n", line_end) for each in value]
                        if isinstance(value, list)
                        else value
                    )
                    for name, value in changes.items()
                }
                with self.assertRaises(ValueError):
                    message(**split).message()


@override_settings(DEFAULT_FROM_EMAIL="kantor.pl <rejestracja@kantor.example>")
class ServerTests(MailServerTestCase):
    """A real mail server."""

    def test_takes_a_mail_to_a_domain_in_its_own_letters(self) -> None:
        user = registered(email="zenon@żółw.example.com")
        row = OutboxMessage.objects.get(user=user)
        assert (row.state, row.last_error) == (OutboxMessage.State.SENT, "")
        assert self.postbox.arrived == [("zenon@xn--w-uga1v8h.example.com", row.message_id)]

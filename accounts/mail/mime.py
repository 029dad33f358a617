"""Put a message into MIME that every mail server takes: ASCII, in lines of 78 characters at most.

Django 6 builds mails by Python's newer email API and leaves the encoding to it, which prefers
8-bit lines as long as they come; Django 5.2 builds them by the older one. Built here, a mail has
the same bytes under each.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from email import policy
from email.headerregistry import Address, AddressHeader, HeaderRegistry
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.encoding import punycode

# Neither quoted-printable nor base64 ever has "=_" (RFC 2045, section 6.7): these are in no body,
# and no body has to be searched for them.
MIXED = 'multipart/mixed; boundary="=_mixed"'
ALTERNATIVE = 'multipart/alternative; boundary="=_alternative"'
# Of one customer or one mail: neither these headers nor their lines are kept.
OWN = frozenset({"To", "Date", "Message-ID"})
_ATOMS = r"[0-9A-Za-z_+-]+(?:\.[0-9A-Za-z_+-]+)*"
# What they nearly always are: an address, an id or a date that parsing leaves as it is.
_READY = re.compile(
    rf"{_ATOMS}@{_ATOMS}|<{_ATOMS}@{_ATOMS}>|"
    r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}"
)


class _Headers(HeaderRegistry):
    """The standard library's kinds of headers, each made once instead of for every header."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        key = name.lower()
        if key not in self.registry:
            return super().__getitem__(name)
        if key not in self._made:
            self._made[key] = super().__getitem__(name)
        return self._made[key]


class SevenBitPolicy(policy.EmailPolicy):
    """Python's default policy in ASCII; the lines of headers that many mails share are kept."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Keep as it is what parsing would not change; it is parsed when somebody asks for it."""
        if name in OWN and isinstance(value, str) and _READY.fullmatch(value):
            return name, value
        return super().header_store_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return the header as its lines."""
        if name in OWN:
            return super().fold_binary(name, value)
        return _folded(name, value, self.linesep)


class WireMessage(EmailMessage):
    """A message whose parts are ready, and which knows how Django 5.2 asks for line ends.

    The bytes are those of the standard library, which reads a message part by part and line by
    line, for it does not know whether they are ready.
    """

    def as_bytes(
        self, unixfrom: bool = False, policy: Any = None, *, linesep: str | None = None
    ) -> bytes:
        """Return the message as it crosses the wire."""
        if unixfrom or policy is not None:
            return super().as_bytes(unixfrom, policy)
        return b"".join(_wire(self, _policy(linesep or self.policy.linesep)))


class SevenBitMessage(EmailMultiAlternatives):
    """A mail of text and HTML; `attachments` holds finished parts, such as `attachment` makes."""

    def message(self, *, policy: Any = policy.default) -> WireMessage:
        """Return the mail as MIME, with the line ends of a policy.

        Raises ValueError for a header that would be two.
        """
        policy = _policy(policy.linesep)
        message = WireMessage(policy=policy)
        message["MIME-Version"] = _shared("MIME-Version", "1.0")
        body: Any = message
        if self.attachments:
            message["Content-Type"] = _shared("Content-Type", MIXED)
            body = MIMEPart(policy=policy)
            message.attach(body)
        body["Content-Type"] = _shared("Content-Type", ALTERNATIVE)
        body.attach(_text(str(self.body), "text/plain", policy))
        for content, mimetype in self.alternatives:
            body.attach(_text(str(content), str(mimetype), policy))
        for part in self.attachments:
            message.attach(part)
        message["Subject"] = _shared("Subject", str(self.subject))
        message["From"] = _shared("From", self.from_email)
        message["To"] = _header("To", ", ".join(self.to))
        message["Reply-To"] = _shared("Reply-To", ", ".join(self.reply_to))
        message["Date"] = format_datetime(timezone.now())
        for name, value in self.extra_headers.items():
            message[name] = value if name in OWN else _shared(name, value)
        return message


@lru_cache(maxsize=8)
def mailbox(address: str) -> str:
    """Return a mailbox with its name between quotes if need be: Django 6 insists on RFC 5322."""
    name, spec = parseaddr(address)
    local, _at, domain = spec.rpartition("@")
    return str(Address(name, local, domain))


def attachment(content: bytes, mimetype: str, filename: str, language: str) -> MIMEPart:
    """Return a file as a part; mails may share it, nothing changes it."""
    part = MIMEPart(policy=policy.default)
    part["Content-Type"] = mimetype
    part["Content-Transfer-Encoding"] = "base64"
    part.add_header("Content-Disposition", "attachment", filename=filename)
    part["Content-Language"] = language
    part.set_payload(base64.encodebytes(content).decode("ascii"))
    return part


POLICY = SevenBitPolicy(cte_type="7bit", header_factory=_Headers())


@lru_cache(maxsize=2)
def _policy(linesep: str) -> SevenBitPolicy:
    """Return the policy with these line ends."""
    return POLICY.clone(linesep=linesep)


@lru_cache(maxsize=128)
def _folded(name: str, value: Any, linesep: str) -> bytes:
    """Return a header as its lines; a header is equal to another one of the same text."""
    return policy.EmailPolicy.fold_binary(_policy(linesep), name, value)


def _wire(part: Any, policy: SevenBitPolicy) -> Iterator[bytes]:
    """Yield a part, headers and body, as BytesGenerator writes it; no body holds a boundary."""
    end = policy.linesep.encode()
    for name, value in part.raw_items():
        yield policy.fold_binary(name, value)
    yield end
    content = part.get_payload()
    if isinstance(content, str):
        ended = _ended if part.get_content_maintype() == "application" else _ended.__wrapped__
        yield ended(content, policy.linesep)
        return
    boundary = b"--" + part["Content-Type"].params["boundary"].encode()
    for each in content:
        yield boundary + end
        yield from _wire(each, policy)
        yield end
    yield boundary + b"--" + end


@lru_cache(maxsize=8)
def _ended(lines: str, linesep: str) -> bytes:
    """Return lines with these ends; kept are those of attachments, which mails share."""
    return lines.replace("\n", linesep).encode("ascii")


def _text(content: str, mimetype: str, policy: Any) -> MIMEPart:
    """Return a text in quoted-printable, encoded in C: the standard library's way is Python."""
    part = MIMEPart(policy=policy)
    part["Content-Type"] = _shared("Content-Type", f'{mimetype}; charset="utf-8"')
    part["Content-Transfer-Encoding"] = _shared("Content-Transfer-Encoding", "quoted-printable")
    lines = binascii.b2a_qp(content.encode()).decode("ascii")
    # As the standard library writes them, whose lines end in "\r" too.
    part.set_payload(lines.replace("\r\n", "\n").replace("\r", "\n"))
    return part


def _header(name: str, value: str) -> Any:
    """Return a header that is ready to be added: domains as A-labels (RFC 5890)."""
    _name, header = POLICY.header_store_parse(name, value)
    if isinstance(header, AddressHeader) and not value.isascii():
        addresses = [
            Address(each.display_name, each.username, punycode(each.domain))
            for each in header.addresses
        ]
        _name, header = POLICY.header_store_parse(name, addresses)
    return header


# Parsing costs more than all else of a mail, and most headers are those of the mails before. The
# recipient's address is not kept here.
_shared = lru_cache(maxsize=64)(_header)

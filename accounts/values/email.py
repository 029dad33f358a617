"""Recognise an e-mail address, and compare two of them."""

import contextlib
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from accounts.values.text import clean

MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3: a path has 256 octets, two of them its brackets

# Longer than any address however it is spelled; what is longer is not normalised at all.
_MAX_TYPED = 320

# Where people in Poland have their mailbox, the most used first.
PROVIDERS = (
    "gmail.com",
    "wp.pl",
    "o2.pl",
    "onet.pl",
    "interia.pl",
    "op.pl",
    "vp.pl",
    "onet.eu",
    "poczta.onet.pl",
    "interia.eu",
    "poczta.fm",
    "gazeta.pl",
    "tlen.pl",
    "buziaczek.pl",
    "autograf.pl",
    "outlook.com",
    "hotmail.com",
    "icloud.com",
    "yahoo.com",
    "proton.me",
    "protonmail.com",
    "live.com",
    "googlemail.com",
)

# A name that only looks like one of these is no honest address.
_IMITATED = frozenset({*PROVIDERS, "kantor.pl"})

# One provider, one mailbox: it takes both domains and overlooks dots.
_GMAIL = frozenset({"gmail.com", "googlemail.com"})

# Letters that look like one of a-z: with a stroke or without a dot, Cyrillic, Greek.
_LOOK_ALIKES = str.maketrans(
    "ıłøđħŧɡɑасԁеһіјӏорԛѕԝхуѵкмтвнгαινορυκτ",
    "ilodhtgaacdehijlopqswxyvkmtbhraivopukt",
)

# Scripts that honest names of one language use together (Unicode TS 39, "highly restrictive").
_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)


def normalise(text: str) -> str:
    """Return the key by which addresses are compared, at most MAX_LENGTH characters.

    Lower case, compatibility forms unified (NFKC), the domain as an A-label (RFC 5890), nothing
    unprintable: PostgreSQL refuses NUL even in a question. Takes anything and never raises; what
    cannot be an address gives some text that is no address's key.
    """
    if len(text) > _MAX_TYPED:
        return ""
    if text.isascii() and text.isprintable():
        return _fitting(text.strip().lower())
    key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    key = "".join(character for character in key if character.isprintable()).strip()
    local, at, domain = key.rpartition("@")
    if not domain.isascii():
        with contextlib.suppress(EmailNotValidError):
            key = f"{local}{at}{_validated(f'a@{domain}').ascii_domain}"
    return _fitting(key)


def mailbox(address: str) -> str:
    """Return one key for all spellings that reach one mailbox, to count mails by; never to send.

    Beside what `normalise` unifies: what follows a "+" (RFC 5233), and at Gmail the dots and the
    second domain. Takes anything and never raises.
    """
    local, _at, domain = normalise(address).rpartition("@")
    # An address may begin with a "+": then it is no tag.
    name = local.partition("+")[0] or local
    if domain in _GMAIL:
        domain, name = "gmail.com", name.replace(".", "").strip() or name
    return f"{name}@{domain}"


def parse(text: str) -> str:
    """Return the address as typed, trimmed; an internationalised domain in its own letters.

    Browsers send such a domain as its A-label, whatever was typed into the field.
    Refused are addresses that mail cannot reach (localhost, `.local`), quoted and bracketed
    forms, a local part outside ASCII, and domains that pass for others. Whether the domain
    exists is not asked. Raises ValidationError, code `invalid`, `too_long`, `local_part`,
    `look_alike`, or as `text.clean` does.
    """
    address = clean(text, max_length=MAX_LENGTH)
    typed_local, _at, typed_domain = text.strip().rpartition("@")
    if not typed_local or not typed_domain:
        raise _invalid()
    # As typed: NFC makes a plain K of the Kelvin sign, and its twin would get the mail.
    if not typed_local.isascii():
        raise ValidationError(
            _("Before the @ sign, use only letters without diacritics, digits and . _ - +"),
            "local_part",
        )
    if any(_is_disguised_ascii(character) for character in typed_domain):
        raise _look_alike()
    local = address.rpartition("@")[0]
    try:
        valid = _validated(address)
    except EmailNotValidError:
        raise _invalid() from None
    top_level = valid.ascii_domain.rpartition(".")[2]
    if len(top_level) < 2:
        raise _invalid()
    if _passes_for_another(valid.domain):
        raise _look_alike()
    # As typed, unless the domain has another spelling: an A-label, or a full stop outside ASCII.
    is_plain = address.isascii() and valid.domain.isascii()
    return address if is_plain else f"{local}@{_mailable(valid)}"


def _validated(address: str) -> ValidatedEmail:
    # Strict is what limits the first part to 64 characters (RFC 5321, 4.5.3.1.1).
    return validate_email(address, allow_smtputf8=False, strict=True, check_deliverability=False)


def _fitting(key: str) -> str:
    return key if len(key) <= MAX_LENGTH else ""


def _mailable(valid: ValidatedEmail) -> str:
    """Return the domain in its own script, if Django would send to the domain that was meant.

    Django encodes by IDNA 2003, which takes straße.de for strasse.de; such a domain is kept as
    its A-label.
    """
    try:
        same = punycode(valid.domain) == valid.ascii_domain
    except UnicodeError:
        same = False
    return valid.domain if same else valid.ascii_domain


def _is_disguised_ascii(character: str) -> bool:
    """Tell whether this is plain ASCII after NFKC, like a wide g or the Kelvin sign."""
    return not character.isascii() and unicodedata.normalize("NFKC", character).isascii()


def _passes_for_another(domain: str) -> bool:
    """Tell whether a domain in its own script can be taken for one in Latin letters."""
    if domain.isascii():
        return False
    labels = domain.split(".")
    if any(not _is_of_one_script(label) for label in labels):
        return True
    bare = "".join(
        character
        for character in unicodedata.normalize("NFKD", domain)
        if not unicodedata.combining(character)
    )
    seen = bare.translate(_LOOK_ALIKES)
    if seen in _IMITATED:
        return True
    return labels[-1].isascii() and any(
        label.isascii() and "LATIN" not in _scripts(original)
        for label, original in zip(seen.split("."), labels, strict=True)
        if not original.isascii()
    )


def _is_of_one_script(label: str) -> bool:
    scripts = _scripts(label)
    return len(scripts) <= 1 or any(scripts <= together for together in _TOGETHER)


def _scripts(label: str) -> set[str]:
    """Return the scripts of the letters, by the first word of their Unicode names."""
    return {
        unicodedata.name(character, "?").partition(" ")[0]
        for character in label
        if unicodedata.category(character) in ("Ll", "Lu", "Lt", "Lo")
    }


def _invalid() -> ValidationError:
    return ValidationError(_("Enter an e-mail address, for example jan@example.com."), "invalid")


def _look_alike() -> ValidationError:
    return ValidationError(
        _(
            "The part after @ has letters that look like others. Type it again on your own "
            "keyboard."
        ),
        "look_alike",
    )

"""Read the whole history of what one person was asked, in the words that were shown."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from accounts import consents
from accounts.consents import Consent
from accounts.models import ConsentRecord

# What it is about, in a word or two, by the key of the declaration.
TITLES: dict[str, Promise] = {
    "terms": _("Terms of Service"),
    "e_documents": _("Electronic documents"),
    "personal_data": _("Your details"),
    "authority": _("Authority to represent"),
    "adult": _("Age and legal capacity"),
}
# Why an account cannot be without it, by the key of the declaration.
REASONS: dict[str, Promise] = {
    "terms": _("The Terms of Service are the contract by which we run your account."),
    "e_documents": _("We send accounting documents only electronically, and need your agreement."),
    "personal_data": _("Without your details we could not open the account or run it."),
    "authority": _("Only somebody authorised to represent the company may act for it."),
    "adult": _("Only an adult with full legal capacity may make this contract."),
}


@dataclass(frozen=True)
class Entry:
    """One row as its owner reads it."""

    record: ConsentRecord
    # The sentence in the language in which it was shown.
    sentence: SafeString
    words: Promise
    # A link to the document as a file, where there is one.
    copy: SafeString

    @property
    def proof(self) -> SafeString:
        """Return the whole hash of the text."""
        return breakable(self.record.text_hash)

    @property
    def seal(self) -> SafeString:
        """Return the whole digest of the row, as its receipt has it."""
        return breakable(self.record.digest)


@dataclass(frozen=True)
class Declaration:
    """One declaration with all that was said to it, the newest first."""

    consent: Consent
    entries: list[Entry]

    @property
    def newest(self) -> Entry:
        return self.entries[0]

    @property
    def title(self) -> Promise | str:
        """Return what it is about; empty for what has a heading of its own."""
        return TITLES.get(self.consent.key, "")

    @property
    def reason(self) -> Promise | str:
        """Return why an account needs it; empty for what is free."""
        return REASONS[self.consent.key] if self.consent.required else ""


def breakable(digits: str) -> SafeString:
    """Return a hash whole; a line may break after every eighth digit."""
    parts = ((digits[start : start + 8],) for start in range(0, len(digits), 8))
    return format_html_join(SafeString("<wbr>"), "{}", parts)


def declarations(records: Iterable[ConsentRecord]) -> list[Declaration]:
    """Return what one person was asked, in the order of step 2c; `records` are oldest first."""
    rows: dict[str, list[ConsentRecord]] = {}
    for record in records:
        rows.setdefault(record.key, []).append(record)
    found = []
    for consent in consents.CONSENTS:
        entries: list[Entry] = []
        was_given = False
        for record in rows.get(consent.key, []):
            entries.insert(0, _entry(consent, record, was_given=was_given))
            was_given = record.given
        if entries:
            found.append(Declaration(consent, entries))
    return found


def _entry(consent: Consent, record: ConsentRecord, *, was_given: bool) -> Entry:
    shown = replace(consent, version=record.version)
    with override(record.language):
        sentence, copy = consents.label_html(shown), consents.copy_html(shown)
    if record.given:
        words = _("Accepted") if consent.required else _("Consent given")
    else:
        words = _("Consent withdrawn") if was_given else _("Consent not given")
    return Entry(record, sentence, words, copy)

"""The declarations of step 2c: which exist, in which version, and in exactly which words.

What a person agreed to must be provable (art. 7(1) GDPR): `text_hash` covers the words of the
sentence shown and of the document it links to, and a test pins the hashes of everything published.
So a published text is never edited: a change is a new version, put in front of its tuple. Where a
line may break is no word: no-break spaces count as ordinary ones.

A version is published before it holds: until its day it is announced, and another one is in force.
Which one that is follows from the day in Poland, so nothing may ask for it once a process.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ConsentRecord, Kind
from kantor.serving.operator import Operator
from kantor.serving.typography import tie, untie

# Newest first; a version is the date since which it holds. One whose day is still to come is
# announced: it can be read and accepted, and nobody who registers is asked for it.
VERSIONS: dict[str, tuple[str, ...]] = {
    "terms": ("2026-11-29", "2026-11-23"),
    "privacy": ("2026-11-29", "2026-11-23"),
}
# Where the texts lie, in `legal/<document>/<version>/`.
TEMPLATES: Path = settings.BASE_DIR / "templates"
# How long a version is news after it has come into force.
TOLD_FOR = timedelta(days=14)
EVERYBODY = frozenset(Kind)


@dataclass(frozen=True, eq=False)
class Consent:
    """One declaration and whom it is put to.

    `label` may hold {link_start}, {link_end} and {date}: the words that link to `document`
    ("terms" or "privacy") and the date of its version. Where there is a document, `version` is its
    own, and empty in `CONSENTS`: `declaration` and `asked_of` fill it in. Compared by identity:
    the lazy label would make equality depend on the active language.
    """

    key: str
    version: str
    required: bool
    label: Promise
    kinds: frozenset[Kind]
    document: str = ""


@dataclass(frozen=True)
class Standing:
    """How one declaration of one person stands: given, or given once and withdrawn since."""

    label: SafeString
    version: str
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class Receipt:
    """What a customer keeps of all that he was asked: the seal of the last row covers every one."""

    recorded_at: datetime
    digest: str
    # Versions of the documents as they were accepted last; empty where one was not.
    terms: str
    privacy: str


# In the order in which step 2c shows them.
CONSENTS = (
    Consent(
        key="terms",
        version="",
        required=True,
        label=_(
            "I accept the {link_start}kantor.pl Terms of Service{link_end}, version of {date}."
        ),
        kinds=EVERYBODY,
        document="terms",
    ),
    Consent(
        key="e_documents",
        version="2026-11-23",
        required=True,
        label=_("I agree to receive accounting documents electronically."),
        kinds=EVERYBODY,
    ),
    Consent(
        key="personal_data",
        version="",
        required=True,
        label=_(
            "I agree to the processing of the personal data given in this form to open and run "
            "the account. See {link_start}how we process personal data{link_end}."
        ),
        kinds=EVERYBODY,
        document="privacy",
    ),
    Consent(
        key="news_email",
        version="2026-11-23",
        required=False,
        label=_(
            "I want to receive news about the offer and new features by e-mail. "
            "I can withdraw this consent at any time."
        ),
        kinds=EVERYBODY,
    ),
    Consent(
        key="authority",
        version="2026-11-23",
        required=True,
        label=_("I declare that I am authorised to represent the company on kantor.pl."),
        kinds=frozenset({Kind.COMPANY}),
    ),
    Consent(
        key="adult",
        version="2026-11-23",
        required=True,
        label=_("I declare that I am at least 18 years old and have full legal capacity."),
        kinds=frozenset({Kind.PERSON}),
    ),
)


def today() -> date:
    """Return the day in Poland: a version comes into force at its midnight."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def in_force(document: str, day: date | None = None) -> str:
    """Return the version of "terms" or "privacy" that holds on this day, today unless told.

    Before the first version that is the first one.
    """
    versions, limit = VERSIONS[document], (day or today()).isoformat()
    return next((version for version in versions if version <= limit), versions[-1])


def announced(document: str, day: date | None = None) -> str:
    """Return the next version that does not hold yet on this day; empty where there is none."""
    versions, limit = VERSIONS[document], (day or today()).isoformat()
    return next((version for version in reversed(versions) if version > limit), "")


def to_accept(accepted: str, day: date | None = None) -> str:
    """Return the version of the terms that is put to who has accepted this one.

    The one in force first, which his account's pages wait for; then the announced one, which may
    be accepted before its day. Empty where he has accepted both.
    """
    for version in (in_force("terms", day), announced("terms", day)):
        if accepted < version:
            return version
    return ""


def news_of_privacy(known: str, day: date | None = None) -> str:
    """Return the version of the privacy notice that is news to who knows this one, or nothing.

    It is news from its publication on, and for `TOLD_FOR` after it has come into force.
    """
    version = announced("privacy", day) or in_force("privacy", day)
    return version if known < version and is_news(version, day) else ""


def is_news(version: str, day: date | None = None) -> bool:
    """Tell whether pages say what a version changes: until `TOLD_FOR` after its day."""
    return (day or today()) < date.fromisoformat(version) + TOLD_FOR


@lru_cache(maxsize=128)
def of_version(consent: Consent, version: str) -> Consent:
    """Return a declaration in one version; the same object each time, and so cached with all."""
    return replace(consent, version=version)


def declaration(key: str, version: str = "") -> Consent:
    """Return one declaration, as it is put now unless its version is told. Raises LookupError."""
    for consent in CONSENTS:
        if consent.key == key:
            return of_version(consent, version or _version_now(consent))
    raise LookupError(f"There is no declaration {key!r}.")


def asked_of(kind: str) -> tuple[Consent, ...]:
    """Return the declarations put now to this kind of customer, in the order of step 2c."""
    return tuple(
        of_version(consent, _version_now(consent)) for consent in CONSENTS if kind in consent.kinds
    )


def _version_now(consent: Consent) -> str:
    return in_force(consent.document) if consent.document else consent.version


def standing(records: Iterable[ConsentRecord]) -> list[Standing]:
    """Return how the declarations of one person stand, from that person's records, oldest first.

    The newest record of a key decides. What was never given is left out.
    """
    history: dict[str, list[ConsentRecord]] = {}
    for record in records:
        history.setdefault(record.key, []).append(record)
    found = []
    for consent in CONSENTS:
        rows = history.get(consent.key, [])
        given = [row for row in rows if row.given]
        if not given:
            continue
        newest = rows[-1]
        found.append(
            Standing(
                label=label_html(of_version(consent, given[-1].version)),
                version=given[-1].version,
                given_at=given[-1].recorded_at,
                withdrawn_at=None if newest.given else newest.recorded_at,
            )
        )
    return found


def accepted_terms(records: Iterable[ConsentRecord]) -> tuple[str, str] | None:
    """Return version and language of the terms as one person accepted them last, if ever.

    `records` are all of that person.
    """
    given = [record for record in records if record.key == "terms" and record.given]
    last = max(given, key=lambda record: (record.recorded_at, record.pk), default=None)
    return None if last is None else (last.version, last.language)


def receipt(records: Iterable[ConsentRecord]) -> Receipt | None:
    """Return the receipt for all records of one person, if there are any and they are sealed."""
    rows = sorted(records, key=lambda record: record.pk)
    if not rows or not rows[-1].digest:
        return None
    accepted = {row.key: row.version for row in rows if row.given}
    return Receipt(
        recorded_at=rows[-1].recorded_at,
        digest=rows[-1].digest,
        terms=accepted.get("terms", ""),
        privacy=accepted.get("personal_data", ""),
    )


def label_html(consent: Consent) -> SafeString:
    """Return the sentence in the active language, its document a link to a new tab.

    A link in the same tab would take the reader away from the boxes already ticked.
    """
    return _label_html(consent, translation.get_language())


@lru_cache(maxsize=64)
def _label_html(consent: Consent, language: str) -> SafeString:
    """Build the label; `language`, the active one, is only the key."""
    link_start = link_end = SafeString("")
    if consent.document:
        link_start = format_html(
            '<a href="{}" target="_blank" rel="noopener">', _document_url(consent)
        )
        # Step 2c says so once for every eye, and each link for those who jump from link to link.
        # The blank is hidden with it: outside it would stand before the full stop.
        link_end = format_html(
            '<span class="visually-hidden"> {}</span></a>', gettext("(opens in a new tab)")
        )
    return format_html(
        str(consent.label),
        link_start=link_start,
        link_end=link_end,
        date=_date_in_words(consent.version),
    )


def copy_html(consent: Consent) -> SafeString:
    """Return a link to the document as a file to keep, or nothing where there is none."""
    return _copy_html(consent, translation.get_language())


@lru_cache(maxsize=64)
def _copy_html(consent: Consent, language: str) -> SafeString:
    """Build the link; `language`, the active one, is only the key."""
    if consent.document != "terms":
        return SafeString("")
    url = reverse("terms-pdf", args=[consent.version])
    return format_html('<a href="{}">{}</a>', url, gettext("Download the Terms of Service (PDF)"))


@lru_cache(maxsize=64)
def text(consent: Consent, language: str) -> str:
    """Return the words of the sentence that is shown in `language`, without the link."""
    with translation.override(language):
        shown = str(consent.label).format(
            link_start="", link_end="", date=_date_in_words(consent.version)
        )
    return untie(shown)


@lru_cache(maxsize=64)
def text_hash(consent: Consent, language: str) -> str:
    """Return the SHA-256, in hexadecimal, of the sentence and of the document it links to."""
    accepted = text(consent, language)
    if consent.document:
        accepted += "\n" + untie(document(consent.document, consent.version, language))
    return hashlib.sha256(accepted.encode()).hexdigest()


@lru_cache(maxsize=32)
def document(kind: str, version: str, language: str) -> SafeString:
    """Return one version of a document ("terms", "privacy") as it is shown, in HTML.

    Raises LookupError when there is no such document; so a version from a URL is safe here.
    """
    template = document_template(kind, version, language)
    return SafeString(tie(render_to_string(template), language))


@lru_cache(maxsize=32)
def changes(kind: str, version: str, language: str) -> tuple[str, ...]:
    """Return what this version of a document changes, a sentence each; none where nobody wrote it.

    They explain and are not accepted, so no hash covers them. Raises LookupError as `document`
    does.
    """
    try:
        lines = changes_file(kind, version, language).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return ()
    return tuple(tie(line.strip(), language) for line in lines if line.strip())


def changes_file(kind: str, version: str, language: str) -> Path:
    """Return the file with those sentences, a line each. Raises LookupError as `document` does."""
    folder = document_template(kind, version, language).rpartition("/")[0]
    return TEMPLATES / folder / f"changes-{language}.txt"


def named_operator(kind: str, version: str) -> Operator:
    """Return whom one version of a document ("terms", "privacy") names as the site's operator.

    The text itself has the same words: it holds no variable, so that nothing changes under its
    hash. Raises LookupError for a version that names nobody.
    """
    folder = TEMPLATES / "legal" / kind / version
    try:
        return Operator(**json.loads((folder / "operator.json").read_text("utf-8")))
    except FileNotFoundError:
        raise LookupError(f"{kind!r} of {version!r} names no operator.") from None


def document_template(kind: str, version: str, language: str) -> str:
    """Return the template that holds one version of a document ("terms", "privacy").

    Raises LookupError when there is no such document; so a version from a URL is safe here.
    """
    if version not in VERSIONS.get(kind, ()) or language not in dict(settings.LANGUAGES):
        raise LookupError(f"No {kind!r} of {version!r} in {language!r}.")
    return f"legal/{kind}/{version}/{language}.html"


def terms_pdf(version: str, language: str) -> Path:
    """Return the file that holds one version of the terms as it is handed to customers.

    It was printed once, when the version was published (`make terms-pdf`), and never changes.
    Raises LookupError when there is no such version; so a version from a URL is safe here.
    """
    name = document_template("terms", version, language).removesuffix(".html")
    return TEMPLATES / f"{name}.pdf"


def terms_pdf_name(version: str, language: str) -> str:
    """Return the name under which that file reaches a customer's machine."""
    title = "regulamin" if language == "pl" else "terms-of-service"
    return f"kantor.pl-{title}-{version}.pdf"


def _document_url(consent: Consent) -> str:
    return reverse(f"{consent.document}-version", args=[consent.version])


def _date_in_words(version: str) -> str:
    """Return a version's date as people write it: "23 listopada 2026 r.", "23 November 2026"."""
    return date_format(date.fromisoformat(version), "DATE_FORMAT")

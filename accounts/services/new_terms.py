"""Publish a version of the terms: find what it lacks, and tell every customer of it, once each.

Everything that is checked here lies beside the text (`docs/contributing.md`, Publish terms). That
the printed file says what the text says, and that neither changes afterwards, the tests hold.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from accounts import consents
from accounts.mail import outbox
from accounts.models import ConsentRecord, OutboxMessage, User
from kantor.serving.operator import operator

# How long before its day customers are told: § 12 of the terms.
NOTICE = timedelta(days=14)
BATCH = 500  # accounts that are held at a time


def faults(version: str) -> list[str]:
    """Return what is missing or wrong about a version, a sentence each; none when it is ready."""
    if version not in consents.VERSIONS["terms"]:
        return [f"{version!r} is not in VERSIONS of accounts/consents.py."]
    if version < consents.in_force("terms"):
        return [f"{version} does not hold any more."]
    return [*_faults_of_texts(version), *_faults_of_operator(version)]


def hashes(version: str) -> dict[str, str]:
    """Return what the tests pin: the hash of what is accepted, by language."""
    consent = consents.declaration("terms", version)
    return {language: consents.text_hash(consent, language) for language in _languages()}


def is_late(version: str) -> bool:
    """Tell whether customers would hear of it too late, and none has heard of it yet."""
    if consents.today() + NOTICE <= date.fromisoformat(version):
        return False
    return not User.objects.filter(terms_told__gte=version).exists()


def untold(version: str) -> QuerySet[User]:
    """Return the open accounts of customers who are to be told, and were not told yet.

    Whoever has accepted this version, or a newer one, has nothing to learn.
    """
    accepted = ConsentRecord.objects.filter(
        user=OuterRef("pk"), key="terms", given=True, version__gte=version
    )
    return User.objects.filter(
        ~Exists(accepted),
        terms_told__lt=version,
        is_active=True,
        customer__isnull=False,
    ).order_by("pk")


def tell_everybody(version: str) -> int:
    """Owe the mail to each customer who was not told yet; return how many.

    Safe to repeat and to run twice at once: of two simultaneous calls one owes each mail. Who
    registers under the old terms afterwards, or is opened again, has his from a later call.
    """
    owed, last = 0, 0
    while batch := list(untold(version).filter(pk__gt=last)[:BATCH]):
        owed += sum(_tell(user, version) for user in batch)
        last = batch[-1].pk
    return owed


def _tell(user: User, version: str) -> bool:
    with transaction.atomic():
        # By the row alone: PostgreSQL would not look again at what stands in a subquery.
        if not User.objects.filter(pk=user.pk, terms_told__lt=version).update(terms_told=version):
            return False
        outbox.put(OutboxMessage.Kind.TERMS_PUBLISHED, user, version=version)
        return True


def _faults_of_texts(version: str) -> Iterator[str]:
    outlines, numbers = set(), set()
    for language in _languages():
        name = consents.document_template("terms", version, language)
        source = _source(name)
        if not source:
            yield f"templates/{name} is missing or empty."
        elif re.search(r"\{[{%#]", source):
            yield f"templates/{name} holds a tag or a variable: its words could change."
        outlines.add(tuple(re.findall(r"<(\w+)", source)))
        changes = consents.changes("terms", version, language)
        numbers.add(len(changes))
        if not changes:
            path = consents.changes_file("terms", version, language)
            yield f"{path.relative_to(consents.TEMPLATES)} is missing: say there what changes."
        file = consents.terms_pdf(version, language)
        if not (file.exists() and file.read_bytes().startswith(b"%PDF")):
            yield f"templates/{name.removesuffix('.html')}.pdf is missing: run make terms-pdf."
    if len(outlines) > 1:
        yield "The texts have not the same points in both languages."
    if len(numbers) > 1:
        yield "What changes is not said in as many sentences in both languages."


def _faults_of_operator(version: str) -> Iterator[str]:
    try:
        named = asdict(consents.named_operator("terms", version))
    except LookupError as error:
        yield str(error)
        return
    for name, value in asdict(operator()).items():
        if value != named.get(name):
            yield f"operator.json names another {name} than OPERATOR_{name.upper()}."


def _source(name: str) -> str:
    """Return a template as it was written, empty where there is none."""
    try:
        found: str = get_template(name).template.source  # type: ignore[attr-defined]
    except TemplateDoesNotExist:
        return ""
    return found.strip()


def _languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES]

"""Read the copy of all that is kept of an account, and write it for machines and for people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import consents
from accounts.agreements import history
from accounts.models import (
    AccountEvent,
    AuthenticatorApp,
    ConsentRecord,
    Customer,
    DataChange,
    DataRequest,
    OutboxMessage,
    SurveyAnswer,
    User,
)
from accounts.models.customer import Section as DataSection
from accounts.privacy.fields import LABELS, PARTS, Part
from accounts.retention import Kept
from accounts.values import country, phone, user_agent
from kantor.serving.typography import untie

FORMAT = "kantor.pl/my-data/1"


@dataclass(frozen=True)
class Value:
    """One value: its name and itself for machines, its label and lines of text for people."""

    name: str
    value: Any
    label: Promise | str
    lines: list[str]


@dataclass(frozen=True)
class Section:
    """All rows of one kind of data, the oldest first, with why and until when they are kept."""

    kept: Kept
    rows: list[list[Value]]


def read(user: User) -> list[Section]:
    """Return everything, in the order of the table of retention and in the active language."""
    found = []
    for part in PARTS:
        if part.model is ConsentRecord:
            rows = _consents(user, part)
        else:
            rows = [_row(user, part, row) for row in _rows(user, part)]
        found.append(Section(part.kept, rows))
    return found


def as_json(sections: Iterable[Section]) -> dict[str, Any]:
    """Return the copy as JSON holds it: by kinds, names and canonical values; times in UTC."""
    return {
        "format": FORMAT,
        "site": settings.BASE_URL,
        "made_at": timezone.now().isoformat(),
        **{
            section.kept.kind: {
                "title": untie(str(section.kept.title)),
                "why": untie(str(section.kept.why)),
                "until": untie(str(section.kept.until)),
                "then": untie(str(section.kept.then)),
                "rows": [{each.name: each.value for each in row} for row in section.rows],
            }
            for section in sections
        },
    }


def _rows(user: User, part: Part) -> Iterable[Model]:
    if part.model is User:
        # Read anew: a request's user is another class, and as old as the request.
        return User.objects.filter(pk=user.pk)
    if part.model is OutboxMessage:
        # Those that were asked for by address belong to whose mailbox it is.
        by_address = Q(user=None, recipient__iexact=user.email)
        return OutboxMessage.objects.filter(Q(user=user) | by_address).order_by("created_at", "pk")
    rows = part.model._default_manager.filter(user=user).order_by("pk")
    return rows.select_related("source") if part.model is SurveyAnswer else rows


def _row(user: User, part: Part, row: Model) -> list[Value]:
    found = [_value(row, row._meta.get_field(name)) for name in part.fields]
    if isinstance(row, AuthenticatorApp):
        left = user.recovery_codes.count()
        found.append(Value("recovery_codes_left", left, _("Recovery codes left"), [str(left)]))
    return found


def _consents(user: User, part: Part) -> list[list[Value]]:
    """Return the rows of consents, each with the sentence that was shown and what was said to it.

    A declaration that is not put to anybody any more has its row, without its sentence.
    """
    records = list(user.consents.all())
    said = {
        entry.record.pk: (declaration.consent, entry.words)
        for declaration in history.declarations(records)
        for entry in declaration.entries
    }
    found = []
    for record in records:
        row = _row(user, part, record)
        if record.pk in said:
            consent, words = said[record.pk]
            sentence = consents.text(replace(consent, version=record.version), record.language)
            row = [
                Value("sentence", sentence, _("sentence"), [sentence]),
                Value("answer", untie(str(words)), _("answer"), [str(words)]),
                *row,
            ]
        found.append(row)
    return found


def _value(row: Model, field: Any) -> Value:
    label = LABELS.get((type(row), field.name), field.verbose_name)
    if isinstance(row, SurveyAnswer) and field.name == "source":
        names = {"pl": row.source.name_pl, "en": row.source.name_en}
        return Value(field.name, names, label, [str(row.source)])
    value = getattr(row, field.attname)
    if isinstance(row, Customer) and field.name == "review_state":
        value = row.state_for_owner.value
    stored = value.isoformat() if isinstance(value, date) else value
    return Value(field.name, stored, label, _lines(row, field, value))


def _lines(row: Model, field: Any, value: Any) -> list[str]:
    """Return a value as people read it; nothing where there is none, or where others say it."""
    if value is None or value in ("", [], {}):
        return []
    match row, field.name:
        case ConsentRecord(), "key" | "given":
            return []  # the sentence and the answer to it say so
        case AccountEvent(), "kind":
            return [str(row.words)]
        case AccountEvent(), "details":
            return []  # they are in the words
        case _, "language":
            return [str(dict(settings.LANGUAGES).get(value, value))]
        case _, "browser":
            return [user_agent.BROWSER_NAMES.get(value, value)]
        case _, "system":
            return [user_agent.SYSTEM_NAMES.get(value, value)]
        case _, "version":
            return [date_format(date.fromisoformat(value), "DATE_FORMAT")]
        case _, "main_country" | "corr_country":
            return [country.name(value)]
        case _, "phone":
            return [phone.display(value)]
        case _, "review_sections":
            return [str(dict(DataSection.choices).get(each, each)) for each in value]
        case DataChange() | DataRequest(), "before" | "after" | "wanted":
            return _named(value)
    if isinstance(value, bool):
        return [gettext("yes") if value else gettext("no")]
    if isinstance(value, datetime):
        return [date_format(timezone.localtime(value), "DATETIME_FORMAT")]
    if isinstance(value, date):
        return [date_format(value, "DATE_FORMAT")]
    if field.choices:
        return [str(dict(field.flatchoices).get(value, value))]
    return [str(value)]


def _named(values: Mapping[str, str]) -> list[str]:
    """Return values of a customer's fields, each behind the name of its field."""
    labels = {field.name: field.verbose_name for field in Customer._meta.concrete_fields}
    shown = {
        name: country.name(value) if name.endswith("_country") else value
        for name, value in values.items()
        if value
    }
    return [f"{labels[name]}: {value}" for name, value in shown.items()]

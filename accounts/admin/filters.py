"""Narrow the list of the accounts by what staff ask for, and say that in words."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import BadRequest
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet, TextChoices
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from accounts.desk.states import CONDITIONS, State
from accounts.models import Customer, Kind, ReviewState, Source, SurveyAnswer, User


class OnlyFilters:
    """Let the address of a list ask for what its filters ask for, and for nothing else: 400.

    Django would let any column of the table be asked for, and `?password__startswith=` would read
    a hash one character at a time.
    """

    filter_lookups: ClassVar[frozenset[str]] = frozenset()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Tell whether a filter of the list asks so."""
        return lookup in self.filter_lookups


class Holder(TextChoices):
    """Who has taken a case."""

    ME = "me", _("me")
    OTHERS = "others", _("somebody else")
    NOBODY = "nobody", _("nobody")


ANY = ("", "–")
MOST_BEGUN_WITH = 50_000
# No customer is older than the service, and no day is beyond the calendars of databases.
_DAYS = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31)))


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[ANY, *choices], required=False)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        validators=_DAYS,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class Filters(forms.Form):
    """Ask by what to narrow the list of the accounts; every answer is optional."""

    kind = _choice(_("kind"), Kind.choices)
    account = _choice(_("state"), State.choices)
    review = _choice(_("review"), ReviewState.choices)
    holder = _choice(_("held by"), Holder.choices)
    language = _choice(_("language"), settings.LANGUAGES)
    source = forms.ModelChoiceField(
        label=_("source of knowledge"),
        queryset=Source.objects.all(),
        required=False,
        empty_label="–",
    )
    since = _day(_("registered from"))
    until = _day(_("registered to"))
    overdue = forms.BooleanField(
        label=_("past the target of the review"),
        required=False,
        widget=forms.CheckboxInput(attrs={"value": "1"}),
    )

    def clean_overdue(self) -> bool:
        """Refuse what no box sends: Django takes any word for a tick."""
        if self.data.get("overdue", "") not in ("", "0", "1"):
            raise forms.ValidationError("", "invalid")
        return bool(self.cleaned_data["overdue"])

    def clean(self) -> dict[str, Any]:
        """Refuse a time that ends before it begins."""
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            raise forms.ValidationError("", "invalid")
        return cleaned

    @property
    def chosen(self) -> dict[str, str]:
        """Return the answers as they stand in an address, without those that were not given."""
        return {
            name: str(self.data[name])
            for name in self.fields
            if name in self.data and self.cleaned_data.get(name) not in (None, "", False)
        }

    @property
    def ordering(self) -> tuple[str, ...]:
        """Return the order of the list: that of the index which answers what was asked."""
        if self.cleaned_data["overdue"]:
            return ("waiting_since", "pk")
        if self.cleaned_data["since"] or self.cleaned_data["until"]:
            return ("-created_at", "-pk")
        # The same number, in the table whose index is asked: SQLite sorts by it otherwise.
        # Among several a rare one is begun with, and has few to sort; kind and language are never.
        chosen = set(self.chosen)
        if "source" in chosen and chosen <= {"source", "kind", "language"}:
            return ("-survey_answer__pk",)
        return ("-customer__pk",) if self.is_one_of_customers else ("-pk",)

    @property
    def is_one_of_customers(self) -> bool:
        """Tell whether one filter was chosen, whose index has the customers in their order."""
        return set(self.chosen) in ({"kind"}, {"review"})

    def narrow(self, accounts: QuerySet[User], by: User) -> QuerySet[User]:
        """Return those of the accounts that were asked for by this member of staff."""
        asked = self.cleaned_data
        now = timezone.now()
        users, customers = User.objects.all(), Customer.objects.all()
        # Of each filter: the rows of its own table, and the same asked of the accounts.
        asked_for: list[tuple[QuerySet[Any, Any], Q]] = []
        if kind := asked["kind"]:
            asked_for.append((customers.filter(kind=kind), Q(customer__kind=kind)))
        if review := asked["review"]:
            rows = customers.filter(review_state=review)
            asked_for.append((rows, Q(customer__review_state=review)))
        if source := asked["source"]:
            answers = SurveyAnswer.objects.filter(source=source)
            asked_for.append((answers, Q(survey_answer__source=source)))
        facts = []
        if asked["account"]:
            facts.append(CONDITIONS[State(asked["account"])])
        if asked["holder"]:
            facts.append(_held(Holder(asked["holder"]), by, now))
        if asked["overdue"]:
            target = timedelta(hours=settings.REVIEW_TARGET_HOURS)
            facts.append(Q(is_active=True, waiting_since__lte=now - target))
        if asked["language"]:
            facts.append(Q(language=asked["language"]))
        if asked["since"] or asked["until"]:
            days = Q()
            if asked["since"]:
                days &= Q(created_at__gte=_midnight(asked["since"]))
            if asked["until"]:
                days &= Q(created_at__lt=_midnight(asked["until"] + timedelta(days=1)))
            facts.append(days)
        asked_for += [(users.filter(fact), fact) for fact in facts]
        accounts = accounts.filter(*(condition for _rows, condition in asked_for))
        rarest = _rarest([rows for rows, _condition in asked_for]) if len(asked_for) > 1 else None
        return accounts if rarest is None else accounts.filter(pk__in=rarest)


def read(data: QueryDict | Mapping[str, str]) -> Filters:
    """Return the filters that an address asks for; one that no form sends raises `BadRequest`."""
    filters = Filters(data)
    if not filters.is_valid():
        raise BadRequest("A filter that nobody can mean")
    return filters


def in_words(chosen: Mapping[str, str]) -> str:
    """Return the filters of an address as staff read them; what is unknown now, as it is."""
    form, words = Filters(chosen), []
    for name, value in chosen.items():
        field = form.fields.get(name)
        choices = getattr(field, "choices", ())
        called = next((str(label) for code, label in choices if str(code) == value), value)
        label = str(field.label) if field else name
        words.append(label if name == "overdue" else f"{label}: {called}")
    return "; ".join(words)


def _rarest(filters: list[QuerySet[Any, Any]]) -> QuerySet[Any, Any] | None:
    """Return the accounts of the filter that fewest pass, to begin with them.

    Databases guess from what is stored how many accounts have two things at once, and read half of
    the table for a few rows, or none, where they are wrong. Counted by an index alone, and no
    further than MOST_BEGUN_WITH; nothing where more than so many have each.
    """
    numbers = [rows.order_by().values("pk") for rows in filters]
    counts = [rows[:MOST_BEGUN_WITH].count() for rows in numbers]
    fewest = min(counts)
    return numbers[counts.index(fewest)] if fewest < MOST_BEGUN_WITH else None


def _held(holder: Holder, by: User, now: datetime) -> Q:
    taken = Q(held_until__gt=now)
    if holder is Holder.ME:
        return taken & Q(held_by=by)
    if holder is Holder.OTHERS:
        return taken & ~Q(held_by=by)
    return Q(held_until=None) | Q(held_until__lte=now)


def _midnight(day: date) -> datetime:
    return make_aware(datetime.combine(day, time.min))

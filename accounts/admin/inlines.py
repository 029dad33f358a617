"""Show on the page of one account everything that belongs to it."""

from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import consents
from accounts.admin import corrections
from accounts.admin.by_role import ByRole
from accounts.admin.outbox import Attempts, language_name
from accounts.admin.pagination import MOST_COUNTED
from accounts.desk import masks
from accounts.desk.at_work import desk_of
from accounts.desk.masks import Sight
from accounts.desk.reasons import label
from accounts.desk.roles import Right, may
from accounts.models import (
    ConsentRecord,
    Customer,
    DataChange,
    EmailChange,
    Kind,
    OutboxMessage,
    SurveyAnswer,
    User,
)
from accounts.models.customer import Section
from accounts.values import country, envelope

ROWS_SHOWN = 25  # the rest of the consents is in the copy of the data, of the mails in their list


class Sighted:
    """Show of a customer's data what this person sees of them at this moment."""

    sight = Sight()
    can_reveal = False

    def get_formset(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:
        """Look once a request, for which Django makes each part of the page anew."""
        if obj is not None:
            desk = desk_of(request)
            self.sight = masks.sight(obj.pk, desk)
            self.can_reveal = may(desk.user, Right.REVEAL) and obj.anonymised_at is None
        return super().get_formset(request, obj, **kwargs)  # type: ignore[misc]

    def shown(self, customer: Customer, column: str) -> str:
        """Return a value, with the way to all of it where it is masked."""
        value = self.sight.show(column, getattr(customer, column))
        return format_html("{}{}", value, self.way(customer, column)) if value else "–"

    def way(self, customer: Customer, column: str) -> str:
        """Return the link to the page that reveals this column, for who may and where it is masked.

        It begins with a space.
        """
        field = masks.field_of(column)
        if field is None or not self.can_reveal or not self.sight.is_masked(column):
            return ""
        page = reverse("admin:accounts_user_reveal", args=[customer.pk, field.value])
        words = gettext("show: %(field)s") % {"field": field.label}
        return format_html(' <a href="{}">{}</a>', page, words)


class CustomerInline(Sighted, ByRole, admin.StackedInline[Customer, User]):
    """Show the customer's data, and what was decided about them last."""

    sees = Right.SEE_CUSTOMERS
    model = Customer
    fk_name = "user"
    template = "admin/accounts/user/customer_inline.html"
    can_delete = False
    readonly_fields = (
        "kind",
        "company_name",
        "tax_number",
        "same_tax_number",
        "statistical_number",
        "court_number",
        "first_name",
        "last_name",
        "position",
        "phone_number",
        "main_address",
        "correspondence_address",
        "review_state",
        "sections_to_correct",
        "review_words",
        "reviewed",
    )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Leave out what only companies have when a person is shown."""
        customer = getattr(obj, "customer", None)
        is_company = customer is not None and customer.kind == Kind.COMPANY
        company = ("company_name", "tax_number", "same_tax_number")
        data = (
            "kind",
            *(company if is_company else ()),
            *(("statistical_number", "court_number") if is_company else ()),
            "first_name",
            "last_name",
            *(("position",) if is_company else ()),
            "phone_number",
            "main_address",
            "correspondence_address",
        )
        return [
            (_("Customer’s details"), {"fields": data}),
            (
                _("Review"),
                {
                    "fields": (
                        "review_state",
                        "sections_to_correct",
                        "review_words",
                        "reviewed",
                    )
                },
            ),
        ]

    @admin.display(description=_("tax number (NIP)"))
    def tax_number(self, customer: Customer) -> str:
        """Return a Polish NIP in groups, a foreign number as it is; masked."""
        return self.shown(customer, "nip")

    @admin.display(description=_("statistical number (REGON)"))
    def statistical_number(self, customer: Customer) -> str:
        """Return the REGON; masked."""
        return self.shown(customer, "regon")

    @admin.display(description=_("court register number (KRS)"))
    def court_number(self, customer: Customer) -> str:
        """Return the KRS number; masked."""
        return self.shown(customer, "krs")

    @admin.display(description=_("other accounts with this number"))
    def same_tax_number(self, customer: Customer) -> str:
        """Say how many other accounts gave this tax number, with the way to them."""
        others = Customer.objects.filter(nip=customer.nip).exclude(pk=customer.pk)
        count = others[:MOST_COUNTED].count() if customer.nip else 0
        if not count:
            return str(_("none"))
        words = ngettext(
            "%(count)d more account with this NIP", "%(count)d more accounts with this NIP", count
        ) % {"count": count}
        # No link: an address with a number in it would stay in histories and logs.
        return words

    @admin.display(description=_("phone number"))
    def phone_number(self, customer: Customer) -> str:
        """Return the phone number in groups; masked."""
        return self.shown(customer, "phone")

    @admin.display(description=_("main address"))
    def main_address(self, customer: Customer) -> str:
        """Return the address in lines."""
        return self._lines(customer, "main")

    @admin.display(description=_("correspondence address"))
    def correspondence_address(self, customer: Customer) -> str:
        """Return the second address in lines, or say that there is none."""
        if not customer.corr_country:
            return str(_("the same"))
        return self._lines(customer, "corr")

    def _lines(self, customer: Customer, address: str) -> str:
        """Return one of the two addresses ("main", "corr") as on an envelope; the house masked.

        The country stands below also where it is Poland.
        """
        street, house_no, flat_no, postal_code, city, code = (
            str(getattr(customer, f"{address}_{part}"))
            for part in ("street", "house_no", "flat_no", "postal_code", "city", "country")
        )
        house = envelope.house_line(street, house_no, flat_no, city, code).strip()
        written = envelope.lines(
            street=street,
            house_no=house_no,
            flat_no=flat_no,
            postal_code=postal_code,
            city=city,
            country_code=code,
        )
        if code == country.POLAND:
            # Abroad it is there already. Staff are not to conclude anything from its absence.
            written = [*written, country.name(code)]
        column = f"{address}_street"
        masked = format_html("{}{}", self.sight.show(column, house), self.way(customer, column))
        lines = (masked if line == house else line for line in written)
        return format_html_join(SafeString("<br>"), "{}", ((line,) for line in lines))

    @admin.display(description=_("to be corrected"))
    def sections_to_correct(self, customer: Customer) -> str:
        """Return the sections that the customer is to correct, in words."""
        labels = dict(Section.choices)
        sections = customer.review_sections or []
        return ", ".join(str(labels.get(each, each)) for each in sections) or "–"

    @admin.display(description=_("last decision"))
    def reviewed(self, customer: Customer) -> str:
        """Say when the last decision was made and by whom."""
        if customer.reviewed_at is None:
            return str(_("none yet"))
        when = localize(localtime(customer.reviewed_at))
        by = customer.reviewed_by
        return f"{when}, {by.email}" if by is not None else when


class NewestFormSet(BaseInlineFormSet[Any, Any, Any]):
    """Read the newest rows of one customer only: some have hundreds, at milliseconds each."""

    part: "RecordInline"

    def get_queryset(self) -> Any:
        """Return them in the order of their part of the page, whose heading says if it is cut."""
        if not hasattr(self, "_newest"):
            rows = super().get_queryset()
            order = rows.query.order_by or rows.model._meta.ordering
            newest = list(rows.order_by("-pk")[: ROWS_SHOWN + 1])
            if len(newest) > ROWS_SHOWN:
                title = {"title": self.part.verbose_name_plural, "count": ROWS_SHOWN}
                words = gettext("%(title)s – the newest %(count)d") % title
                self.part.verbose_name_plural = words
            newest = newest[:ROWS_SHOWN]
            self._newest = newest if str(order[0]).startswith("-") else newest[::-1]
        return self._newest


class RecordInline(ByRole, admin.TabularInline[Any, User]):
    """Show rows that nobody here adds, changes or deletes."""

    sees = Right.SEE_CUSTOMERS
    template = "admin/accounts/user/record_inline.html"
    extra = 0
    can_delete = False
    formset = NewestFormSet

    def get_formset(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:
        """Let the rows know the part of the page that they stand in, which is made a request."""
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.part = self
        return formset


class ConsentInline(RecordInline):
    """Show what was agreed to and taken back, and the proof of its text."""

    model = ConsentRecord
    fields = ("words", "answer", "version", "in_language", "channel", "recorded_at", "proof")
    readonly_fields = ("words", "answer", "in_language", "proof")

    @admin.display(description=_("declaration"))
    def words(self, record: ConsentRecord) -> str:
        """Return the sentence in its version; an unknown declaration by its key."""
        for consent in consents.CONSENTS:
            if consent.key == record.key:
                return consents.label_html(replace(consent, version=record.version))
        return record.key

    @admin.display(description=_("given"))
    def answer(self, record: ConsentRecord) -> str:
        """Return the answer in words: Django's picture is called "True"."""
        return gettext("yes") if record.given else gettext("no")

    @admin.display(description=_("language"))
    def in_language(self, record: ConsentRecord) -> str:
        """Return what the language of the text is called."""
        return language_name(record.language)

    @admin.display(description=_("SHA-256 of the text"))
    def proof(self, record: ConsentRecord) -> str:
        """Return the whole hash, breakable so that it does not push the table off the page."""
        digits = record.text_hash
        parts = ((digits[start : start + 8],) for start in range(0, len(digits), 8))
        return format_html_join(SafeString("<wbr>"), "{}", parts)


class DataChangeInline(Sighted, RecordInline):
    """Show what the data were before each change, and after it; who did it, and why."""

    model = DataChange
    # There are two accounts: whose data they are, and who changed them.
    fk_name = "user"
    fields = ("section", "difference", "changed_at", "who")
    readonly_fields = ("difference", "who")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataChange]:
        """Return the rows with who changed them, in one statement."""
        return super().get_queryset(request).select_related("changed_by")

    @admin.display(description=_("what changed"))
    def difference(self, change: DataChange) -> str:
        """Return what differs, line by line."""
        return corrections.difference(change, self.sight)

    @admin.display(description=_("who"))
    def who(self, change: DataChange) -> str:
        """Return the address of who did it, with the reason; the customer's own have neither."""
        if change.changed_by is None:
            return str(label(change.reason)) or "–"
        return f"{change.changed_by.email}: {label(change.reason)}"


class EmailChangeInline(RecordInline):
    """Show which addresses the account had, was to have and got back."""

    model = EmailChange
    fields = (
        "old_email",
        "new_email",
        "asked_at",
        "confirmed_at",
        "cancelled_at",
        "reverted_at",
    )


class SurveyInline(RecordInline):
    """Show how the customer heard of the service."""

    model = SurveyAnswer
    fields = ("heard_from", "details", "answered_at")
    readonly_fields = ("heard_from",)
    verbose_name_plural = _("How the customer heard of kantor.pl")

    @admin.display(description=_("source"))
    def heard_from(self, answer: SurveyAnswer) -> str:
        """Return the source in words: its own page is for administrators, who are not here."""
        return str(answer.source)


class MessageInline(Attempts, RecordInline):
    """Show which mails the customer was owed and what became of them; never their text."""

    model = OutboxMessage
    fields = (
        "kind",
        "state",
        "attempts",
        "last_error",
        "created_at",
        "next_attempt",
        "finished_at",
    )
    readonly_fields = ("next_attempt",)
    ordering = ("-pk",)

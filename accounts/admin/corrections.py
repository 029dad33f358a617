"""Correct a customer's data at the desk, by the registration's own forms, and answer proposals.

What is masked stays so in a form: its field is empty, and left empty it keeps what is stored. So a
form shows nothing that was not revealed, with a reason and counted, on the customer's page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.account.forms import CompanySection, OneSection, PersonSection, sections_of
from accounts.admin.by_role import is_allowed
from accounts.admin.case import account_of
from accounts.contact.forms import EmailForm
from accounts.desk import corrections, masks
from accounts.desk.at_work import desk_of
from accounts.desk.case import opened
from accounts.desk.corrections import (
    Closed,
    Held,
    Impossible,
    Obstacle,
    Outdated,
    Verdict,
)
from accounts.desk.decisions import Refused, is_held_by_other
from accounts.desk.masks import Sight
from accounts.desk.reasons import Correction, label
from accounts.desk.roles import Right, may
from accounts.models import ContactProposal, Customer, DataChange, Kind, User
from accounts.models.customer import Section
from accounts.phone.forms import NumberForm
from accounts.values import country

OBSTACLES: dict[Obstacle, Promise] = {
    Obstacle.PROPOSED: _("Another proposal is waiting already."),
    Obstacle.CHANGED: _(
        "The customer’s details have changed in the meantime. Refuse this proposal."
    ),
    Obstacle.TAKEN: _("Another account has this address."),
    Obstacle.NOT_OPEN: _("The account is not open."),
    Obstacle.OFTEN: _("Too many requests to change this address today. Try again tomorrow."),
}
SAID: dict[Verdict, Promise] = {
    Verdict.CONFIRM: _("The proposal is confirmed."),
    Verdict.REFUSE: _("The proposal is refused."),
    Verdict.WITHDRAW: _("The proposal is withdrawn."),
}
TAKEN_BY_OTHER = _("Somebody else has taken this case.")


class ReasonForm(forms.Form):
    """Ask why the details are corrected."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", "---------"), *Correction.choices],
        error_messages={"required": _("Choose a reason."), "invalid_choice": _("Choose a reason.")},
    )


class ProposedPhoneForm(NumberForm, ReasonForm):
    """Ask for another phone number."""

    field_order = ("phone", "reason")


class ProposedEmailForm(EmailForm, ReasonForm):
    """Ask for another address; whether it is mistyped its mailbox says, which has to confirm."""

    field_order = ("email", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The customer's page asks about a slip, in words that it describes the field by.
        del self.fields["asked"]
        self.fields["email"].widget.attrs.pop("aria-describedby", None)

    def clean_email(self) -> str:
        """Refuse the present address in words for staff. Raises ValidationError."""
        try:
            return super().clean_email()
        except ValidationError as error:
            raise ValidationError(_("The account has this address already."), "same") from error


class AtTheDesk(OneSection):
    """Ask staff for one section of a customer's data, with what is masked left empty.

    `unseen` names the columns that the page did not show; left empty they stay as they are. `seen`
    is the number of the newest change that the page knew of.
    """

    country_words = _("The tax number belongs to the company’s country, so the country stays.")

    def __init__(self, *args: Any, sight: Sight, last: DataChange | None, **kwargs: Any) -> None:
        super().__init__(*args, asks_why=False, **kwargs)
        masked = {name for name in self.names if self._is_hidden(name, sight)}
        if self.is_bound:
            named = str(self.data.get("unseen", "")).split()
            masked = {name for name in named if name in self.names and masks.field_of(name)}
        self.unseen = masked
        for name in masked:
            self.initial[name] = ""
            self.fields[name].required = False
            hidden = masks.masked(name, getattr(self.customer, name))
            self.fields[name].help_text = gettext(
                "Masked: %(value)s. Leave it empty to keep it."
            ) % {"value": hidden}
        self.fields["seen"] = forms.IntegerField(
            widget=forms.HiddenInput,
            min_value=0,
            max_value=2**63 - 1,
            initial=last.pk if last else 0,
        )
        self.fields["unseen"] = forms.CharField(
            widget=forms.HiddenInput, required=False, initial=" ".join(sorted(masked))
        )
        self.fields["reason"] = ReasonForm.base_fields["reason"]

    def _is_hidden(self, name: str, sight: Sight) -> bool:
        return sight.is_masked(name) and bool(getattr(self.customer, name))

    def clean(self) -> dict[str, Any]:
        """Put in the place of what was left empty what is stored, and judge all of it."""
        for name in self.unseen:
            if name in self.cleaned_data and not self.cleaned_data[name]:
                self.cleaned_data[name] = getattr(self.customer, name)
        return super().clean()


class CompanyAtTheDesk(AtTheDesk, CompanySection):
    """Ask for one section of a company."""


class PersonAtTheDesk(AtTheDesk, PersonSection):
    """Ask for one section of a person."""


@dataclass(frozen=True)
class Waiting:
    """A proposal as a page shows it, with what this person can do about it."""

    number: int
    title: str
    before: str
    value: str
    reason: Promise | str
    by: str
    at: Any
    verdicts: list[tuple[str, Promise]]


VERDICTS: dict[Verdict, Promise] = {
    Verdict.CONFIRM: _("Confirm"),
    Verdict.REFUSE: _("Refuse"),
    Verdict.WITHDRAW: _("Withdraw the proposal"),
}


def context(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return what the page of this customer shows of corrections; two statements."""
    desk = desk_of(request)
    customer: Customer | None = getattr(user, "customer", None)
    if customer is None:
        return {}
    may_correct = (
        may(desk.user, Right.DECIDE)
        and user.anonymised_at is None
        and not is_held_by_other(user, desk.user)
    )
    sight = masks.sight(user.pk, desk)
    waiting = [_shown(each, sight, desk.user) for each in corrections.proposals(user)]
    sections = [(each.value, each.label) for each in sections_of(customer)]
    can_propose = corrections.can_be_proposed(user, desk.user)
    contacts = ContactProposal.Field.choices if can_propose else []
    return {
        "corrections": {
            "account": user,
            "sections": sections if may_correct else [],
            "contacts": contacts,
            "proposals": waiting,
        }
    }


def _shown(proposal: ContactProposal, sight: Sight, by: User) -> Waiting:
    def show(value: str) -> str:
        is_phone = proposal.field == ContactProposal.Field.PHONE
        return sight.show("phone", value) if is_phone else value

    if not may(by, Right.DECIDE):
        verdicts: list[Verdict] = []
    elif proposal.proposed_by_id == by.pk:
        verdicts = [Verdict.WITHDRAW]
    else:
        verdicts = [Verdict.CONFIRM, Verdict.REFUSE]
    return Waiting(
        number=proposal.pk,
        title=proposal.get_field_display(),
        before=show(proposal.before),
        value=show(proposal.value),
        reason=label(proposal.reason),
        by=proposal.proposed_by.email if proposal.proposed_by else "–",
        at=proposal.proposed_at,
        verdicts=[(each.value, VERDICTS[each]) for each in verdicts],
    )


def difference(change: DataChange, sight: Sight) -> str:
    """Return what a change has changed, line by line, as this person sees it."""
    labels = {field.name: field.verbose_name for field in Customer._meta.concrete_fields}

    def shown(name: str, value: str) -> str:
        if name.endswith("_country"):
            return country.name(value) or "–"
        return sight.show(name, value) or "–"

    lines = (
        (labels[name], shown(name, change.before.get(name, "")), shown(name, value))
        for name, value in change.after.items()
        if change.before.get(name, "") != value
    )
    return format_html_join(SafeString("<br>"), "{}: {} → {}", lines)


def correct(request: HttpRequest, number: int, section: str) -> HttpResponse:
    """Show the form of a section and store what is corrected in it.

    409, with what was typed kept, where the section was changed meanwhile or somebody else has
    taken the case; 400 for what this page never sends.
    """
    user, customer = _decider_of(request, number)
    if section not in sections_of(customer):
        raise Http404
    desk, last = desk_of(request), corrections.newest(user, section)
    sight = masks.sight(user.pk, desk)
    form_class = CompanyAtTheDesk if customer.kind == Kind.COMPANY else PersonAtTheDesk
    asked: Any = {"customer": customer, "section": section, "sight": sight, "last": last}
    title = gettext("Correct: %(section)s") % {"section": Section(section).label}
    if request.method != "POST":
        opened(user, desk)
        return _page(request, user, title, form_class(**asked))
    form = form_class(request.POST, **asked)
    is_valid = form.is_valid()
    if form.has_error("seen") or "unseen" not in request.POST:
        raise BadRequest("A page that was never shown")
    if not is_valid:
        return _page(request, user, title, form)
    given = form.cleaned_data
    try:
        is_news = corrections.correct(
            user, section, form.values, given["reason"], desk=desk, seen=given["seen"]
        )
    except Refused as refused:
        raise BadRequest("A correction that was not offered") from refused
    except Held:
        return _page(request, user, title, form, warning=TAKEN_BY_OTHER)
    except Outdated as outdated:
        again = request.POST.copy()
        again["seen"] = str(outdated.change.pk)
        form = form_class(again, **asked)
        form.is_valid()
        return _page(request, user, title, form, change=outdated.change)
    if is_news:
        messages.success(request, gettext("The details are corrected."))
    else:
        messages.info(request, gettext("Nothing differs from what we have."))
    return redirect(_case(number))


def propose(request: HttpRequest, number: int, field: str) -> HttpResponse:
    """Ask for another phone number or address, and propose it to a second person."""
    user, customer = _decider_of(request, number)
    if field not in ContactProposal.Field.values:
        raise Http404
    desk = desk_of(request)
    data = request.POST if request.method == "POST" else None
    form: forms.Form
    if field == ContactProposal.Field.PHONE:
        form = ProposedPhoneForm(data, customer=customer)
    else:
        form = ProposedEmailForm(data, present=user.email)
    title = gettext("Propose: %(field)s") % {"field": ContactProposal.Field(field).label}
    if data is None:
        opened(user, desk)
        return _page(request, user, title, form, asks_second=True)
    if form.is_valid():
        given = form.cleaned_data
        try:
            corrections.propose(user, field, given[field], given["reason"], desk=desk)
        except Held:
            return _page(request, user, title, form, warning=TAKEN_BY_OTHER, asks_second=True)
        except Impossible as impossible:
            form.add_error(field, str(OBSTACLES[impossible.obstacle]))
        else:
            messages.success(request, gettext("A second person has to confirm it."))
            return redirect(_case(number))
    return _page(request, user, title, form, asks_second=True)


def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Confirm, refuse or withdraw a proposal, and lead back to the page of the case."""
    user, _customer = _decider_of(request, number)
    try:
        verdict = Verdict(request.POST.get("verdict", ""))
        proposal = int(request.POST.get("proposal", ""))
    except ValueError as error:
        raise BadRequest("A proposal that does not exist") from error
    if not 0 < proposal < 2**63:
        raise BadRequest("A proposal that does not exist")
    try:
        corrections.close(user, proposal, verdict, desk=desk_of(request))
    except Refused as refused:
        raise BadRequest("A verdict that was not offered") from refused
    except Impossible as impossible:
        return _stopped(request, user, OBSTACLES[impossible.obstacle])
    except Closed as closed:
        return _stopped(request, user, _("Somebody else was faster"), closed.proposal)
    messages.success(request, str(SAID[verdict]))
    return redirect(_case(number))


def _decider_of(request: HttpRequest, number: int) -> tuple[User, Customer]:
    """Return the account and its customer. Raises `PermissionDenied` and `Http404`."""
    if not is_allowed(request, Right.DECIDE):
        raise PermissionDenied
    if number >= 2**63:
        raise Http404
    user = account_of(request, number)
    if user.anonymised_at is not None:
        raise PermissionDenied
    customer: Customer | None = getattr(user, "customer", None)
    if customer is None:
        raise Http404
    return user, customer


def _case(number: int) -> str:
    return reverse("admin:accounts_user_change", args=[number])


def _page(
    request: HttpRequest,
    user: User,
    title: str,
    form: forms.Form,
    *,
    change: DataChange | None = None,
    warning: Promise | None = None,
    asks_second: bool = False,
) -> HttpResponse:
    """Show a form; 409 where `change` came first, or where a `warning` says who is there."""
    sight = masks.sight(user.pk, desk_of(request))
    for field in form.fields.values():
        # A browser would fill in what belongs to whoever sits here; HTML knows it of these only.
        if not (field.widget.is_hidden or isinstance(field.widget, forms.CheckboxInput)):
            field.widget.attrs["autocomplete"] = "off"
    unseen = {masks.field_of(name) for name in getattr(form, "unseen", ())}
    shown: Mapping[str, Any] = {
        **admin.site.each_context(request),
        "title": title,
        "account": user,
        "page": _case(user.pk),
        "form": form,
        "fields": list(_fields(form)),
        "hidden_masks": [each for each in masks.Field if each in unseen],
        "change": change,
        "difference": difference(change, sight) if change else "",
        "warning": warning,
        "asks_second": asks_second,
    }
    status = HTTPStatus.CONFLICT if change or warning else HTTPStatus.OK
    return render(request, "admin/accounts/user/correct.html", shown, status=status)


def _fields(form: forms.Form) -> Iterator[tuple[Promise | str, list[forms.BoundField]]]:
    """Yield the fields that are asked for under their titles."""
    if isinstance(form, OneSection):
        for group in form.groups:
            yield group.title, group.fields
    else:
        yield "", form.visible_fields()


def _stopped(
    request: HttpRequest, user: User, title: Promise, proposal: ContactProposal | None = None
) -> HttpResponse:
    """Say why a proposal was not dealt with; 409."""
    shown = {
        **admin.site.each_context(request),
        "title": title,
        "account": user,
        "page": _case(user.pk),
        "proposal": proposal,
    }
    return render(
        request, "admin/accounts/user/correct_stopped.html", shown, status=HTTPStatus.CONFLICT
    )

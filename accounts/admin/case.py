"""Decide about one customer on his page: small forms that need no script, and their answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.admin.by_role import is_allowed
from accounts.desk import case, decisions, holds, queue, standing
from accounts.desk.at_work import desk_of
from accounts.desk.decisions import Decision, Grounds, Incomplete, Refused
from accounts.desk.hints import hints
from accounts.desk.overtaken import Overtaken
from accounts.desk.reasons import Reopening, label, note_kind
from accounts.desk.roles import Right, may
from accounts.desk.states import State, state_of
from accounts.models import AccountProposal, Customer, Kind, ReviewState, StaffNote, User
from accounts.models.customer import WORDS_LENGTH, Section
from accounts.models.staff import NOTE_LENGTH
from accounts.reasons import Rejection, Restoration, Suspension

# What can be decided about the account, beside its review.
SUSPEND = "suspend"
RESTORE = "restore"

TITLES: dict[str, Promise] = {
    Decision.APPROVE.value: _("Approve"),
    Decision.CORRECT.value: _("Ask for a correction"),
    Decision.REJECT.value: _("Reject"),
    Decision.REOPEN.value: _("Reopen the review"),
    Decision.CONFIRM.value: _("Confirm"),
    Decision.RETURN.value: _("Return with a note"),
    Decision.WITHDRAW.value: _("Withdraw the proposal"),
    SUSPEND: _("Suspend the account"),
    RESTORE: pgettext_lazy("desk", "Restore the account"),
}
# What a decision asks for beside a note, which each takes.
ASKED: dict[str, tuple[str, ...]] = {
    Decision.CORRECT.value: ("sections", "words"),
    Decision.REJECT.value: ("reason",),
    Decision.REOPEN.value: ("reason",),
    SUSPEND: ("reason", "is_silent"),
    RESTORE: ("reason",),
}
REASONS: dict[str, list[tuple[str, Any]]] = {
    Decision.REJECT.value: Rejection.choices,
    Decision.REOPEN.value: Reopening.choices,
    SUSPEND: Suspension.choices,
    RESTORE: Restoration.choices,
}
# What stands beside a field that the decision needs and that is not right.
MISSING: dict[str, Promise] = {
    "reason": _("Choose a reason."),
    "note": _("Write a note: at most 2,000 characters."),
    "words": _("Write what the customer is to correct: at most 500 characters."),
    "sections": _("Choose what the customer is to correct."),
}
NOTE_NEEDED = (Decision.REJECT.value, Decision.RETURN.value)


class DecisionForm(forms.Form):
    """Ask for what one decision needs; whether it is enough the desk says.

    `version` is the number of the review that the page showed.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    sections = forms.MultipleChoiceField(
        label=_("To be corrected"),
        choices=Section.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    words = forms.CharField(
        label=_("Words for the customer"),
        help_text=_("The customer reads them in an e-mail and in the account."),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": WORDS_LENGTH}),
        required=False,
    )
    reason = forms.CharField(label=_("Reason"), widget=forms.Select, required=False)
    note = forms.CharField(
        label=_("Note for staff"),
        help_text=_("Never sent to the customer."),
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": NOTE_LENGTH}),
        required=False,
    )
    is_silent = forms.BooleanField(label=_("Send no e-mail about it"), required=False)

    def __init__(self, decision: str, user: User, by: User, data: Any = None) -> None:
        customer: Customer | None = getattr(user, "customer", None)
        version = customer.review_version if customer else 0
        super().__init__(
            data, initial={"version": version}, auto_id=f"{decision}_%s", label_suffix=""
        )
        self.decision = decision
        self.title = TITLES[decision]
        self.is_open = data is not None
        asked = {"version", "note", *ASKED.get(decision, ())}
        if not may(by, Right.OVERRULE):
            asked.discard("is_silent")
        for name in set(self.fields) - asked:
            del self.fields[name]
        if "reason" in asked:
            choices = [("", "---------"), *REASONS[decision]]
            self.fields["reason"].widget = forms.Select(choices=choices)
        if "sections" in asked and customer is not None and customer.kind != Kind.COMPANY:
            # An individual has no company details.
            sections = [each for each in Section.choices if each[0] != Section.COMPANY]
            self.fields["sections"] = forms.MultipleChoiceField(
                label=self.fields["sections"].label,
                choices=sections,
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )
        if decision in NOTE_NEEDED:
            self.fields["note"].help_text = _("Required. Never sent to the customer.")

    def add_missing(self, names: tuple[str, ...]) -> None:
        """Say at each field what the desk misses there."""
        for name in dict.fromkeys(names):
            self.add_error(name if name in self.fields else None, str(MISSING[name]))


class NoteForm(forms.Form):
    """Ask for a note; of which kinds, the role says."""

    text = forms.CharField(
        label=_("Note"),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": NOTE_LENGTH}),
        required=False,
    )
    kind = forms.CharField(label=_("Kind of note"), widget=forms.Select, required=False)

    def __init__(self, by: User, data: Any = None, text: str = "", kind: str = "") -> None:
        super().__init__(
            data, initial={"text": text, "kind": kind}, auto_id="written_%s", label_suffix=""
        )
        if may(by, Right.READ_AML):
            self.fields["kind"].widget = forms.Select(choices=StaffNote.Kind.choices)
        else:
            del self.fields["kind"]


@dataclass(frozen=True)
class Proposal:
    """What a second person is asked to confirm."""

    title: Promise
    reason: Promise | str
    by: str


def _proposal(customer: Customer | None, reader: User) -> Proposal | None:
    if customer is None or customer.review_state != ReviewState.SECOND or not customer.proposal:
        return None
    by = customer.proposed_by
    return Proposal(
        TITLES[customer.proposal["decision"]],
        label(customer.proposal.get("reason", ""), reader),
        by.email if by else "",
    )


def _forms(user: User, by: User) -> list[DecisionForm]:
    """Return a form for each decision that can be made now by this person."""
    if user.anonymised_at is not None:
        return []
    customer: Customer | None = getattr(user, "customer", None)
    offered = [each.value for each in decisions.offered(customer, by)] if customer else []
    if user.suspended_at is None:
        offered += [SUSPEND] if may(by, Right.DECIDE) else []
    elif not hasattr(user, "account_proposal"):
        offered += [RESTORE] if may(by, Right.OVERRULE) else []
    return [DecisionForm(each, user, by) for each in offered]


def context(
    request: HttpRequest,
    user: User,
    *,
    tried: DecisionForm | None = None,
    note: NoteForm | None = None,
) -> dict[str, Any]:
    """Return what the page of this customer shows beside his data.

    `tried` and `note` are forms that came back with something to be put right.
    """
    by = desk_of(request).user
    customer: Customer | None = getattr(user, "customer", None)
    offered = _forms(user, by)
    if tried is not None:
        offered = [tried if each.decision == tried.decision else each for each in offered]
    proposal: AccountProposal | None = getattr(user, "account_proposal", None)
    may_write = may(by, Right.WRITE_NOTES) and user.anonymised_at is None
    is_held = user.held_by_id is not None and decisions.is_held_by_other(user, by)
    return {
        "title": (customer.owner_name if customer else user.email) or str(user),
        "subtitle": None,
        "case": {
            "user": user,
            "customer": customer,
            "state": state_of(user).label,
            "is_suspended": state_of(user) is State.SUSPENDED,
            "suspension_reason": label(user.suspension_reason, by),
            "review_reason": label(customer.review_reason, by) if customer else "",
            "waiting": case.waiting_words(user),
            "proposal": _proposal(customer, by),
            "account_proposal": proposal,
            "account_proposal_reason": label(proposal.reason, by) if proposal else "",
            "may_answer": proposal is not None and may(by, Right.OVERRULE),
            "may_erase": proposal is None
            and may(by, Right.OVERRULE)
            and standing.is_erasable(user),
            "holds": holds.shown_to(user, by),
            "may_hold": may(by, Right.OVERRULE) and holds.can_be_held(user),
            "may_copy": may(by, Right.OVERRULE) and user.anonymised_at is None,
            "holder": user.held_by if is_held else None,
            "is_mine": user.held_by_id == by.pk and not is_held,
            "can_take": may(by, Right.DECIDE) and user.waiting_since is not None and not is_held,
            "hints": hints(user, reads_aml=may(by, Right.READ_AML)),
            "forms": offered,
            "note_form": note if note is not None else (NoteForm(by) if may_write else None),
            "notes": case.notes(user, by),
            "sessions": case.sessions(user),
            "requests": case.requests(user),
            "timeline": case.timeline(user, by),
        },
    }


def account_of(request: HttpRequest, number: int) -> User:
    """Return the customer's account. Raises `PermissionDenied` for whom it does not concern."""
    if not is_allowed(request, Right.SEE_CUSTOMERS):
        raise PermissionDenied
    accounts = User.objects.select_related(
        "customer", "customer__proposed_by", "held_by", "account_proposal__author"
    )
    return get_object_or_404(accounts, pk=number, is_staff=False)


def _page(number: int) -> str:
    return reverse("admin:accounts_user_change", args=[number])


class CasePages:
    """Answer what the forms on a customer's page send; mixed into the admin's class of accounts."""

    def decide(self, request: HttpRequest, number: int) -> HttpResponse:
        """Carry out a decision and lead back to the page.

        400 for what was not offered; 409, with the note kept, where somebody else was faster; the
        page with its messages where something is missing.
        """
        user, desk = account_of(request, number), desk_of(request)
        decision = request.POST.get("decision", "")
        if decision not in TITLES:
            raise BadRequest("A decision that does not exist")
        form = DecisionForm(decision, user, desk.user, request.POST)
        is_valid, is_done = form.is_valid(), True
        if form.has_error("version"):
            raise BadRequest("A page that was never shown")
        if not is_valid:
            return self._again(request, user, tried=form)
        asked = form.cleaned_data
        try:
            if decision == SUSPEND:
                is_silent = asked.get("is_silent", False)
                standing.suspend(
                    user,
                    asked["reason"],
                    desk=desk,
                    note=asked["note"],
                    is_silent=is_silent,
                    version=asked["version"],
                )
            elif decision == RESTORE:
                is_done = standing.restore(
                    user,
                    asked["reason"],
                    desk=desk,
                    note=asked["note"],
                    version=asked["version"],
                )
            else:
                is_done = self._decide(user, Decision(decision), asked, request)
        except Refused as refused:
            raise BadRequest(f"A decision that was not offered: {refused}") from refused
        except Incomplete as incomplete:
            form.add_missing(incomplete.fields)
            return self._again(request, user, tried=form)
        except Overtaken as overtaken:
            return overtaken_page(request, user, overtaken, asked)
        messages.success(request, said(is_done=is_done))
        return redirect(_page(number))

    def _decide(
        self, user: User, decision: Decision, asked: Mapping[str, Any], request: HttpRequest
    ) -> bool:
        """Decide about the review; tell whether it waits for no second person."""
        if not hasattr(user, "customer"):
            raise Refused("no customer")
        grounds = Grounds(
            reason=asked.get("reason", ""),
            note=asked["note"],
            words=asked.get("words", ""),
            sections=asked.get("sections", ()),
        )
        state = decisions.decide(
            user.customer, decision, grounds, desk=desk_of(request), version=asked["version"]
        )
        return state is not ReviewState.SECOND

    def write_note(self, request: HttpRequest, number: int) -> HttpResponse:
        """Keep a note about this customer and lead back to the page."""
        user, desk = account_of(request, number), desk_of(request)
        form = NoteForm(desk.user, request.POST)
        if not form.is_valid():
            return self._again(request, user, note=form)
        kind = form.cleaned_data.get("kind") or request.POST.get("kind") or StaffNote.Kind.ORDINARY
        try:
            case.write_note(user, form.cleaned_data["text"], kind, desk=desk)
        except Refused as refused:
            raise BadRequest("A note that was not offered") from refused
        except Incomplete:
            form.add_error("text", str(MISSING["note"]))
            return self._again(request, user, note=form)
        messages.success(request, gettext("The note is kept."))
        return redirect(_page(number))

    def hold(self, request: HttpRequest, number: int) -> HttpResponse:
        """Take the case, or give it back, and lead back to the page."""
        user, desk = account_of(request, number), desk_of(request)
        if not may(desk.user, Right.DECIDE):
            raise BadRequest("A case for somebody else")
        if request.POST.get("release"):
            queue.release(user, desk)
        elif not queue.take(user, desk):
            messages.warning(request, gettext("Somebody else has taken this case."))
        return redirect(_page(number))

    def _again(
        self,
        request: HttpRequest,
        user: User,
        *,
        tried: DecisionForm | None = None,
        note: NoteForm | None = None,
    ) -> HttpResponse:
        """Show the page with what was typed and what is to be put right."""
        if tried is not None and not any(
            each.decision == tried.decision for each in _forms(user, desk_of(request).user)
        ):
            raise BadRequest("A decision that was not offered")
        extra = context(request, user, tried=tried, note=note)
        answer: HttpResponse = self.case_page(request, user, extra)  # type: ignore[attr-defined]
        return answer


def said(*, is_done: bool) -> str:
    """Say that a decision is carried out, or that it waits for a second person."""
    if is_done:
        return gettext("The decision is carried out.")
    return gettext("The decision waits for a second person.")


def overtaken_page(
    request: HttpRequest, user: User, overtaken: Overtaken, asked: Mapping[str, Any]
) -> HttpResponse:
    """Say who decided what and when, and keep what was typed, if anything was."""
    by = desk_of(request).user
    text = "\n".join(filter(None, [asked.get("note", ""), asked.get("words", "")]))
    shown = {
        **admin.site.each_context(request),
        "title": gettext("Somebody else was faster"),
        "state": overtaken.state.label if overtaken.state else "",
        "what": overtaken.what,
        "by": overtaken.by,
        "at": overtaken.at,
        "account": user,
        "page": _page(user.pk),
        "note_form": NoteForm(by, text=text, kind=note_kind(asked.get("reason", "")))
        if text
        else None,
    }
    return render(request, "admin/accounts/user/overtaken.html", shown, status=HTTPStatus.CONFLICT)

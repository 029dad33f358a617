"""Keep the answers of one attempt, and know which of them still hold.

Among the facts, `complete` names the steps whose answers were accepted, `refusals` says of the
others why not, `accepted` has the canonical values of accepted details where they differ from what
was typed, and `rules` the rules by which they were accepted.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.datastructures import MultiValueDict

from accounts.forms.registration import details_form
from accounts.models import Kind
from accounts.models.customer import OWN_WORDS
from accounts.registration import rules
from accounts.registration.order import ORDER, Step
from accounts.registration.refusal import Refusal, Said, said_by
from accounts.registration.storage import AttemptStorage, own_answers

# Asked several times a request; `Kind.values` puts the list together each time.
_KINDS = frozenset(Kind.values)


class Answers:
    """What one attempt was told, and what a changed answer undoes of it.

    Before the first answer there is no attempt: then nothing is known, and nothing can be kept.
    """

    def __init__(self, storage: AttemptStorage) -> None:
        self.storage = storage

    # -- what is known ----------------------------------------------------------------------

    @property
    def attempt(self) -> UUID | None:
        """Return the id of the attempt; none before the first answer."""
        return self.storage.attempt

    @property
    def kind(self) -> str | None:
        """Return the chosen kind of customer; none while it is not one of the two."""
        chosen = self.storage.answer(Step.START, "kind")
        return chosen if chosen in _KINDS else None

    @property
    def first_incomplete(self) -> Step:
        """Return the first step without accepted answers: nobody gets further than that."""
        return next((step for step in ORDER if not self.is_complete(step)), ORDER[-1])

    def following(self, step: Step) -> Step:
        """Return where Dalej leads: on, or straight back to the review after Popraw."""
        if step in (Step.START, Step.DETAILS):
            first = self.first_incomplete
            return first if first is Step.DETAILS else Step.REVIEW
        return ORDER[ORDER.index(step) + 1]

    def is_complete(self, step: Step) -> bool:
        """Tell whether answers to this step were accepted and still hold."""
        if step is Step.PASSWORD:
            # Its answer is the hash, which goes when the password was judged by another answer.
            return bool(self.storage.answer(step, "password_hash"))
        return step in self.storage.fact("complete", ())

    def typed(self, step: Step) -> dict[str, str]:
        """Return the answers to a step as they were typed, by the names of its fields."""
        return self.storage.answers(step)

    @property
    def details(self) -> dict[str, str]:
        """Return the canonical values of accepted details, by the names of the form's fields."""
        typed, canonical = self.typed(Step.DETAILS), self._canonical
        names = [name for name in details_form(self.kind).base_fields if name != "other_address"]
        return {name: canonical.get(name, typed.get(name, "")) for name in names}

    @property
    def are_details_by_these_rules(self) -> bool:
        """Tell whether the accepted details were accepted by the rules of this release."""
        return bool(self.storage.fact("rules") == rules.fingerprint())

    def password_context(self) -> list[str]:
        """Return the customer's own words, as typed: a password must not lean on them."""
        typed = self.typed(Step.DETAILS)
        words = (typed.get(name) for name in (*OWN_WORDS, "email"))
        return [word for word in words if word]

    # -- keeping ----------------------------------------------------------------------------

    def take(self, step: Step, form: forms.Form) -> bool:
        """Validate what was posted, once, and keep it with the verdict, which is returned."""
        is_right = form.is_valid()
        typed = own_answers(form)
        if is_right:
            self.accept(step, typed, form.cleaned_data)
        else:
            self.reopen(step)
            self.keep(step, typed)
            self.refuse(step)
        return is_right

    def keep(self, step: Step, draft: Mapping[str, list[str]]) -> None:
        """Keep what was typed, right or wrong; the step counts as unanswered if that is new."""
        if draft != (self.storage.get_step_data(step) or {}) or not self.is_complete(step):
            self.reopen(step)
            if step in (Step.START, Step.DETAILS):
                self.reopen(Step.REVIEW)
            self._store(step, draft)

    def accept(
        self, step: Step, typed: Mapping[str, list[str]], cleaned: Mapping[str, Any] | None = None
    ) -> None:
        """Keep accepted answers; whatever rests on other ones has to be looked at again.

        `cleaned` are the canonical values of the details.
        """
        is_new = typed != self.storage.get_step_data(step)
        canonical = {
            name: value
            for name, value in (cleaned or {}).items()
            if [value] != typed.get(f"{step}-{name}", [""])
        }
        if step is Step.DETAILS:
            is_new = is_new or canonical != self._canonical
        if is_new and step in (Step.START, Step.DETAILS):
            self.reopen(Step.REVIEW)
        self._store(step, typed)
        if step is Step.DETAILS:
            self.storage.set_fact("accepted", {step: canonical})
            self.storage.set_fact("rules", rules.fingerprint())
        self.storage.complete(step)

    def reopen(self, step: Step) -> None:
        """Have the step answered again; what is kept of it stays."""
        self.storage.reopen(step)

    @property
    def _canonical(self) -> Mapping[str, str]:
        kept: Mapping[str, Mapping[str, str]] = self.storage.fact("accepted", {})
        return kept.get(Step.DETAILS, {})

    def _store(self, step: Step, answers: Mapping[str, list[str]]) -> None:
        kind, context = self.kind, self.password_context()
        self.storage.set_step_data(step, answers)
        self.forget_refusal(step)
        if step is Step.DETAILS:
            self.storage.set_fact("accepted", None)
            self.storage.set_fact("rules", None)
        if step is Step.START and self.kind not in (None, kind):
            self._change_kind()
        if self.password_context() != context:
            self.storage.drop_step_data(Step.PASSWORD)

    def _change_kind(self) -> None:
        """Keep what both kinds of customers share and forget the rest."""
        shared = {f"{Step.DETAILS}-{name}" for name in details_form(self.kind).base_fields}
        kept = self.storage.get_step_data(Step.DETAILS)
        if kept is not None:
            self.storage.set_step_data(
                Step.DETAILS,
                {name: values for name, values in kept.lists() if name in shared},
            )
        self.reopen(Step.DETAILS)
        self.forget_refusal(Step.DETAILS)
        self.storage.drop_step_data(Step.CONSENTS)

    # -- refusing ---------------------------------------------------------------------------

    def refused(
        self, step: Step, form: Callable[[MultiValueDict[str, str] | None], forms.Form]
    ) -> forms.Form | None:
        """Return the form of this step with its errors, if the last answers to it were refused.

        `form` makes it, of posted data or, for None, of what is kept.
        """
        kept = self.storage.fact("refusals", {}).get(step)
        if kept is None:
            return None
        typed = self.storage.get_step_data(step)
        return Refusal.read(kept).shown(form, MultiValueDict() if typed is None else typed)

    def said(self, step: Step, refused: forms.Form | None) -> Said:
        """Return which messages the page of this step shows; `refused` is its form, if any."""
        kept = Refusal.read(self.storage.fact("refusals", {}).get(step, {}))
        return kept.codes or (said_by(refused) if refused is not None else ())

    def refuse(self, step: Step, refusal: Refusal | None = None) -> None:
        """Have the step shown with its errors until it is answered anew."""
        self.storage.refuse(step, (refusal or Refusal()).written())

    def forget_refusal(self, step: Step) -> None:
        """Have the step shown without errors."""
        self.storage.refuse(step, None)

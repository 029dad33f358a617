"""Keep the answers of one attempt, and know which of them still hold.

`complete` names the steps whose answers were accepted, `refused` those whose last ones were not.
"""

from collections.abc import Mapping

from accounts.forms.registration import details_form
from accounts.models import Kind
from accounts.registration.password_step import password_context
from accounts.registration.steps import ORDER, Step
from accounts.registration.storage import AttemptStorage


class Answers:
    """What one attempt was told, and what a changed answer undoes of it."""

    def __init__(self, storage: AttemptStorage) -> None:
        self.storage = storage

    @property
    def kind(self) -> str | None:
        """Return the chosen kind of customer; none while it is not one of the two."""
        chosen = self.storage.answer(Step.START, "kind")
        return chosen if chosen in Kind.values else None

    @property
    def first_incomplete(self) -> Step:
        """Return the first step without accepted answers: nobody gets further than that."""
        return next((step for step in ORDER if not self._is_complete(step)), ORDER[-1])

    def is_refused(self, step: Step) -> bool:
        """Tell whether the last answers to this step were refused."""
        return step in self.storage.fact("refused", ())

    def keep(self, step: Step, draft: Mapping[str, list[str]]) -> None:
        """Keep what was typed, right or wrong; the step counts as unanswered if that is new."""
        if draft != (self.storage.get_step_data(step) or {}) or not self._is_complete(step):
            self.reopen(step)
            if step in (Step.START, Step.DETAILS):
                self.reopen(Step.REVIEW)
            self._store(step, draft)

    def accept(self, step: Step, answers: Mapping[str, list[str]]) -> None:
        """Keep the accepted answers; whatever rests on other ones has to be looked at again."""
        if answers != self.storage.get_step_data(step) and step in (Step.START, Step.DETAILS):
            self.reopen(Step.REVIEW)
        self._store(step, answers)
        self.storage.list_step("complete", step, present=True)

    def refuse(self, step: Step) -> None:
        """Have the step shown with its errors."""
        self.storage.list_step("refused", step, present=True)

    def reopen(self, step: Step) -> None:
        """Have the step answered again; what is kept of it stays."""
        self.storage.list_step("complete", step, present=False)

    def _is_complete(self, step: Step) -> bool:
        if step is Step.PASSWORD:
            # Its answer is the hash, which goes when the password was judged by another answer.
            return self.storage.get_step_data(step) is not None
        return step in self.storage.fact("complete", ())

    def _store(self, step: Step, answers: Mapping[str, list[str]]) -> None:
        kind, context = self.kind, password_context(self.storage)
        self.storage.set_step_data(step, answers)
        self.storage.list_step("refused", step, present=False)
        if step is Step.START and self.kind not in (None, kind):
            self._change_kind()
        if password_context(self.storage) != context:
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
        self.storage.list_step("refused", Step.DETAILS, present=False)
        self.storage.drop_step_data(Step.CONSENTS)

"""Step 2c: the consents and declarations, and the button Rejestruj."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import consents
from accounts.forms.consents import is_ticked
from accounts.forms.registration import ConsentsForm
from accounts.registration.answers import Answers
from accounts.registration.order import Step
from accounts.registration.outcome import Lead, Outcome
from accounts.registration.refusal import said_by
from accounts.registration.storage import own_answers
from kantor.serving.kept import Words


@dataclass(frozen=True)
class ConsentsPage:
    """What the page of step 2c shows: what this kind of customer is asked, and what is ticked."""

    kind: str
    ticked: tuple[str, ...]
    # Of the terms and of the privacy notice: a page that is kept must not outlive its midnight.
    versions: tuple[str, ...]

    @property
    def heading(self) -> Promise:
        return _("Step 2c – Accepting the Terms")

    def form(self) -> ConsentsForm:
        """Return the form with its boxes as they are kept."""
        ticked = dict.fromkeys(self.ticked, True)
        return ConsentsForm(kind=self.kind, initial=ticked, prefix=Step.CONSENTS)

    def context(self, words: Words, form: forms.Form | None = None) -> dict[str, Any]:
        return {"form": form or self.form()}


class ConsentsStep:
    """What one attempt knows at step 2c."""

    label = _("Consents")
    form_class = ConsentsForm

    def __init__(self, answers: Answers, network: str) -> None:
        self.answers = answers
        self.network = network

    def shown(self) -> tuple[ConsentsPage, Words]:
        """Return the page; it shows no word of the visitor's own."""
        ticked = tuple(key for key, is_given in self._given().items() if is_given)
        versions = tuple(consents.in_force(document) for document in consents.VERSIONS)
        return ConsentsPage(self._kind, ticked, versions), Words()

    def form(self, data: Any = None) -> ConsentsForm:
        if data is None:
            return self.shown()[0].form()
        return ConsentsForm(data, kind=self._kind, prefix=Step.CONSENTS)

    def refused(self) -> forms.Form | None:
        return self.answers.refused(Step.CONSENTS, self.form)

    def take(self, posted: QueryDict) -> Outcome:
        """Keep what was ticked; with all that is needed the registration comes to its end."""
        form = self.form(posted)
        if not self.answers.take(Step.CONSENTS, form):
            return Outcome(Lead.HERE, said=said_by(form))
        return Outcome(Lead.END)

    def keep(self, posted: QueryDict) -> None:
        """Keep the ticks of somebody who leaves the page."""
        self.answers.keep(Step.CONSENTS, own_answers(self.form(posted)))

    def accepted(self) -> Mapping[str, bool] | None:
        """Return each declaration that is asked for, with whether it was made.

        None where the text of a required one has changed since: it has to be put again.
        """
        given = self._given()
        asked = consents.asked_of(self._kind)
        return None if any(each.required and not given[each.key] for each in asked) else given

    @property
    def versions(self) -> dict[str, str]:
        """Return the versions of the documents that were ticked, by the keys of the boxes."""
        typed = self.answers.typed(Step.CONSENTS)
        return {each.key: typed.get(each.key, "") for each in consents.CONSENTS if each.document}

    def _given(self) -> dict[str, bool]:
        typed = self.answers.typed(Step.CONSENTS)
        asked = consents.asked_of(self._kind)
        return {each.key: is_ticked(each, typed.get(each.key)) for each in asked}

    @property
    def _kind(self) -> str:
        assert self.answers.kind is not None, "nobody gets here without an answer to step 1"
        return self.answers.kind

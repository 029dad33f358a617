"""Put a step into its frame: heading, progress, and where its form goes."""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.functional import Promise
from formtools.wizard.forms import ManagementForm

from accounts.registration import consultant
from accounts.registration.answers import Answers
from accounts.registration.order import ORDER, Step
from accounts.registration.steps import STEPS, AnyStep
from accounts.registration.storage import prefix_of
from accounts.statistics import support_code
from kantor.serving.kept import KeptPage, Words


class Content(Protocol):
    """The page of a step by its key, as `shown()` gives it."""

    @property
    def heading(self) -> Promise: ...

    def context(self, words: Words, form: forms.Form | None = None) -> dict[str, Any]: ...


@dataclass(frozen=True)
class StepPage(KeptPage):
    """The page of a step by its key: its own content, and how far the visitor may go.

    On the very first page there is no attempt: it has not begun.
    """

    step: Step
    content: Content
    furthest: Step
    has_begun: bool
    # Whether it shows a code for the consultant.
    has_code: bool = False

    @property
    def template_name(self) -> str:
        return f"accounts/registration/{self.step}.html"

    def context(self, words: Words, form: forms.Form | None = None) -> dict[str, Any]:
        attempt: UUID | None = words.id("attempt") if self.has_begun else None
        management = ManagementForm(prefix=prefix_of(attempt), initial={"current_step": self.step})
        return {
            "step": self.step,
            # Explicit: without it a browser would carry a "#group" of this address onwards.
            "form_action": step_url(self.step, attempt)
            if attempt
            else reverse("accounts:registration"),
            "step_label": self.content.heading,
            "progress": progress(self.step, self.furthest, attempt),
            "attempt": attempt,
            "support_code": words.text("support_code") if self.has_code else "",
            "support_aloud": words.text("support_aloud") if self.has_code else "",
            "support_until": words.text("support_until") if self.has_code else "",
            "wizard": {"management_form": management},
            **self.content.context(words, form),
        }


def framed(step: Step, shown: AnyStep, answers: Answers) -> tuple[StepPage, Words]:
    """Return the whole page of a step as it is shown now, with the visitor's own words for it."""
    content, words = shown.shown()
    attempt = answers.attempt if answers.storage.exists else None
    code = consultant.shown(answers.storage)
    page = StepPage(
        step,
        content,
        answers.first_incomplete,
        has_begun=attempt is not None,
        has_code=code is not None,
    )
    ids = words.ids if attempt is None else {**words.ids, "attempt": attempt}
    texts = words.texts
    if code is not None:
        until = timezone.localtime(code.until)
        texts = {
            **texts,
            "support_code": support_code.spelled(code.letters),
            "support_aloud": support_code.aloud(code.letters),
            "support_until": time_format(until, "TIME_FORMAT"),
        }
    return page, Words(texts, ids)


def progress(current: Step, furthest: Step, attempt: UUID | None) -> list[dict[str, Any]]:
    """Return the steps as done, current or to come, with links as far as the visitor may go."""
    reachable = ORDER[: ORDER.index(furthest) + 1] if attempt else ()
    position = ORDER.index(current)
    return [
        {
            "label": STEPS[step].label,
            "state": "current" if step is current else "done" if index < position else "todo",
            "url": step_url(step, attempt) if step in reachable and step is not current else None,
        }
        for index, step in enumerate(ORDER)
    ]


def step_url(step: Step, attempt: UUID | None) -> str:
    """Return the address of a step of this attempt, in the reader's language."""
    return reverse("accounts:registration-step", kwargs={"attempt": attempt, "step": step})

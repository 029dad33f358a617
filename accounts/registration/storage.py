"""Keep one attempt's answers in the session: only its own fields, only as much as people type."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from formtools.wizard.storage.session import SessionStorage

# Longest answer kept of a field that was refused; more than any field accepts, so that "too long"
# stays visible, and little enough that nobody can fill the session table.
LONGEST_KEPT = 300
ATTEMPTS_KEPT = 4


class AttemptStorage(SessionStorage):
    """The answers of one attempt, under a session key that carries the attempt's id.

    formtools' own storage marks the session as changed on every look at it and makes a row for
    every passing robot; this one writes when an answer changes.
    """

    step_key = "step"
    step_data_key = "answers"
    step_files_key = "files"
    extra_data_key = "facts"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Not super().__init__ of SessionStorage: that one creates the session entry.
        super(SessionStorage, self).__init__(*args, **kwargs)
        self._current_step: str | None = None

    @property
    def exists(self) -> bool:
        """Tell whether this session has answers of this attempt."""
        return self.prefix in self.request.session

    def start(self) -> None:
        """Begin the attempt; the oldest one goes when the session holds too many."""
        session = self.request.session
        attempts = [key for key in session.keys() if key.startswith("wizard_")]
        for key in attempts[: len(attempts) + 1 - ATTEMPTS_KEPT]:
            del session[key]
        self.init_data()

    def reset(self) -> None:
        """Forget the attempt with everything in it."""
        self.request.session.pop(self.prefix, None)

    def _get_data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.request.session[self.prefix]
        return data

    def _set_data(self, value: dict[str, Any]) -> None:
        self.request.session[self.prefix] = value

    data = property(_get_data, _set_data)

    # The URL names the current step; the session does not need to know it.
    def _get_current_step(self) -> str | None:
        return self._current_step

    def _set_current_step(self, step: str | None) -> None:
        self._current_step = step

    def set_step_data(self, step: str, cleaned_data: Mapping[str, Any]) -> None:
        """Keep the answers of a step."""
        super().set_step_data(step, cleaned_data)
        self.request.session.modified = True

    def drop_step_data(self, step: str) -> None:
        """Forget the answers of a step."""
        self.data[self.step_data_key].pop(step, None)
        self.request.session.modified = True

    def answer(self, step: str, name: str) -> str:
        """Return one kept answer as it was typed; empty when there is none."""
        values = self.data[self.step_data_key].get(step, {}).get(f"{step}-{name}", [])
        return values[-1] if values else ""

    def fact(self, name: str, default: Any = None) -> Any:
        """Return what is known of the attempt beside its answers."""
        return self.data[self.extra_data_key].get(name, default)

    def set_fact(self, name: str, value: Any) -> None:
        """Remember something of the attempt; None forgets it."""
        facts = self.data[self.extra_data_key]
        if value is None:
            facts.pop(name, None)
        else:
            facts[name] = value
        self.request.session.modified = True


def prefix_of(attempt: UUID) -> str:
    """Return the name under which the wizard keeps this attempt."""
    return f"registration_{attempt.hex}"


def open_attempt(request: HttpRequest, attempt: UUID) -> AttemptStorage | None:
    """Return the answers of an attempt of this session; nothing when it has no such attempt."""
    storage = AttemptStorage(prefix_of(attempt), request)
    return storage if storage.exists else None


def own_answers(form: forms.Form) -> dict[str, list[str]]:
    """Return what was posted for the form's own fields, as typed, the last of repeated ones.

    Foreign names and absurd lengths are left out: what a visitor can post is not what we keep.
    """
    answers = {}
    for name in form.fields:
        key = form.add_prefix(name)
        value = form.data.get(key)
        if value:
            answers[key] = [value[:LONGEST_KEPT]]
    return answers

"""Keep one attempt's answers in the session: only its own fields, only as much as people type."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from formtools.wizard.storage.session import SessionStorage

# Longest answer kept of a field that was refused; more than any field accepts, so that "too long"
# stays visible, and little enough that nobody can fill the session table.
LONGEST_KEPT = 300
PREFIX = "registration_"
ATTEMPTS_KEPT = 4
# Characters of a row's encoded data; with its key and its date the row is under 4,096 bytes.
LARGEST_ROW = 4_030
# Characters that the signature adds to the data, its time and its marks included.
SIGNATURE = 60
# What is known before the first answer; nothing can be written into it.
NOTHING: Any = MappingProxyType(
    {name: MappingProxyType({}) for name in ("step", "answers", "files", "facts")}
)


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
    def attempt(self) -> UUID | None:
        """Return the id of the attempt that is kept here; none before its first answer."""
        hexadecimal = self.prefix.removeprefix(f"wizard_{PREFIX}")
        return UUID(hex=hexadecimal) if hexadecimal != self.prefix else None

    @property
    def exists(self) -> bool:
        """Tell whether this session has answers of this attempt."""
        return self.prefix in self.request.session

    def start(self) -> None:
        """Begin the attempt; the oldest one goes when the session holds too many."""
        attempts = self._attempts()
        for key in attempts[: max(0, len(attempts) + 1 - ATTEMPTS_KEPT)]:
            del self.request.session[key]
        self.init_data()

    def reset(self) -> None:
        """Forget the attempt with everything in it."""
        self.request.session.pop(self.prefix, None)
        self.request.session.end_if_empty()

    def update_response(self, response: HttpResponseBase) -> None:
        """Keep the row small, as the last thing before the session is saved."""
        super().update_response(response)
        if self.request.session.modified and self.exists:
            self._fit()

    def _fit(self) -> None:
        """Drop spellings, the longest answers, the oldest other attempts, until the row is small.

        What people type fits with room to spare; without this, a few hundred characters in each
        field would fill the table. A step that loses an answer is no longer complete.
        """
        session = self.request.session
        if self._is_too_large({self.prefix: self.data}):
            self._drop_spellings()
        while self._is_too_large({self.prefix: self.data}):
            self._drop_longest_answer()
        for key in self._attempts():
            if key != self.prefix and self._is_too_large(dict(session.items())):
                del session[key]

    def _is_too_large(self, data: dict[str, Any]) -> bool:
        session = self.request.session
        # Base64 makes four characters of three bytes; what is small anyway is not compressed here.
        if len(session.serializer().dumps(data)) * 4 // 3 + SIGNATURE <= LARGEST_ROW:
            return False
        return len(session.encode(data)) > LARGEST_ROW

    def _drop_spellings(self) -> None:
        """Keep accepted answers in their canonical form alone, not as they were typed as well."""
        for step, accepted in self.fact("accepted", {}).items():
            answers = self.data[self.step_data_key][step]
            for name, value in accepted.items():
                answers.pop(f"{step}-{name}", None)
                if value:
                    answers[f"{step}-{name}"] = [value]
        self.set_fact("accepted", None)

    def _drop_longest_answer(self) -> None:
        step, name = max(
            (
                (step, name)
                for step, answers in self.data[self.step_data_key].items()
                for name in answers
            ),
            key=lambda found: len("".join(self.data[self.step_data_key][found[0]][found[1]])),
        )
        del self.data[self.step_data_key][step][name]
        self.reopen(step)
        self.refuse(step, {})

    def _attempts(self) -> list[str]:
        """Return the session keys of all attempts, the oldest first."""
        keys = self.request.session.keys()
        return [key for key in keys if key.startswith("wizard_")]

    def _get_data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.request.session.get(self.prefix, NOTHING)
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
        super().set_step_data(step, cleaned_data)
        self.request.session.modified = True

    def drop_step_data(self, step: str) -> None:
        self.data[self.step_data_key].pop(step, None)
        self.request.session.modified = True

    def answer(self, step: str, name: str) -> str:
        """Return one kept answer as it was typed; empty when there is none."""
        values = self.data[self.step_data_key].get(step, {}).get(f"{step}-{name}", [])
        return values[-1] if values else ""

    def answers(self, step: str) -> dict[str, str]:
        """Return the kept answers to a step as they were typed, by the names of its fields."""
        kept, prefix = self.data[self.step_data_key].get(step, {}), f"{step}-"
        return {
            name.removeprefix(prefix): values[-1] if values else "" for name, values in kept.items()
        }

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

    def complete(self, step: str) -> None:
        """Remember that answers to a step were accepted."""
        others = [name for name in self.fact("complete", ()) if name != step]
        self.set_fact("complete", [*others, str(step)])

    def reopen(self, step: str) -> None:
        """Remember that a step has no accepted answers."""
        others = [name for name in self.fact("complete", ()) if name != step]
        self.set_fact("complete", others or None)

    def refuse(self, step: str, refusal: Mapping[str, Any] | None) -> None:
        """Remember that the last answers to a step were refused, and why; None forgets it."""
        others = {name: kept for name, kept in self.fact("refusals", {}).items() if name != step}
        if refusal is not None:
            others[str(step)] = refusal
        self.set_fact("refusals", others or None)


def prefix_of(attempt: UUID | None) -> str:
    """Return the name under which the wizard keeps this attempt; the first page has none."""
    return f"{PREFIX}{attempt.hex}" if attempt else PREFIX.rstrip("_")


def is_attempt(key: str) -> bool:
    """Tell whether a session keeps an attempt under this key."""
    return key.startswith(f"wizard_{PREFIX}")


def newest_attempt(request: HttpRequest) -> UUID | None:
    """Return the attempt that this session began last, if one is open."""
    known = list(request.session.keys())  # a session is no mapping: it cannot be iterated
    keys = [key for key in known if is_attempt(key)]
    return UUID(hex=keys[-1].removeprefix(f"wizard_{PREFIX}")) if keys else None


def open_attempt(request: HttpRequest, attempt: UUID) -> AttemptStorage | None:
    """Return the answers of an attempt of this session; nothing when it has no such attempt."""
    storage = AttemptStorage(prefix_of(attempt), request)
    return storage if storage.exists else None


def asks_challenge(request: HttpRequest, key: str) -> bool:
    """Tell whether an attempt of this session asks for the answer to this challenge."""
    session = request.session
    return any(
        entry["facts"].get("captcha") == key for name, entry in session.items() if is_attempt(name)
    )


def own_answers(form: forms.Form) -> dict[str, list[str]]:
    """Return what was posted for the form's own fields, as typed, the last of repeated ones.

    Foreign names and absurd lengths are left out: what a visitor can post is not what we keep.
    An accepted answer of such a length (blanks upon blanks) is kept in its canonical form: cut
    off, it would be another answer. A box that came as "false" was not ticked.
    """
    accepted = getattr(form, "cleaned_data", {})
    answers = {}
    for name in form.fields:
        key = form.add_prefix(name)
        value = form.data.get(key)
        if value and len(value) > LONGEST_KEPT:
            value = str(accepted.get(name) or value)[:LONGEST_KEPT]
        if value and accepted.get(name) is not False:
            answers[key] = [value]
    return answers

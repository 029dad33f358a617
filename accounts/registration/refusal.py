"""Remember that answers were refused, and why, until others are given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from django import forms
from django.conf import settings
from django.forms.utils import ErrorDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language, override

# Sentences by the name of their field.
Sentences = Mapping[str, list[str]]
# Names of fields and of what was said at them: no sentence, and nothing that was typed.
Said = tuple[tuple[str, str], ...]


def said_by(form: forms.Form) -> Said:
    """Return what a form says, by the names of its fields and the codes of its messages."""
    found = form.errors.as_data().items()
    return tuple((name, each.code or "other") for name, errors in found for each in errors)


@dataclass(frozen=True)
class Refusal:
    """Why the last answers to a step were refused.

    Answers that are kept say it themselves when they are looked at again, in whatever language
    the reader has switched to; `only` narrows that to the fields that were asked about. Of
    answers that must not be kept, which are passwords, the sentences are, in every language, with
    the codes of their messages.
    """

    only: tuple[str, ...] = ()
    said: Mapping[str, Sentences] = field(default_factory=dict)
    codes: Said = ()

    @classmethod
    def of(cls, form: forms.Form) -> Self:
        """Return what this form says, for answers that must not be kept."""
        said = {}
        for language, _name in settings.LANGUAGES:
            with override(language):
                said[language] = {
                    name: [str(message) for message in messages]
                    for name, messages in form.errors.items()
                }
        return cls(said=said, codes=said_by(form))

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """Return the refusal that `written` wrote into the session."""
        codes = tuple((name, code) for name, code in kept.get("codes", ()))
        return cls(tuple(kept.get("only", ())), kept.get("said", {}), codes)

    def written(self) -> dict[str, Any]:
        """Return what the session keeps of it."""
        return {name: value for name, value in vars(self).items() if value}

    def shown(
        self,
        form: Callable[[MultiValueDict[str, str] | None], forms.Form],
        typed: MultiValueDict[str, str],
    ) -> forms.Form:
        """Return the form with the errors to be shown; `typed` are the answers that were kept."""
        if self.said:
            refused = form(None)
            said = self.said[get_language() or settings.LANGUAGE_CODE]
            refused._errors = ErrorDict(  # type: ignore[attr-defined]  # stubs lag
                {
                    name: refused.error_class(sentences, renderer=refused.renderer)
                    for name, sentences in said.items()
                    if name in refused.fields
                }
            )
            return refused
        refused = form(typed)
        if self.only:
            for name in refused.errors.keys() - set(self.only):
                del refused.errors[name]
        return refused

"""Compare a customer's names with lists of sanctions and of politically exposed persons.

An interface only: no list comes with the site. `SCREENING` names the backend, and one for a real
list is a function beside these two. What it finds is a hint, never a verdict.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models.words import words_of


@dataclass(frozen=True)
class Subject:
    """Who is compared: names as they were typed, the country as ISO 3166-1 alpha-2."""

    person: str
    company: str
    country: str


@dataclass(frozen=True)
class Match:
    """One name on one list, and the rule by which it is like the subject's."""

    list_name: Promise | str
    name: str
    rule: Promise | str


Backend = Callable[[Subject], list[Match]]


def screen(subject: Subject) -> list[Match]:
    """Return what the lists have that is like this subject; nothing where there are no lists.

    Called while a page is made: a backend answers from what is at hand, without the network.
    """
    return BACKENDS[settings.SCREENING](subject)


def _disabled(subject: Subject) -> list[Match]:
    return []


_SANCTIONS, _EXPOSED = _("sanctions (made-up list)"), _("exposed persons (made-up list)")
_MADE_UP = (
    (_SANCTIONS, "Zenon Zmyślony"),
    (_SANCTIONS, "Fikcja Handel"),
    (_EXPOSED, "Wanda Wzorcowa"),
)


def _fixtures(subject: Subject) -> list[Match]:
    """Compare with people and companies that do not exist: for development and tests."""
    person, company = set(words_of(subject.person)), set(words_of(subject.company))
    rule = _("All words of the name on the list are in the customer’s.")
    return [
        Match(list_name, name, rule)
        for list_name, name in _MADE_UP
        if set(words_of(name)) <= person or set(words_of(name)) <= company
    ]


BACKENDS: dict[str, Backend] = {"disabled": _disabled, "fixtures": _fixtures}

"""Step 2a: everything once more, as it will be kept, before the password."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.forms.registration import ReviewForm, details_form
from accounts.registration import review
from accounts.registration.answers import Answers
from accounts.registration.order import Step
from accounts.registration.outcome import Lead, Outcome
from accounts.registration.steps.details import DetailsStep
from accounts.registration.steps.password import PasswordStep
from accounts.values import bank_spelling, country, email_typos
from accounts.values.names import owner_name
from kantor.serving.kept import Words
from kantor.serving.typography import breakable_email

# Any country but Poland: the labels of all of them are the same.
ABROAD = "DE"


@dataclass(frozen=True)
class ReviewPage:
    """What the page of step 2a shows: which answers were given, and by which country's labels."""

    kind: str | None
    given: tuple[str, ...]
    is_abroad: bool

    @property
    def heading(self) -> Promise:
        return _("Step 2a – Checking the details")

    def context(self, words: Words, form: forms.Form | None = None) -> dict[str, Any]:
        texts = {
            name: words.text(name) if name in self.given else ""
            for name in (*review.names(details_form(self.kind)), *OWN_TEXTS)
        }
        texts["email"] = breakable_email(words.text("email_local"), words.text("email_domain"))
        main_country = ABROAD if self.is_abroad else country.POLAND
        details = details_form(self.kind)(
            initial={"main_country": main_country}, prefix=Step.DETAILS
        )
        return {
            "form": form or ReviewForm(prefix=Step.REVIEW),
            "review": review.summary(details, texts),
            "kind": self.kind,
            **{name: texts[name] for name in OWN_TEXTS},
        }


# What the page says beside the answers.
OWN_TEXTS = ("owner_name", "bank_spelling", "email_suggestion")


class ReviewStep:
    """What one attempt knows at step 2a; its page has no field of its own."""

    label = _("Check")
    form_class = ReviewForm

    def __init__(self, answers: Answers, network: str) -> None:
        self.answers = answers
        self.network = network

    def shown(self) -> tuple[ReviewPage, Words]:
        details = self.answers.details
        texts = review.texts(details)
        texts["owner_name"] = owner_name(
            texts.get("company_name", ""), texts["first_name"], texts["last_name"]
        )
        texts["bank_spelling"] = bank_spelling.plain(texts["owner_name"])
        texts["email_local"], texts["email_domain"] = texts["email"].rsplit("@", 1)
        texts["email_suggestion"] = email_typos.suggestion(details["email"])
        page = ReviewPage(
            self.answers.kind,
            tuple(name for name, text in texts.items() if text),
            is_abroad=details["main_country"] != country.POLAND,
        )
        return page, Words(texts)

    def form(self, data: Any = None) -> ReviewForm:
        """Return the form, which asks nothing."""
        return ReviewForm(data, prefix=Step.REVIEW)

    def refused(self) -> forms.Form | None:
        """Return nothing: there is nothing to refuse."""
        return None

    def take(self, posted: QueryDict) -> Outcome:
        """Take the answers as they stand, or the e-mail address that was probably meant."""
        if "wizard_suggestion" in posted:
            DetailsStep(self.answers, self.network).accept_suggestion()
            groups = details_form(self.answers.kind).groups_of_fields
            place = next(group.slug for group in groups if "email" in group.names)
            return Outcome(Lead.HERE, part=place)
        self.answers.accept(Step.REVIEW, {})
        PasswordStep(self.answers, self.network).ask_challenge()
        return Outcome(Lead.ONWARDS)

    def keep(self, posted: QueryDict) -> None:
        """Keep nothing: there is nothing to type."""

    def accepted(self) -> Mapping[str, Any] | None:
        """Return that nothing was asked, once the answers were looked at."""
        return {} if self.answers.is_complete(Step.REVIEW) else None

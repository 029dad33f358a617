"""Take step 2b apart: is the visitor a person, and is the password good.

Each is remembered by itself, so who has shown the one keeps it when the other fails. What proves
a person is a challenge, seen or heard, or a code that came by e-mail.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from accounts import passwords
from accounts.captcha import challenge
from accounts.forms.registration import PasswordForm
from accounts.registration import friction
from accounts.registration.steps import Step
from accounts.registration.storage import AttemptStorage, own_answers
from accounts.services import one_time_code
from accounts.services.one_time_code import SentCode, Verdict
from accounts.values import email as email_address

logger = logging.getLogger(__name__)

# The answers that a password must not lean on; when one of them changes, the password that was
# judged by the old ones has to be set anew.
PASSWORD_CONTEXT = (
    "company_name",
    "nip",
    "main_street",
    "main_city",
    "first_name",
    "last_name",
    "email",
    "phone",
)


@dataclass(frozen=True)
class Outcome:
    """Where a POST of the step leads: onwards, or back to a part of the page, or to a wait."""

    onwards: bool = False
    part: str = ""
    wait: timedelta | None = None
    waits_for_code: bool = False


class PasswordStep:
    """What one attempt knows at step 2b, and what a POST changes of it."""

    def __init__(self, storage: AttemptStorage, attempt: UUID, network: str) -> None:
        self.storage = storage
        self.attempt = attempt
        self.network = network
        self.is_hurried = False

    # -- what is known ----------------------------------------------------------------------

    @property
    def is_set(self) -> bool:
        """Tell whether a password was accepted; its hash is kept."""
        return self.storage.get_step_data(Step.PASSWORD) is not None

    @property
    def is_person(self) -> bool:
        """Tell whether the visitor has shown to be a person, once for the whole attempt."""
        passed: bool = self.storage.fact("captcha_passed", default=False)
        return passed

    @property
    def sent_code(self) -> SentCode | None:
        """Return the code that is waited for; none when it went to another address than now."""
        kept = self.storage.fact("code")
        if kept is None or kept["to"] != self._email:
            return None
        return SentCode(
            kept["recipient"], kept["reference"], datetime.fromtimestamp(kept["at"], UTC)
        )

    @property
    def errors(self) -> dict[str, list[str]] | None:
        """Return the sentences of the last refusal in the reader's language, by field."""
        kept: dict[str, dict[str, list[str]]] | None = self.storage.fact("password_errors")
        return kept[get_language() or "pl"] if kept else None

    @property
    def _email(self) -> str:
        return self.storage.answer(Step.DETAILS, "email")

    # -- showing it -------------------------------------------------------------------------

    def form(self, **kwargs: Any) -> PasswordForm:
        """Return the form: with a field for the challenge or the code, if either is asked."""
        return PasswordForm(
            context=password_context(self.storage),
            captcha_passed=self.is_person,
            code_sent=self.sent_code is not None,
            # Left empty, the fields keep the password that is set already.
            use_required_attribute=not self.is_set,
            **kwargs,
        )

    def context(self, email: str | None = None) -> dict[str, Any]:
        """Return what the template shows; `email` stands for the address on a page to keep."""
        return {
            "email": self._email if email is None else email,
            "captcha_key": None if self.is_person else self.storage.fact("captcha"),
            "code_sent": not self.is_person and self.sent_code is not None,
            "code_wait": self._code_wait(),
            "password_set": self.is_set,
        }

    def kept_page(self) -> tuple[tuple[object, ...], dict[str, str], dict[str, str]]:
        """Return key, values and ids of the kept page (`kantor.serving.kept`)."""
        shown = self.context()
        key = shown.pop("captcha_key")
        email = shown.pop("email")
        return (
            (key is None, self.is_person, *shown.items()),
            {"email": email},
            {} if key is None else {"captcha_key": key},
        )

    def _code_wait(self) -> int:
        """Return in how many minutes another code may be sent; 0 when it may be."""
        if self.sent_code is None:
            return 0
        wait = self.sent_code.sent_at + one_time_code.PAUSE.window - timezone.now()
        return max(0, math.ceil(wait / timedelta(minutes=1)))

    # -- taking what was posted -------------------------------------------------------------

    def take(self, form: forms.Form, posted: Mapping[str, str]) -> Outcome:
        """Do what the pressed button says. The password leaves this request only as a hash."""
        for button, act in (
            ("new_captcha", self._exchange_challenge),
            ("send_code", self._send_code),
            ("use_picture", self._return_to_challenge),
        ):
            if button in posted:
                return act()
        if self.is_set and not any(own_answers(form).values()):
            self.storage.set_fact("password_errors", None)
            return Outcome(onwards=True)
        # Before anything is judged: what is refused here uses no challenge up.
        is_allowed, self.is_hurried = friction.count_password(self.storage, self.network)
        if not is_allowed:
            return Outcome(wait=friction.PASSWORDS.wait(self.network))
        form.is_valid()
        self._judge_person(form)
        if form.errors:
            self.storage.set_fact("password_errors", in_every_language(form))
            return Outcome()
        self.storage.set_fact("password_errors", None)
        sealed = passwords.hash_password(form.cleaned_data["password1"])
        self.storage.set_step_data(Step.PASSWORD, {f"{Step.PASSWORD}-password_hash": [sealed]})
        return Outcome(onwards=True)

    def ask_challenge(self) -> None:
        """Make the attempt's first challenge, unless there is one or nothing to ask."""
        if self.storage.fact("captcha") is None:
            self._renew_challenge()

    def _renew_challenge(self) -> None:
        if not self.is_person:
            challenge.discard(self.storage.fact("captcha", ""))
            self.storage.set_fact("captcha", challenge.new_challenge())

    def _exchange_challenge(self) -> Outcome:
        if not friction.CHALLENGES.hit(self.network):
            return Outcome(wait=friction.CHALLENGES.wait(self.network))
        self._renew_challenge()
        self.storage.set_fact("password_errors", None)
        return Outcome(part="captcha")

    def _send_code(self) -> Outcome:
        if self.is_person:
            return Outcome()
        try:
            recipient = email_address.parse(self._email)
        except ValidationError:  # accepted once: the rules changed under this registration
            return Outcome()
        language = get_language() or "pl"
        sent = one_time_code.send(recipient, language, self.attempt, self.network)
        if isinstance(sent, timedelta):
            return Outcome(wait=sent, waits_for_code=True)
        kept: dict[str, str | int] = {"recipient": sent.recipient, "reference": sent.reference}
        kept |= {"at": int(sent.sent_at.timestamp()), "to": self._email}
        self.storage.set_fact("code", kept)
        self.storage.set_fact("password_errors", None)
        return Outcome(part="captcha")

    def _return_to_challenge(self) -> Outcome:
        self.storage.set_fact("code", None)
        self.storage.set_fact("password_errors", None)
        self.ask_challenge()
        return Outcome(part="captcha")

    def _judge_person(self, form: forms.Form) -> None:
        """Remember a right answer; to a wrong one, say so and ask anew."""
        name = "code" if "code" in form.fields else "captcha"
        if name not in form.fields or name in form.errors:
            return
        answer: str = form.cleaned_data[name]
        if name == "code":
            problem = self._problem_with_code(answer, form)
        else:
            problem = self._problem_with_challenge(answer, form)
        if problem is None:
            self.storage.set_fact("captcha", None)
            self.storage.set_fact("code", None)
            self.storage.set_fact("captcha_passed", value=True)
            return
        form.add_error(name, problem)
        if "password1" not in form.errors:
            # The next page comes without the password, which only this request carries.
            form.add_error("password1", _("For security, enter the password again."))

    def _problem_with_challenge(self, answer: str, form: forms.Form) -> ValidationError | None:
        """Judge the answer to the picture or sound, and what a machine does beside it.

        Neither haste nor a filled decoy is held against a right answer more than once or twice:
        an odd browser extension must never keep a person out.
        """
        problem: ValidationError | None = None
        if not challenge.solve(self.storage.fact("captcha", ""), answer):
            logger.info("Captcha refused: wrong or expired")
            problem = ValidationError(form.fields["captcha"].error_messages["max_length"])
        elif form.cleaned_data.get("website") and not self.storage.fact("decoy"):
            logger.info("Captcha refused: decoy filled")
            self.storage.set_fact("decoy", value=True)
            problem = _once_more()
        elif self.is_hurried:
            logger.info("Captcha refused: too fast, too often")
            problem = _once_more()
        if problem is not None:
            self._renew_challenge()
        return problem

    def _problem_with_code(self, answer: str, form: forms.Form) -> ValidationError | None:
        sent = self.sent_code
        assert sent is not None, "the form has this field only while a code is waited for"
        verdict = one_time_code.judge(answer, sent)
        if verdict is Verdict.RIGHT:
            challenge.discard(self.storage.fact("captcha", ""))
            return None
        logger.info("Code refused: %s", verdict.value)
        if verdict is Verdict.WRONG:
            return ValidationError(form.fields["code"].error_messages["max_length"])
        return ValidationError(
            _(
                "This code no longer works. Have another one sent, or copy the characters "
                "from the picture."
            )
        )


def _once_more() -> ValidationError:
    return ValidationError(_("Once more, please: copy the characters from the new picture."))


def password_context(storage: AttemptStorage) -> list[str]:
    """Return the customer's own words, as typed: a password must not lean on them."""
    words = (storage.answer(Step.DETAILS, name) for name in PASSWORD_CONTEXT)
    return [word for word in words if word]


def in_every_language(form: forms.Form) -> dict[str, dict[str, list[str]]]:
    """Return the form's errors as sentences in each language of the site.

    They outlive the request while the password does not; the reader may switch the language.
    """
    sentences = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            sentences[language] = {
                name: [str(message) for message in messages]
                for name, messages in form.errors.items()
            }
    return sentences

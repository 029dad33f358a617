"""Step 2b: is the visitor a person, and is the password good.

Each is remembered by itself, so who has shown the one keeps it when the other fails. What proves
a person is a challenge, seen or heard, or a code that came by e-mail.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import passwords
from accounts.captcha import challenge
from accounts.forms.registration import PasswordForm
from accounts.registration import friction
from accounts.registration.answers import Answers
from accounts.registration.order import Step
from accounts.registration.outcome import Lead, Outcome
from accounts.registration.refusal import Refusal
from accounts.registration.storage import own_answers
from accounts.services import one_time_code
from accounts.services.one_time_code import SentCode, Verdict
from accounts.statistics import counting
from accounts.statistics.counting import Name
from kantor.serving import numbers, security_log
from kantor.serving.kept import Words
from kantor.serving.security_log import Event
from kantor.serving.typography import breakable_email


@dataclass(frozen=True)
class PasswordPage:
    """What the page of step 2b shows: what proves a person, and whether a password is set.

    `code_wait` are the minutes after which another code may be sent.
    """

    has_challenge: bool
    is_person: bool
    code_sent: bool
    code_wait: int
    is_set: bool

    @property
    def heading(self) -> Promise:
        return _("Step 2b – Setting the password")

    def form(self) -> PasswordForm:
        """Return the empty form, with a field for the challenge or the code if either is asked."""
        return self.bound_form(None, ())

    def bound_form(self, data: Any, context: Sequence[str]) -> PasswordForm:
        """Return the form with these data; the password must not lean on the words in `context`."""
        return PasswordForm(
            data,
            prefix=Step.PASSWORD,
            context=context,
            captcha_passed=self.is_person,
            code_sent=self.code_sent,
            # Left empty, the fields keep the password that is set already.
            use_required_attribute=not self.is_set,
        )

    def context(self, words: Words, form: forms.Form | None = None) -> dict[str, Any]:
        attempt = {"attempt": words.id("attempt")}
        return {
            "form": form or self.form(),
            "email": words.text("email"),
            "mailbox": breakable_email(words.text("email_local"), words.text("email_domain")),
            "captcha_key": words.id("captcha_key") if self.has_challenge else None,
            "captcha_proof": words.id("captcha_proof") if self.has_challenge else None,
            "code_sent": self.code_sent,
            "code_wait": self.code_wait,
            "password_set": self.is_set,
            "strength_url": reverse("accounts:password-strength", kwargs=attempt),
        }


class PasswordStep:
    """What one attempt knows at step 2b, and what a POST changes of it."""

    label = _("Password")
    form_class = PasswordForm

    def __init__(self, answers: Answers, network: str) -> None:
        self.answers = answers
        self.storage = answers.storage
        self.network = network
        self.is_hurried = False

    # -- what is known ----------------------------------------------------------------------

    @property
    def is_set(self) -> bool:
        """Tell whether a password was accepted; its hash is kept."""
        return self.answers.is_complete(Step.PASSWORD)

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
    def _email(self) -> str:
        return self.answers.details["email"]

    # -- showing it -------------------------------------------------------------------------

    def shown(self) -> tuple[PasswordPage, Words]:
        is_person, sent = self.is_person, self.sent_code
        challenge_key = None if is_person else self.storage.fact("captcha")
        page = PasswordPage(
            has_challenge=challenge_key is not None,
            is_person=is_person,
            code_sent=sent is not None and not is_person,
            code_wait=_minutes_to_wait(sent),
            is_set=self.is_set,
        )
        ids = {}
        if challenge_key is not None:
            session_key = self.storage.request.session.session_key or ""
            proof = challenge.proof(challenge_key, session_key)
            ids = {"captcha_key": challenge_key, "captcha_proof": proof}
        local, domain = self._email.rsplit("@", 1)
        texts = {"email": self._email, "email_local": local, "email_domain": domain}
        return page, Words(texts, ids)

    def form(self, data: Any = None) -> PasswordForm:
        """Return the form, bound to these data or empty: nothing typed here is kept."""
        page, _words = self.shown()
        if data is None:
            return page.form()
        return page.bound_form(data, self.answers.password_context())

    def refused(self) -> forms.Form | None:
        """Return the form with what was said of the last password, if it was refused."""
        return self.answers.refused(Step.PASSWORD, self.form)

    # -- taking what was posted -------------------------------------------------------------

    def take(self, posted: QueryDict) -> Outcome:
        """Do what the pressed button says. The password leaves this request only as a hash."""
        for button, act in (
            ("new_captcha", self._exchange_challenge),
            ("send_code", self._send_code),
            ("use_picture", self._return_to_challenge),
        ):
            if button in posted:
                return act()
        return self._take_password(self.form(posted))

    def keep(self, posted: QueryDict) -> None:
        """Keep nothing of what was typed, and nothing of what was said of it."""
        self.answers.forget_refusal(Step.PASSWORD)

    def accepted(self) -> Mapping[str, Any] | None:
        """Return the hash of the password that was accepted; nothing when there is none."""
        sealed = self.storage.answer(Step.PASSWORD, "password_hash")
        return {"password_hash": sealed} if sealed else None

    def _take_password(self, form: PasswordForm) -> Outcome:
        if self.is_set and not any(own_answers(form).values()):
            self.answers.forget_refusal(Step.PASSWORD)
            return Outcome(Lead.ONWARDS)
        # Before anything is judged: what is refused here uses no challenge up.
        is_allowed, self.is_hurried = friction.count_password(self.storage, self.network)
        if not is_allowed:
            return Outcome(Lead.WAIT, wait=friction.PASSWORDS.wait(self.network))
        form.is_valid()
        self._judge_person(form)
        if form.errors:
            refusal = Refusal.of(form)
            self.answers.refuse(Step.PASSWORD, refusal)
            return Outcome(Lead.HERE, said=refusal.codes)
        self.answers.forget_refusal(Step.PASSWORD)
        sealed = passwords.hash_password(form.cleaned_data["password1"])
        self.storage.set_step_data(Step.PASSWORD, {f"{Step.PASSWORD}-password_hash": [sealed]})
        return Outcome(Lead.ONWARDS)

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
            return Outcome(Lead.WAIT, wait=friction.CHALLENGES.wait(self.network))
        self._renew_challenge()
        self.answers.forget_refusal(Step.PASSWORD)
        return Outcome(Lead.HERE, part="captcha")

    def _send_code(self) -> Outcome:
        if self.is_person:
            return Outcome(Lead.HERE)
        assert self.answers.attempt is not None, "the first page has no password"
        language = get_language() or "pl"
        sent = one_time_code.send(self._email, language, self.answers.attempt, self.network)
        if isinstance(sent, timedelta):
            return Outcome(Lead.WAIT, wait=sent, about_code=True)
        numbers.CAPTCHA.add(way="code", outcome="asked")
        counting.add(Name.CAPTCHA, "code", "asked")
        kept: dict[str, str | int] = {"recipient": sent.recipient, "reference": sent.reference}
        kept |= {"at": int(sent.sent_at.timestamp()), "to": self._email}
        self.storage.set_fact("code", kept)
        self.answers.forget_refusal(Step.PASSWORD)
        return Outcome(Lead.HERE, part="captcha")

    def _return_to_challenge(self) -> Outcome:
        self.storage.set_fact("code", None)
        self.answers.forget_refusal(Step.PASSWORD)
        self.ask_challenge()
        return Outcome(Lead.HERE, part="captcha")

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
            form.add_error(
                "password1", ValidationError(_("For security, enter the password again."), "again")
            )

    def _problem_with_challenge(self, answer: str, form: forms.Form) -> ValidationError | None:
        """Judge the answer to the picture or sound, and what a machine does beside it.

        Neither haste nor a filled decoy is held against a right answer more than once or twice:
        an odd browser extension must never keep a person out.
        """
        problem: ValidationError | None = None
        outcome = "right"
        key = self.storage.fact("captcha", "")
        if not challenge.solve(key, answer):
            # Right, but too late, or used up by an answer that failed afterwards (a process that
            # was killed, a full disk): nobody is told that characters differ which do not.
            outcome = "expired" if challenge.is_text_of(key, answer) else "wrong"
            problem = ValidationError(form.fields["captcha"].error_messages[outcome], outcome)
        elif form.cleaned_data.get("website") and not self.storage.fact("decoy"):
            outcome = "decoy"
            self.storage.set_fact("decoy", value=True)
            problem = _once_more()
        elif self.is_hurried:
            outcome = "hurried"
            problem = _once_more()
        numbers.CAPTCHA.add(way="characters", outcome=outcome)
        counting.add(Name.CAPTCHA, "characters", outcome)
        if problem is not None:
            security_log.note(Event.CAPTCHA_REFUSED, way="characters", why=outcome)
            self._renew_challenge()
        return problem

    def _problem_with_code(self, answer: str, form: forms.Form) -> ValidationError | None:
        sent = self.sent_code
        assert sent is not None, "the form has this field only while a code is waited for"
        verdict = one_time_code.judge(answer, sent)
        numbers.CAPTCHA.add(way="code", outcome=verdict.value)
        counting.add(Name.CAPTCHA, "code", verdict.value)
        if verdict is Verdict.RIGHT:
            challenge.discard(self.storage.fact("captcha", ""))
            return None
        security_log.note(Event.CAPTCHA_REFUSED, way="code", why=verdict.value)
        if verdict is Verdict.WRONG:
            return ValidationError(form.fields["code"].error_messages["wrong"], "wrong")
        return ValidationError(
            _("This code no longer works. Have another one sent, or go back to the picture."),
            "expired",
        )


def _once_more() -> ValidationError:
    return ValidationError(
        _("Please copy the characters once more, from the new picture."), "once_more"
    )


def _minutes_to_wait(sent: SentCode | None) -> int:
    """Return in how many minutes another code may be sent; 0 when it may be."""
    if sent is None:
        return 0
    wait = sent.sent_at + one_time_code.PAUSE.window - timezone.now()
    return max(0, math.ceil(wait / timedelta(minutes=1)))

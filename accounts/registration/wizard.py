"""Lead a visitor through the registration: one URL a step, every POST answered by a redirect."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, override
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from formtools.wizard.forms import ManagementForm
from formtools.wizard.views import NamedUrlWizardView, SessionWizardView, WizardView

from accounts.forms.registration import (
    ConsentsForm,
    DetailsForm,
    KindForm,
    PasswordForm,
    ReviewForm,
    SealedPasswordForm,
    details_form,
    typed_fields,
)
from accounts.models import Kind
from accounts.registration import browser, company_lookup, friction, progress, review
from accounts.registration.answers import Answers
from accounts.registration.details_step import EMAIL, DetailsStep
from accounts.registration.password_step import PasswordStep
from accounts.registration.steps import ORDER, Step, heading
from accounts.registration.storage import (
    AttemptStorage,
    newest_attempt,
    own_answers,
    prefix_of,
)
from accounts.services import registration
from accounts.values import bank_spelling, country, email_typos
from kantor.serving.kept import mark, render_kept
from kantor.serving.network import network_of, too_many


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class RegistrationWizard(NamedUrlWizardView, SessionWizardView):
    """Ask, keep and check the answers of one attempt; the last POST hands them to the service.

    formtools keeps raw posted data, renders on POST and finishes on a GET; here each step keeps
    its own fields as typed, whether right or wrong, a POST always redirects, and a GET shows what
    is kept without changing anything.
    """

    storage_name = "accounts.registration.storage.AttemptStorage"
    storage: AttemptStorage
    form_list = [
        (Step.START, KindForm),
        (Step.DETAILS, DetailsForm),
        (Step.REVIEW, ReviewForm),
        (Step.PASSWORD, PasswordForm),
        (Step.CONSENTS, ConsentsForm),
    ]
    is_finishing = False

    # -- the attempt ------------------------------------------------------------------------

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send away whoever is signed in or names an attempt that this session does not have."""
        if request.user.is_authenticated:
            return render(request, "accounts/registration/signed_in.html")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get_prefix(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        """Return the name under which the attempt is kept: it carries the attempt's id."""
        attempt: UUID | None = kwargs.get("attempt")
        return prefix_of(attempt) if attempt else "registration"

    @property
    def attempt(self) -> UUID | None:
        """Return the id of the attempt; none on the very first page."""
        attempt: UUID | None = self.kwargs.get("attempt")
        return attempt

    def _absent_attempt(self) -> HttpResponse:
        """Explain an attempt that is finished, or was never begun in this browser."""
        assert self.attempt is not None
        known = browser.find(self.request, self.attempt)
        # The cookie of the last answer may not have arrived; if it has, the account is not asked
        # for: somebody else's click may have deleted it, and that must not show.
        if known is not None and (
            known.email or registration.find_by_attempt(self.attempt) is not None
        ):
            if self.request.method == "POST":
                return redirect("accounts:registration-sent")
            return render(self.request, "accounts/registration/finished.html", status=410)
        return render(self.request, "accounts/registration/unknown.html", status=404)

    # -- showing a step ---------------------------------------------------------------------

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a step with what is kept of it; change nothing."""
        if self.attempt is None:
            self.storage.current_step = Step.START
            return self._show(Step.START)
        step = self._requested_step()
        if not self.storage.exists:
            return self._absent_attempt()
        allowed = self._first_incomplete()
        if ORDER.index(step) > ORDER.index(allowed):
            return redirect(self.get_step_url(allowed))
        self.storage.current_step = step
        return self._show(step)

    def _requested_step(self) -> Step:
        try:
            return Step(self.kwargs["step"])
        except ValueError as error:
            raise Http404("There is no such step.") from error

    def _show(self, step: Step) -> HttpResponse:
        """Show the step's form: bound, with its errors, only if the last try was refused."""
        if self.attempt is None:
            return self._show_kept(step)
        if step is Step.PASSWORD and (errors := self._password_step.errors):
            return self._render(self.get_form(step, carried_errors=errors))
        if step is Step.DETAILS and self._details_step.is_number_refused:
            return self._render(company_lookup.refuse_nip(self.get_form(step)))
        if self.answers.is_refused(step):
            return self._render(self.get_form(step, data=self.storage.get_step_data(step)))
        return self._show_kept(step)

    def _render(self, form: forms.Form) -> HttpResponse:
        response: HttpResponse = self.render(form)
        return response

    def _show_kept(self, step: Step) -> HttpResponse:
        """Show a step without errors by its kept page, with this visitor's answers in it."""
        answers = {} if step in (Step.REVIEW, Step.PASSWORD) else self.get_form_initial(step)
        typed = typed_fields(self.kind) if step is Step.DETAILS else frozenset()
        values = {name: answers.get(name, "") for name in typed}
        chosen = tuple((name, _known(answers[name])) for name in answers if name not in typed)
        key: tuple[object, ...] = (self.kind, self.attempt and self._first_incomplete(), chosen)
        ids = {}
        unfinished = None if self.attempt else newest_attempt(self.request)
        if unfinished is not None:
            key += ("unfinished",)
            ids["unfinished"] = str(unfinished)
        if self.attempt is not None:
            ids = {"attempt": str(self.attempt), "prefix": self.prefix}
        if step is Step.REVIEW:
            details = self.get_form(Step.DETAILS, data=self.storage.get_step_data(Step.DETAILS))
            assert isinstance(details, DetailsForm)
            if not details.is_valid():
                # They were accepted once: the rules changed under an unfinished registration.
                return self.render_revalidation_failure(Step.DETAILS, details)
            values = review.texts(details.cleaned_data)
            owner = review.owner_name(self.kind, values)
            values["bank_spelling"] = bank_spelling.plain(owner)
            values["email_suggestion"] = email_typos.suggestion(values["email"])
            key += tuple(name for name, text in values.items() if text)
            key += (details.is_abroad("main"),)
        elif step is Step.DETAILS:
            page_key, values = self._details_step.kept_page()
            key += page_key
        elif step is Step.PASSWORD:
            page_key, values, page_ids = self._password_step.kept_page()
            key += page_key
            ids |= page_ids

        def context() -> dict[str, Any]:
            form = self.get_form(step)
            form.initial.update({name: mark(name) for name in typed})
            marks = {name: mark(name) if text else "" for name, text in values.items()}
            return self.get_context_data(form, marks=marks, unfinished=unfinished)

        return render_kept(
            self.request, self.get_template_names()[0], context, key=key, values=values, ids=ids
        )

    def get_form_initial(self, step: str) -> dict[str, Any]:
        """Return the answers kept of this step, as they were typed."""
        if self.attempt is None:
            return {}
        kept = self.storage.get_step_data(step) or {}
        return {name.removeprefix(f"{step}-"): kept[name] for name in kept}

    def get_form(
        self,
        step: str | None = None,
        data: Any = None,
        files: Any = None,
        **kwargs: Any,
    ) -> forms.Form:
        """Return the form of a step for this kind of customer.

        At the end the password step is stood in for by a form that checks the kept hash.
        """
        step = Step(step or self.steps.current)
        kwargs |= {"data": data, "prefix": step}
        match step:
            case Step.START:
                return KindForm(initial=self.get_form_initial(step), **kwargs)
            case Step.DETAILS:
                return self._details_step.form(initial=self.get_form_initial(step), **kwargs)
            case Step.REVIEW:
                return ReviewForm(**kwargs)
            case Step.PASSWORD if self.is_finishing:
                return SealedPasswordForm(**kwargs)
            case Step.PASSWORD:
                return self._password_step.form(**kwargs)
            case Step.CONSENTS:
                assert self.kind is not None, "nobody gets here without an answer to step 1"
                return ConsentsForm(kind=self.kind, initial=self.get_form_initial(step), **kwargs)

    def get_step_url(self, step: str) -> str:
        """Return the URL of a step of this attempt, in the reader's language."""
        return reverse("accounts:registration-step", kwargs={"attempt": self.attempt, "step": step})

    def get_template_names(self) -> list[str]:
        """Return the step's own template."""
        return [f"accounts/registration/{self.steps.current}.html"]

    def get_context_data(
        self, form: forms.Form, marks: Mapping[str, str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Return what the templates show; of the attempt's facts only what they need.

        A page to keep shows `marks` in the place of what the visitor typed.
        """
        step = Step(self.steps.current)
        context: dict[str, Any] = {
            "form": form,
            "step": step,
            # Explicit: without it a browser would carry a "#group" of this address onwards.
            "form_action": self.get_step_url(step)
            if self.attempt
            else reverse("accounts:registration"),
            "step_label": heading(step, self.kind),
            "progress": progress.items(step, self._first_incomplete(), self.attempt),
            "attempt": self.attempt,
            "wizard": {
                "management_form": ManagementForm(
                    prefix=self.prefix, initial={"current_step": step}
                )
            },
        }
        match step:
            case Step.DETAILS:
                context |= self._details_step.context(form, (marks or {}).get("email_suggestion"))
            case Step.REVIEW:
                context |= self._review_context(marks or {})
            case Step.PASSWORD:
                context |= self._password_step.context((marks or {}).get("email"))
                context["strength_url"] = reverse(
                    "accounts:password-strength", kwargs={"attempt": self.attempt}
                )
        return context | kwargs

    def _review_context(self, answers: Mapping[str, str]) -> dict[str, Any]:
        form = self.get_form(Step.DETAILS)
        assert isinstance(form, DetailsForm)
        return {
            "review": review.summary(form, answers),
            "owner_name": review.owner_name(self.kind, answers),
            "bank_spelling": answers["bank_spelling"],
            "email_suggestion": answers["email_suggestion"],
            "kind": self.kind,
        }

    # -- taking a step's answers ------------------------------------------------------------

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the answers of one step and redirect: onwards, back, out, or to what is wrong."""
        step = Step.START if self.attempt is None else self._requested_step()
        if self.attempt is not None and not self.storage.exists:
            return self._absent_attempt()
        management_form = ManagementForm(self.request.POST, prefix=self.prefix)
        if not management_form.is_valid() or management_form.cleaned_data["current_step"] != step:
            raise SuspiciousOperation("The wizard's management form is missing or forged.")
        if self.attempt is None:
            if "wizard_cancel" in self.request.POST:
                return redirect("accounts:registration-cancel-new")
            network = network_of(self.request)
            if not friction.ATTEMPTS.hit(network):
                wait = friction.ATTEMPTS.wait(network)
                return too_many(self.request, wait, back=reverse("accounts:registration"))
            return self._begin()
        allowed = self._first_incomplete()
        if ORDER.index(step) > ORDER.index(allowed):
            return redirect(self.get_step_url(allowed))
        self.storage.current_step = step
        return self._take(step)

    def _begin(self) -> HttpResponse:
        """Give the attempt its id and take the first answer."""
        self.kwargs["attempt"] = attempt = uuid4()
        self.prefix = prefix_of(attempt)
        self.storage = AttemptStorage(self.prefix, self.request)
        self.storage.start()
        self.storage.set_fact("began", friction.now())
        self.storage.current_step = Step.START
        response = self._take(Step.START)
        browser.remember(self.request, response, attempt)
        return response

    def _take(self, step: Step) -> HttpResponse:
        posted = self.request.POST
        form = self.get_form(step, data=posted)
        if company_lookup.is_pressed(step, self.kind, posted):
            return self._take_company_data(form)
        if step is not Step.START:
            self._details_step.keep_lookup_outcome(None)
        if "wizard_cancel" in posted:
            self._keep_draft(step, form)
            cancel = reverse("accounts:registration-cancel", kwargs={"attempt": self.attempt})
            return redirect(f"{cancel}?krok={step}")
        if (language := posted.get("wizard_language")) in dict(settings.LANGUAGES):
            self._keep_draft(step, form)
            with override(language):
                return redirect(self.get_step_url(step))
        if "wizard_back" in posted and step is not Step.START:
            self._keep_draft(step, form)
            return redirect(self.get_step_url(ORDER[ORDER.index(step) - 1]))
        if step is Step.PASSWORD:
            return self._take_password(form)
        if "wizard_suggestion" in posted and step in (Step.DETAILS, Step.REVIEW):
            return self._take_suggestion(step, form)
        if not form.is_valid():
            self._keep_draft(step, form)
            self.answers.refuse(step)
            return redirect(self.get_step_url(step))
        if step is Step.CONSENTS:
            return self.render_done(form)
        self.answers.accept(step, self.process_step(form))
        if step is Step.REVIEW:
            self._password_step.ask_challenge()
        return redirect(self.get_step_url(self._following(step)))

    def _take_company_data(self, form: forms.Form) -> HttpResponse:
        """Fill in what a register knows, keep it as a draft, and show the form again."""
        assert self.attempt is not None
        finding = company_lookup.look_up_aside(
            self.storage, form, attempt=self.attempt.hex, network=network_of(self.request)
        )
        if not self.storage.exists:
            return self._absent_attempt()
        here = self.get_step_url(Step.DETAILS)
        if finding is not None:
            self._keep_draft(Step.DETAILS, company_lookup.completed(form, finding))
            self._details_step.keep_lookup_outcome(finding.outcome)
        # With an error the page begins at its summary.
        return redirect(here if self._details_step.is_number_refused else f"{here}#company")

    def _take_password(self, form: forms.Form) -> HttpResponse:
        outcome = self._password_step.take(form, self.request.POST)
        here = self.get_step_url(Step.PASSWORD)
        if outcome.wait is not None:
            about = {"back": here, "about_code": outcome.waits_for_code}
            return too_many(self.request, outcome.wait, **about)
        if outcome.onwards:
            return redirect(self.get_step_url(Step.CONSENTS))
        return redirect(f"{here}#{outcome.part}" if outcome.part else here)

    def get_form_step_data(self, form: forms.Form) -> dict[str, list[str]]:
        """Return what to keep of a step: its own fields, as typed."""
        return own_answers(form)

    def _keep_draft(self, step: Step, form: forms.Form) -> None:
        """Keep what was typed, right or wrong; the step counts as unanswered if that is new."""
        if step is Step.PASSWORD:
            self.storage.set_fact("password_errors", None)
            return
        self.answers.keep(step, self.get_form_step_data(form))

    def _take_suggestion(self, step: Step, form: forms.Form) -> HttpResponse:
        """Put the address that was probably meant in the place of the typed one; stay here."""
        if step is Step.REVIEW:
            kept = self.storage.get_step_data(Step.DETAILS)
            self.answers.accept(
                Step.DETAILS, self._details_step.with_suggestion(dict(kept.lists()))
            )
            groups = details_form(self.kind).groups_of_fields
            place = next(group.slug for group in groups if "email" in group.names)
        else:
            was_refused = self.answers.is_refused(step)
            answers = self._details_step.with_suggestion(self.get_form_step_data(form))
            self.answers.keep(step, answers)
            if was_refused:
                self.answers.refuse(step)
            place = f"id_{EMAIL}"
        return redirect(f"{self.get_step_url(step)}#{place}")

    def _following(self, step: Step) -> Step:
        """Return where Dalej leads: on, or straight back to the review after Popraw."""
        if step in (Step.START, Step.DETAILS):
            first = self._first_incomplete()
            return first if first is Step.DETAILS else Step.REVIEW
        return ORDER[ORDER.index(step) + 1]

    # -- the end ----------------------------------------------------------------------------

    def render_done(self, form: forms.Form, **kwargs: Any) -> HttpResponse:
        """Validate every step again and finish, on the last POST and never on a GET."""
        self.answers.accept(Step.CONSENTS, self.process_step(form))
        network = network_of(self.request)
        if not friction.FINISHES.hit(network):
            wait = friction.FINISHES.wait(network)
            return too_many(self.request, wait, back=self.get_step_url(Step.CONSENTS))
        self.is_finishing = True
        response: HttpResponse = WizardView.render_done(self, form, **kwargs)
        return response

    def render_revalidation_failure(
        self, step: str, form: forms.Form, **kwargs: Any
    ) -> HttpResponse:
        """Send the visitor to the step whose kept answers no longer hold."""
        failed = Step(step)
        self.answers.reopen(failed)
        if failed is Step.PASSWORD:
            self.storage.drop_step_data(failed)
        else:
            self.answers.refuse(failed)
        return redirect(self.get_step_url(failed))

    def done(
        self, form_list: Sequence[forms.Form], form_dict: dict[str, forms.Form], **kwargs: Any
    ) -> HttpResponse:
        """Hand the answers to the service and show where the mail went.

        A second call for the same attempt, however it came about, ends on the same page.
        """
        assert self.attempt is not None
        details = form_dict[Step.DETAILS].cleaned_data
        registration.register(
            attempt=self.attempt,
            kind=form_dict[Step.START].cleaned_data["kind"],
            answers=details,
            password_hash=form_dict[Step.PASSWORD].cleaned_data["password_hash"],
            given=form_dict[Step.CONSENTS].cleaned_data,
            language=get_language() or "pl",
        )
        response = redirect("accounts:registration-sent")
        browser.remember(self.request, response, self.attempt, details["email"])
        return response

    # -- what is known of the attempt -------------------------------------------------------

    @property
    def answers(self) -> Answers:
        """Return the answers of this attempt."""
        return Answers(self.storage)

    @property
    def kind(self) -> str | None:
        """Return the chosen kind of customer; none before there is an attempt."""
        return self.answers.kind if self.attempt else None

    @property
    def _details_step(self) -> DetailsStep:
        assert self.attempt is not None, "the first page has no details"
        return DetailsStep(self.storage, self.attempt, self.kind)

    @property
    def _password_step(self) -> PasswordStep:
        assert self.attempt is not None, "the first page has no password"
        return PasswordStep(self.storage, self.attempt, network_of(self.request))

    def _first_incomplete(self) -> Step:
        return self.answers.first_incomplete if self.attempt else ORDER[0]


def _known(choice: str) -> str | bool:
    """Return a choice of ours, or whether there is any: no visitor may invent kept pages."""
    return choice if choice in country.CODES or choice in Kind.values else bool(choice)

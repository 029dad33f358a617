"""Lead a visitor through the registration: one URL a step, every POST answered by a redirect."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, override
from formtools.wizard.views import NamedUrlWizardView, SessionWizardView

from accounts.limits import UsedUpError
from accounts.passwords import HashingBusyError
from accounts.registration import browser, consultant, frame, friction, funnel
from accounts.registration.answers import Answers
from accounts.registration.order import ORDER, Step
from accounts.registration.outcome import Lead, Outcome
from accounts.registration.steps import STEPS, AnyStep
from accounts.registration.steps.consents import ConsentsStep
from accounts.registration.steps.details import DetailsStep
from accounts.registration.storage import AttemptStorage, prefix_of
from accounts.services import registration
from kantor.serving import numbers
from kantor.serving.kept import render_kept
from kantor.serving.network import network_of, too_many
from kantor.serving.uncached import UncachedView


class RegistrationWizard(UncachedView, NamedUrlWizardView, SessionWizardView):
    """Ask, keep and check the answers of one attempt; the last POST hands them to the service.

    formtools keeps raw posted data, renders on POST and finishes on a GET; here each step keeps
    its own fields as typed, whether right or wrong, a POST always redirects, and a GET shows what
    is kept without changing anything. What a step asks, shows and does is its own
    (`accounts.registration.steps`).
    """

    storage_name = "accounts.registration.storage.AttemptStorage"
    storage: AttemptStorage
    form_list = [(step, STEPS[step].form_class) for step in ORDER]

    # -- the attempt ------------------------------------------------------------------------

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send away whoever is signed in or names an attempt that this session does not have."""
        if request.user.is_authenticated:
            if request.method == "POST":
                return redirect("accounts:registration")
            return render(request, "accounts/registration/signed_in.html")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get_prefix(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        """Return the name under which the attempt is kept: it carries the attempt's id."""
        return prefix_of(kwargs.get("attempt"))

    @property
    def attempt(self) -> UUID | None:
        """Return the id of the attempt; none on the very first page."""
        attempt: UUID | None = self.kwargs.get("attempt")
        return attempt

    @property
    def answers(self) -> Answers:
        return Answers(self.storage)

    def _step(self, step: Step) -> AnyStep:
        return STEPS[step](self.answers, network_of(self.request))

    def _requested_step(self) -> Step:
        try:
            return Step(self.kwargs.get("step", Step.START))
        except ValueError as error:
            raise Http404("There is no such step.") from error

    def _detour(self, step: Step) -> HttpResponse | None:
        """Lead whoever cannot be at this step to where he can; otherwise it becomes the current.

        Nobody gets further than the first step without accepted answers.
        """
        if self.attempt is not None and not self.storage.exists:
            return self._absent_attempt()
        answers = self.answers
        DetailsStep(answers, network_of(self.request)).hold_to_the_rules()
        allowed = answers.first_incomplete
        if ORDER.index(step) > ORDER.index(allowed):
            return redirect(self.get_step_url(allowed))
        self.storage.current_step = step
        return None

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
        """Show a step with what is kept of it, and with errors if the last try was refused."""
        step = self._requested_step()
        if (detour := self._detour(step)) is not None:
            return detour
        shown = self._step(step)
        refused = shown.refused()
        if consultant.shown(self.storage) is not None:
            said = self.answers.said(step, refused)
            consultant.follow(self.storage, step, self.answers.kind, said)
        if refused is None:
            return render_kept(request, *frame.framed(step, shown, self.answers))
        response: HttpResponse = self.render(refused)
        return response

    def get_form(self, step: str | None = None, data: Any = None, files: Any = None) -> forms.Form:
        """Return the form of a step for this kind of customer."""
        return self._step(Step(step or self.steps.current)).form(data)

    def get_step_url(self, step: str) -> str:
        """Return the URL of a step of this attempt, in the reader's language."""
        return frame.step_url(Step(step), self.attempt)

    def get_template_names(self) -> list[str]:
        return [f"accounts/registration/{self.steps.current}.html"]

    def get_context_data(self, form: forms.Form, **kwargs: Any) -> dict[str, Any]:
        """Return what the template shows with this form, as a kept page does without errors."""
        step = Step(self.steps.current)
        page, words = frame.framed(step, self._step(step), self.answers)
        return page.context(words, form) | kwargs

    # -- taking a step's answers ------------------------------------------------------------

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the answers of one step and redirect: onwards, back, out, or to what is wrong."""
        step = self._requested_step()
        if self.attempt is not None and not self.storage.exists:
            return self._absent_attempt()
        # The one field of formtools' ManagementForm: a form made for it costs as much as a step's.
        if self.request.POST.get(f"{self.prefix}-current_step") != step:
            raise SuspiciousOperation("The wizard's management form is missing or forged.")
        if self.attempt is None:
            return self._begin()
        try:
            return self._detour(step) or self._take(step)
        except HashingBusyError:
            # Django keeps no session of a failed request; a solved captcha must not be lost.
            self.request.session.save()
            raise

    def _begin(self) -> HttpResponse:
        """Give the attempt its id and take the first answer."""
        if "wizard_cancel" in self.request.POST:
            return redirect("accounts:registration-cancel-new")
        network = network_of(self.request)
        if not friction.ATTEMPTS.hit(network):
            wait = friction.ATTEMPTS.wait(network)
            return too_many(self.request, wait, back=reverse("accounts:registration"))
        self.kwargs["attempt"] = attempt = uuid4()
        self.prefix = prefix_of(attempt)
        self.storage = AttemptStorage(self.prefix, self.request)
        self.storage.start()
        self.storage.set_fact("began", friction.now())
        funnel.begin(self.storage)
        self.storage.current_step = Step.START
        response = self._take(Step.START)
        browser.remember(self.request, response, attempt)
        return response

    def _take(self, step: Step) -> HttpResponse:
        """Keep what was typed and let go who leaves the step; have it answered by who stays."""
        posted, taker = self.request.POST, self._step(step)
        if "wizard_support" in posted:
            return self._give_code(step, taker)
        elsewhere = self._elsewhere(step)
        if elsewhere is not None:
            taker.keep(posted)
            return redirect(elsewhere)
        return self._follow(step, taker.take(posted))

    def _give_code(self, step: Step, taker: AnyStep) -> HttpResponse:
        """Show the page again with a code for the consultant, what was typed and what was said."""
        refusal = self.storage.fact("refusals", {}).get(step)
        taker.keep(self.request.POST)
        self.storage.refuse(step, refusal)
        here, network = self.get_step_url(step), network_of(self.request)
        if not friction.SUPPORT_CODES.hit(network):
            return too_many(self.request, friction.SUPPORT_CODES.wait(network), back=here)
        said = self.answers.said(step, taker.refused())
        consultant.ask(self.storage, step, self.answers.kind, said)
        return redirect(f"{here}#support")

    def _elsewhere(self, step: Step) -> str | None:
        """Return where the pressed button leads, if it asks for another page than the next."""
        posted = self.request.POST
        if "wizard_cancel" in posted:
            cancel = reverse("accounts:registration-cancel", kwargs={"attempt": self.attempt})
            return f"{cancel}?krok={step}"
        if (language := posted.get("wizard_language")) in dict(settings.LANGUAGES):
            with override(language):
                return self.get_step_url(step)
        if "wizard_back" in posted and step is not Step.START:
            return self.get_step_url(ORDER[ORDER.index(step) - 1])
        return None

    def _follow(self, step: Step, outcome: Outcome) -> HttpResponse:
        kind, lead = self.answers.kind or "none", outcome.lead
        try:
            response = self._led(step, outcome)
        except UsedUpError as error:
            lead = Lead.WAIT
            response = too_many(self.request, error.wait, back=self.get_step_url(step))
        numbers.STEPS.add(step=funnel.name_of(step), kind=kind, outcome=lead.name.lower())
        funnel.refused(step, self.answers.kind, outcome.said)
        if lead is Lead.ONWARDS:
            funnel.finish(self.storage, step, self.answers.kind)
        return response

    def _led(self, step: Step, outcome: Outcome) -> HttpResponse:
        match outcome.lead:
            case Lead.ONWARDS:
                return redirect(self.get_step_url(self.answers.following(step)))
            case Lead.HERE:
                here = self.get_step_url(step)
                return redirect(f"{here}#{outcome.part}" if outcome.part else here)
            case Lead.WAIT:
                about = {"back": self.get_step_url(step), "about_code": outcome.about_code}
                return too_many(self.request, outcome.wait, **about)
            case Lead.GONE:
                return self._absent_attempt()
            case Lead.END:
                return self.render_done(None)

    # -- the end ----------------------------------------------------------------------------

    def render_done(self, form: forms.Form | None, **kwargs: Any) -> HttpResponse:
        """Finish, on the last POST and never on a GET; whatever a step lacks is asked first.

        What was accepted when it was posted is taken: no answer is validated twice.
        """
        accepted: dict[Step, Mapping[str, Any]] = {}
        for step in ORDER:
            answers = self._step(step).accepted()
            if answers is None:  # not answered, or not as it would have to be by now
                self.answers.reopen(step)
                return redirect(self.get_step_url(step))
            accepted[step] = answers
        response = self._register(accepted)
        self.storage.reset()
        return response

    def _register(self, accepted: Mapping[Step, Mapping[str, Any]]) -> HttpResponse:
        """Hand the answers to the service and show where the mail went.

        A second call for the same attempt, however it came about, ends on the same page.
        """
        assert self.attempt is not None
        details = accepted[Step.DETAILS]
        network = network_of(self.request)
        registration.register(
            attempt=self.attempt,
            kind=accepted[Step.START]["kind"],
            answers=details,
            password_hash=accepted[Step.PASSWORD]["password_hash"],
            given=accepted[Step.CONSENTS],
            versions=ConsentsStep(self.answers, network).versions,
            language=get_language() or "pl",
            network=network,
            finishes=friction.FINISHES,
            seconds=friction.seconds_since_begun(self.storage),
        )
        funnel.finish(self.storage, Step.CONSENTS, self.answers.kind)
        consultant.finish(self.storage, self.answers.kind)
        response = redirect("accounts:registration-sent")
        browser.remember(self.request, response, self.attempt, details["email"])
        return response

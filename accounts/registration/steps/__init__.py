"""The steps, an object each: what it asks, what its page shows, what a POST to it does.

Each has the same parts. `label` and `form_class` belong to the step whatever the attempt. `shown()`
is its page by its key alone, with the visitor's own words for it (`kantor.serving.kept`); the page
knows its heading, its form and the template's context. `form()` is the form, bound or with what is
kept; `refused()` the same with errors, when the last answers were refused. `take()` does what the
pressed button says, `keep()` keeps what was typed by somebody who leaves, and `accepted()` gives
what was accepted, at the end.
"""

from accounts.registration.order import Step
from accounts.registration.steps.consents import ConsentsStep
from accounts.registration.steps.details import DetailsStep
from accounts.registration.steps.password import PasswordStep
from accounts.registration.steps.review import ReviewStep
from accounts.registration.steps.start import StartStep

AnyStep = StartStep | DetailsStep | ReviewStep | PasswordStep | ConsentsStep

STEPS: dict[Step, type[AnyStep]] = {
    Step.START: StartStep,
    Step.DETAILS: DetailsStep,
    Step.REVIEW: ReviewStep,
    Step.PASSWORD: PasswordStep,
    Step.CONSENTS: ConsentsStep,
}

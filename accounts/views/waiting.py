"""Show the one who registered what happens next, until the account is active (step 3).

What these pages say and do follows from the browser's own cookie and from whether the account
was activated, and from nothing else: a registration that is gone looks like one that waits.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import FormView, TemplateView

from accounts.forms.activation import AddressForm
from accounts.registration import browser, friction
from accounts.services import allowance, waiting
from accounts.services.allowance import Purpose
from accounts.services.waiting import Correction
from accounts.values import email as email_address
from accounts.values.webmail import webmail_of
from kantor.serving.kept import KeptPage, Words, render_kept
from kantor.serving.network import held_up, network_of, too_many
from kantor.serving.typography import breakable_email
from kantor.serving.uncached import UncachedView

# How the page's address says what came of a correction.
CORRECTED = {"wyslano": Correction.SENT, "pozniej": Correction.HELD}


class Registration(NamedTuple):
    """One registration of this browser as its page shows it."""

    attempt: UUID
    email: str
    is_active: bool


def registrations_of(request: HttpRequest) -> list[Registration]:
    """Return the registrations of this browser, the newest first, each address once.

    An address that was registered twice counts as active when one of the two is: activating it
    has deleted the other.
    """
    known = browser.remembered(request)
    accounts, _running = waiting.look_up([each.attempt for each in known])
    return _told_apart(known, accounts)


def waits_of(request: HttpRequest) -> list[tuple[Registration, timedelta]]:
    """Return the registrations of this browser, each with its wait for another link.

    One statement, but for an address that the browser does not know: the last answer of its
    registration never arrived.
    """
    known = browser.remembered(request)
    addresses = {email_address.normalise(each.email) for each in known if each.email}
    accounts, running = waiting.look_up([each.attempt for each in known], addresses)
    waits = []
    for row in _told_apart(known, accounts):
        wait, key = timedelta(0), email_address.normalise(row.email)
        if not row.is_active and key in addresses:
            wait = allowance.wait_by(running, Purpose.SEND_AGAIN, key)
        elif not row.is_active:
            wait = allowance.wait(Purpose.SEND_AGAIN, key)
        waits.append((row, wait))
    return waits


def _told_apart(
    known: Sequence[browser.Remembered], accounts: Mapping[UUID, waiting.Account]
) -> list[Registration]:
    found: dict[str, Registration] = {}
    for attempt, email in known:
        user = accounts.get(attempt)
        is_active = user is not None and user.is_active
        # An active account is its registrant's own and has the last word. Otherwise the cookie
        # has it, unless the last answer of the wizard never reached the browser.
        address = user.email if user is not None and (is_active or not email) else email
        if not address:
            continue
        key = email_address.normalise(address)
        if key not in found or (is_active and not found[key].is_active):
            found[key] = Registration(attempt, address, is_active)
    return list(found.values())


def waiting_here(request: HttpRequest, attempt: str) -> Registration | None:
    """Return the registration of this browser that still waits for its link, by its id."""
    return next(
        (
            each
            for each in registrations_of(request)
            if each.attempt.hex == attempt and not each.is_active
        ),
        None,
    )


def wait_text(wait: timedelta) -> str:
    """Say when the message can be sent again; empty when it can be now."""
    minutes = math.ceil(wait.total_seconds() / 60)
    if minutes <= 0:
        return ""
    if minutes <= 90:
        return ngettext(
            "You can send the next message in %(minutes)d minute.",
            "You can send the next message in %(minutes)d minutes.",
            minutes,
        ) % {"minutes": minutes}
    hours = math.ceil(minutes / 60)
    return ngettext(
        "You can send the next message in %(hours)d hour.",
        "You can send the next message in %(hours)d hours.",
        hours,
    ) % {"hours": hours}


def ask_to_wait(request: HttpRequest, wait: timedelta) -> HttpResponse:
    """Answer that nothing was sent, and when it can be."""
    # A counter may have ended between the refusal and this page.
    wait = max(wait, timedelta(seconds=1))
    context = {"wait_text": wait_text(wait)}
    return held_up(render(request, "accounts/registration/resend_wait.html", context), wait)


@dataclass(frozen=True)
class SentPage(KeptPage):
    """The page that waits for the link, for as many registrations as this browser remembers."""

    class Row(NamedTuple):
        """What tells the rows of two registrations apart, but for their words."""

        is_active: bool
        has_to_wait: bool
        has_webmail: bool

    template_name: ClassVar[str] = "accounts/registration/sent.html"

    rows: tuple[Row, ...]
    has_looked: bool
    correction: Correction | None

    def context(self, words: Words) -> dict[str, Any]:
        return {
            "registrations": [
                {
                    "email": breakable_email(
                        words.text(f"local{number}"), words.text(f"domain{number}")
                    ),
                    "attempt": words.text(f"attempt{number}"),
                    "is_active": row.is_active,
                    # The corrected one is the newest.
                    "correction": self.correction.value if self.correction and not number else "",
                    "webmail_name": words.text(f"webmail{number}") if row.has_webmail else "",
                    "webmail_url": words.text(f"url{number}") if row.has_webmail else "",
                    "wait_text": words.text(f"wait{number}") if row.has_to_wait else "",
                    "wait_seconds": words.text(f"seconds{number}"),
                }
                for number, row in enumerate(self.rows)
            ],
            "is_waiting": not all(row.is_active for row in self.rows),
            "has_looked": self.has_looked,
            "active_count": sum(row.is_active for row in self.rows),
            "expires_hours": settings.ACTIVATION_LINK_HOURS,
            "sender": settings.DEFAULT_FROM_EMAIL,
        }


class SentView(UncachedView):
    """Tell where the activation link went and what to do if it does not arrive.

    Bookmarkable: what it shows comes from the browser's cookie and the database.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the registrations of this browser."""
        found = waits_of(request)
        webmails = [webmail_of(row.email) for row, _wait in found]
        texts = {}
        for number, (row, wait) in enumerate(found):
            texts[f"local{number}"], texts[f"domain{number}"] = row.email.rsplit("@", 1)
            texts[f"attempt{number}"] = row.attempt.hex
            if webmail := webmails[number]:
                texts[f"webmail{number}"], texts[f"url{number}"] = webmail
            texts[f"wait{number}"] = wait_text(wait)
            texts[f"seconds{number}"] = str(math.ceil(wait.total_seconds()))
        page = SentPage(
            rows=tuple(
                SentPage.Row(row.is_active, bool(wait), webmail is not None)
                for (row, wait), webmail in zip(found, webmails, strict=True)
            ),
            has_looked="sprawdzono" in request.GET,
            correction=CORRECTED.get(request.GET.get("poprawiono", "")),
        )
        return render_kept(request, page, Words(texts))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send another link for one of the registrations of this browser, or forget them all."""
        if "forget" in request.POST:
            response = redirect("accounts:registration-sent")
            browser.forget(response)
            return response
        row = waiting_here(request, request.POST.get("attempt", ""))
        if row is None:
            return redirect("accounts:registration-sent")
        if waiting.send_again(row.attempt, row.email, get_language() or "pl"):
            return redirect("accounts:registration-resent")
        wait = allowance.wait(Purpose.SEND_AGAIN, email_address.normalise(row.email))
        return ask_to_wait(request, wait)


class ResentView(TemplateView):
    """Confirm that another link is on its way."""

    template_name = "accounts/registration/resent.html"


@never_cache
@require_safe
def waiting_state(request: HttpRequest) -> JsonResponse:
    """Tell the page that waits how many registrations of this browser are active.

    One statement by an index, none without the cookie; nothing is written.
    """
    return JsonResponse({"active": sum(row.is_active for row in registrations_of(request))})


@method_decorator(never_cache, name="dispatch")
class AddressView(FormView):  # type: ignore[type-arg]  # generic in stubs only
    """Put a mistyped address right, in the browser that registered and while the link waits.

    Whether anybody has an account with either address follows from nothing here.
    """

    form_class = AddressForm
    template_name = "accounts/registration/address.html"
    registration: Registration

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Lead whoever has nothing to correct back to the page of his registrations."""
        row = waiting_here(request, request.GET.get("proba", ""))
        if row is None:
            return redirect("accounts:registration-sent")
        self.registration = row
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Hand the form the address that is to be replaced."""
        return {**super().get_form_kwargs(), "present": self.registration.email}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the address as it stands; the form returns to its own registration."""
        action = f"{reverse('accounts:registration-address')}?proba={self.registration.attempt.hex}"
        return super().get_context_data(
            **kwargs, present=self.registration.email, form_action=action
        )

    def form_valid(self, form: AddressForm) -> HttpResponse:
        """Correct the address here and in the account, and show where the new link went."""
        attempt, email = self.registration.attempt, form.cleaned_data["email"]
        network = network_of(self.request)
        if not friction.FINISHES.hit(network):
            back = reverse("accounts:registration-sent")
            return too_many(self.request, friction.FINISHES.wait(network), back=back)
        outcome = waiting.correct_address(
            attempt, self.registration.email, email, get_language() or "pl"
        )
        if outcome is Correction.TOO_OFTEN:
            page = render(self.request, "accounts/registration/address_limit.html")
            return held_up(page, waiting.CORRECTIONS.wait(attempt.hex))
        said = next(word for word, each in CORRECTED.items() if each is outcome)
        response = redirect(f"{reverse('accounts:registration-sent')}?poprawiono={said}")
        browser.remember(self.request, response, attempt, email)
        return response

"""Take a new phone number or e-mail address, and serve the links of the mails about an address."""

from abc import ABC, abstractmethod
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import View

from accounts.account import kept
from accounts.contact import services
from accounts.contact.forms import EmailForm
from accounts.contact.services import Link, LinkState
from accounts.models import Customer
from accounts.phone import services as phone_services
from accounts.phone.forms import NumberForm
from accounts.sessions import known_browser
from accounts.sessions.account import account_of
from accounts.sessions.confirmation import confirmed
from accounts.sessions.returning import signed_in
from accounts.sessions.visit import visit_of
from accounts.sign_in import tries
from accounts.values import phone
from accounts.views.links import redirect_to_mended
from accounts.views.registration import answer_with_hint
from kantor.serving.network import held_up

STATUSES = {
    LinkState.TAKEN: HTTPStatus.CONFLICT,
    LinkState.OVER: HTTPStatus.GONE,
    LinkState.EXPIRED: HTTPStatus.GONE,
    LinkState.BROKEN: HTTPStatus.NOT_FOUND,
}


@method_decorator([never_cache, sensitive_post_parameters(), signed_in, confirmed], name="dispatch")
class PhoneView(View):
    """Take a new phone number, at once; sessions in other browsers end."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for it, with what was wrong with the last one."""
        customer = _customer(request)
        form = NumberForm(kept.read(request.session, request.path), customer=customer)
        context = {"form": form, "number": phone.display(customer.phone)}
        return render(request, "accounts/contact/phone.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Store it; the number that the account has is fine, and nothing happens."""
        customer = _customer(request)
        form = NumberForm(request.POST, customer=customer)
        if not form.is_valid():
            if _is_the_same(form, "phone"):
                return _leave(request, _("We have this number already. Nothing has changed."))
            kept.keep(request.session, request.path, form)
            return redirect(request.path)
        user = customer.user
        here, visit = request.session.session_key, visit_of(request)
        if not phone_services.change(user, form.cleaned_data["phone"], visit=visit, but=here):
            # It was changed in another window meanwhile.
            return redirect(request.path)
        tries.forgive_digits(user.email_key)
        if settings.SIGN_IN_PHONE_DIGITS:
            said = _(
                "Your new phone number has been saved. From now on the sign-in asks for its digits."
            )
        else:
            said = _("Your new phone number has been saved.")
        messages.success(request, said)
        kept.forget(request.session)
        return redirect("accounts:data")


@method_decorator([never_cache, sensitive_post_parameters(), signed_in, confirmed], name="dispatch")
class EmailView(View):
    """Take a new e-mail address, which counts once its mailbox has confirmed it.

    The answer is the same whoever has the address. The sign-in goes on with the present one.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for it, with what was wrong with the last one, or looked like a slip."""
        return self.show(request, self.form(request, kept.read(request.session, request.path)))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Remember it and owe the mails; an address that looks mistyped is asked about once."""
        form = self.form(request, request.POST)
        if "wizard_suggestion" in request.POST and form.suggestion:
            taken = {"email": form.suggestion, "asked": form.suggestion}
            return self.ask_again(request, self.form(request, taken))
        if not form.is_valid():
            if _is_the_same(form, "email"):
                return _leave(
                    request, _("This is the address of your account already. Nothing has changed.")
                )
            return self.ask_again(request, form)
        if form.is_to_be_asked:
            return self.ask_again(request, form)
        user, email = account_of(request), form.cleaned_data["email"]
        is_asked_for = services.ask(user, email, visit=visit_of(request))
        if not is_asked_for and (wait := services.CHANGES.wait(str(user.pk))):
            return held_up(render(request, "accounts/contact/too_often.html"), wait)
        # Whose access has just been ended is led to the sign-in from there.
        kept.forget(request.session)
        return redirect("accounts:data")

    def form(self, request: HttpRequest, data: Any) -> EmailForm:
        """Return the form of this account. Raises `Http404` for staff, who have no customer."""
        return EmailForm(data, present=_customer(request).user.email)

    def ask_again(self, request: HttpRequest, form: EmailForm) -> HttpResponse:
        """Lead back to the page, which says why."""
        kept.keep(request.session, request.path, form)
        return redirect(request.path)

    def show(self, request: HttpRequest, form: EmailForm) -> HttpResponse:
        """Show the form, and beside the address which one was probably meant."""
        suggestion = form.suggestion if form.is_bound else ""
        context = {
            "form": form,
            "present": account_of(request).email,
            "email_suggestion": suggestion,
            "asked_about": str(form["email"].value() or "") if suggestion else "",
            "email_hint_url": reverse("accounts:email-change-hint"),
        }
        return render(request, "accounts/contact/email.html", context)


@never_cache
@require_POST
@signed_in
@sensitive_post_parameters("email")
def email_hint(request: HttpRequest) -> JsonResponse:
    """Tell the script which address was probably meant by a typed one; keep nothing of it."""
    return answer_with_hint(request.POST.get("email", ""))


@method_decorator([never_cache, signed_in], name="dispatch")
class SendAgainView(View):
    """Send the link to the new address once more."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the page with the button."""
        return redirect("accounts:data")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Owe it, as far as the mailbox may be written to, and say the same in any case."""
        if services.send_again(account_of(request)):
            said = _(
                "We are sending the link again. To one address we send 2 such messages an hour, "
                "and 3 a day, at most."
            )
            messages.success(request, said)
        else:
            messages.info(request, _("No change of the e-mail address is waiting."))
        return redirect("accounts:data")


@method_decorator([never_cache, signed_in], name="dispatch")
class CancelView(View):
    """Give up the change that waits."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the page with the button."""
        return redirect("accounts:data")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Give it up; one that is over already is fine."""
        if services.cancel(account_of(request)):
            messages.success(request, _("Your e-mail address stays as it is."))
        else:
            messages.info(request, _("No change of the e-mail address is waiting."))
        return redirect("accounts:data")


class LinkView(ABC, View):
    """Serve a link of a mail; needs no session.

    GET and HEAD change nothing, whoever opens the link, and however often. The referrer names the
    site alone (why not `no-referrer`: `accounts.views.activation.TokenView`).
    """

    template_name: str

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer, and keep the token to ourselves."""
        response = super().dispatch(request, *args, **kwargs)
        response["Referrer-Policy"] = "strict-origin"
        return response

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask by one button, or say how things stand, with the next thing to do."""
        link = self.examine(token)
        meant = redirect_to_mended(request) if link.state is LinkState.BROKEN else None
        return meant or render(
            request,
            self.template_name,
            {"state": link.state.value, "change": link.change},
            status=STATUSES.get(link.state),
        )

    @abstractmethod
    def examine(self, token: str) -> Link:
        """Tell what the link is good for."""


class ConfirmView(LinkView):
    """Let the reader of the new mailbox confirm that the address is his."""

    template_name = "accounts/contact/confirmation.html"

    def examine(self, token: str) -> Link:
        return services.examine_confirmation(token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Confirm it, once; who is signed in here with that account stays so."""
        link = self.examine(token)
        if link.state is not LinkState.VALID or link.change is None:
            return redirect(request.path)
        before = link.change.user
        is_own = request.user == before
        state = services.confirm(link.change, visit=visit_of(request))
        response = redirect(request.path)
        if state is LinkState.DONE and is_own:
            known_browser.keep(request, response, before)
            user = account_of(request)
            user.refresh_from_db()
            update_session_auth_hash(request, user)
        return response


class UndoView(LinkView):
    """Let the reader of the old mailbox have the change undone ("Cofnij zmianę")."""

    template_name = "accounts/contact/undoing.html"

    def examine(self, token: str) -> Link:
        return services.examine_undoing(token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Undo it, once; the page says what to do next."""
        link = self.examine(token)
        if link.state is LinkState.VALID and link.change is not None:
            services.undo(link.change, visit=visit_of(request))
        return redirect(request.path)


def _is_the_same(form: NumberForm | EmailForm, name: str) -> bool:
    """Tell whether nothing is wrong but that the account has this value already."""
    faults = form.errors.as_data()
    return list(faults) == [name] and [each.code for each in faults[name]] == ["same"]


def _leave(request: HttpRequest, words: str) -> HttpResponse:
    """Say that there was nothing to do, and lead back to the details."""
    messages.info(request, words)
    kept.forget(request.session)
    return redirect("accounts:data")


def _customer(request: HttpRequest) -> Customer:
    return get_object_or_404(Customer.objects.select_related("user"), user=account_of(request))

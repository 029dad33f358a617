"""Show a signed-in customer how his account stands, and let him change his data."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts import consents
from accounts.account import kept, services
from accounts.account.forms import LanguageForm, OneSection, section_form, sections_of
from accounts.forms.registration import details_form
from accounts.models import Customer, DataRequest, Passkey, ReviewState, User
from accounts.models.customer import Section
from accounts.passkeys import relying_party
from accounts.registration import review
from accounts.services import panel
from accounts.sessions.account import account_of
from accounts.sessions.returning import signed_in
from accounts.sessions.views import rows_of
from accounts.values import phone
from kantor.serving.templatetags.site import breakable


@method_decorator([never_cache, signed_in], name="dispatch")
class AccountView(View):
    """Say how the account stands and what comes next; six statements at most."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it; an account of staff may have no customer behind it."""
        user = account_of(request)
        passkeys = Passkey.objects.filter(user=OuterRef("user"))
        customer = Customer.objects.filter(user=user).annotate(has_passkey=Exists(passkeys)).first()
        rows = rows_of(request)
        context = {
            "customer": customer,
            "customer_groups": groups_of(user, customer) if customer else [],
            "sections": _sections(customer),
            "consents": consents.standing(user.consents.all()),
            "last": max((row.session for row in rows), key=lambda session: session.began_at),
            "browsers": len(rows),
            "suggests_passkey": bool(
                customer and not customer.has_passkey and relying_party.is_offered()
            ),
        }
        if customer is not None and customer.review_state != ReviewState.REJECTED:
            panel.remember_promise(user)
        return render(request, "accounts/account/page.html", context)


@method_decorator([never_cache, signed_in], name="dispatch")
class DataView(View):
    """Show the data as registered, what can be done about each part, and what was asked for."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show all of it."""
        user, customer = account_of(request), _customer(request)
        newest = user.data_requests.first()
        kept.forget(request.session)
        context = {
            "customer": customer,
            "groups": groups_of(user, customer),
            "sections": [
                (section, services.may_change(customer, section))
                for section in sections_of(customer)
            ],
            "open": newest if newest and newest.state == DataRequest.State.OPEN else None,
            "newest": newest,
            "phone": phone.display(customer.phone),
            "email_change": user.email_changes.open().first(),
            "form": LanguageForm(initial={"language": user.language}),
        }
        return render(request, "accounts/account/data.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the language of messages; nonsense changes nothing."""
        form = LanguageForm(request.POST)
        if form.is_valid():
            services.set_language(account_of(request), form.cleaned_data["language"])
            messages.success(request, _("We will write to you in the language you chose."))
        return redirect("accounts:data")


@method_decorator([never_cache, signed_in], name="dispatch")
class SectionView(View):
    """Change one section at once, where that is the customer's to do; else ask staff to."""

    def get(self, request: HttpRequest, section: str) -> HttpResponse:
        """Ask for the values, as they are now; an open request comes first."""
        form = self.form(request, section, kept.read(request.session, request.path))
        if "reason" in form.fields and self.has_open(request):
            messages.info(request, _("You have an open request. Withdraw it to send another one."))
            return redirect("accounts:data")
        context = {"form": form, "section": Section(section), "customer": form.customer}
        return render(request, "accounts/account/section.html", context)

    def post(self, request: HttpRequest, section: str) -> HttpResponse:
        """Store the values, or send them to staff; what is wrong the page says at its field."""
        form = self.form(request, section, request.POST)
        if not form.is_valid():
            kept.keep(request.session, request.path, form)
            return redirect(request.path)
        kept.forget(request.session)
        user = account_of(request)
        if "reason" not in form.fields:
            if services.change(user, section, form.values):
                messages.success(request, _("Your details have been saved."))
        elif services.ask(user, section, form.values, form.cleaned_data["reason"]):
            messages.success(request, _("We have received your request. We will answer by e-mail."))
        elif self.has_open(request):
            messages.info(request, _("You have an open request. Withdraw it to send another one."))
        else:
            said = _("You can send 5 requests a day. Try again tomorrow, or call +48 22 859 0218.")
            messages.info(request, said)
        return redirect("accounts:data")

    def form(self, request: HttpRequest, section: str, data: Any = None) -> OneSection:
        """Return the form of a section that this customer has. Raises `Http404`."""
        customer = _customer(request)
        if section not in sections_of(customer):
            raise Http404
        return section_form(customer)(
            data,
            customer=customer,
            section=section,
            asks_why=not services.may_change(customer, section),
        )

    def has_open(self, request: HttpRequest) -> bool:
        """Tell whether a request of this account is open."""
        return account_of(request).data_requests.filter(state=DataRequest.State.OPEN).exists()


@method_decorator([never_cache, signed_in], name="dispatch")
class WithdrawView(View):
    """Take back the open request."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the page with the button."""
        return redirect("accounts:data")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Withdraw it; one that is closed already is fine."""
        if services.withdraw(account_of(request)):
            messages.success(request, _("Your request has been withdrawn."))
        else:
            messages.info(request, _("There is no open request."))
        return redirect("accounts:data")


def groups_of(user: User, customer: Customer) -> list[review.SummaryGroup]:
    """Return the data as the registration's review shows them."""
    form = details_form(customer.kind)(initial={"main_country": customer.main_country})
    values = {name: getattr(customer, name, "") for name in form.fields}
    texts = review.texts(values | {"email": user.email})
    return review.summary(form, texts | {"email": breakable(user.email)})


def _sections(customer: Customer | None) -> str:
    """Return what is to be corrected, as a list behind a colon."""
    known = {section.value: str(section.label) for section in Section}
    awaited = (customer.review_sections or []) if customer else []
    return ", ".join(known[each] for each in awaited if each in known)


def _customer(request: HttpRequest) -> Customer:
    return get_object_or_404(Customer, user=account_of(request))

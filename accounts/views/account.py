"""Show a signed-in customer his data and his consents."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts import consents
from accounts.forms.registration import details_form
from accounts.models import Customer, User
from accounts.registration import review
from accounts.sessions.returning import signed_in


@method_decorator([never_cache, signed_in], name="dispatch")
class AccountView(View):
    """The door to the trading panel: what the service knows about the customer."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show data and consents; an account of staff may have no customer behind it."""
        user = request.user
        assert isinstance(user, User)
        customer = Customer.objects.filter(user=user).first()
        context: dict[str, Any] = {
            "customer": customer,
            "customer_groups": self._groups(user, customer) if customer else [],
            "consents": consents.standing(user.consents.all()),
        }
        return render(request, "accounts/account.html", context)

    def _groups(self, user: User, customer: Customer) -> list[review.SummaryGroup]:
        form = details_form(customer.kind)(initial={"main_country": customer.main_country})
        values = {name: getattr(customer, name, "") for name in form.fields}
        return review.summary(form, review.texts(values | {"email": user.email}))

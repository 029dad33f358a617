"""Show a customer what he agreed to; take back the consent to news, signed in or by a link."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from accounts import consents, news_link
from accounts.agreements import history
from accounts.models import ConsentRecord, Customer, User
from accounts.services import agreements
from accounts.sessions.returning import signed_in


@method_decorator([never_cache, signed_in], name="dispatch")
class AgreementsView(View):
    """Show every declaration that was put to the customer, and all that he said to it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show news first, which are free, what the account cannot be without, and the receipt."""
        records = list(_user(request).consents.all())
        found = history.declarations(records)
        receipt = consents.receipt(records)
        context = {
            "news": next((one for one in found if one.consent.key == agreements.NEWS), None),
            "required": [one for one in found if one.consent.required],
            "receipt": receipt,
            "seal": history.breakable(receipt.digest) if receipt else "",
        }
        return render(request, "accounts/agreements/page.html", context)


@method_decorator([never_cache, signed_in], name="dispatch")
class NewsView(View):
    """Agree to news, or take that back: one click, and one row at most."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Write it down and lead back to the page, which says how things stand."""
        user = _user(request)
        match request.POST.get("news"):
            case "yes":
                if not Customer.objects.filter(user=user).exists():
                    raise Http404
                agreements.agree_to_news(user, language=translation.get_language())
                messages.success(request, _("You will receive our news by e-mail."))
            case "no":
                agreements.withdraw_news(user, channel=ConsentRecord.Channel.ACCOUNT)
                messages.success(request, _("We will not send you news any more."))
        return redirect("accounts:agreements")


# A mail program that sends the one click has no cookie of ours (RFC 8058): the signature of the
# token stands for it, and all that it can do is to end a consent.
@method_decorator([never_cache, csrf_exempt], name="dispatch")
class NewsWithdrawalView(View):
    """Let the reader of a mail with news take the consent back; needs no session.

    GET and HEAD change nothing, whoever opens the link, and however often. It works for an account
    that staff closed, too. The referrer names the site alone.
    """

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask by one button, or say that there is no consent any more."""
        user = _reader(token)
        if user is None:
            return self.page(request, "broken", HTTPStatus.NOT_FOUND)
        return self.page(request, "asks" if agreements.wants_news(user) else "withdrawn")

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Take the consent back, once; a mail program is answered without a redirect."""
        user = _reader(token)
        if user is None:
            return self.page(request, "broken", HTTPStatus.NOT_FOUND)
        agreements.withdraw_news(user, channel=ConsentRecord.Channel.LINK)
        if request.POST.get("List-Unsubscribe") == "One-Click":
            # RFC 8058, section 3.1: the answer must be no redirect.
            return self.page(request, "withdrawn")
        response = redirect(request.path)
        response["Referrer-Policy"] = "strict-origin"
        return response

    def page(
        self, request: HttpRequest, name: str, status: HTTPStatus = HTTPStatus.OK
    ) -> HttpResponse:
        """Show one of the three pages of the link."""
        response = render(request, f"accounts/agreements/{name}.html", status=status)
        response["Referrer-Policy"] = "strict-origin"
        return response


def _reader(token: str) -> User | None:
    """Return whose link it is; nobody where it is broken or the account is gone."""
    try:
        return User.objects.filter(pk=news_link.read(token)).first()
    except news_link.InvalidTokenError:
        return None


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user

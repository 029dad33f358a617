"""Show a customer what he agreed to, put new terms to him, and take back the consent to news."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from accounts import consents, news_link, signed_number
from accounts.agreements import history
from accounts.agreements.forms import TermsForm
from accounts.models import ConsentRecord, Customer, User
from accounts.services import agreements
from accounts.sessions import texts
from accounts.sessions.account import account_of
from accounts.sessions.returning import ReturnMixin, signed_in
from accounts.views.links import redirect_to_mended


@method_decorator([never_cache, signed_in], name="dispatch")
class AgreementsView(View):
    """Show every declaration that was put to the customer, and all that he said to it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show news first, which are free, what the account cannot be without, and the receipt."""
        records = list(account_of(request).consents.all())
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
class TermsView(ReturnMixin, View):
    """Put the terms to a customer that he has not accepted: those in force, or announced ones."""

    next_page = "accounts:account"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what they change, the text, and the box; or that there is nothing to accept."""
        accepted = self.accepted(request)
        version = consents.to_accept(accepted)
        form = TermsForm(version=version) if version else None
        return self.show(request, accepted, version, form)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Accept the version that was shown and lead on; once more is fine, and changes nothing."""
        accepted = self.accepted(request)
        if version := consents.to_accept(accepted):
            form = TermsForm(request.POST, version=version)
            if not form.is_valid():
                return self.show(request, accepted, version, form)
            user = account_of(request)
            agreements.accept_terms(user, version, language=translation.get_language())
            texts.remember(request, user)
        messages.success(
            request, _("You have accepted the new Terms. We will send you a receipt by e-mail.")
        )
        # Not redirect(): it takes an address without a slash for the name of a view.
        return HttpResponseRedirect(self.get_success_url())

    def accepted(self, request: HttpRequest) -> str:
        """Return which version was accepted last. Raises `Http404` for no customer."""
        known = texts.remember(request, account_of(request))
        if known == texts.NOT_ASKED:
            raise Http404
        return known.terms

    def show(
        self, request: HttpRequest, accepted: str, version: str, form: TermsForm | None
    ) -> HttpResponse:
        """Show the page; `version` is the one to be accepted, if any."""
        language = translation.get_language()
        context = {
            "version": version,
            "form": form,
            "is_awaited": bool(version) and version <= consents.today().isoformat(),
            "accepted": accepted,
            "changes": consents.changes("terms", version, language) if version else (),
            REDIRECT_FIELD_NAME: self.get_redirect_url(),
        }
        return render(request, "accounts/agreements/terms.html", context)


@method_decorator([never_cache, signed_in], name="dispatch")
class NewsView(View):
    """Agree to news, or take that back: one click, and one row at most."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Write it down and lead back to the page, which says how things stand."""
        user = account_of(request)
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
            if meant := redirect_to_mended(request):
                meant["Referrer-Policy"] = "strict-origin"
                return meant
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
    except signed_number.InvalidTokenError:
        return None

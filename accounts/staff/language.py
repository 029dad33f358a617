"""Show the staff's pages in the language that each member of staff has chosen.

Their addresses carry no language. Whoever is signed in has it in the account, from where mails take
it too; the doors, where nobody is signed in yet, take it from a cookie that the choice leaves.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.account.services import set_language
from accounts.models import User
from accounts.sessions.returning import leads_to_page

KNOWN = frozenset(code for code, _name in settings.LANGUAGES)


class StaffLanguageMiddleware:
    """Choose the language below /admin/; stands below the middleware of authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Choose it for the page, and for the page of an error in its place."""
        if request.path_info.startswith("/admin/"):
            language = _chosen(request)
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)


def _chosen(request: HttpRequest) -> str:
    """Return the account's language; the browser's where the account has the one of all accounts.

    Nobody is asked at the beginning, so that one may never have been chosen.
    """
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    member = request.user
    if isinstance(member, User) and member.is_staff and member.language != settings.LANGUAGE_CODE:
        language = member.language
    return language if language in KNOWN else settings.LANGUAGE_CODE


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the language that was chosen, and lead back; what is no language changes nothing."""
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, allowed_hosts=None) and leads_to_page(page)
    index = reverse("admin:index")
    response = HttpResponseRedirect(page if is_ours and page.startswith(index) else index)
    language = request.POST.get("language", "")
    if language in KNOWN:
        if isinstance(request.user, User) and request.user.is_staff:
            set_language(request.user, language)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            path=settings.LANGUAGE_COOKIE_PATH,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    return response

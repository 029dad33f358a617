"""Add the headers that Django does not add, dress its bare refusals, close the site for a while."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import add_never_cache_headers

from kantor.error_pages import CLOSED, NOT_ALLOWED, REGISTRATION_CLOSED, Fault, error_page
from kantor.serving import desk
from kantor.serving.templatetags.site import translated_path


class SecurityHeadersMiddleware:
    """Add the headers of `SECURITY_HEADERS` to every answer that does not carry its own.

    They are the same for every page, the admin's included: nothing here has an inline script or
    style, so no nonce is needed and the policy is one constant.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on and complete the answer."""
        response = self.get_response(request)
        for name, value in settings.SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class AddressLanguageMiddleware(LocaleMiddleware):
    """Choose the language that the address says: English under /en/, Polish everywhere else.

    Django's own comes to the same, as the default language has no prefix here, but reads cookie
    and header before, and tells caches that the answer depends on a header, which it does not.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Have the page made in the language of its address."""
        prefix = translation.get_language_from_path(request.path_info)
        translation.activate(prefix or settings.LANGUAGE_CODE)
        # As we spell it, whatever the address does: /EN/ is the same language.
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Say in which language the answer is; the staff's pages have chosen their own."""
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response


class MaintenanceMiddleware:
    """Answer 503 while `MAINTENANCE` closes the site, or the registration alone.

    Sessions are not touched, so a registration that was begun goes on afterwards. Open stay what
    tells an operator how things are, and the admin. Stands below the language's, for the page is
    in the reader's language, and above everything that asks the database.
    """

    ALWAYS_OPEN = (
        "/livez",
        "/readyz",
        "/healthz",
        "/metrics",
        "/admin/",
        "/robots.txt",
        "/.well-known/",
    )
    REGISTRATION = "/rejestracja/"
    # What comes after the last step, or leads out of it, takes no new registration.
    STILL_OPEN = ("/rejestracja/wyslano/", "/rejestracja/anulowano/")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, or answer it with the page that says when to come back."""
        fault = self._closed_by(request.path_info)
        if fault is None:
            return self.get_response(request)
        response = error_page(fault, request)
        response["Retry-After"] = str(settings.MAINTENANCE_RETRY_SECONDS)
        return response

    def _closed_by(self, path: str) -> Fault | None:
        if not settings.MAINTENANCE or path.startswith(self.ALWAYS_OPEN):
            return None
        if settings.MAINTENANCE == "site":
            return CLOSED
        path = translated_path(path, settings.LANGUAGE_CODE)
        is_registering = path.startswith(self.REGISTRATION) and not path.startswith(self.STILL_OPEN)
        return REGISTRATION_CLOSED if is_registering else None


class AdminHostMiddleware:
    """Answer 404 at `/admin/` of every host but `ADMIN_HOST`, as if nothing were there.

    Stands above CommonMiddleware, which would add a slash to `/admin`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on where the staff's pages are, and everywhere else but to them."""
        if f"{request.path_info}/".startswith("/admin/") and not desk.is_at(request):
            raise Http404("The staff's pages are at another host.")
        return self.get_response(request)


class DressedRefusalsMiddleware:
    """Put the site's page into Django's empty answer to a method that an address does not take."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on and dress a bare 405; its headers stay."""
        response = self.get_response(request)
        if response.status_code == NOT_ALLOWED.status and not response.content:
            response.content = error_page(NOT_ALLOWED, request).content
            response["Content-Type"] = "text/html; charset=utf-8"
            # CommonMiddleware has counted the empty answer.
            response["Content-Length"] = str(len(response.content))
            add_never_cache_headers(response)
        return response

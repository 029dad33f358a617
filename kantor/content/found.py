"""Tell search engines which pages are for everybody, and in which languages."""

from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from accounts import consents
from kantor.content.accessibility import report

# The pages for everybody, by the names of their addresses.
PUBLIC = (
    "home",
    "how-it-works",
    "benefits",
    "about",
    "help",
    "guide",
    "terms",
    "privacy",
    "accessibility",
)
# What belongs to one person. The first page of the registration alone is like a door sign.
PRIVATE = (
    "/rejestracja/",
    "/aktywacja/",
    "/konto/",
    "/zgody/",
    "/haslo/",
    "/logowanie/haslo/",
    "/logowanie/kod/",
    "/logowanie/link/",
    "/logowanie/numer/",
    "/logowanie/klucz/",
    "/wyloguj/",
)
DAY = 24 * 60 * 60


@require_safe
@cache_control(public=True, max_age=DAY)
def robots(request: HttpRequest) -> HttpResponse:
    """Answer robots.txt: nothing that belongs to one person, and where the sitemap is."""
    lines = ["User-agent: *", "Disallow: /admin/", "Disallow: /captcha/"]
    for language, _name in settings.LANGUAGES:
        prefix = "" if language == settings.LANGUAGE_CODE else f"/{language}"
        lines += [f"Disallow: {prefix}{path}" for path in PRIVATE]
        lines += [f"Allow: {prefix}/rejestracja/$"]
    lines += ["", f"Sitemap: {settings.BASE_URL}{reverse('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=DAY)
def sitemap(request: HttpRequest) -> HttpResponse:
    """Answer sitemap.xml: each public page in each language, with its other languages."""
    pages = []
    for name in PUBLIC:
        addresses = {}
        for language, _name in settings.LANGUAGES:
            with override(language):
                addresses[language] = f"{settings.BASE_URL}{reverse(name)}"
        changed = _day_of(name)
        pages += [
            {"address": address, "alternates": addresses, "changed": changed}
            for address in addresses.values()
        ]
    context = {"pages": pages, "default": settings.LANGUAGE_CODE}
    xml = render_to_string("sitemap.xml", context)
    return HttpResponse(xml, content_type="application/xml")


def _day_of(name: str) -> date | None:
    """Return the day of the text of a public page, if it has one."""
    if name == "accessibility":
        return report().day
    return date.fromisoformat(consents.in_force(name)) if name in consents.VERSIONS else None


class FaviconView(RedirectView):
    """Lead whoever asks for /favicon.ico without reading a page to the icon."""

    def get_redirect_url(self, *args: object, **kwargs: object) -> str:
        """Return the address of the icon, with its hash in production."""
        return static("img/favicon.ico")

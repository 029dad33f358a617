"""Addresses of the content pages, the same under /en/. What is here is for everybody."""

from django.urls import path
from django.views.generic import TemplateView

from kantor.content.views import AccessibilityView, PrivacyView, TermsView, terms_pdf
from kantor.serving.compression import View, for_everybody


def page(template_name: str) -> View:
    """Return the view of a page that is nothing but its template."""
    return for_everybody(TemplateView.as_view(template_name=template_name))


content_urls = [
    path("", page("pages/home.html"), name="home"),
    path("pomoc/", page("pages/help.html"), name="help"),
    path(
        "pomoc/pierwsze-kroki/rejestracja/",
        page("pages/guide.html"),
        name="guide",
    ),
    path("o-nas/", page("pages/about.html"), name="about"),
    path(
        "jak-to-dziala/",
        page("pages/how_it_works.html"),
        name="how-it-works",
    ),
    path("korzysci/", page("pages/benefits.html"), name="benefits"),
    path("regulamin/", for_everybody(TermsView.as_view()), name="terms"),
    path("regulamin/<str:version>/", for_everybody(TermsView.as_view()), name="terms-version"),
    path("regulamin/<str:version>/pdf/", terms_pdf, name="terms-pdf"),
    path("prywatnosc/", for_everybody(PrivacyView.as_view()), name="privacy"),
    path("prywatnosc/<str:version>/", for_everybody(PrivacyView.as_view()), name="privacy-version"),
    path(
        "deklaracja-dostepnosci/", for_everybody(AccessibilityView.as_view()), name="accessibility"
    ),
]

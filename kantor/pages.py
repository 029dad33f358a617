"""Addresses of the content pages, the same under /en/."""

from django.urls import path
from django.views.generic import TemplateView

from kantor.views import PrivacyView, TermsView, terms_pdf

content_urls = [
    path("", TemplateView.as_view(template_name="pages/home.html"), name="home"),
    path("pomoc/", TemplateView.as_view(template_name="pages/help.html"), name="help"),
    path(
        "pomoc/pierwsze-kroki/rejestracja/",
        TemplateView.as_view(template_name="pages/guide.html"),
        name="guide",
    ),
    path("o-nas/", TemplateView.as_view(template_name="pages/about.html"), name="about"),
    path(
        "jak-to-dziala/",
        TemplateView.as_view(template_name="pages/how_it_works.html"),
        name="how-it-works",
    ),
    path("korzysci/", TemplateView.as_view(template_name="pages/benefits.html"), name="benefits"),
    path("regulamin/", TermsView.as_view(), name="terms"),
    path("regulamin/<str:version>/", TermsView.as_view(), name="terms-version"),
    path("regulamin/<str:version>/pdf/", terms_pdf, name="terms-pdf"),
    path("prywatnosc/", PrivacyView.as_view(), name="privacy"),
]

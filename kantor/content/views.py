"""Answer for the pages of content that are more than their template."""

from datetime import date
from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from accounts import consents
from accounts.consents import PRIVACY_VERSIONS, TERMS_VERSIONS
from kantor.content.accessibility import report


class TermsView(TemplateView):
    """Show one version of the terms, the newest unless the address names another."""

    template_name = "pages/terms.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the version and the list of all; 404 for a version that never was."""
        version = kwargs.get("version", TERMS_VERSIONS[0])
        try:
            document = consents.document("terms", version, get_language() or "pl")
        except LookupError as error:
            raise Http404("There is no such version of the terms.") from error
        return super().get_context_data(
            **kwargs
            | {
                "version": version,
                "version_date": date.fromisoformat(version),
                "is_newest": version == TERMS_VERSIONS[0],
                # The newest version has two addresses; search engines are told the lasting one.
                "canonical_path": reverse("terms") if version == TERMS_VERSIONS[0] else "",
                "versions": [
                    {"version": known, "date": date.fromisoformat(known)}
                    for known in TERMS_VERSIONS
                ],
                "document": document,
            }
        )


@require_safe
def terms_pdf(request: HttpRequest, version: str) -> FileResponse:
    """Hand out one version of the terms to keep: the same file that a customer gets by mail."""
    language = get_language() or "pl"
    try:
        path = consents.terms_pdf(version, language)
    except LookupError as error:
        raise Http404("There is no such version of the terms.") from error
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=consents.terms_pdf_name(version, language),
        headers={"Cache-Control": "public, max-age=86400"},
    )


class PrivacyView(TemplateView):
    """Show the newest version of the privacy notice (art. 13 GDPR)."""

    template_name = "pages/privacy.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the version and its text."""
        version = PRIVACY_VERSIONS[0]
        return super().get_context_data(
            **kwargs,
            version_date=date.fromisoformat(version),
            document=consents.document("privacy", version, get_language() or "pl"),
        )


class AccessibilityView(TemplateView):
    """Show the accessibility statement: what was tested, its limits, and where to complain."""

    template_name = "pages/accessibility.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the tests saw."""
        return super().get_context_data(**kwargs, report=report())

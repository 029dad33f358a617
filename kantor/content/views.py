"""Answer for the pages of content that are more than their template."""

from datetime import date
from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from accounts import consents
from kantor.content.accessibility import report


class LegalView(TemplateView):
    """Show one version of a document, the one in force unless the address names another."""

    kind: str

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the version and the list of all; 404 for a version that never was."""
        current, language = consents.in_force(self.kind), get_language() or "pl"
        version = kwargs.get("version", current)
        try:
            document = consents.document(self.kind, version, language)
        except LookupError as error:
            raise Http404("There is no such version.") from error
        return super().get_context_data(
            **kwargs
            | {
                "version": version,
                "version_date": date.fromisoformat(version),
                "is_earlier": version < current,
                "is_announced": version > current,
                "announced": consents.announced(self.kind),
                "changes": consents.changes(self.kind, version, language)
                if consents.is_news(version)
                else (),
                # The version in force has two addresses; search engines are told the lasting one.
                "canonical_path": reverse(self.kind) if version == current else "",
                "versions": [
                    {"version": known, "date": date.fromisoformat(known)}
                    for known in consents.VERSIONS[self.kind]
                ],
                "document": document,
            }
        )


class TermsView(LegalView):
    """Show the terms of service."""

    template_name = "pages/terms.html"
    kind = "terms"


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


class PrivacyView(LegalView):
    """Show the privacy notice (art. 13 GDPR)."""

    template_name = "pages/privacy.html"
    kind = "privacy"


class AccessibilityView(TemplateView):
    """Show the accessibility statement: what was tested, its limits, and where to complain."""

    template_name = "pages/accessibility.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the tests saw."""
        return super().get_context_data(**kwargs, report=report())

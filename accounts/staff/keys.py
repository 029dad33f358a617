"""Let staff switch off the keys that move about the pages (WCAG 2.2, 2.1.4)."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

AGE = 365 * 24 * 3600  # seconds
OFF = "off"


def are_on(request: HttpRequest) -> bool:
    """Tell whether this browser has the keys, as it has from the beginning."""
    return request.COOKIES.get(settings.KEYS_COOKIE_NAME) != OFF


class KeysView(TemplateView):
    """Explain the keys, and keep in a cookie that this browser is to have none."""

    template_name = "admin/keys.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what every page of staff shows, and the title."""
        shown = {**admin.site.each_context(self.request), "title": _("Keys")}
        return super().get_context_data(**shown, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Switch them on or off; a year later they are on again."""
        response = redirect("admin:keys")
        if request.POST.get("keys") == OFF:
            response.set_cookie(
                settings.KEYS_COOKIE_NAME,
                OFF,
                max_age=AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
            messages.success(request, gettext("The keys are off in this browser."))
        else:
            response.delete_cookie(settings.KEYS_COOKIE_NAME, samesite="Lax")
            messages.success(request, gettext("The keys are on in this browser."))
        return response

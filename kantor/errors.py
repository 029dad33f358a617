"""Keep personal data out of error reports."""

from collections.abc import ItemsView
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class QuietReporterFilter(SafeExceptionReporterFilter):
    """Hide every posted value and every local variable, whatever the view was marked with.

    An error report needs the place of the fault; the form that met it is a customer's own.
    """

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return the names of the posted fields with their values blanked."""
        if request is None:
            return {}
        return dict.fromkeys(request.POST, self.cleansed_substitute)

    def get_safe_cookies(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return the names of the cookies with their values blanked: one holds an address."""
        if request is None:
            return {}
        return dict.fromkeys(request.COOKIES, self.cleansed_substitute)

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: Any
    ) -> ItemsView[str, Any]:
        """Return the names of the frame's variables with their values blanked."""
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()

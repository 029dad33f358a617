"""Ask staff for their e-mail and password under the same limits as customers."""

from datetime import timedelta
from typing import Any, TypeVar

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.services.credentials import FAILED_SIGN_INS, NETWORK_SIGN_INS, sign_in_subject
from accounts.views.network import network_of

TOO_MANY_TRIES = "too_many_tries"


class StaffSignInForm(AdminAuthenticationForm):
    """Let a member of staff in.

    Counts on the customers' own counters, before the hash is computed: otherwise this page would
    be a second door to every account, without a limit.
    """

    def clean(self) -> dict[str, Any]:
        """Check the credentials unless there were too many tries, code TOO_MANY_TRIES."""
        assert self.request is not None
        network = network_of(self.request)
        subject = sign_in_subject(self.cleaned_data.get("username", ""), network)
        if not (NETWORK_SIGN_INS.hit(network) and FAILED_SIGN_INS.hit(subject)):
            raise ValidationError(
                _("Too many tries. Wait five minutes, or set a new password by e-mail."),
                TOO_MANY_TRIES,
            )
        cleaned: dict[str, Any] = super().clean()
        # Django lets an empty password pass here, having checked nothing.
        if self.get_user() is not None:
            FAILED_SIGN_INS.clear(subject)
        return cleaned


Response = TypeVar("Response", bound=HttpResponse)


def refused(response: Response, window: timedelta) -> Response:
    """Give the page of a form that was sent too often its status; the whole window is the wait."""
    response.status_code = 429
    response["Retry-After"] = str(int(window.total_seconds()))
    return response

"""Ask staff for their e-mail and password under the same limit as customers."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.services.credentials import FAILED_SIGN_INS, sign_in_subject
from kantor.serving.network import network_of


class StaffSignInForm(AdminAuthenticationForm):
    """Let a member of staff in.

    Counts on the customers' own counter, before the hash is computed: otherwise this page would
    be a second door to every account, without a limit.
    """

    def clean(self) -> dict[str, Any]:
        """Check the credentials unless there were too many tries."""
        assert self.request is not None
        subject = sign_in_subject(self.cleaned_data.get("username", ""), network_of(self.request))
        if not FAILED_SIGN_INS.hit(subject):
            raise ValidationError(
                _("Too many tries. Wait five minutes, or set a new password by e-mail.")
            )
        cleaned: dict[str, Any] = super().clean()
        # Django lets an empty password pass here, having checked nothing.
        if self.get_user() is not None:
            FAILED_SIGN_INS.clear(subject)
        return cleaned

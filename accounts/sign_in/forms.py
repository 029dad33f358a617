"""Ask for the address, then for password and digits; whether they fit is not for a form to say."""

import math
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import SECRET
from accounts.passwords import MAX_LENGTH
from accounts.sign_in import digits
from accounts.sign_in.kept import LONGEST_DIGITS, Kept


class AddressForm(forms.Form):
    """Ask for the address; any is taken."""

    username = forms.CharField(
        label=_("E-mail address (login)"),
        widget=forms.EmailInput(
            attrs={
                "autocomplete": "username webauthn",
                "size": "40",
                "spellcheck": "false",
                "autocapitalize": "off",
            }
        ),
        error_messages={"required": _("Enter your e-mail address.")},
    )


class SignInForm(forms.Form):
    """Ask for the password and, unless the site does without, digits of the phone number."""

    # Seen by password managers, and by us: another tab may have gone on with another address.
    username = forms.CharField(
        label=_("E-mail address (login)"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "size": "40", "readonly": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=MAX_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", **SECRET}),
        error_messages={
            "required": _("Enter your password."),
            "max_length": _("The password has at most 128 characters."),
        },
    )
    digits = forms.CharField(
        max_length=LONGEST_DIGITS,
        widget=forms.TelInput(attrs={"autocomplete": "tel", "inputmode": "tel", "size": "20"}),
        error_messages={
            "required": _("Enter the digits of your phone number."),
            "max_length": _("Enter three digits or your whole phone number."),
            "invalid": _("Enter three digits or your whole phone number."),
        },
    )

    def __init__(self, *args: Any, kept: Kept, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.SIGN_IN_PHONE_DIGITS:
            self.fields["digits"].label = digits.question(kept.places)
            self.fields["digits"].help_text = gettext(
                "From the number saved in your account, without the country code (such as +48). "
                "For 601 234 567 it is %(digits)s. You may also type or paste the whole number."
            ) % {"digits": digits.example(kept.places)}
        else:
            del self.fields["digits"]

    def clean_digits(self) -> str:
        """Refuse what cannot be right for anybody, before anything is judged or counted."""
        typed: str = self.cleaned_data["digits"]
        if digits.are_too_few(typed):
            raise ValidationError(self.fields["digits"].error_messages["invalid"], "invalid")
        return typed

    @property
    def codes(self) -> list[str]:
        """Return what is wrong with the fields, to be said on the next page."""
        return [
            f"{name} {error.code}"
            for name, errors in self.errors.as_data().items()
            for error in errors[:1]
        ]

    @classmethod
    def shown(cls, kept: Kept) -> "SignInForm":
        """Return the form with the digits and the errors of the last try, the password empty."""
        form = cls({"username": kept.email, "digits": kept.typed}, kept=kept)
        form.errors.clear()
        for code in kept.refused:
            name, _space, fault = code.partition(" ")
            if name in form.fields:
                words = form.fields[name].error_messages.get(fault)
                form.add_error(name, str(words or form.fields[name].error_messages["required"]))
            elif sentence := said(code, kept):
                form.add_error(None, sentence)
        return form

    @property
    def asked_places(self) -> Sequence[int]:
        """Return the numbers of the places of the row that marks them."""
        return range(1, digits.FEWEST + 1)


_BLOCKED = _('The account is blocked. Call: <a href="tel:+48228590218">+48 22 859 0218</a>')
_SAID: dict[str, Promise] = {
    "other-tab": _(
        "Another tab went on with another e-mail address. Check the address and enter the "
        "password again."
    ),
}


def refusal() -> str:
    """Return the one sentence for whatever did not match."""
    if settings.SIGN_IN_PHONE_DIGITS:
        return gettext(
            "The address, the password or the digits of the number do not match. Check all three."
        )
    return gettext("The address or the password does not match. Check both.")


def ask_to_wait(minutes: int) -> str:
    """Return what is said to whoever tried too often, at both doors."""
    return ngettext(
        "Too many attempts. Wait {minutes} minute, or set a new password by e-mail.",
        "Too many attempts. Wait {minutes} minutes, or set a new password by e-mail.",
        minutes,
    ).format(minutes=minutes)


def said(code: str, kept: Kept) -> str | SafeString:
    """Return the sentence of a code of the whole form; empty for one that it does not know."""
    match code:
        case "refused":
            return refusal()
        case "suspended":
            return mark_safe(str(_BLOCKED))  # noqa: S308  a sentence of ours
        case "wait":
            return ask_to_wait(max(1, math.ceil(kept.wait.total_seconds() / 60)))
        case _:
            return str(_SAID.get(code, ""))

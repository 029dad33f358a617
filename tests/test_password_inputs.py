"""Every input of a password: nothing corrects what is typed, capitalises it or sends it away."""

from collections.abc import Iterator

from django import forms
from django.test import TestCase
from django.urls import get_resolver

from accounts.forms.password import ChangePasswordForm, SetPasswordForm
from accounts.staff.password_change import StaffPasswordChangeForm
from accounts.staff.sign_in import StaffSignInForm
from accounts.values.visit import NOBODY
from tests.factories import staff

# Made of Django's, whose inputs get their attributes when a form is made.
MADE_OF_DJANGOS = {SetPasswordForm, ChangePasswordForm, StaffPasswordChangeForm, StaffSignInForm}


def forms_of(base: type[forms.BaseForm]) -> Iterator[type[forms.BaseForm]]:
    """Yield every form of ours."""
    for form in base.__subclasses__():
        if form.__module__.startswith("accounts."):
            yield form
        yield from forms_of(form)


class PasswordInputTests(TestCase):
    """The inputs of all forms."""

    def count(self, fields: dict[str, forms.Field], where: object) -> int:
        """Look at the passwords among these fields; return how many there are."""
        found = [each for each in fields.values() if isinstance(each.widget, forms.PasswordInput)]
        for field in found:
            attributes = field.widget.attrs
            assert attributes.get("spellcheck") == "false", where
            assert attributes.get("autocapitalize") == "none", where
            assert attributes.get("autocorrect") == "off", where
        return len(found)

    def test_leave_what_is_typed_alone(self) -> None:
        assert get_resolver().url_patterns, "with them, every form is imported"
        ours = {form for form in forms_of(forms.BaseForm) if hasattr(form, "base_fields")}
        assert ours >= MADE_OF_DJANGOS
        found = sum(self.count(form.base_fields, form) for form in ours - MADE_OF_DJANGOS)
        assert found >= 4

    def test_leave_it_alone_where_the_form_is_made_of_djangos(self) -> None:
        user = staff()
        change = StaffPasswordChangeForm(user, network="192.0.2.1", visit=NOBODY)
        for form, inputs in (
            (SetPasswordForm(user), 2),
            (ChangePasswordForm(user), 3),
            (StaffSignInForm(), 1),
            (change, 3),
        ):
            assert self.count(form.fields, form) == inputs

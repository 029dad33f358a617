"""Say in words what counts and codes name: steps, fields, messages."""

from collections.abc import Mapping, Sequence
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms.registration import KindForm, PasswordForm, details_form
from accounts.models import Kind
from accounts.registration.consultant import FINISHED
from accounts.registration.funnel import name_of
from accounts.registration.order import ORDER
from accounts.registration.steps import STEPS

STEP_LABELS: Mapping[str, Promise] = {
    **{name_of(step): STEPS[step].label for step in ORDER},
    FINISHED: _("Finished: the activation link is in the mailbox"),
}
_CONSENTS: Mapping[str, Promise] = {
    "terms": _("Terms of Service"),
    "e_documents": _("Electronic documents"),
    "personal_data": _("Personal data"),
    "news_email": _("News by e-mail"),
    "authority": _("Authority to represent the company"),
    "adult": _("Full age"),
}
# By code, what was said at a field; the sentences themselves depend on the field.
_MESSAGES: Mapping[str, Promise] = {
    "required": _("nothing was given"),
    "invalid": _("not written as it should be"),
    "invalid_choice": _("not one of the list"),
    "checksum": _("a digit is wrong"),
    "prefix": _("begins with digits that do not exist"),
    "incomplete": _("digits are missing"),
    "too_long": _("too long"),
    "max_length": _("too long"),
    "too_short": _("too short"),
    "unsupported": _("an invisible or unsupported character"),
    "characters": _("a character that cannot be used here"),
    "punctuation": _("punctuation in a wrong place"),
    "web_address": _("a web address in place of a name"),
    "sentence": _("a sentence in place of a name"),
    "no_letter": _("no letter or digit in it"),
    "look_alike": _("letters that pass for others"),
    "local_part": _("a sign before @ that cannot be used"),
    "extension": _("a phone number with an extension"),
    "special": _("a special phone number"),
    "country_code": _("the country code is missing"),
    "mismatch": _("the two passwords differ"),
    "again": _("the password has to be entered again"),
    "too_weak": _("the password is too weak"),
    "kinds": _("kinds of characters are missing"),
    "advice": _("a hint for a better password"),
    "wrong": _("does not match"),
    "expired": _("the code or the picture no longer works"),
    "once_more": _("to be copied once more"),
    "changed": _("the text has changed in the meantime"),
}


def step_label(name: str) -> str:
    """Return what the step is called in the registration."""
    return str(STEP_LABELS.get(name, "–"))


def kind_label(kind: str) -> str:
    """Return what the kind of customer is called; a dash where there is none yet."""
    return str(dict(Kind.choices).get(kind, "–"))


def language_label(language: str) -> str:
    """Return what the language is called."""
    return {"pl": gettext("Polish"), "en": gettext("English")}.get(language, "–")


def field_label(name: str, kind: str = "") -> str:
    """Return what the field is called on its page; one of an address with the address."""
    if name in _CONSENTS:
        return str(_CONSENTS[name])
    for form in (KindForm, PasswordForm):
        if name in form.base_fields:
            return str(form.base_fields[name].label)
    for each in (kind or Kind.PERSON.value, Kind.COMPANY.value):
        if name in _details(each):
            group, label = _details(each)[name]
            is_address = name.startswith(("main_", "corr_"))
            return f"{group}: {label}" if is_address else str(label)
    return gettext("the whole form")


def in_order_of_page(messages: Sequence[tuple[str, str]], kind: str) -> Sequence[tuple[str, str]]:
    """Return fields and codes of messages as the page has them, from its top to its end."""
    places = {name: place for place, name in enumerate(_details(kind or Kind.PERSON.value))}
    return sorted(messages, key=lambda each: places.get(each[0], len(places)))


@cache
def _details(kind: str) -> Mapping[str, tuple[Promise, Promise | str]]:
    """Return the group and the label of each field of the details, in the order of their page."""
    form = details_form(kind)()
    return {
        name: (group.title, form.fields[name].label or "")
        for group in form.groups_of_fields
        for name in group.names
    }


def message_label(code: str) -> str:
    """Return in words what was said at a field."""
    return str(_MESSAGES.get(code, _("something else")))

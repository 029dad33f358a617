"""Name the reasons of decisions: for staff to choose from, for customers in a neutral sentence."""

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Rejection(TextChoices):
    """Why a customer is not taken."""

    IDENTITY = "identity", _("the details belong to somebody else")
    UNCLEAR = "unclear", _("the details could not be confirmed")
    DUPLICATE = "duplicate", _("another account of the same customer")
    TERMS = "terms", _("against the Terms of Service")
    AML = "aml", _("AML")
    OTHER = "other", _("another reason")


class Suspension(TextChoices):
    """Why an account is closed for a while."""

    SECURITY = "security", _("somebody else may have access")
    REQUEST = "request", _("at the customer’s request")
    TERMS = "terms", _("against the Terms of Service")
    AML = "aml", _("AML")
    OTHER = "other", _("another reason")


class Restoration(TextChoices):
    """Why it is opened again."""

    OWNER = "owner", _("the owner has proved who he is")
    CLEARED = "cleared", _("the matter is settled")
    MISTAKE = "mistake", _("it was closed by mistake")


class Reopening(TextChoices):
    """Why a decision is looked at again."""

    NEWS = "news", _("new information")
    COMPLAINT = "complaint", _("the customer’s complaint")
    MISTAKE = "mistake", _("a mistake in the decision")
    CHANGE = "change", _("the identity was changed")


class Correction(TextChoices):
    """Why staff correct a customer's details."""

    SLIP = "slip", _("a slip in the details")
    REQUEST = "request", _("at the customer’s request")
    REGISTER = "register", _("a public register says otherwise")
    DOCUMENT = "document", _("a document of the customer")


class Reveal(TextChoices):
    """Why a masked field is looked at."""

    REVIEW = "review", _("review of the details")
    CONTACT = "contact", _("conversation with the customer")
    COMPLAINT = "complaint", _("the customer’s complaint")
    AML = "aml", _("AML")
    AUTHORITY = "authority", _("a demand of an authority")


_OTHER = _("If you have questions, call us.")

# What a customer reads. An analysis, or a report to the GIIF, must not be told (art. 54 of the AML
# act of 1 March 2018): its code says what "another reason" says.
SENTENCES: dict[str, Promise] = {
    Rejection.IDENTITY: _("We could not confirm that the details are yours."),
    Rejection.UNCLEAR: _("We could not confirm the details in the account."),
    Rejection.DUPLICATE: _("You already have an account with us."),
    Rejection.TERMS: _("The account does not meet our Terms of Service."),
    Suspension.SECURITY: _("We did it to protect your account."),
    Suspension.REQUEST: _("We did it because you asked us to."),
    Rejection.AML: _OTHER,
    Rejection.OTHER: _OTHER,
}


def sentence(code: str) -> Promise:
    """Return the neutral sentence that a customer reads for a reason; an unknown one has none."""
    return SENTENCES.get(code, _OTHER)


_ALL: dict[str, Promise | str] = {
    code: label
    for choices in (Correction, Reveal, Reopening, Restoration, Suspension, Rejection)
    for code, label in choices.choices
}


def label(code: str) -> Promise | str:
    """Return what a code of any of these reasons is called; what is no code, as it is."""
    return _ALL.get(code, code)

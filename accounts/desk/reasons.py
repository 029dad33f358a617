"""Name the reasons that staff give for what customers are told nothing of, and all by their codes.

Those that customers are told of: `accounts.reasons`.
"""

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.desk.roles import Right, may
from accounts.models import Hold, StaffNote, User
from accounts.reasons import Rejection, Restoration, Suspension


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


class Override(TextChoices):
    """Why an officer sends the activation link although its limits say to wait."""

    CONTACT = "contact", _("conversation with the customer")
    LOST = "lost", _("the earlier e-mails did not arrive")
    OTHER = "other", _("another reason")


class Erasure(TextChoices):
    """Why an account is erased before its time; only where no relationship existed."""

    REQUEST = "request", _("at the customer’s request")
    STRANGER = "stranger", _("the address belongs to somebody else")
    DUPLICATE = "duplicate", _("another account of the same customer")
    MADE_UP = "made_up", _("made-up details")
    OTHER = "other", _("another reason")


class Export(TextChoices):
    """Why a file of customers is needed with whole values."""

    AUTHORITY = "authority", _("a demand of an authority")
    AUDIT = "audit", _("an audit")
    AML = "aml", _("AML")
    COMPLAINT = "complaint", _("the customer’s complaint")
    OTHER = "other", _("another reason")


class CopyMade(TextChoices):
    """Why an officer makes a copy of a customer's data (art. 15 GDPR)."""

    LETTER = "letter", _("the customer asked in writing")
    PHONE = "phone", _("the customer asked on the phone")
    NO_ACCESS = "no_access", _("the customer cannot get into the account")


class HoldRelease(TextChoices):
    """Why a hold is released before its last day."""

    WITHDRAWN = "withdrawn", _("the demand was withdrawn")
    SETTLED = "settled", _("the case or the complaint is settled")
    MISTAKE = "hold_mistake", _("it was set by mistake")


class FactorReset(TextChoices):
    """Why the sign-in methods of a member of staff are reset."""

    LOST = "lost", _("lost or broken device")
    STOLEN = "stolen", _("stolen device")
    SUSPECTED = "suspected", _("somebody else may have access")
    OTHER = "other", _("another reason")


_ALL: dict[str, Promise | str] = {
    code: label
    for choices in (
        Hold.Reason,
        HoldRelease,
        CopyMade,
        Correction,
        Export,
        Override,
        FactorReset,
        Erasure,
        Reveal,
        Reopening,
        Restoration,
        Suspension,
        Rejection,
    )
    for code, label in choices.choices
}


def note_kind(*codes: str) -> StaffNote.Kind:
    """Return of which kind a note is that goes with these reasons.

    A note about AML is for who may read those, also where nobody has said that it is one: that of
    a decision for this reason, and of one that answers or lifts it (art. 54 of the AML act).
    """
    return StaffNote.Kind.AML if Rejection.AML in codes else StaffNote.Kind.ORDINARY


def label(code: str, by: User | None = None) -> Promise | str:
    """Return what a code of any of these reasons is called; what is no code, as it is.

    Whoever may not read notes of AML (`by`) reads "another reason" for its code too.
    """
    if code == Rejection.AML and by is not None and not may(by, Right.READ_AML):
        code = Rejection.OTHER
    return _ALL.get(code, code)

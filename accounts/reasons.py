"""Name the reasons of decisions that customers are told, each with its neutral sentence.

An analysis, or a report to the GIIF, must not be told (art. 54 of the AML act of 1 March 2018): its
code says, to the byte, what "another reason" says. Reasons for staff: `accounts.desk.reasons`.
"""

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

    @classmethod
    def sentence(cls, code: str) -> Promise:
        """Return what the customer reads for this code; for an unknown one, as for another."""
        return _REJECTED.get(code, _REJECTED[cls.OTHER])


class Suspension(TextChoices):
    """Why an account is closed for a while."""

    SECURITY = "security", _("somebody else may have access")
    REQUEST = "request", _("at the customer’s request")
    TERMS = "terms", _("against the Terms of Service")
    AML = "aml", _("AML")
    OTHER = "other", _("another reason")

    @classmethod
    def sentence(cls, code: str) -> Promise:
        """Return what the customer reads for this code; for an unknown one, as for another."""
        return _SUSPENDED.get(code, _SUSPENDED[cls.OTHER])


class Restoration(TextChoices):
    """Why it is opened again."""

    OWNER = "owner", _("the owner has proved their identity")
    CLEARED = "cleared", _("the matter is settled")
    MISTAKE = "mistake", _("it was closed by mistake")

    @classmethod
    def sentence(cls, code: str) -> Promise | str:
        """Return what the customer reads for this code; nothing for an unknown one."""
        return _RESTORED.get(code, "")


# No entry for AML in these tables: it is told as another reason, and a word here would tell it.
_REJECTED: dict[str, Promise] = {
    Rejection.IDENTITY: _("We could not confirm that the details are yours."),
    Rejection.UNCLEAR: _("We could not confirm the details in the account."),
    Rejection.DUPLICATE: _("You already have an account with us."),
    Rejection.TERMS: _("The account does not meet our Terms of Service."),
    Rejection.OTHER: _("This is our decision after checking the account."),
}
_SUSPENDED: dict[str, Promise] = {
    Suspension.SECURITY: _("We did it to protect your account."),
    Suspension.REQUEST: _("We did it because you asked us to."),
    Suspension.TERMS: _("The account is used against our Terms of Service."),
    Suspension.OTHER: _("This is a decision of our customer service."),
}
_RESTORED: dict[str, Promise] = {
    Restoration.OWNER: _("We have made sure that the account is yours."),
    Restoration.CLEARED: _("The matter is settled."),
    Restoration.MISTAKE: _("We blocked the account by mistake. We are sorry."),
}

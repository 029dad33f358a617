"""Take from an account everything that names its owner, and leave what can still be counted.

What is left of a customer whose time is over: a number, kind, language, dates, the states of the
account and its review, and the ledger of consents, which names nobody and stays verifiable because
the number does. Every other row about him is deleted. Nothing leads back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from accounts.models import (
    AccountEvent,
    AccountProposal,
    AccountSession,
    AuthenticatorApp,
    ContactProposal,
    Customer,
    CustomerWord,
    DataChange,
    DataRequest,
    EmailChange,
    Hold,
    OutboxMessage,
    Passkey,
    RecoveryCode,
    RegisterCheck,
    StaffNote,
    SurveyAnswer,
    User,
)
from accounts.services import addressed_mail

# No hash: nothing opens it, and comparing takes as long as with one.
NO_PASSWORD = "!"  # noqa: S105  the mark of Django's hashers

# Rows that go whole, free text among them: what staff wrote, what he asked for, old and new values,
# recipients, networks. The app first, as everywhere: two calls must not wait for each other.
DELETED: Sequence[type[Model]] = (
    AuthenticatorApp,
    RecoveryCode,
    Passkey,
    AccountSession,
    SurveyAnswer,
    OutboxMessage,
    AccountEvent,
    EmailChange,
    DataChange,
    DataRequest,
    ContactProposal,
    AccountProposal,
    RegisterCheck,
    StaffNote,
    Hold,
)
# What the columns of the rows that stay become. A test holds that each column is here or below.
BECOMES: Mapping[type[Model], Mapping[str, Any]] = {
    User: {
        "email": "",
        "email_key": "",
        "mailbox_key": None,
        "password": NO_PASSWORD,
        "last_login": None,
        "held_by": None,
        "held_until": None,
        "waiting_since": None,
        "attempt": None,
        "passkey_handle": None,
        "suspension_reason": "",
        "password_barred_at": None,
        "email_corrected_at": None,
        "panel_promised_at": None,
        "panel_announced_at": None,
        "terms_told": "",
    },
    Customer: {
        **dict.fromkeys(
            (
                "company_name",
                "nip",
                "regon",
                "krs",
                "main_street",
                "main_house_no",
                "main_flat_no",
                "main_postal_code",
                "main_city",
                "main_country",
                "corr_street",
                "corr_house_no",
                "corr_flat_no",
                "corr_postal_code",
                "corr_city",
                "corr_country",
                "first_name",
                "last_name",
                "position",
                "phone",
                "name_key",
                "company_key",
                "review_note",
                "review_words",
                "review_reason",
            ),
            "",
        ),
        "review_sections": None,
        "proposal": None,
        "proposed_at": None,
        "proposed_by": None,
        "reviewed_by": None,
    },
}
# What can be counted and names nobody.
STAYS: Mapping[type[Model], frozenset[str]] = {
    User: frozenset(
        {
            "id",
            "is_active",
            "is_staff",
            "is_superuser",
            "activated_at",
            "suspended_at",
            "closed_at",
            "anonymised_at",
            "access_serial",
            "link_serial",
            "language",
            "created_at",
        }
    ),
    Customer: frozenset(
        {
            "user",
            "kind",
            "review_state",
            "review_version",
            "filled_in_seconds",
            "reviewed_at",
            "first_approved_at",
            "created_at",
        }
    ),
}


def carry_out(batch: QuerySet[User]) -> None:
    """Do it to these accounts; call it with their rows locked. Doing it again changes nothing."""
    addressed_mail.forget(batch)
    for model in DELETED:
        model._default_manager.filter(user__in=batch).delete()
    CustomerWord.objects.filter(customer__user__in=batch).delete()
    # By UPDATE: saving would make keys and words anew.
    Customer.objects.filter(user__in=batch).update(**BECOMES[Customer])
    batch.filter(anonymised_at=None).update(anonymised_at=timezone.now())
    batch.update(**BECOMES[User])

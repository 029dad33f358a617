"""Say of every field of every table with a customer's data whether he gets a copy, or why not.

A test fails when a field of a model is neither here nor there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import retention
from accounts.models import (
    AccountEvent,
    AccountProposal,
    AccountSession,
    AuthenticatorApp,
    ConsentRecord,
    ContactProposal,
    Customer,
    CustomerWord,
    DataChange,
    DataRequest,
    EmailChange,
    ExportFile,
    HighRiskCountry,
    Hold,
    OutboxMessage,
    Passkey,
    RecoveryCode,
    RegisterCheck,
    SavedView,
    StaffNote,
    SurveyAnswer,
    User,
)
from accounts.retention import Kept

_OWNER = "whose copy it is"
_NUMBER = "a number of the row, with no meaning outside the database"
_SECRET = "opens the account, or is made from what does"  # noqa: S105  a reason
_DERIVED = "follows from a field that is in the copy"
_STAFF = "about staff, and staff alone read it"
_SECRECY = "the customer must not be told (art. 54 of the AML act)"
_QUEUE = "how the work of staff is ordered, nothing about the customer"
_PROPOSED = "what staff consider; what comes of it is in the copy"
_KEY = "a part of the passkey, of use to a browser alone"
_DELIVERY = "how a mail is delivered, nothing about its reader"


@dataclass(frozen=True)
class Part:
    """What the copy has of one kind of data: these fields of each of the rows."""

    kept: Kept
    model: type[Model]
    fields: Sequence[str]


PARTS = (
    Part(
        retention.ACCOUNT,
        User,
        (
            "email",
            "language",
            "created_at",
            "email_corrected_at",
            "activated_at",
            "suspended_at",
            "closed_at",
            "password_barred_at",
            "last_login",
            "panel_promised_at",
            "panel_announced_at",
            "terms_told",
        ),
    ),
    Part(
        retention.DETAILS,
        Customer,
        (
            "kind",
            "company_name",
            "nip",
            "regon",
            "krs",
            "first_name",
            "last_name",
            "position",
            "phone",
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
            "created_at",
            "filled_in_seconds",
        ),
    ),
    Part(retention.CHANGES, DataChange, ("section", "before", "after", "changed_at")),
    Part(
        retention.REQUESTS,
        DataRequest,
        ("section", "wanted", "reason", "state", "answer", "created_at", "closed_at"),
    ),
    Part(
        retention.REVIEW,
        Customer,
        ("review_state", "review_words", "review_sections", "reviewed_at"),
    ),
    Part(
        retention.CHECKS,
        RegisterCheck,
        ("nip", "is_found", "name", "vat_status", "day", "request_id", "asked_at"),
    ),
    Part(
        retention.CONSENTS,
        ConsentRecord,
        ("key", "given", "version", "language", "channel", "recorded_at", "text_hash", "digest"),
    ),
    Part(retention.SURVEY, SurveyAnswer, ("source", "details", "answered_at")),
    Part(
        retention.MESSAGES,
        OutboxMessage,
        ("kind", "terms_version", "recipient", "language", "state", "created_at", "finished_at"),
    ),
    Part(
        retention.EVENTS,
        AccountEvent,
        ("kind", "details", "at", "browser", "system", "network_shown"),
    ),
    Part(
        retention.EMAIL_CHANGES,
        EmailChange,
        (
            "old_email",
            "new_email",
            "asked_at",
            "sent_at",
            "confirmed_at",
            "cancelled_at",
            "reverted_at",
        ),
    ),
    Part(
        retention.SESSIONS,
        AccountSession,
        ("how", "began_at", "seen_at", "browser", "system", "network_shown"),
    ),
    Part(
        retention.PASSKEYS,
        Passkey,
        ("name", "is_backup_eligible", "is_backed_up", "added_at", "last_used_at"),
    ),
    Part(retention.APP, AuthenticatorApp, ("created_at", "last_used_at")),
)

# Why the copy does not have the others.
LEFT_OUT: dict[type[Model], dict[str, str]] = {
    User: {
        "id": _NUMBER,
        "password": _SECRET,
        "email_key": _DERIVED,
        "mailbox_key": _DERIVED,
        "is_active": _DERIVED,
        "is_staff": _STAFF,
        "is_superuser": _STAFF,
        "groups": _STAFF,
        "user_permissions": _STAFF,
        "suspension_reason": _STAFF,
        "anonymised_at": "empty as long as there is somebody to have a copy",
        "waiting_since": _QUEUE,
        "held_by": _STAFF,
        "held_until": _STAFF,
        "access_serial": _SECRET,
        "link_serial": _SECRET,
        "attempt": _SECRET,
        "passkey_handle": _SECRET,
    },
    Customer: {
        "user": _OWNER,
        "name_key": _DERIVED,
        "company_key": _DERIVED,
        "review_note": _STAFF,
        "reviewed_by": _STAFF,
        "review_version": _QUEUE,
        "review_reason": _STAFF,
        "first_approved_at": _DERIVED,
        "proposal": _STAFF,
        "proposed_at": _STAFF,
        "proposed_by": _STAFF,
    },
    DataChange: {"id": _NUMBER, "user": _OWNER, "changed_by": _STAFF, "reason": _STAFF},
    ContactProposal: {
        "id": _NUMBER,
        "user": _OWNER,
        **dict.fromkeys(("field", "before", "value", "reason", "state"), _PROPOSED),
        **dict.fromkeys(("proposed_at", "proposed_by", "closed_at", "decided_by"), _STAFF),
    },
    DataRequest: {"id": _NUMBER, "user": _OWNER, "decided_by": _STAFF},
    EmailChange: {"id": _NUMBER, "user": _OWNER, "old_key": _DERIVED, "new_key": _DERIVED},
    ConsentRecord: {"id": _NUMBER, "user": _OWNER},
    SurveyAnswer: {"user": _OWNER},
    OutboxMessage: {
        "id": _NUMBER,
        "user": _OWNER,
        "reason": _STAFF,
        "about": "the event is in the copy",
        "request": "the request is in the copy",
        "change": "the change is in the copy",
        "correction": "the change is in the copy",
        "asked_from": "whoever asked may have been somebody else",
        "asked_in": "a number of ours for the logs, which hold nobody's data",
        "link_serial": _SECRET,
        "message_id": "the codes by e-mail are made from it",
        "attempts": _DELIVERY,
        "due_at": _DELIVERY,
        "last_error": _DELIVERY,
    },
    CustomerWord: {"id": _NUMBER, "customer": _OWNER, "word": _DERIVED},
    ExportFile: {
        "id": _NUMBER,
        **dict.fromkeys(
            (
                *("author", "session", "network", "format", "is_masked", "reason", "language"),
                *("filters", "found", "state", "confirmed_by", "name", "total", "written"),
                *("at", "heard_at", "ends_at"),
            ),
            _STAFF,
        ),
    },
    SavedView: {"id": _NUMBER, "owner": _STAFF, "name": _STAFF, "filters": _STAFF},
    RegisterCheck: {"id": _NUMBER, "user": _OWNER, "asked_by": _STAFF},
    Hold: {
        "id": _NUMBER,
        "user": _OWNER,
        **dict.fromkeys(("reason", "until", "set_at", "released_at"), _SECRECY),
        **dict.fromkeys(("set_by", "released_by"), _STAFF),
    },
    HighRiskCountry: {"id": _NUMBER, "code": _STAFF, "added_by": _STAFF, "added_at": _STAFF},
    AccountProposal: {
        "id": _NUMBER,
        "user": _OWNER,
        "what": _STAFF,
        "reason": _STAFF,
        "author": _STAFF,
        "at": _STAFF,
    },
    StaffNote: {
        "id": _NUMBER,
        "user": _OWNER,
        "author": _STAFF,
        "kind": _STAFF,
        "text": _STAFF,
        "at": _STAFF,
    },
    AccountEvent: {"id": _NUMBER, "user": _OWNER},
    AccountSession: {"id": _NUMBER, "user": _OWNER, "session_hash": _SECRET},
    Passkey: {
        "id": _NUMBER,
        "user": _OWNER,
        "credential_id": _KEY,
        "public_key": _KEY,
        "sign_count": "how the passkey protects itself against copies",
        "transports": "how a browser finds the passkey",
    },
    AuthenticatorApp: {
        "id": _NUMBER,
        "user": _OWNER,
        "name": "ours, the same for everybody",
        "confirmed": "always true",
        "key": _SECRET,
        "step": "the same for everybody",
        "t0": "the same for everybody",
        "digits": "the same for everybody",
        "tolerance": "the same for everybody",
        "drift": "how the clock of the app is followed",
        "last_t": _SECRET,
        "throttling_failure_timestamp": "always empty",
        "throttling_failure_count": "always empty",
    },
    RecoveryCode: {
        "id": _NUMBER,
        "user": _OWNER,
        "sealed": _SECRET,
        "created_at": "the copy says how many are left",
    },
}

# What fields are called to their owner where the table has no name for him to read.
LABELS: dict[tuple[type[Model], str], Promise] = {
    (User, "email"): _("E-mail address (login)"),
    (User, "language"): _("Language of our messages"),
    (User, "last_login"): _("Last sign-in"),
    (User, "panel_promised_at"): _("Promise to write when the Transaction Panel opens"),
    (User, "panel_announced_at"): _("E-mail that the Transaction Panel is open"),
    (User, "terms_told"): _("E-mail about new Terms of Service, version"),
    (Customer, "review_words"): _("What we wrote to you"),
    (DataRequest, "answer"): _("What we wrote to you"),
    (AuthenticatorApp, "created_at"): _("turned on at"),
    (AuthenticatorApp, "last_used_at"): _("last used at"),
}

"""Say what is kept, why, and until when: one table for customers' and staff's pages and the purge.

The periods are settings, which production checks; counsel confirms them. The privacy notice
promises the same (`templates/legal/privacy/`; a test compares them): a shorter one here is kept to
at once, a longer one needs a new version of the notice first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from django.conf import settings
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

# How long staff can still see what became of a mail.
# Longer than a pending account can live on its last link: purging asks for that mail.
MESSAGES_LAST = timedelta(days=settings.MESSAGES_KEPT_DAYS)
# What an owner, and staff, can still see of sessions and of what happened to an account.
HISTORY_LASTS = timedelta(days=settings.HISTORY_KEPT_DAYS)
# A wait that is over is remembered for a day: the next one may be longer (limits.Ladder).
COUNTERS_LAST = timedelta(days=1)
# What the queue in the database remembers of its tasks; nothing of it is about a customer.
TASKS_LAST = timedelta(days=7)
# How long the owner of a closed account can reopen it. No setting: the Terms of Service promise it.
REOPENING_LASTS = timedelta(days=14)


def _years(number: int) -> timedelta:
    """Return so many years, none of them too short: every fourth may be a leap year."""
    return timedelta(days=number * 365 + (number + 3) // 4)


# How long an account whose customer we had approved stays blocked after its closing: art. 49(1) of
# the act of 1 March 2018 on counteracting money laundering, 5 years.
BLOCKED_LASTS = _years(settings.CUSTOMERS_KEPT_YEARS)
# How much longer a hold may keep it: art. 49(3) of that act, 5 years.
HOLD_LASTS = _years(settings.HOLDS_KEPT_YEARS)
# The audit of staff; the database refuses less than six years (`accounts.models.event_guard`).
AUDIT_LASTS = _years(settings.AUDIT_KEPT_YEARS)
# Logs, which alone have whole addresses of networks, and backups: files of the server, which its
# operator rotates (docs/operations.md).
LOGS_LAST = timedelta(days=30)
BACKUPS_LAST = timedelta(days=14)
# A file of an export, for its author alone.
EXPORTS_LAST = timedelta(hours=24)


class AfterClosing(Enum):
    """What becomes of a kind of data once its account is closed, beside the rest of the table."""

    AT_ONCE = "at once"
    # Gone with the time in which the account can be reopened, whoever the customer is.
    FORGOTTEN = "forgotten"
    # As FORGOTTEN, but kept for BLOCKED_LASTS of a customer whom we had approved.
    BLOCKED = "blocked"
    # Its own time goes on; at the latest it goes with the account.
    GOES_ON = "goes on"


@dataclass(frozen=True)
class Kept:
    """One kind of data: why it is kept and until when, in whole sentences.

    `counts_from` is the field of the row from which `lasts` counts, for the purge; both are empty
    where the account decides. `tables` are the models whose rows it is about, by their labels.
    """

    kind: str
    title: Promise
    why: Promise
    until: Promise
    then: Promise
    after_closing: AfterClosing
    lasts: timedelta | None = None
    counts_from: str = ""
    tables: tuple[str, ...] = ()


def _with(sentence: Promise, **numbers: int) -> Promise:
    """Put numbers into a sentence, in the language of whoever reads it.

    The plural forms that Django calls lazy are chosen as soon as they get their number.
    """
    words: Promise = lazy(lambda: sentence % numbers, str)()
    return words


_CONTRACT = _("To open and run your account: the contract with you, art. 6(1)(b) GDPR.")
_PROOF = _(
    "To be able to prove what was agreed and done: our legitimate interest, art. 6(1)(f) GDPR."
)
_SAFETY = _("To protect the account from abuse: our legitimate interest, art. 6(1)(f) GDPR.")
_WITH_ACCOUNT = _with(
    ngettext_lazy(
        "As long as you have the account, and 14 days after you close it. If we have approved your "
        "details: %(years)d year, as art. 49 of the Polish anti-money-laundering act requires, or "
        "longer where the law demands it.",
        "As long as you have the account, and 14 days after you close it. If we have approved your "
        "details: %(years)d years, as art. 49 of the Polish anti-money-laundering act requires, or "
        "longer where the law demands it.",
        "years",
    ),
    years=settings.CUSTOMERS_KEPT_YEARS,
)
_AS_LONG_AS_ACCOUNT = _("As long as you have the account, and 14 days after you close it.")
_DELETED = _("Then we delete it.")
_ANONYMISED = _(
    "Then we delete it. If we have approved your details, what stays names nobody: a number, dates "
    "and states."
)
_DELETED_BY_ITSELF = _("Then it is deleted automatically.")

ACCOUNT = Kept(
    kind="account",
    title=_("Account"),
    why=_CONTRACT,
    until=_WITH_ACCOUNT,
    then=_ANONYMISED,
    after_closing=AfterClosing.BLOCKED,
    tables=("accounts.User",),
)
DETAILS = Kept(
    kind="details",
    title=_("Your details"),
    why=_(
        "To open and run your account: the contract with you, art. 6(1)(b) GDPR; and to meet the "
        "duties of an exchange: art. 6(1)(c) GDPR."
    ),
    until=_WITH_ACCOUNT,
    then=_ANONYMISED,
    after_closing=AfterClosing.BLOCKED,
    tables=("accounts.Customer", "accounts.CustomerWord"),
)
CHANGES = Kept(
    kind="changes",
    title=_("Changes of details"),
    why=_PROOF,
    until=_WITH_ACCOUNT,
    then=_DELETED,
    after_closing=AfterClosing.BLOCKED,
    tables=("accounts.DataChange",),
)
REQUESTS = Kept(
    kind="requests",
    title=_("Requests for a change"),
    why=_CONTRACT,
    until=_WITH_ACCOUNT,
    then=_DELETED,
    after_closing=AfterClosing.BLOCKED,
    tables=("accounts.DataRequest",),
)
REVIEW = Kept(
    kind="review",
    title=_("Review of your details"),
    why=_("To meet the duties of an exchange: art. 6(1)(c) GDPR."),
    until=_WITH_ACCOUNT,
    then=_ANONYMISED,
    after_closing=AfterClosing.BLOCKED,
    tables=("accounts.Customer",),
)
CHECKS = Kept(
    kind="checks",
    title=_("Checks in the register of VAT payers"),
    why=_("To meet the duties of an exchange: art. 6(1)(c) GDPR."),
    until=_WITH_ACCOUNT,
    then=_DELETED,
    after_closing=AfterClosing.BLOCKED,
    tables=("accounts.RegisterCheck",),
)
CONSENTS = Kept(
    kind="consents",
    title=_("Consents and declarations"),
    why=_("To be able to prove what you agreed to: art. 7(1) and art. 5(2) GDPR."),
    until=_WITH_ACCOUNT,
    then=_ANONYMISED,
    after_closing=AfterClosing.BLOCKED,
    tables=("accounts.ConsentRecord",),
)
SURVEY = Kept(
    kind="survey",
    title=_("How you heard about kantor.pl"),
    why=_("To see how we reach customers: our legitimate interest, art. 6(1)(f) GDPR."),
    until=_AS_LONG_AS_ACCOUNT,
    then=_DELETED,
    after_closing=AfterClosing.FORGOTTEN,
    tables=("accounts.SurveyAnswer",),
)
MESSAGES = Kept(
    kind="messages",
    title=_("E-mails to you"),
    why=_(
        "To know what we wrote and whether it arrived: our legitimate interest, art. 6(1)(f) GDPR."
    ),
    until=_with(
        ngettext_lazy(
            "%(days)d day after the e-mail is sent. Its text we do not keep.",
            "%(days)d days after the e-mail is sent. Its text we do not keep.",
            "days",
        ),
        days=MESSAGES_LAST.days,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=MESSAGES_LAST,
    counts_from="finished_at",
    tables=("accounts.OutboxMessage",),
)
EVENTS = Kept(
    kind="events",
    title=_("Recent activity"),
    why=_SAFETY,
    until=_with(
        ngettext_lazy("%(days)d day after it happens.", "%(days)d days after it happens.", "days"),
        days=HISTORY_LASTS.days,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=HISTORY_LASTS,
    counts_from="at",
    tables=("accounts.AccountEvent",),
)
EMAIL_CHANGES = Kept(
    kind="email_changes",
    title=_("Changes of the e-mail address"),
    why=_SAFETY,
    until=_with(
        ngettext_lazy(
            "%(days)d day after the link to the new address is sent.",
            "%(days)d days after the link to the new address is sent.",
            "days",
        ),
        days=HISTORY_LASTS.days,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=HISTORY_LASTS,
    counts_from="sent_at",
    tables=("accounts.EmailChange",),
)
SESSIONS = Kept(
    kind="sessions",
    title=_("Sessions"),
    why=_SAFETY,
    until=_with(
        ngettext_lazy(
            "%(days)d day after the session is last used.",
            "%(days)d days after the session is last used.",
            "days",
        ),
        days=HISTORY_LASTS.days,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.FORGOTTEN,
    lasts=HISTORY_LASTS,
    counts_from="seen_at",
    tables=("accounts.AccountSession",),
)
OPEN_SESSIONS = Kept(
    kind="open_sessions",
    title=_("What an open session remembers"),
    why=_CONTRACT,
    until=_with(
        ngettext_lazy(
            "Until you sign out, at most %(hours)d hour after the session is last used.",
            "Until you sign out, at most %(hours)d hours after the session is last used.",
            "hours",
        ),
        hours=settings.SESSION_COOKIE_AGE // 3600,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.AT_ONCE,
    lasts=timedelta(seconds=settings.SESSION_COOKIE_AGE),
    tables=("serving.Session",),
)
PASSKEYS = Kept(
    kind="passkeys",
    title=_("Passkeys"),
    why=_CONTRACT,
    until=_("Until you remove the passkey, at most 14 days after you close the account."),
    then=_("It is deleted at once."),
    after_closing=AfterClosing.FORGOTTEN,
    tables=("accounts.Passkey",),
)
APP = Kept(
    kind="app",
    title=_("Authenticator app"),
    why=_CONTRACT,
    until=_("Until you turn the app off, at most 14 days after you close the account."),
    then=_("It is deleted at once, with the recovery codes."),
    after_closing=AfterClosing.FORGOTTEN,
    tables=("otp_totp.TOTPDevice", "accounts.RecoveryCode"),
)
ATTEMPTS = Kept(
    kind="attempts",
    title=_("Counted attempts"),
    why=_SAFETY,
    until=_with(
        ngettext_lazy(
            "%(days)d day after the limit ends. Instead of your address we keep a "
            "code that does not reveal it.",
            "%(days)d days after the limit ends. Instead of your address we keep a "
            "code that does not reveal it.",
            "days",
        ),
        days=COUNTERS_LAST.days,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=COUNTERS_LAST,
    counts_from="ends_at",
    tables=("accounts.Counter",),
)

# In the order in which a customer reads them.
ALL: Sequence[Kept] = (
    ACCOUNT,
    DETAILS,
    CHANGES,
    REQUESTS,
    REVIEW,
    CHECKS,
    CONSENTS,
    SURVEY,
    MESSAGES,
    EVENTS,
    EMAIL_CHANGES,
    SESSIONS,
    OPEN_SESSIONS,
    PASSKEYS,
    APP,
    ATTEMPTS,
)
# Kept for a short time and in no copy: secrets, and counts that name nobody.
NOT_IN_COPY = (OPEN_SESSIONS, ATTEMPTS)


# -- for staff alone: the desk's own records, and what lasts for hours ------------------

_DUTIES = _("To meet the duties of an exchange: art. 6(1)(c) GDPR.")
_AML = _("Duties of an exchange: art. 34 and 49 of the AML act, art. 6(1)(c) GDPR.")
_RUN = _("To keep the service running: legitimate interest, art. 6(1)(f) GDPR.")
_CASE = _with(
    ngettext_lazy(
        "With the customer’s account: 14 days after it is closed, or %(years)d "
        "year if we have ever approved the customer; longer while there is a "
        "hold.",
        "With the customer’s account: 14 days after it is closed, or %(years)d "
        "years if we have ever approved the customer; longer while there is a "
        "hold.",
        "years",
    ),
    years=settings.CUSTOMERS_KEPT_YEARS,
)

UNFINISHED = Kept(
    kind="unfinished",
    title=_("Unfinished registrations"),
    why=_CONTRACT,
    until=_with(
        ngettext_lazy(
            "%(hours)d hour after the last answer.",
            "%(hours)d hours after the last answer.",
            "hours",
        ),
        hours=settings.SESSION_COOKIE_AGE // 3600,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=timedelta(seconds=settings.SESSION_COOKIE_AGE),
    counts_from="expire_date",
    tables=("serving.Session",),
)
NEVER_ACTIVATED = Kept(
    kind="never_activated",
    title=_("Accounts never activated"),
    why=_CONTRACT,
    until=_with(
        ngettext_lazy(
            "%(days)d day after the activation link has ended.",
            "%(days)d days after the activation link has ended.",
            "days",
        ),
        days=settings.PENDING_ACCOUNT_DAYS,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=timedelta(days=settings.PENDING_ACCOUNT_DAYS, hours=settings.ACTIVATION_LINK_HOURS),
    counts_from="created_at",
    tables=("accounts.User",),
)
NOTES = Kept(
    kind="notes",
    title=_("Notes of staff"),
    why=_AML,
    until=_CASE,
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.BLOCKED,
    tables=("accounts.StaffNote",),
)
PROPOSALS = Kept(
    kind="proposals",
    title=_("Proposals for a second person"),
    why=_DUTIES,
    until=_CASE,
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.BLOCKED,
    tables=("accounts.AccountProposal", "accounts.ContactProposal"),
)
HOLDS = Kept(
    kind="holds",
    title=_("Holds"),
    why=_("Demands of the GIIF and of courts, claims: art. 49 of the AML act, art. 17(3) GDPR."),
    until=_with(
        ngettext_lazy(
            "Until its last day, at most %(years)d year beyond the time of the account; the row "
            "itself as long as the account.",
            "Until its last day, at most %(years)d years beyond the time of the account; the row "
            "itself as long as the account.",
            "years",
        ),
        years=settings.HOLDS_KEPT_YEARS,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.BLOCKED,
    tables=("accounts.Hold",),
)
AUDIT = Kept(
    kind="audit",
    title=_("Audit log"),
    why=_("Accountability: art. 5(2) and 32 GDPR, art. 49 of the AML act."),
    until=_with(
        ngettext_lazy(
            "%(years)d year after it happens.", "%(years)d years after it happens.", "years"
        ),
        years=settings.AUDIT_KEPT_YEARS,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=AUDIT_LASTS,
    counts_from="at",
    tables=("accounts.StaffEvent",),
)
EXPORTS = Kept(
    kind="exports",
    title=_("Files of exports"),
    why=_DUTIES,
    until=_with(
        ngettext_lazy(
            "%(hours)d hour after the file is made, for its author alone.",
            "%(hours)d hours after the file is made, for its author alone.",
            "hours",
        ),
        hours=int(EXPORTS_LAST / timedelta(hours=1)),
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=EXPORTS_LAST,
    tables=("accounts.ExportFile",),
)
STAFF = Kept(
    kind="staff",
    title=_("Accounts of staff"),
    why=_("To be able to say who did what: art. 5(2) and 32 GDPR."),
    until=_("As long as the person works here."),
    then=_("It is switched off and stays: notes and decisions bear its name."),
    after_closing=AfterClosing.GOES_ON,
    tables=("accounts.User",),
)
SAVED_VIEWS = Kept(
    kind="saved_views",
    title=_("Saved views"),
    why=_RUN,
    until=_("Until their owner deletes them."),
    then=_("They are deleted at once. They name no customer."),
    after_closing=AfterClosing.GOES_ON,
    tables=("accounts.SavedView",),
)
HIGH_RISK = Kept(
    kind="high_risk",
    title=_("High-risk countries"),
    why=_AML,
    until=_("Until an officer takes the country off the list."),
    then=_("It is deleted at once. The list names no customer."),
    after_closing=AfterClosing.GOES_ON,
    tables=("accounts.HighRiskCountry",),
)
CAPTCHAS = Kept(
    kind="captchas",
    title=_("Pictures with characters to copy"),
    why=_SAFETY,
    until=_with(
        ngettext_lazy(
            "%(hours)d hour after it is shown.",
            "%(hours)d hours after it is shown.",
            "hours",
        ),
        hours=settings.CAPTCHA_TIMEOUT // 60,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=timedelta(minutes=settings.CAPTCHA_TIMEOUT),
    counts_from="expiration",
    tables=("captcha.CaptchaStore",),
)
SUPPORT_CODES = Kept(
    kind="support_codes",
    title=_("Code for the consultant"),
    why=_CONTRACT,
    until=_(
        "30 minutes after the code is shown. With it are the step and the messages, no answer."
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=timedelta(minutes=30),
    counts_from="expires_at",
    tables=("accounts.SupportCode",),
)
TASKS = Kept(
    kind="tasks",
    title=_("Tasks of the queue"),
    why=_RUN,
    until=_with(
        ngettext_lazy(
            "%(days)d day after it begins; nothing of it is about a customer.",
            "%(days)d days after it begins; nothing of it is about a customer.",
            "days",
        ),
        days=TASKS_LAST.days,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=TASKS_LAST,
    counts_from="started_at",
    tables=("django_tasks_database.DBTaskResult",),
)
COUNTS = Kept(
    kind="counts",
    title=_("Counts of the statistics"),
    why=_("They are numbers of a day and name nobody: no personal data (art. 4(1) GDPR)."),
    until=_("Without an end."),
    then=_("They stay."),
    after_closing=AfterClosing.GOES_ON,
    tables=("accounts.DailyCount",),
)

LOGS = Kept(
    kind="logs",
    title=_("Security logs and whole IP addresses"),
    why=_SAFETY,
    until=_with(
        ngettext_lazy("%(days)d day after it happens.", "%(days)d days after it happens.", "days"),
        days=LOGS_LAST.days,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=LOGS_LAST,
)
BACKUPS = Kept(
    kind="backups",
    title=_("Backups"),
    why=_("To bring everything back after a failure: art. 32(1)(c) GDPR."),
    until=_with(
        ngettext_lazy(
            "%(days)d day. Whoever was deleted meanwhile is deleted again after a restore.",
            "%(days)d days. Whoever was deleted meanwhile is deleted again after a restore.",
            "days",
        ),
        days=BACKUPS_LAST.days,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=BACKUPS_LAST,
)

# For staff alone, in the order in which they read it after the others.
OF_THE_DESK: Sequence[Kept] = (
    UNFINISHED,
    NEVER_ACTIVATED,
    NOTES,
    PROPOSALS,
    HOLDS,
    AUDIT,
    EXPORTS,
    STAFF,
    SAVED_VIEWS,
    HIGH_RISK,
    CAPTCHAS,
    SUPPORT_CODES,
    TASKS,
    COUNTS,
    LOGS,
    BACKUPS,
)
EVERYTHING: Sequence[Kept] = (*ALL, *OF_THE_DESK)
# Kept for good: they name nobody.
NAMES_NOBODY = ("accounts.Source", "accounts.NightlyFact")

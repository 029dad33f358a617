"""Say what is kept of a customer, why, and until when: one table for pages and for the purge.

The privacy notice promises the same periods (`templates/legal/privacy/`): a shorter one here is
kept to at once, a longer one needs a new version of the notice first.
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
MESSAGES_LAST = timedelta(days=60)
# What an owner, and staff, can still see of sessions and of what happened to an account.
HISTORY_LASTS = timedelta(days=90)
# A wait that is over is remembered for a day: the next one may be longer (limits.Ladder).
COUNTERS_LAST = timedelta(days=1)
# What the queue in the database remembers of its tasks; nothing of it is about a customer.
TASKS_LAST = timedelta(days=7)
# How long a file that staff have ordered lies ready for its author.
EXPORTS_LAST = timedelta(hours=24)
# How long the owner of a closed account can reopen it.
REOPENING_LASTS = timedelta(days=14)
# How long an account whose customer we had approved stays blocked after its closing: art. 49(1) of
# the act of 1 March 2018 on counteracting money laundering, 5 years; two of them may be leap years.
BLOCKED_LASTS = timedelta(days=5 * 365 + 2)


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
    where the account decides.
    """

    kind: str
    title: Promise
    why: Promise
    until: Promise
    then: Promise
    after_closing: AfterClosing
    lasts: timedelta | None = None
    counts_from: str = ""


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
_WITH_ACCOUNT = _(
    "As long as you have the account, and 14 days after you close it. If we have approved your "
    "details: 5 years, as art. 49 of the Polish anti-money-laundering act requires."
)
_AS_LONG_AS_ACCOUNT = _("As long as you have the account, and 14 days after you close it.")
_DELETED = _("Then we delete it.")
_DELETED_BY_ITSELF = _("Then it is deleted automatically.")

ACCOUNT = Kept(
    kind="account",
    title=_("Account"),
    why=_CONTRACT,
    until=_WITH_ACCOUNT,
    then=_DELETED,
    after_closing=AfterClosing.BLOCKED,
)
DETAILS = Kept(
    kind="details",
    title=_("Your details"),
    why=_(
        "To open and run your account: the contract with you, art. 6(1)(b) GDPR; and to meet the "
        "duties of an exchange: art. 6(1)(c) GDPR."
    ),
    until=_WITH_ACCOUNT,
    then=_DELETED,
    after_closing=AfterClosing.BLOCKED,
)
CHANGES = Kept(
    kind="changes",
    title=_("Changes of details"),
    why=_PROOF,
    until=_WITH_ACCOUNT,
    then=_DELETED,
    after_closing=AfterClosing.BLOCKED,
)
REQUESTS = Kept(
    kind="requests",
    title=_("Requests for a change"),
    why=_CONTRACT,
    until=_WITH_ACCOUNT,
    then=_DELETED,
    after_closing=AfterClosing.BLOCKED,
)
REVIEW = Kept(
    kind="review",
    title=_("Review of your details"),
    why=_("To meet the duties of an exchange: art. 6(1)(c) GDPR."),
    until=_WITH_ACCOUNT,
    then=_DELETED,
    after_closing=AfterClosing.BLOCKED,
)
CHECKS = Kept(
    kind="checks",
    title=_("Checks in the register of VAT payers"),
    why=_("To meet the duties of an exchange: art. 6(1)(c) GDPR."),
    until=_WITH_ACCOUNT,
    then=_DELETED,
    after_closing=AfterClosing.BLOCKED,
)
CONSENTS = Kept(
    kind="consents",
    title=_("Consents and declarations"),
    why=_("To be able to prove what you agreed to: art. 7(1) and art. 5(2) GDPR."),
    until=_WITH_ACCOUNT,
    then=_DELETED,
    after_closing=AfterClosing.BLOCKED,
)
SURVEY = Kept(
    kind="survey",
    title=_("How you heard about kantor.pl"),
    why=_("To see how we reach customers: our legitimate interest, art. 6(1)(f) GDPR."),
    until=_AS_LONG_AS_ACCOUNT,
    then=_DELETED,
    after_closing=AfterClosing.FORGOTTEN,
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
)
PASSKEYS = Kept(
    kind="passkeys",
    title=_("Passkeys"),
    why=_CONTRACT,
    until=_("Until you remove the passkey, at most 14 days after you close the account."),
    then=_("It is deleted at once."),
    after_closing=AfterClosing.FORGOTTEN,
)
APP = Kept(
    kind="app",
    title=_("Authenticator app"),
    why=_CONTRACT,
    until=_("Until you turn the app off, at most 14 days after you close the account."),
    then=_("It is deleted at once, with the recovery codes."),
    after_closing=AfterClosing.FORGOTTEN,
)
ATTEMPTS = Kept(
    kind="attempts",
    title=_("Counted attempts"),
    why=_SAFETY,
    until=_with(
        ngettext_lazy(
            "%(days)d day after the limit ends. In the place of your address there is a code that "
            "does not show it.",
            "%(days)d days after the limit ends. In the place of your address there is a code that "
            "does not show it.",
            "days",
        ),
        days=COUNTERS_LAST.days,
    ),
    then=_DELETED_BY_ITSELF,
    after_closing=AfterClosing.GOES_ON,
    lasts=COUNTERS_LAST,
    counts_from="ends_at",
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

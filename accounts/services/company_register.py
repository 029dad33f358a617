"""Decide whether a register is asked for a company, and remember what it answered that day."""

import logging
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, time, timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import lookup
from accounts.limits import Limit
from accounts.lookup import CompanyData, Entry, LookupExhausted, LookupUnavailable
from accounts.lookup.vat_register import WARSAW

ATTEMPT_LOOKUPS = Limit("company-lookup", times=10, window=timedelta(hours=1))
# Offices share an address; no single one may use up the day's questions of all.
NETWORK_LOOKUPS = Limit("network-company-lookup", times=30, window=timedelta(days=1))

logger = logging.getLogger(__name__)


class TooManyLookups(LookupUnavailable):
    """This visitor or this network has asked often enough for now."""


def find(nip: str, *, attempt: str, network: str) -> CompanyData | None:
    """Return what the register knows of a valid NIP today; None when it knows no such company.

    Answers are kept until midnight in Warsaw, also "no such company"; failures are not. Counted
    for the attempt and the network at each call, and for the site when the register is asked;
    once it has refused for the day, it is not asked again that day. Raises TooManyLookups,
    LookupExhausted, LookupUnavailable. Waits 3 seconds for the register, another for a silent cache
    (production's time limit), and must not be called in a transaction.
    """
    # Both are counted: who has used up the one goes on using up the other.
    allowed = [ATTEMPT_LOOKUPS.hit(attempt), NETWORK_LOOKUPS.hit(network)]
    if not all(allowed):
        raise TooManyLookups("visitor")
    key = _key(nip)
    try:
        known = cache.get(key)
    except Exception:
        # A cache that is down costs a question, never a page; a silent one is waited for once.
        logger.warning("The cache of company data cannot be read.")
        return ask(nip).company
    # Nothing, or what another release has put there, is no answer.
    with suppress(KeyError, TypeError):
        return CompanyData(**known["company"]) if known["company"] else None
    found = ask(nip).company
    try:
        cache.set(key, {"company": asdict(found) if found else None}, _seconds_to_midnight())
    except Exception:
        logger.warning("The cache of company data cannot be written.")
    return found


def ask(nip: str) -> Entry:
    """Ask the register now, whatever was answered before, and return what it says.

    Counted for the site alone, as in `find`, and not kept. Raises LookupExhausted,
    LookupUnavailable. Waits 3 seconds at most, and must not be called in a transaction.
    """
    try:
        return _ask_within_the_day(nip)
    except LookupUnavailable as error:
        # A fixed word: a NIP or an answer never gets into the log.
        logger.warning("The register of companies gave no answer: %s", error)
        raise


def _ask_within_the_day(nip: str) -> Entry:
    register = lookup.backend()
    if register.questions_a_day is None:
        return register.lookup(nip)
    # The register counts days of Warsaw: each day is a subject of its own.
    day = timezone.localdate(timezone=WARSAW).isoformat()
    shut = Limit(
        "company-register-shut", times=1, window=timedelta(days=1), quiet=True, must_last=True
    )
    if shut.is_used_up(day):
        raise LookupExhausted("shut-until-midnight")
    questions = Limit(
        "company-register",
        times=register.questions_a_day,
        window=timedelta(days=1, hours=1),
        must_last=True,
    )
    if not questions.hit(day):
        raise LookupExhausted("own-budget")
    try:
        return register.lookup(nip)
    except LookupExhausted:
        shut.hit(day)
        raise


def _key(nip: str) -> str:
    """Return the cache's key: day, register and number are in it, the last not to be read."""
    day = timezone.localdate(timezone=WARSAW).isoformat()
    # What the Ministry's test server says must not be told for true.
    asked = f"{settings.COMPANY_LOOKUP} {settings.COMPANY_LOOKUP_URL} {nip}"
    told = salted_hmac("accounts.company-lookup", asked, algorithm="sha256").hexdigest()
    return f"company-lookup:2:{day}:{told}"


def _seconds_to_midnight() -> int:
    now = timezone.now()
    tomorrow = timezone.localdate(now, timezone=WARSAW) + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time.min, tzinfo=WARSAW)
    return max(1, int((midnight - now).total_seconds()))

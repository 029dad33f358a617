"""Ask the register of VAT payers (Wykaz podatników VAT) of the Ministry of Finance.

GET /api/search/nip/{nip}?date=YYYY-MM-DD, no key, 100 questions a day from one address; whoever
asks more often is shut out until midnight. Nothing of an answer is taken on trust.
"""

import json
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.lookup.address import read_address
from accounts.lookup.company import (
    CompanyData,
    Entry,
    LookupExhausted,
    LookupUnavailable,
    understood,
)
from accounts.lookup.http import Answer, FetchError, fetch
from accounts.lookup.readable import readable_company
from accounts.values import company_name, krs, regon
from accounts.values.text import MAX_TYPED, clean

WARSAW = ZoneInfo("Europe/Warsaw")
TOTAL_SECONDS = 3.0
# Some companies list a thousand bank accounts, which are of no use here.
MOST_BYTES = 512 * 1024

DAILY_LIMIT = "WL-191"
# Codes that say that there is no such NIP: empty, wrong length, characters, digits.
NO_SUCH_NIP = frozenset({"WL-112", "WL-113", "WL-114", "WL-115"})


class VatRegisterLookup:
    """The register behind `base_url`, a scheme and a host."""

    # The published limit is 100; the rest is left to people who look by hand.
    questions_a_day: ClassVar[int | None] = 90

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")

    def lookup(self, nip: str) -> Entry:
        """Return what the register says today.

        One question, no second try. Raises LookupUnavailable, LookupExhausted.
        """
        today = timezone.localdate(timezone=WARSAW)
        url = f"{self._base_url}/api/search/nip/{nip}?date={today.isoformat()}"
        try:
            answer = fetch(url, seconds=TOTAL_SECONDS, most_bytes=MOST_BYTES)
        except FetchError as error:
            raise LookupUnavailable(str(error)) from None
        return read_answer(nip, answer)


def read_answer(nip: str, answer: Answer) -> Entry:
    """Return what an answer to a question for this NIP says.

    Raises LookupExhausted for the daily limit, LookupUnavailable for everything else that is no
    answer: an error, a page instead of data, another company, a shape that is not the published
    one.
    """
    if answer.content_type != "application/json":
        raise LookupUnavailable("content-type")
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise LookupUnavailable("not-json") from None
    if not isinstance(content, dict):
        raise LookupUnavailable("shape")
    if answer.status != 200:
        _check_refusal(content.get("code"))
        return Entry(None)
    result = content.get("result")
    if not isinstance(result, dict) or "subject" not in result:
        raise LookupUnavailable("shape")
    subject, request_id = result["subject"], _word(result.get("requestId"))
    if subject is None:
        return Entry(None, request_id=request_id)
    if not isinstance(subject, dict) or subject.get("nip") != nip:
        raise LookupUnavailable("shape")
    return Entry(_read_subject(subject), _word(subject.get("statusVat")), request_id)


def _check_refusal(code: object) -> None:
    """Raise unless this code says that there is no such NIP."""
    if code == DAILY_LIMIT:
        raise LookupExhausted("daily-limit")
    if not isinstance(code, str) or code not in NO_SUCH_NIP:
        raise LookupUnavailable("refused")


def _read_subject(subject: dict[str, Any]) -> CompanyData:
    # A company has its seat in the first, a sole trader often only the second.
    address = read_address(subject.get("workingAddress")) or read_address(
        subject.get("residenceAddress")
    )
    return CompanyData(
        name=understood(company_name.parse, readable_company(_text(subject.get("name")))),
        regon=understood(regon.parse, _text(subject.get("regon"))),
        krs=understood(krs.parse, _text(subject.get("krs"))),
        **address,
    )


def _word(value: object) -> str:
    """Return a word or a number of the register's own, at most 40 characters."""
    return understood(lambda told: clean(told, max_length=40), _text(value))


def _text(value: object) -> str:
    """Return a text that may be a value of ours; nothing for what is longer than any."""
    return value if isinstance(value, str) and len(value) <= MAX_TYPED else ""

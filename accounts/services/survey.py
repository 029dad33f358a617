"""Ask and record how a customer heard of the service."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from accounts.models import Source, SurveyAnswer
from accounts.statistics import counting
from accounts.statistics.counting import Name
from kantor.serving.sql import places, stored_id


class Landing(NamedTuple):
    """What the page after the activation needs of the account."""

    account: int  # its number
    phone: str
    is_answered: bool
    # Key, name in Polish, name in English, whether it asks for details; none once it is answered.
    sources: tuple[tuple[int, str, str, bool], ...]


def landing(attempts: Collection[UUID]) -> Landing | None:
    """Return this of the account that was activated last, of those the attempts became.

    The sources are those that are offered now, in their order. One SELECT.
    """
    ids = [stored_id(each) for each in attempts]
    if not ids:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT account.id, customer.phone, answer.user_id IS NOT NULL,
                source.id, source.name_pl, source.name_en, source.asks_details
            FROM accounts_user AS account
            LEFT JOIN accounts_customer AS customer ON customer.user_id = account.id
            LEFT JOIN accounts_surveyanswer AS answer ON answer.user_id = account.id
            LEFT JOIN accounts_source AS source ON source.is_active AND answer.user_id IS NULL
            WHERE account.attempt IN ({places(ids)}) AND account.is_active
            ORDER BY account.activated_at DESC, account.id, source.position, source.id
            """,  # noqa: S608  placeholders only
            ids,
        )
        rows = cursor.fetchall()
    if not rows:
        return None
    account, phone, is_answered = rows[0][:3]
    return Landing(
        account,
        phone or "",
        bool(is_answered),
        tuple(
            (key, polish, english, bool(asks_details))
            for owner, _phone, _answered, key, polish, english, asks_details in rows
            if owner == account and key is not None
        ),
    )


def answer(account: int, source: Source, details: str = "") -> None:
    """Record the first answer of the account of this number; a later one changes nothing.

    Details belong to a source that asks for them; typed beside another one they were left over.
    """
    details = details if source.asks_details else ""
    _answer, is_first = SurveyAnswer.objects.get_or_create(
        user_id=account, defaults={"source": source, "details": details}
    )
    if is_first:
        counting.add(Name.SOURCE, str(source.pk))

"""Write down that somebody agrees to our news, or does not any more."""

from django.db import transaction

from accounts import consents
from accounts.models import ConsentRecord, User
from accounts.services import ledger

NEWS = "news_email"


def wants_news(user: User) -> bool:
    """Tell whether the newest record of this account agrees to news."""
    newest = _newest(user)
    return newest is not None and newest.given


def agree_to_news(user: User, *, language: str) -> bool:
    """Add one row that agrees to news in the words shown in `language`; tell whether it did.

    Adds nothing where the consent stands: repeated, or at the same moment, it is one row.
    """
    (consent,) = (known for known in consents.CONSENTS if known.key == NEWS)
    with transaction.atomic():
        _lock(user)
        if wants_news(user):
            return False
        ledger.append(
            ConsentRecord(
                user=user,
                key=NEWS,
                version=consent.version,
                text_hash=consents.text_hash(consent, language),
                language=language,
                given=True,
                channel=ConsentRecord.Channel.ACCOUNT,
            )
        )
        return True


def withdraw_news(user: User, *, channel: ConsentRecord.Channel) -> bool:
    """Add one row that takes back the consent to news, as it was given; tell whether it did.

    Adds nothing where there is no consent: repeated, or at the same moment, it is one row.
    """
    with transaction.atomic():
        _lock(user)
        newest = _newest(user)
        if newest is None or not newest.given:
            return False
        ledger.append(
            ConsentRecord(
                user=user,
                key=NEWS,
                version=newest.version,
                text_hash=newest.text_hash,
                language=newest.language,
                given=False,
                channel=channel,
            )
        )
        return True


def _newest(user: User) -> ConsentRecord | None:
    return user.consents.filter(key=NEWS).order_by("recorded_at", "pk").last()


def _lock(user: User) -> None:
    """Let nobody else decide for this account until the transaction ends."""
    User.objects.select_for_update().only("pk").get(pk=user.pk)

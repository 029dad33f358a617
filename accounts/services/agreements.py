"""Write down what a customer accepts after registering: news, or not any more, and new terms."""

from typing import NamedTuple

from django.db import transaction
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from accounts import consents
from accounts.mail import outbox
from accounts.models import ConsentRecord, Customer, OutboxMessage, User
from accounts.services import ledger

NEWS = "news_email"


class KnownTexts(NamedTuple):
    """The newest versions that a customer has accepted; empty where he has accepted none."""

    terms: str
    privacy: str


def wants_news(user: User) -> bool:
    """Tell whether the newest record of this account agrees to news."""
    newest = _newest(user)
    return newest is not None and newest.given


def agree_to_news(user: User, *, language: str) -> bool:
    """Add one row that agrees to news in the words shown in `language`; tell whether it did.

    Adds nothing where the consent stands: repeated, or at the same moment, it is one row. Nor
    where the account was closed at that moment: closing takes back what was agreed to.
    """
    consent = consents.declaration(NEWS)
    with transaction.atomic():
        if not _lock(user).is_active or wants_news(user):
            return False
        ledger.append(_given(user, consent, language))
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


def known_texts(user: User) -> KnownTexts | None:
    """Return what this customer has accepted, by one statement; nothing for who is no customer."""
    found = (
        Customer.objects.filter(user=user)
        .values_list(_newest_version("terms"), _newest_version("personal_data"))
        .first()
    )
    return None if found is None else KnownTexts(*found)


def accept_terms(user: User, version: str, *, language: str) -> bool:
    """Add one row that accepts these terms as shown in `language`; tell whether it did.

    The mail with text and receipt is owed with it. Adds nothing where this version, or a newer
    one, has been accepted: repeated, or at the same moment, it is one row and one mail. Raises
    LookupError for a version that never was.
    """
    consent = consents.declaration("terms", version)
    row = _given(user, consent, language)
    with transaction.atomic():
        _lock(user)
        if user.consents.filter(key="terms", given=True, version__gte=version).exists():
            return False
        ledger.append(row)
        outbox.put(OutboxMessage.Kind.TERMS_ACCEPTED, user, version=version)
        return True


def _given(user: User, consent: consents.Consent, language: str) -> ConsentRecord:
    return ConsentRecord(
        user=user,
        key=consent.key,
        version=consent.version,
        text_hash=consents.text_hash(consent, language),
        language=language,
        given=True,
        channel=ConsentRecord.Channel.ACCOUNT,
    )


def _newest(user: User) -> ConsentRecord | None:
    return user.consents.filter(key=NEWS).order_by("recorded_at", "pk").last()


def _newest_version(key: str) -> Coalesce:
    rows = ConsentRecord.objects.filter(user=OuterRef("user"), key=key, given=True)
    return Coalesce(Subquery(rows.order_by("-version").values("version")[:1]), Value(""))


def _lock(user: User) -> User:
    """Let nobody else decide for this account until the transaction ends; return it as it is."""
    return User.objects.select_for_update(no_key=True).only("pk", "is_active").get(pk=user.pk)

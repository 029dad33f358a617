"""Fill a database with customers to look at, and with staff of every role to look at them."""

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts import consents, demo
from accounts.desk import decisions
from accounts.desk.decisions import Grounds
from accounts.desk.events import Desk
from accounts.desk.roles import Role
from accounts.models import (
    AuthenticatorApp,
    ConsentRecord,
    Customer,
    OutboxMessage,
    ReviewState,
    Source,
    User,
)
from accounts.models.outbox import OUTCOMES
from accounts.passwords import normalize
from accounts.services import activation, agreements, registration, review, survey
from accounts.totp import services as totp
from accounts.values import phone


class Command(BaseCommand):
    """Make the demonstration's accounts; a second run makes only what is missing."""

    help = (
        "Make some dozens of invented accounts in every state and two members of staff a role, and "
        "print their new random passwords and the keys of their apps. No mail is sent."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --force."""
        parser.add_argument(
            "--force", action="store_true", help="do it although this is not a development site"
        )

    def handle(self, *, force: bool, **options: Any) -> None:
        """Make what is missing, in one transaction, and print how to sign in."""
        if not settings.DEBUG and not force:
            raise CommandError(
                "This is not a development site (DEBUG is off). Invented customers and a staff "
                "user do not belong here; --force makes them all the same."
            )
        staff_password, customer_password = secrets.token_urlsafe(15), secrets.token_urlsafe(15)
        # Hashed outside the transaction: a hash takes long, and the lock would wait with it.
        staff_hash, customer_hash = map(_hash, (staff_password, customer_password))
        wanted = list(demo.accounts())
        attempts = [account.attempt for account in wanted]
        with transaction.atomic():
            team = [_member(email, role, staff_hash) for email, role in demo.STAFF]
            officer = next(each.user for each in team if each.role is Role.OFFICER)
            known = set(User.objects.filter(attempt__in=attempts).values_list("attempt", flat=True))
            missing = [account for account in wanted if account.attempt not in known]
            sources = list(Source.objects.filter(is_active=True))
            for account in missing:
                _make(account, customer_hash, officer, sources)
            User.objects.filter(attempt__in=attempts).update(password=customer_hash)
        example = User.objects.filter(attempt__in=attempts, is_active=True).first()
        self.stdout.write(f"Accounts made: {len(missing)} (of {len(wanted)})")
        self.stdout.write(f"Staff:     password: {staff_password}")
        self.stdout.write("           (the same for all; the code is from an app with this key)")
        for member in team:
            self.stdout.write(f"           {member.user.email:32} {member.key}")
        if example is not None:
            self.stdout.write(f"Customers: {example.email}  password: {customer_password}")
            self.stdout.write("           (the same password for every invented customer)")
            if settings.SIGN_IN_PHONE_DIGITS:
                self.stdout.write(
                    f"           phone number: {phone.display(example.customer.phone)}"
                )


class Member(NamedTuple):
    """One of the invented staff, and the key of his app."""

    user: User
    role: Role
    key: str


def _member(email: str, role: Role, password_hash: str) -> Member:
    """Return a member of the demonstration's staff with this password, made if need be."""
    user = User.objects.filter(email=email, is_staff=True).first()
    if user is None:
        user = User.objects.create_user(
            email,
            is_staff=True,
            is_superuser=role is Role.ADMINISTRATOR,
            language=demo.STAFF_LANGUAGE,
        )
    if role is not Role.ADMINISTRATOR:
        user.groups.set([Group.objects.get_or_create(name=role.value)[0]])
    user.password = password_hash
    user.save(update_fields=["password"])
    app = AuthenticatorApp.objects.filter(user=user).first()
    proposal = totp.propose(user, app.key if app else "")
    if app is None:
        AuthenticatorApp.objects.create(user=user, name="", key=proposal.sealed)
    return Member(user, role, proposal.key)


def _make(
    account: demo.DemoAccount, password_hash: str, officer: User, sources: list[Source]
) -> None:
    """Lead one invented customer through the real services up to his state."""
    registered = timezone.now() - timedelta(days=account.days_ago)
    user = registration.register(
        attempt=account.attempt,
        kind=account.kind,
        answers=account.answers,
        password_hash=password_hash,
        given={
            consent.key: consent.required or account.wants_news
            for consent in consents.asked_of(account.kind)
        },
        language=account.language,
        network="demo",
        at=registered,
    )
    if account.state != "pending":
        activation.activate(user)
    if account.source is not None and sources:
        source = sources[account.source % len(sources)]
        details = "od sąsiada" if source.asks_details else ""
        survey.answer(user.pk, source, details)
    if account.took_news_back:
        agreements.withdraw_news(user, channel=ConsentRecord.Channel.ACCOUNT)
    if account.review_state != ReviewState.NEW:
        _decide(user, account, officer)
    if account.state == "suspended":
        review.suspend(user)
    _date_back(user, registered)


def _decide(user: User, account: demo.DemoAccount, officer: User) -> None:
    """Decide through the desk, as everybody does."""
    decision, reason = demo.DECISIONS[account.review_state]
    grounds = Grounds(
        reason=reason,
        note=account.review_note,
        words=account.review_words,
        sections=account.review_sections,
    )
    version = user.customer.review_version
    decisions.decide(user.customer, decision, grounds, desk=Desk(officer), version=version)


def _date_back(user: User, registered: datetime) -> None:
    """Move what happened into the past, and count its mails as sent: nobody may get them."""
    opened = registered + timedelta(minutes=7)
    User.objects.filter(pk=user.pk, activated_at__isnull=False).update(activated_at=opened)
    Customer.objects.filter(pk=user.pk).update(created_at=registered)
    decided = registered + timedelta(hours=5)
    Customer.objects.filter(pk=user.pk, reviewed_at__isnull=False).update(reviewed_at=decided)
    closed = decided + timedelta(hours=3)
    User.objects.filter(pk=user.pk, suspended_at__isnull=False).update(suspended_at=closed)
    moments = {
        OutboxMessage.Kind.REGISTRATION: registered,
        OutboxMessage.Kind.SUSPENDED: closed,
        **dict.fromkeys(OUTCOMES.values(), decided),
    }
    # Within the transaction that wrote them: the sweeper never sees them waiting.
    for message in OutboxMessage.objects.filter(user=user):
        written = moments.get(OutboxMessage.Kind(message.kind), opened)
        message.state, message.attempts = OutboxMessage.State.SENT, 1
        message.created_at = message.due_at = written
        message.finished_at = written + timedelta(seconds=2)
        message.save()


def _hash(password: str) -> str:
    return make_password(normalize(password))

"""Nobody sees or changes another customer's account, whatever address of it he knows.

The addresses are the resolver's: a new one is walked here as soon as it exists. Only a part of an
address that nothing here knows how to fill in has to be added (`PARTS`), or the walk fails.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any

from django.apps import apps
from django.core import signing
from django.db import connection, transaction
from django.test import Client, TestCase
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone, translation

from accounts import disowning, email_link, news_link, phone_link, reopening_link
from accounts.account import services as data
from accounts.contact import services as contact
from accounts.models import (
    AccountEvent,
    AccountSession,
    ConsentRecord,
    DataRequest,
    EmailChange,
    Kind,
    Passkey,
    Source,
    SurveyAnswer,
    User,
)
from accounts.models.customer import Section
from accounts.services import review
from accounts.values.visit import NOBODY
from kantor.serving.typography import untie
from tests.browsers import browser, put_in
from tests.closings import close
from tests.doors import is_signed_in
from tests.factories import PASSWORD, activated, decide, staff, suspended
from tests.phone import stopped_clock, turned_on

# Where what belongs to one account begins; the door itself shows nobody's data.
OF_THE_ACCOUNT = ("konto/", "zgody/", "haslo/zmiana/", "logowanie/numer/", "wyloguj/")

SESSIONS = "AccountSession.user"

# Data of the first customer that nobody else has: one of them in an answer is a leak.
NAME = "Kanarkiewicz-Zdradna"
CANARIES = {
    "company_name": "Ptaszarnia Kanarek Żółty sp. z o.o.",
    "nip": "7740001454",
    "regon": "610188201",
    "krs": "0000028860",
    "first_name": "Kanarynka",
    "last_name": NAME,
    "position": "ptasznik naczelny",
    "main_street": "Kanarkowa",
    "main_city": "Ptaszkowice",
    "main_postal_code": "98-765",
    "phone": "+48799888777",
    "email": "kanarek.wlasciciel@example.com",
}
NEW_EMAIL = "kanarek.przyszly@example.com"
SAID = (
    NEW_EMAIL,
    *(value for name, value in CANARIES.items() if name not in ("nip", "phone")),
    "774-000-14-54",
    "+48 799 888 777",
    "7740001454",
    "Klucz-Kanarka",
    "Powód-Kanarka",
    "Nowy-Kanarek",
    "Słowa-do-Kanarka",
    "Gazeta-Kanarka",
    "Opera, ChromeOS",
    "203.0.x.x",
)

# All that the forms of the account may ask for, as somebody would send it who wants to do harm.
BODY = {
    **dict.fromkeys(("first_name", "last_name", "main_city", "main_street"), "Obcy"),
    "company_name": "Obca sp. z o.o.",
    "main_house_no": "1",
    "main_flat_no": "",
    "main_postal_code": "00-950",
    "main_country": "PL",
    "corr_country": "PL",
    "position": "obcy",
    "nip": "5261040828",
    "regon": "",
    "krs": "",
    "reason": "Bo tak",
    "phone": "+48500500500",
    "phone_number": "+48500500500",
    "number": "+48500500500",
    "email": "obcy@example.com",
    "username": "obcy@example.com",
    "new_email": "obcy@example.com",
    "language": "en",
    "news": "no",
    "List-Unsubscribe": "One-Click",
    "format": "json",
    "name": "Obcy klucz",
    "password": PASSWORD,
    "old_password": PASSWORD,
    "new_password1": "Zupa-Latarnia-Śnieg-Kolej-58",
    "new_password2": "Zupa-Latarnia-Śnieg-Kolej-58",
    "code": "123456",
    "accept": "on",
    "terms": "on",
    "confirm": "on",
}


class Address:
    """One address of the account: its name, and what it is made of."""

    def __init__(self, pattern: URLPattern, route: str) -> None:
        self.name, self.route = str(pattern.name), route
        self.parts = tuple(pattern.pattern.converters)

    def __str__(self) -> str:
        return f"{self.name} ({self.route})"


def addresses() -> list[Address]:
    """Return every named address of the account that the site answers."""
    with translation.override("pl"):
        found = [
            Address(pattern, route)
            for pattern, route in _walk(get_resolver().url_patterns)
            if pattern.name and route.startswith(OF_THE_ACCOUNT)
        ]
    assert len(found) > 25, found
    return found


def _walk(patterns: Any, before: str = "") -> Iterator[tuple[URLPattern, str]]:
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, route)
        else:
            yield each, route


@cache
def statements() -> dict[str, str]:
    """Return the statement for the rows of an account in each table that has an owner.

    The walk asks thousands of times: to compile these anew was half of what it cost.
    """
    fields = {"user": User._meta.pk}
    for model in apps.get_app_config("accounts").get_models():
        for field in model._meta.get_fields():
            if field.concrete and field.related_model is User and not field.many_to_many:
                fields[f"{model.__name__}.{field.name}"] = field
    found = {}
    for name, field in fields.items():
        rows = field.model._default_manager.filter(**{field.name: 0}).order_by("pk")
        found[name], _ = rows.query.sql_with_params()
    return found


class Owner:
    """The first customer, with something of every kind of data."""

    def __init__(self) -> None:
        self.user = activated(Kind.COMPANY, news=True, **CANARIES)
        decide(self.user, "correction", words="Słowa-do-Kanarka", sections=[Section.ADDRESS])
        data.ask(self.user, Section.NAME, {"last_name": "Nowy-Kanarek"}, "Powód-Kanarka")
        contact.ask(self.user, NEW_EMAIL, visit=NOBODY)
        Passkey.objects.create(
            user=self.user, credential_id=b"1", public_key=b"1", name="Klucz-Kanarka"
        )
        SurveyAnswer.objects.create(
            user=self.user, source=Source.objects.all()[0], details="Gazeta-Kanarka"
        )
        turned_on(self.user)
        self.client = browser_of(self.user)
        assert is_signed_in(self.client)
        assert AccountSession.objects.filter(user=self.user).update(
            browser="opera", system="chromeos", network_shown="203.0.x.x"
        )

    def rows(self) -> dict[str, Any]:
        """Return every row of every table that is about this customer."""
        self.user.refresh_from_db()
        found: dict[str, Any] = {}
        with connection.cursor() as cursor:
            for name, statement in statements().items():
                cursor.execute(statement, [self.user.pk])
                columns = [column[0] for column in cursor.description]
                rows = cursor.fetchall()
                found[name] = [dict(zip(columns, row, strict=True)) for row in rows]
        return found

    def numbers(self) -> set[int]:
        """Return the number of the newest of these rows in each table."""
        newest = (rows[-1].get("id") for rows in self.rows().values() if rows)
        return {number for number in newest if isinstance(number, int)}


def browser_of(user: User | None) -> Client:
    """Return a browser in which this account is signed in, as it is now; or nobody."""
    return browser() if user is None else put_in(User.objects.get(pk=user.pk), browser())


def forged(owner: Owner, stranger: User | None) -> list[str]:
    """Return tokens that nobody signed, and true ones of the stranger with the owner's number."""
    tokens = [f"{owner.user.pk}~{'A' * 43}", f"{owner.user.pk}~1tabcd~{'A' * 43}", "x" * 60]
    signer = signing.Signer(salt="accounts.another-link")
    tokens.append(signer.sign(str(owner.user.pk)).replace(":", "~"))
    if stranger is not None:
        event = AccountEvent.objects.create(user=stranger, kind=AccountEvent.Kind.SIGNED_IN)
        of_owner = owner.user.events.values_list("pk", flat=True).first() or owner.user.pk
        change = EmailChange(pk=event.pk)
        waiting = owner.user.email_changes.values_list("pk", flat=True)[0]
        for token, number in (
            (news_link.make(stranger), owner.user.pk),
            (disowning.make(event), of_owner),
            (phone_link.make(event), of_owner),
            (email_link.make_confirmation(change), waiting),
            (email_link.make_undoing(change), waiting),
        ):
            tokens.append(f"{number}~{token.partition('~')[2]}")
        # A link of one kind is none of another, whoever signed it.
        tokens.append(email_link.make_undoing(change).replace(str(change.pk), str(waiting), 1))
        stranger.closed_at = stranger.closed_at or timezone.now()
        token = reopening_link.make(stranger)
        tokens.append(token.replace(str(stranger.pk), str(owner.user.pk), 1))
    return tokens


Values = Callable[[Owner, User | None], list[Any]]
# How the parts of an address are filled in, so that it would be the owner's if it could.
PARTS: Mapping[str, Values] = {
    "pk": lambda owner, stranger: sorted(owner.numbers()),
    "section": lambda owner, stranger: Section.values,
    "token": forged,
}


def paths(address: Address, owner: Owner, stranger: User | None) -> list[str]:
    """Return the addresses to visit."""
    unknown = set(address.parts) - PARTS.keys()
    assert not unknown, f"Say in PARTS how to fill in {unknown} of {address}."
    choices = [PARTS[part](owner, stranger) for part in address.parts]
    with translation.override("pl"):
        return [
            reverse(
                f"accounts:{address.name}", kwargs=dict(zip(address.parts, chosen, strict=True))
            )
            for chosen in product(*choices)
        ]


def shown(client: Client, response: Any) -> str:
    """Return all that an answer shows, its headers, and the page that it leads to."""
    parts = [str(response.headers), *(morsel.value for morsel in response.cookies.values())]
    parts.append(response.content.decode())
    if response.status_code in (301, 302, 303):
        after = client.get(response["Location"])
        assert after.status_code < 500, response["Location"]
        parts.append(after.content.decode())
    return untie(" ".join(parts))


class StrangerTests(TestCase):
    """Every address, opened and sent by whoever is not its owner."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.owner = Owner()

    def walk(self, new_visitor: Callable[[], User | None], *, is_let_in: bool) -> None:
        """Visit everything; each address as somebody new, whom nothing before has changed."""
        visits = 0
        for address in addresses():
            visitor = new_visitor()
            stranger = None if visitor == self.owner.user else visitor
            ways = list(product(paths(address, self.owner, stranger), ("get", "post")))
            journeys = [(*way, browser_of(visitor)) for way in ways]
            assert is_signed_in(browser_of(visitor)) == is_let_in
            before = self.owner.rows()
            for path, method, client in journeys:
                with self.subTest(address=str(address), path=path, method=method):
                    body = BODY if method == "post" else {"user": str(self.owner.user.pk)}
                    response = getattr(client, method)(path, body)
                    assert response.status_code < 500
                    text = shown(client, response)
                    for canary in SAID:
                        assert canary not in text, canary
            with self.subTest(address=str(address)):
                assert self.owner.rows() == before
            visits += len(journeys)
        assert visits > 80

    def test_another_customer(self) -> None:
        self.walk(lambda: activated(Kind.COMPANY), is_let_in=True)

    def test_nobody(self) -> None:
        self.walk(lambda: None, is_let_in=False)

    def test_a_customer_whose_account_is_closed(self) -> None:
        self.walk(lambda: suspended(Kind.COMPANY), is_let_in=False)

    def test_the_owner_whose_own_account_is_closed(self) -> None:
        kept = self.owner.client
        review.suspend(self.owner.user)
        assert kept.get("/konto/").status_code == 302
        # A session that somehow outlived it opens nothing either.
        self.walk(lambda: self.owner.user, is_let_in=False)

    def test_a_customer_who_has_closed_his_account(self) -> None:
        self.walk(lambda: close(activated(Kind.COMPANY)), is_let_in=False)

    def test_the_owner_who_has_closed_his_account(self) -> None:
        kept = self.owner.client
        close(self.owner.user)
        assert kept.get("/konto/").status_code == 302
        self.walk(lambda: self.owner.user, is_let_in=False)

    def test_staff_without_customer_data(self) -> None:
        self.walk(staff, is_let_in=True)


class OwnerTests(TestCase):
    """The same walk by the owner: what is looked for above is there to be seen and changed."""

    # What at least one body of the walk changes, where its sender owns the account.
    CHANGES = frozenset(
        {
            "data",
            "data-section",
            "data-withdraw",
            "news",
            "my-data",
            "end-session",
            "end-other-sessions",
            "passkey-rename",
            "passkey-remove",
            "password-change",
            "phone-change",
            "email-change",
            "close",
            "recovery-codes",
            "totp-off",
        }
    )

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.owner = Owner()

    def test_sees_every_canary(self) -> None:
        client, text = browser_of(self.owner.user), ""
        for address in addresses():
            for path in paths(address, self.owner, None):
                text += client.get(path).content.decode()
        text = untie(text + shown(client, client.post("/konto/moje-dane/", BODY)))
        assert [canary for canary in SAID if canary not in text] == []

    def test_changes_what_strangers_cannot(self) -> None:
        changed = set()
        for address in addresses():
            # One of them closes the account: each begins where the first did.
            with transaction.atomic():
                wanted = paths(address, self.owner, None)
                journeys = [(path, browser_of(self.owner.user)) for path in wanted]
                before = self.facts()
                for path, client in journeys:
                    client.post(path, BODY)
                if self.facts() != before:
                    changed.add(address.name)
                transaction.set_rollback(True)
        assert changed >= self.CHANGES, self.CHANGES - changed

    def facts(self) -> dict[str, Any]:
        """Return the rows but those of sessions, which every browser of the walk writes."""
        return {name: rows for name, rows in self.owner.rows().items() if name != SESSIONS}


class RowsTests(TestCase):
    """What the walk compares is all that there is."""

    def test_every_table_with_an_owner_is_among_the_rows(self) -> None:
        with stopped_clock():
            rows = Owner().rows()
        for model in (ConsentRecord, DataRequest, EmailChange, Passkey, SurveyAnswer):
            assert rows[f"{model.__name__}.user"], model

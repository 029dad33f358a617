"""Fill a database with customers as a real table of them would look, quickly.

The newest DRAWN customers are drawn and go by COPY or `executemany`; the older ones are copies of
them with numbers, addresses and times of their own, which the database makes by itself. A million
customers with their words, mails and events are eight million rows: Django's objects would take an
hour.
"""

import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

SPAN = timedelta(days=3 * 365)  # between the oldest registration and the newest
BATCH = 10_000
DRAWN = 50_000  # of which `fill` has to be asked for a multiple, or for fewer

# The frequent ones of the register of PESEL are frequent here: the nth has a weight of 1/(n + 4).
LAST = """nowak kowalski wiśniewski wójcik kowalczyk kamiński lewandowski zieliński szymański
woźniak dąbrowski kozłowski jankowski mazur kwiatkowski wojciechowski krawczyk kaczmarek piotrowski
grabowski pawłowski michalski król wieczorek jabłoński wróbel nowakowski majewski olszewski
stępień malinowski jaworski adamczyk dudek nowicki pawlak górski witkowski walczak sikora baran
rutkowski michalak szewczyk ostrowski tomaszewski pietrzak zalewski wróblewski marciniak jasiński
zawadzki bąk jakubowski sadowski duda włodarczyk wilk chmielewski borkowski sokołowski szczepański
sawicki kucharski lis maciejewski kubiak kalinowski mazurek wysocki czarnecki kołodziej urban
kaźmierczak sobczak głowacki krajewski zakrzewski błaszczyk rydzewski żuraw żak""".split()  # noqa: SIM905  to be read
FIRST = """anna piotr katarzyna krzysztof maria andrzej małgorzata tomasz agnieszka jan barbara
paweł ewa michał krystyna marcin magdalena jakub elżbieta adam joanna marek aleksandra łukasz
zofia grzegorz monika mateusz teresa wojciech danuta mariusz natalia dariusz karolina zbigniew
marta maciej beata rafał dorota robert halina kamil janina jacek alicja dawid jadwiga szymon
oliwia kacper gabriela ryszard iwona anna-maria""".split()  # noqa: SIM905  to be read
FIRMS = """handel transport usługi budowa agro meble stal druk media invest dom auto trans chem
logistyka elektro system projekt eko serwis import export market tech med farm plast polska bałtyk
wisła odra tatry śląsk mazowsze żuraw kantor finanse centrum grupa instalacje""".split()  # noqa: SIM905  to be read
SYLLABLES = """ba ce dzi fa gra ho ja kra le ma ni os po ru sta tu wa zie żo bry czy dro gło kło
mro pło skrzy trze wie zbo""".split()  # noqa: SIM905  to be read
FORMS = ["sp. z o.o.", "S.A.", "sp.j.", "P.H.U.", "sp. z o.o. sp.k."]
MAIL = ["gmail.com", "wp.pl", "onet.pl", "o2.pl", "interia.pl", "example.com"]
CITIES = ["Warszawa", "Kraków", "Łódź", "Wrocław", "Poznań", "Gdańsk", "Szczecin", "Lublin"]


class Chance(random.Random):
    """Draw frequent things often; the same rows each time."""

    def frequent(self, things: list[str], weights: list[float]) -> str:
        """Draw one by its summed weights."""
        return self.choices(things, cum_weights=weights)[0]

    def invented(self) -> str:
        """Make up a word that hardly anybody else has."""
        return "".join(self.choices(SYLLABLES, k=3))


def zipf(things: list[str]) -> list[float]:
    """Return the summed weights of things that stand in the order of their frequency."""
    return list(accumulate(1 / (place + 4) for place in range(len(things))))


def nip(chance: random.Random) -> str:
    """Return a tax number with its right check digit."""
    while True:
        digits = [chance.randint(1, 9), *(chance.randint(0, 9) for _place in range(8))]
        weights = (6, 5, 7, 2, 3, 4, 5, 6, 7)
        check = sum(a * b for a, b in zip(digits, weights, strict=True)) % 11
        if check < 10:
            return "".join(map(str, [*digits, check]))


def regon(chance: random.Random) -> str:
    """Return a statistical number of nine digits with its right check digit."""
    digits = [chance.randint(0, 9) for _place in range(8)]
    weights = (8, 9, 2, 3, 4, 5, 6, 7)
    return "".join(
        map(str, [*digits, sum(a * b for a, b in zip(digits, weights, strict=True)) % 11 % 10])
    )


class Table:
    """Write many rows of one model; what a row does not say is as Django would store it."""

    def __init__(self, model: Any) -> None:
        from django.db import connection

        self.model, self.connection = model, connection
        blank = model()
        self.usual = {}
        for field in model._meta.concrete_fields:
            if field.primary_key and not field.is_relation:
                continue
            value = field.get_db_prep_save(getattr(blank, field.attname), connection)
            self.usual[field.column] = self._plain(value)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value if self.connection.vendor == "postgresql" else str(value)[:26]
        if isinstance(value, (dict, list)):
            return json.dumps(value)
        return value if isinstance(value, (str, int, bytes, type(None))) else json.dumps(value.obj)

    def write(self, rows: Iterable[dict[str, Any]], *, numbered: bool = False) -> None:
        """Store the rows; `numbered` ones say their number."""
        key = self.model._meta.pk.column
        columns = list(self.usual) if not numbered else list({key: None, **self.usual})
        names = ", ".join(f'"{column}"' for column in columns)
        usual, table = {**self.usual}, self.model._meta.db_table
        values = ([self._plain(row[c]) if c in row else usual[c] for c in columns] for row in rows)
        with self.connection.cursor() as cursor:
            if self.connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for value in values:
                        copy.write_row(value)
            else:
                marks = ", ".join("?" for _column in columns)
                into = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  our names
                self.connection.connection.executemany(into, values)

    def copy(self, nth: int, oldest: int, apart: timedelta, *, numbered: bool) -> None:
        """Write the nth older generation of the rows that were drawn."""
        older, factor = nth * DRAWN, 2 * nth + 1
        days = apart.total_seconds() * nth / 86400
        is_postgres = self.connection.vendor == "postgresql"
        other: dict[str, str] = {}
        for column in ("created_at", "activated_at", "suspended_at", "closed_at", "at", "due_at"):
            other[column] = (
                f"{column} - interval '{days} days'"
                if is_postgres
                else f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '-{days} days')"
            )
        for column in ("finished_at", "recorded_at", "answered_at", "began_at", "seen_at"):
            other[column] = other["created_at"].replace("created_at", column)
        for column in ("email", "email_key", "mailbox_key", "recipient"):
            other[column] = f"replace({column}, '@', '.{nth}@')"
        for column, start, size in (("nip", 10**9, 9 * 10**9), ("regon", 10**8, 9 * 10**8)):
            other[column] = _renumbered(column, column, factor, start, size)
        other |= {
            "phone": "'+48' || "
            + _renumbered("phone", "substr(phone, 4)", factor, 5 * 10**8, 4 * 10**8),
            "krs": f"CASE WHEN krs = '' THEN '' ELSE '{nth:02}' || substr(krs, 3) END",
            "waiting_since": "NULL",
            "held_by_id": "NULL",
            "held_until": "NULL",
            "review_state": "CASE WHEN review_state = 'new' THEN 'approved' ELSE review_state END",
            "message_id": f"message_id || '.{nth}'",
            "session_hash": f"'{nth:03}' || substr(session_hash, 4)",
            "user_id": f"user_id - {older}",
            "customer_id": f"customer_id - {older}",
            "customer": f"customer - {older}",
            "id": f"id - {older}",
        }
        key = self.model._meta.pk.column
        columns = list(self.usual) if not numbered else list({key: None, **self.usual})
        owner = next(
            each for each in ("user_id", "customer_id", "customer", "id") if each in columns
        )
        names = ", ".join(f'"{column}"' for column in columns)
        values = ", ".join(other.get(column, f'"{column}"') for column in columns)
        table = self.model._meta.db_table
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}"  # noqa: S608  ours
                f" WHERE {owner} >= {oldest}"
            )


def _renumbered(column: str, digits: str, factor: int, start: int, size: int) -> str:
    """Return the SQL of another number as long as this one; none stays none."""
    other = f"CAST({start} + (CAST({digits} AS bigint) * {factor}) % {size} AS text)"
    return f"CASE WHEN {column} = '' THEN '' ELSE {other} END"


def fill(number: int) -> None:
    """Let there be so many customers; a database that has them is left as it is."""
    from django.contrib.auth.models import Group
    from django.core.management.color import no_style
    from django.db import connection, transaction

    from accounts import models
    from accounts.models import User

    if User.objects.filter(is_staff=False).exists():
        return
    for role in ("officer", "support"):
        clerk = User.objects.create_user(f"{role}@kantor.example", is_staff=True)
        clerk.groups.add(Group.objects.get(name=role))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -1000000")
            cursor.execute("PRAGMA synchronous = OFF")
    tables = {
        model: Table(model)
        for model in (
            models.User,
            models.Customer,
            models.CustomerWord,
            models.SurveyAnswer,
            models.OutboxMessage,
            models.AccountEvent,
            models.AccountSession,
            models.ConsentRecord,
            models.StaffEvent,
        )
    }
    numbered = (models.User, models.Customer, models.SurveyAnswer)
    for batch in _batches(number):
        with transaction.atomic():
            for model, rows in batch.items():
                tables[model].write(rows, numbered=model in numbered)
    with connection.cursor() as cursor, transaction.atomic():
        oldest = User.objects.filter(is_staff=False).order_by("pk")[0].pk
        for table in tables.values():
            for nth in range(1, number // DRAWN):
                table.copy(nth, oldest, SPAN * DRAWN / number, numbered=table.model in numbered)
    _count()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [models.User]):
            cursor.execute(statement)
        # VACUUM as autovacuum would have done it: answers from an index alone need it.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _count() -> None:
    """Let a year have been counted for the statistics, as many kinds of things as there are."""
    from accounts.registration.funnel import name_of
    from accounts.registration.order import ORDER
    from accounts.statistics import counting
    from accounts.statistics.counting import HOURS, SECONDS, Name

    today = datetime.now(UTC).date()
    for nth in range(366):
        day = today - timedelta(days=nth)
        for kind in ("company", "person"):
            for language in ("pl", "en"):
                counting.add(Name.REGISTERED, kind=kind, language=language, day=day)
                for step in map(name_of, ORDER):
                    for name in (Name.BEGUN, Name.FINISHED):
                        counting.add(name, step, kind=kind, language=language, day=day)
                    for way in ("cancelled", "silent"):
                        counting.add(Name.LEFT, step, way, kind=kind, language=language, day=day)
                    for most in SECONDS[::4]:
                        key = (step, str(most))
                        counting.add(Name.SECONDS, *key, kind=kind, language=language, day=day)
                    for field in range(12):
                        said = (step, f"field{field}", "required")
                        counting.add(Name.MESSAGE, *said, kind=kind, language=language, day=day)
            for state in ("approved", "rejected", "correction"):
                counting.add(Name.DECIDED, state, kind=kind, day=day)
            for hours in HOURS:
                counting.add(Name.DECISION_TIME, str(hours), kind=kind, day=day)
        counting.flush()


def _batches(number: int) -> Iterator[dict[Any, list[dict[str, Any]]]]:
    """Yield the rows of `BATCH` customers at a time, by model."""
    from accounts import models
    from accounts.models.words import words_of

    chance = Chance(13)
    weights = {id(each): zipf(each) for each in (LAST, FIRST, FIRMS)}

    def drawn(things: list[str]) -> str:
        return chance.frequent(things, weights[id(things)])

    staff = list(models.User.objects.filter(is_staff=True).order_by("pk"))
    drawn_here = min(number, DRAWN)
    first_number = staff[-1].pk + 1 + number - drawn_here
    sources = list(models.Source.objects.order_by("pk").values_list("pk", flat=True))
    now = datetime.now(UTC)
    step = SPAN / number
    for start in range(0, drawn_here, BATCH):
        batch: dict[Any, list[dict[str, Any]]] = {}

        def add(model: Any, batch: dict[Any, list[dict[str, Any]]] = batch, **row: Any) -> None:
            batch.setdefault(model, []).append(row)

        for nth in range(start, min(start + BATCH, drawn_here)):
            pk, begun = first_number + nth, now - step * (drawn_here - nth)
            fate = chance.random()
            is_pending, is_suspended = fate < 0.03, 0.03 <= fate < 0.05
            is_closed = 0.05 <= fate < 0.07
            is_active = fate >= 0.07
            fate = chance.random()
            # The newest wait; a few older ones are being corrected, or were rejected.
            is_waiting = is_active and (drawn_here - nth < 5000 and fate < 0.5)
            state = (
                "new"
                if is_waiting or is_pending
                else "rejected"
                if fate < 0.02
                else "correction"
                if fate < 0.025
                else "second"
                if fate < 0.0251
                else "approved"
            )
            last = drawn(LAST) if chance.random() < 0.6 else f"{chance.invented()}ski"
            name = drawn(FIRST)
            if name.endswith("a") and last.endswith(("ski", "cki", "dzki")):
                last = last[:-1] + "a"
            is_company = chance.random() < 0.35
            firm = ""
            if is_company:
                firm = f"{drawn(FIRMS)} {drawn(FIRMS)} {chance.invented()}".title()
                firm = f"{firm} {chance.choice(FORMS)}"
            local = words_of(f"{name}{last}")[0]
            email = f"{local}{nth}@{chance.choice(MAIL)}"
            held = is_waiting and chance.random() < 0.01
            language = "en" if chance.random() < 0.08 else "pl"
            add(
                models.User,
                id=pk,
                password="!",  # noqa: S106  no password at all
                email=email,
                email_key=email,
                mailbox_key=email,
                is_active=is_active,
                activated_at=None if is_pending else begun,
                suspended_at=begun if is_suspended else None,
                closed_at=begun if is_closed else None,
                waiting_since=begun if is_waiting else None,
                held_by_id=staff[0].pk if held else None,
                held_until=now + timedelta(days=1) if held else None,
                language=language,
                created_at=begun,
            )
            add(
                models.Customer,
                user_id=pk,
                kind="company" if is_company else "person",
                company_name=firm,
                company_key=" ".join(words_of(firm)),
                nip=nip(chance) if is_company else "",
                regon=regon(chance) if is_company else "",
                krs=f"{nth:010}" if is_company and nth % 3 == 0 else "",
                main_street="Prosta",
                main_house_no=str(chance.randint(1, 99)),
                main_postal_code=f"{chance.randint(0, 99):02}-{chance.randint(0, 999):03}",
                main_city=chance.choice(CITIES),
                main_country="PL",
                first_name=name.title(),
                last_name=last.title(),
                name_key=" ".join(words_of(f"{last} {name}")),
                phone=f"+48{chance.choice('5678')}{chance.randint(0, 99_999_999):08}",
                review_state=state,
                proposal='{"decision": "approve"}' if state == "second" else None,
                proposed_at=begun if state == "second" else None,
                proposed_by_id=staff[1].pk if state == "second" else None,
                created_at=begun,
            )
            for word in {*words_of(firm), *words_of(name), *words_of(last)}:
                add(models.CustomerWord, customer_id=pk, word=word)
            if chance.random() < 0.6 and sources:
                add(
                    models.SurveyAnswer,
                    user_id=pk,
                    source_id=sources[min(int(chance.expovariate(0.4)), len(sources) - 1)],
                    answered_at=begun,
                )
            # One customer has a long history.
            for again in range(400 if nth == drawn_here // 2 else 1):
                fate = chance.random()
                add(
                    models.OutboxMessage,
                    kind="registration" if fate < 0.7 else "review_approved",
                    user_id=pk,
                    recipient=email,
                    language=language,
                    message_id=f"{nth}.{again}@kantor.example",
                    state="waiting" if fate < 0.00005 else "failed" if fate > 0.999 else "sent",
                    attempts=1,
                    due_at=begun,
                    created_at=begun,
                    finished_at=begun,
                )
                add(models.AccountEvent, user_id=pk, kind="signed_in", at=begun)
                add(
                    models.ConsentRecord,
                    user_id=pk,
                    key="terms",
                    version="1",
                    text_hash="0" * 64,
                    language=language,
                    given=True,
                    channel="web",
                    recorded_at=begun,
                )
                add(
                    models.StaffEvent,
                    at=begun,
                    actor=staff[nth % 2].pk,
                    role=("officer", "support")[nth % 2],
                    session="0123456789abcdef",
                    action="viewed" if fate < 0.6 else "approved" if fate < 0.9999 else "exported",
                    customer=pk,
                )
            if nth % 10 == 0:
                add(
                    models.AccountSession,
                    user_id=pk,
                    session_hash=f"{nth:064}",
                    how="password",
                    began_at=begun,
                    seen_at=begun,
                )
        yield batch

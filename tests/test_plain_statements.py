"""Rows that plain statements write and read (`kantor.serving.sql`): the same as Django's own."""

from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

from django.db import connection, models
from django.db.utils import IntegrityError
from django.test import TestCase

from accounts.models import (
    AccountEvent,
    ConsentRecord,
    Customer,
    CustomerWord,
    OutboxMessage,
    User,
)
from accounts.services import ledger
from kantor.serving import sql
from tests.factories import registered

MOMENT = datetime(2026, 11, 29, 23, 55, 1, 234567, tzinfo=UTC)
_numbers = count(1)


def made(model: type[models.Model], *, empty: bool, **given: Any) -> models.Model:
    """Return a new object with something in every field, or as little as the fields allow."""
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.is_relation or (empty and field.null):
            continue
        match field:
            case models.UUIDField():
                values[field.name] = uuid4()
            case models.BooleanField():
                values[field.name] = not empty and field.name != "is_active"
            case models.DateTimeField():
                values[field.name] = MOMENT
            case models.IntegerField():
                values[field.name] = 0 if empty else 7
            case models.BinaryField():
                values[field.name] = b"\0z%s" + str(next(_numbers)).encode()
            case models.JSONField():
                values[field.name] = {"ż": ["%s", None, 'a"b']}
            case _ if field.choices:
                values[field.name] = next(iter(field.choices))[0]
            case _ if field.unique:
                values[field.name] = f"<{next(_numbers)}>"
            case _:
                values[field.name] = "" if empty else "Żó%s'\"\\ł"[: field.max_length]
    return model(**values | given)


def columns(row: models.Model) -> dict[str, Any]:
    """Return what the database keeps of a row, but for its number and what no two rows share."""
    meta = row._meta
    own = {
        meta.pk.column,
        "passkey_handle",
        *(field.column for field in meta.concrete_fields if field.unique),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM {meta.db_table} WHERE {meta.pk.column} = %s",  # noqa: S608  of ours
            [row.pk],
        )
        (kept,) = cursor.fetchall()
        names = [column[0] for column in cursor.description]
    found = dict(zip(names, kept, strict=True))
    return {name: value for name, value in found.items() if name not in own}


class InsertTests(TestCase):
    """What `insert` stores."""

    def test_is_what_saving_stores(self) -> None:
        user = registered()
        event = AccountEvent.objects.create(user=user, kind=AccountEvent.Kind.CLOSED)
        for model, given in (
            (User, {}),
            (ConsentRecord, {"user": user, "key": "news"}),
            (OutboxMessage, {"user": user, "about": event}),
            (OutboxMessage, {"user": None, "kind": OutboxMessage.Kind.ONE_TIME_CODE}),
        ):
            for empty in (False, True):
                with self.subTest(model=model.__name__, empty=empty):
                    ours, djangos = (made(model, empty=empty, **given) for _ in range(2))
                    for each in (ours, djangos):
                        if isinstance(each, User):
                            each.set_keys()
                    assert sql.insert(ours) == 1
                    djangos.save(force_insert=True)
                    assert columns(ours) == columns(djangos)
                    assert not ours._state.adding
                    assert ours._state.db == djangos._state.db
                    assert model._default_manager.get(pk=ours.pk) == ours

    def test_is_a_customer_with_keys_and_words_as_saving_stores_him(self) -> None:
        for empty in (False, True):
            ours, djangos = (
                made(
                    Customer,
                    empty=empty,
                    user=User.objects.create_user(f"osoba{next(_numbers)}@example.com"),
                    first_name="Łukasz",
                    last_name="Żak-Nowak",
                    company_name="" if empty else "Ślusarstwo Żak, Żak i s-ka",
                )
                for _ in range(2)
            )
            assert isinstance(ours, Customer)
            ours.insert()
            djangos.save(force_insert=True)
            assert columns(ours) == columns(djangos)
            words, wanted = (
                set(CustomerWord.objects.filter(customer=each.pk).values_list("word", flat=True))
                for each in (ours, djangos)
            )
            assert words == wanted
            assert {"zak", "nowak", "lukasz"} <= words

    def test_numbers_many_rows_in_their_order(self) -> None:
        user = registered()
        rows = [
            ConsentRecord(user=user, key=key, given=True, recorded_at=MOMENT)
            for key in ("a", "b", "c")
        ]
        ledger.begin(rows)
        stored = ConsentRecord.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
        assert [row.key for row in stored] == ["a", "b", "c"]
        assert [row.digest for row in stored] == [row.digest for row in rows]

    def test_is_nothing_where_the_row_is_to_be_left_out(self) -> None:
        first = registered()
        second = made(User, empty=True, attempt=first.attempt)
        assert isinstance(second, User)
        assert not User.objects.insert_once(second)
        assert not second.pk
        assert second._state.adding

    def test_is_refused_by_the_table_and_where_a_row_is_not_stored_yet(self) -> None:
        row = made(OutboxMessage, empty=True, user=None, message_id="<twice>")
        sql.insert(row)
        with self.assertRaises(ValueError):
            sql.insert(made(OutboxMessage, empty=True, user=User()))
        with self.assertRaises(IntegrityError):
            sql.insert(made(OutboxMessage, empty=True, user=None, message_id="<twice>"))


class ReadTests(TestCase):
    """What `read` finds."""

    def test_are_the_objects_that_raw_makes(self) -> None:
        user = registered()
        event = AccountEvent.objects.create(user=user, kind=AccountEvent.Kind.CLOSED)
        for empty in (False, True):
            sql.insert(made(OutboxMessage, empty=empty, user=user, about=event))
        for model in (User, Customer, OutboxMessage, ConsentRecord):
            table = model._meta.db_table
            statement = f"SELECT *, 1 AS beside FROM {table} WHERE 1 = %s"  # noqa: S608  of ours
            ours, djangos = (
                sql.read(model, statement, [1]),
                list(model._default_manager.raw(statement, [1])),
            )
            assert ours
            for mine, theirs in zip(ours, djangos, strict=True):
                assert {**vars(mine), "_state": None} == {**vars(theirs), "_state": None}
                # Django 6.1 keeps there how more is fetched, once somebody has asked.
                for known in ("adding", "db", "fetch_mode"):
                    said = [getattr(each._state, known, None) for each in (mine, theirs)]
                    assert said[0] == said[1], known

    def test_have_the_rest_of_their_fields_when_they_are_asked_for(self) -> None:
        user = registered()
        (found,) = sql.read(User, "SELECT id, email FROM accounts_user WHERE id = %s", [user.pk])
        with self.assertNumQueries(0):
            assert found.email == user.email
        with self.assertNumQueries(1):
            assert found.attempt == user.attempt

    def test_are_none_where_there_are_none(self) -> None:
        assert sql.read(User, "SELECT * FROM accounts_user WHERE id = %s", [0]) == []

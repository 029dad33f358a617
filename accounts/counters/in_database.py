"""Count in the database that every process shares."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from accounts.counters import Counted, Taken, Try
from accounts.models import Counter
from kantor.serving.sql import read_moment, stored

# One more try in the window that runs, or the first of a new one; takes the present moment twice.
_ONE_MORE = """
    count = CASE WHEN accounts_counter.ends_at <= %s THEN 1 ELSE accounts_counter.count + 1 END,
    ends_at = CASE WHEN accounts_counter.ends_at <= %s
              THEN excluded.ends_at ELSE accounts_counter.ends_at END
"""


class InDatabase:
    """Count by single statements; what a transaction counted is undone where it is rolled back."""

    def count(self, tries: Sequence[Try], now: datetime) -> list[int]:
        """Count each try; return how many there are by now.

        One INSERT … ON CONFLICT: parallel tries are all counted, on SQLite and PostgreSQL.
        """
        keys = [tried.key for tried in tries]
        values: list[Any] = []
        for key, tried in zip(keys, tries, strict=True):
            values += [key, stored(now + tried.window)]
        rows = ", ".join(["(%s, 1, %s)"] * len(tries))
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO accounts_counter (key, count, ends_at) VALUES {rows}
                ON CONFLICT (key) DO UPDATE SET {_ONE_MORE}
                RETURNING key, count
                """,  # noqa: S608  placeholders only
                [*values, stored(now), stored(now)],
            )
            counts = dict(cursor.fetchall())
        return [counts[key] for key in keys]

    def take(
        self, tries: Sequence[Try], *, beside: Sequence[Try], first: Try | None, now: datetime
    ) -> Taken:
        """Count all tries or none.

        Counters are locked as they are counted: `first`, those `beside`, then the others, each in
        the order given. Callers give all of them in one order, or two tries would wait for each
        other. Where `first` is one too many the others may be counted: the caller rolls back.

        One INSERT … SELECT … ON CONFLICT looks and counts: on SQLite no try comes in between. On
        PostgreSQL simultaneous ones may all have looked before one has counted; then the counts
        decide, and who came too late gives back what he took, so that he fills nobody's place: an
        UPDATE each, unseen by others where the caller has a transaction open.
        """
        allowed = {tried.key: tried.times for tried in tries}
        asked: list[Any] = []
        for tried in [first, *beside, *tries] if first else [*beside, *tries]:
            asked += [tried.key, stored(now + tried.window)]
        in_any_case = first.key if first else ""
        looked = [value for look in allowed.items() for value in look]
        looks = " OR ".join(["key = %s AND count >= %s"] * len(allowed))
        rows = ", ".join(["(%s, %s)"] * (len(asked) // 2))
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO accounts_counter (key, count, ends_at)
                SELECT column1, 1, column2 FROM (VALUES {rows}) AS asked
                WHERE column1 = %s OR NOT EXISTS
                    (SELECT 1 FROM accounts_counter WHERE ends_at > %s AND ({looks}))
                ON CONFLICT (key) DO UPDATE SET {_ONE_MORE}
                RETURNING key, count, ends_at
                """,  # noqa: S608  placeholders only
                [*asked, in_any_case, stored(now), *looked, stored(now), stored(now)],
            )
            counts, of_first = {}, None
            for key, count, ends_at in cursor.fetchall():
                if key != in_any_case:
                    counts[key] = count
                elif first is not None:
                    of_first = Counted(count, read_moment(ends_at))
                    if count > first.times:
                        return Taken(False, of_first)
            if counts and all(counts[key] <= times for key, times in allowed.items()):
                return Taken(True, of_first)
            # One by one: a statement about several would lock them in an order of its own. What was
            # taken may be gone, with a window that ended or with tries that were forgotten.
            for key in counts:
                cursor.execute(
                    "UPDATE accounts_counter SET count = count - 1 WHERE key = %s AND count > 0",
                    [key],
                )
        return Taken(False, of_first)

    def read(self, tries: Sequence[Try], now: datetime) -> Mapping[str, Counted]:
        """Return what is counted in windows that run. One SELECT."""
        keys = [tried.key for tried in tries]
        rows = Counter.objects.filter(key__in=keys, ends_at__gt=now)
        found = rows.values_list("key", "count", "ends_at")
        return {key: Counted(count, ends_at) for key, count, ends_at in found}

    def give_back(self, tried: Try) -> None:
        """Count one try less; one UPDATE.

        Where the window ended meanwhile and another began, one of that is taken off.
        """
        counted = Counter.objects.filter(key=tried.key, count__gt=0)
        counted.update(count=F("count") - 1)

    def forget(self, tried: Try) -> None:
        """Forget the tries of this name by this subject; one DELETE."""
        Counter.objects.filter(key=tried.key).delete()

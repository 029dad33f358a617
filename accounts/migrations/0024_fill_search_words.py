"""Index the words of the customers that are there, in batches; a broken run can be started again."""

from typing import Any

from django.db import migrations

from accounts.models.words import words_of

BATCH = 1_000


def fill(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    customers = apps.get_model("accounts", "Customer").objects.using(alias)
    words = apps.get_model("accounts", "CustomerWord").objects.using(alias)
    last = 0
    while batch := list(
        customers.filter(pk__gt=last)
        .order_by("pk")
        .values_list("pk", "company_name", "first_name", "last_name")[:BATCH]
    ):
        words.bulk_create(
            [
                words.model(customer_id=pk, word=word)
                for pk, *names in batch
                for word in sorted({word for name in names for word in words_of(name)})
            ],
            ignore_conflicts=True,
        )
        last = batch[-1][0]


class Migration(migrations.Migration):
    # Each batch is committed by itself: no transaction over a million customers.
    atomic = False
    dependencies = [("accounts", "0023_search_words")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]

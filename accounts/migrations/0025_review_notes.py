"""Make notes of the notes that stood beside the review: those are not shown any more."""

from typing import Any

from django.db import migrations

BATCH = 1000


def keep(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    note = apps.get_model("accounts", "StaffNote")
    customers = apps.get_model("accounts", "Customer").objects.using(alias)
    written = customers.exclude(review_note="").order_by("pk")
    note.objects.using(alias).bulk_create(
        (
            note(
                user_id=customer.pk,
                author_id=customer.reviewed_by_id,
                text=customer.review_note,
                at=customer.reviewed_at or customer.created_at,
            )
            for customer in written.iterator(chunk_size=BATCH)
        ),
        batch_size=BATCH,
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0024_fill_search_words")]
    operations = [migrations.RunPython(keep, migrations.RunPython.noop, elidable=False)]

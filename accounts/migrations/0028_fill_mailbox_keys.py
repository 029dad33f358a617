"""Give the accounts that are there their mailbox's key; a broken run can be started again."""

from typing import Any

from django.db import migrations

from accounts.values.email import mailbox

BATCH = 1_000


def fill(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    users = apps.get_model("accounts", "User").objects.using(alias)
    last = 0
    while batch := list(users.filter(pk__gt=last).order_by("pk").only("email_key")[:BATCH]):
        for user in batch:
            user.mailbox_key = mailbox(user.email_key)
        users.bulk_update(batch, ["mailbox_key"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    # Each batch is committed by itself: no transaction over a million accounts.
    atomic = False
    dependencies = [("accounts", "0027_hints_and_register_checks")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]

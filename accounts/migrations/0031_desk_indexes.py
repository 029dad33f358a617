"""Index what staff filter mails and the audit by; PostgreSQL goes on writing meanwhile."""

from typing import Any

from django.db import migrations, models


class AddIndexBeside(migrations.AddIndex):
    """Build an index without keeping writers from the table, where the database can.

    A build that broke off leaves an invalid index, which is to be dropped before the next one.
    """

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.add_index(model, self.index, concurrently=True)


class Migration(migrations.Migration):
    # CREATE INDEX CONCURRENTLY is refused in a transaction.
    atomic = False
    dependencies = [("accounts", "0030_corrections")]

    operations = [
        AddIndexBeside(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("state", "dropped")), fields=["-id"], name="outbox_dropped"
            ),
        ),
        AddIndexBeside(
            model_name="outboxmessage",
            index=models.Index(fields=["kind", "-id"], name="outbox_of_kind"),
        ),
        AddIndexBeside(
            model_name="outboxmessage",
            index=models.Index(
                fields=["recipient"],
                name="outbox_recipient",
                opclasses=["varchar_pattern_ops"],
            ),
        ),
        AddIndexBeside(
            model_name="staffevent",
            index=models.Index(fields=["action", "-id"], name="staff_event_of_action"),
        ),
        AddIndexBeside(
            model_name="staffevent",
            index=models.Index(fields=["role", "-id"], name="staff_event_of_role"),
        ),
    ]

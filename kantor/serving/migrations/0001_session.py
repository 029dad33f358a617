"""Take over Django's table of sessions and let each row say whose it is."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.db import migrations, models

BATCH = 1000


class TakeOverTable(migrations.CreateModel):
    """Make the table, or add to the one that `django.contrib.sessions` has made; no row is lost.

    A release that still writes it the old way is not disturbed: the column may stay empty.
    """

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        tables = schema_editor.connection.introspection.table_names()
        if model._meta.db_table not in tables:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        schema_editor.add_field(model, model._meta.get_field("account_id"))

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Leave the table with its rows to `django.contrib.sessions`."""
        model = from_state.apps.get_model(app_label, self.name)
        schema_editor.remove_field(model, model._meta.get_field("account_id"))


def name_accounts(apps: Any, schema_editor: Any) -> None:
    """Write down whose the sessions are that are open during the upgrade."""
    from kantor.serving.sessions import SessionStore

    rows = apps.get_model("serving", "Session").objects.order_by("pk")
    last = ""
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        for row in batch:
            account = SessionStore().decode(row.session_data).get(SESSION_KEY)
            if account is not None:
                rows.filter(pk=row.pk).update(account_id=int(account))
        last = batch[-1].pk


class Migration(migrations.Migration):
    """Add a nullable column and its index."""

    initial = True
    # Where Django's own app was installed before, its table is there, whatever it is recorded as.
    dependencies: list[tuple[str, str]] = []

    operations = [
        TakeOverTable(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="session key",
                    ),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("account_id", models.BigIntegerField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "db_table": "django_session",
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(("account_id__isnull", False)),
                fields=["account_id"],
                name="session_account",
            ),
        ),
        migrations.RunPython(name_accounts, migrations.RunPython.noop, elidable=True),
    ]

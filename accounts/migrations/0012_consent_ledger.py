"""Seal each consent with the one before it of the same account, and keep what nights found.

`migrate` puts up the triggers when it is done (`accounts.models.consent_guard`).
"""

import hashlib
import json
from datetime import UTC
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

BATCH = 1000


def seal(apps: Any, schema_editor: Any) -> None:
    """Fill the digests of the rows that are there, as `ConsentRecord.digest_after` counts them."""
    using = schema_editor.connection.alias
    rows = apps.get_model("accounts", "ConsentRecord").objects.using(using)
    account, previous, sealed = None, "", []
    for row in rows.order_by("user_id", "pk").iterator(chunk_size=BATCH):
        if row.user_id != account:
            account, previous = row.user_id, ""
        stated = [
            previous,
            row.user_id,
            row.key,
            row.version,
            row.text_hash,
            row.language,
            row.given,
            row.channel,
            row.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        ]
        text = json.dumps(stated, separators=(",", ":"))
        row.digest = previous = hashlib.sha256(text.encode()).hexdigest()
        sealed.append(row)
        if len(sealed) == BATCH:
            rows.bulk_update(sealed, ["digest"])
            sealed = []
    rows.bulk_update(sealed, ["digest"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_account_page_and_data"),
    ]

    operations = [
        migrations.AddField(
            model_name="consentrecord",
            name="digest",
            field=models.CharField(
                db_default="",
                default="",
                editable=False,
                max_length=64,
                verbose_name="receipt (SHA-256)",
            ),
        ),
        migrations.AlterField(
            model_name="consentrecord",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="consents",
                to=settings.AUTH_USER_MODEL,
                verbose_name="account",
            ),
        ),
        migrations.CreateModel(
            name="NightlyFact",
            fields=[
                (
                    "name",
                    models.CharField(
                        choices=[("verify_consents", "Verify Consents")],
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("is_well", models.BooleanField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.RunPython(seal, migrations.RunPython.noop, elidable=True),
    ]

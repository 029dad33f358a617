"""Remember passkeys, and how authenticators name an account that has one."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add a table and a nullable column; neither locks rows."""

    dependencies = [("accounts", "0005_email_corrected_at")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="passkey_handle",
            field=models.BinaryField(max_length=64, null=True),
        ),
        migrations.CreateModel(
            name="Passkey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("credential_id", models.BinaryField(max_length=1023, unique=True)),
                ("public_key", models.BinaryField(max_length=1024)),
                ("sign_count", models.PositiveBigIntegerField(default=0)),
                ("transports", models.CharField(blank=True, max_length=60)),
                (
                    "is_backup_eligible",
                    models.BooleanField(default=False, verbose_name="may be synchronised"),
                ),
                ("is_backed_up", models.BooleanField(default=False, verbose_name="synchronised")),
                (
                    "added_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="added at"
                    ),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last used at"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passkeys",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "passkey",
                "verbose_name_plural": "passkeys",
                "ordering": ["added_at", "pk"],
            },
        ),
    ]

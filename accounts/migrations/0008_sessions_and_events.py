"""Remember where accounts are signed in and what happens to the ways into them."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add tables and columns that a release before this one can leave alone."""

    dependencies = [
        ("accounts", "0007_authenticator_app"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="access_serial",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="user",
            name="password_barred_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="password blocked at"
            ),
        ),
        migrations.AlterField(
            model_name="outboxmessage",
            name="kind",
            field=models.CharField(
                choices=[
                    ("registration", "activation link"),
                    ("welcome", "welcome help"),
                    ("password_reset", "password reset"),
                    ("password_changed", "password changed"),
                    ("one_time_code", "one-time code"),
                    ("new_browser", "sign-in from a new browser"),
                ],
                max_length=20,
                verbose_name="message",
            ),
        ),
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed_in", "Sign-in"),
                            ("failed_sign_ins", "Several failed sign-ins"),
                            ("password_barred", "Password blocked after many failed sign-ins"),
                            ("password_changed", "Password changed"),
                            ("password_reset", "New password set by e-mail"),
                            ("phone_link_asked", "Link for a new phone number requested"),
                            ("phone_changed", "Phone number changed"),
                            ("method_added", "Sign-in method added"),
                            ("method_removed", "Sign-in method removed"),
                            ("recovery_codes_made", "New recovery codes made"),
                            ("session_ended", "Session in another browser ended"),
                            ("other_sessions_ended", "All other sessions ended"),
                            ("disowned", "“It was not me”: all sessions ended, password blocked"),
                        ],
                        max_length=20,
                        verbose_name="what happened",
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, verbose_name="when"
                    ),
                ),
                ("browser", models.CharField(blank=True, max_length=20, verbose_name="browser")),
                ("system", models.CharField(blank=True, max_length=20, verbose_name="system")),
                (
                    "network_shown",
                    models.CharField(blank=True, max_length=20, verbose_name="shortened address"),
                ),
                ("details", models.JSONField(blank=True, default=dict, verbose_name="details")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="about",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="accounts.accountevent",
            ),
        ),
        migrations.CreateModel(
            name="AccountSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("session_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("browser", models.CharField(blank=True, max_length=20, verbose_name="browser")),
                ("system", models.CharField(blank=True, max_length=20, verbose_name="system")),
                (
                    "network_shown",
                    models.CharField(blank=True, max_length=20, verbose_name="shortened address"),
                ),
                (
                    "how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("password", "password"),
                            ("passkey", "passkey"),
                            ("totp", "password and a code from the app"),
                            ("recovery_code", "password and a recovery code"),
                        ],
                        max_length=20,
                        verbose_name="opened with",
                    ),
                ),
                ("began_at", models.DateTimeField(verbose_name="begun")),
                ("seen_at", models.DateTimeField(db_index=True, verbose_name="last seen")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "ordering": ["-seen_at", "-pk"],
            },
        ),
        migrations.AddIndex(
            model_name="accountevent",
            index=models.Index(fields=["user", "-at"], name="event_newest"),
        ),
    ]

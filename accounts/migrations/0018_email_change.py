"""Let customers change their e-mail address, and mails and events say so."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_terms_published"),
    ]

    operations = [
        migrations.AlterField(
            model_name="accountevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("signed_in", "Sign-in"),
                    ("failed_sign_ins", "Several failed sign-ins"),
                    ("password_barred", "Password blocked after many failed sign-ins"),
                    ("password_changed", "Password changed"),
                    ("password_reset", "New password set by e-mail"),
                    ("phone_link_asked", "Link for a new phone number requested"),
                    ("phone_changed", "Phone number changed"),
                    ("email_asked", "Change of the e-mail address requested"),
                    ("email_changed", "E-mail address changed"),
                    (
                        "email_reverted",
                        "Change of the e-mail address undone: all sessions ended, password blocked",
                    ),
                    ("method_added", "Sign-in method added"),
                    ("method_removed", "Sign-in method removed"),
                    ("recovery_codes_made", "New recovery codes made"),
                    ("recovery_code_used", "Recovery code used"),
                    ("session_ended", "Session in another browser ended"),
                    ("other_sessions_ended", "All other sessions ended"),
                    ("data_downloaded", "Copy of personal data downloaded"),
                    ("closed", "Account closed"),
                    ("reopened", "Account reopened"),
                    ("disowned", "“It was not me”: all sessions ended, password blocked"),
                ],
                max_length=20,
                verbose_name="what happened",
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
                    ("request_received", "request for a change received"),
                    ("request_decided", "request for a change decided"),
                    ("review_approved", "review: details approved"),
                    ("review_correction", "review: correction requested"),
                    ("review_rejected", "review: account refused"),
                    ("panel_open", "the Transaction Panel is open"),
                    ("terms_published", "new Terms of Service published"),
                    ("terms_accepted", "new Terms of Service accepted"),
                    ("new_browser", "sign-in from a new browser"),
                    ("failed_sign_ins", "several failed sign-ins"),
                    ("password_barred", "password blocked"),
                    ("suspended", "account blocked"),
                    ("unsuspended", "account unblocked"),
                    ("closed", "account closed"),
                    ("reopened", "account reopened"),
                    ("phone_link", "link to the phone number"),
                    ("phone_changed", "phone number changed"),
                    ("email_confirm", "link to the new e-mail address"),
                    ("email_asked", "change of the e-mail address requested"),
                    ("email_changed", "e-mail address changed, to the former one"),
                    ("email_confirmed", "e-mail address changed, to the new one"),
                    ("email_reverted", "change of the e-mail address undone"),
                    ("method_added", "sign-in method added"),
                    ("method_removed", "sign-in method removed"),
                    ("recovery_code_used", "recovery code used"),
                    ("data_downloaded", "copy of personal data downloaded"),
                ],
                max_length=20,
                verbose_name="message",
            ),
        ),
        migrations.CreateModel(
            name="EmailChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "old_email",
                    models.EmailField(max_length=254, verbose_name="former e-mail address"),
                ),
                ("old_key", models.CharField(editable=False, max_length=254)),
                ("new_email", models.EmailField(max_length=254, verbose_name="new e-mail address")),
                ("new_key", models.CharField(editable=False, max_length=254)),
                (
                    "asked_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="asked for at"
                    ),
                ),
                (
                    "sent_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="link sent at"
                    ),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="confirmed at"),
                ),
                (
                    "cancelled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="cancelled at"),
                ),
                (
                    "reverted_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="undone at"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="email_changes",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of the e-mail address",
                "verbose_name_plural": "changes of the e-mail address",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="change",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="accounts.emailchange",
            ),
        ),
        migrations.AddConstraint(
            model_name="emailchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cancelled_at", None), ("confirmed_at", None)),
                fields=("user",),
                name="one_open_email_change_per_account",
            ),
        ),
    ]

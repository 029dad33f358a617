"""Let mails tell of new terms, and remember of which version, and who was told of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_closed_accounts"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="terms_version",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=10,
                verbose_name="version of the Terms of Service",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="terms_told",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=10
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
                    ("method_added", "sign-in method added"),
                    ("method_removed", "sign-in method removed"),
                    ("recovery_code_used", "recovery code used"),
                    ("data_downloaded", "copy of personal data downloaded"),
                ],
                max_length=20,
                verbose_name="message",
            ),
        ),
    ]

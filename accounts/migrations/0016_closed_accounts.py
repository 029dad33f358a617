"""Let customers close their accounts, and let the address of a closed one register anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Swap both constraints of an account: the new ones hold whatever the old ones held.

    A release before this one can leave the column alone; it sees a closed account as an inactive
    one.
    """

    dependencies = [
        ("accounts", "0015_review_outcome_mails"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="closed_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="closed at"
            ),
        ),
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
        migrations.RemoveConstraint(
            model_name="user",
            name="one_activated_account_per_email",
        ),
        migrations.RemoveConstraint(
            model_name="user",
            name="active_means_activated_and_not_suspended",
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=models.Q(("activated_at__isnull", False), ("closed_at", None)),
                fields=("email_key",),
                name="one_activated_account_per_email",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_active", False),
                    models.Q(
                        ("activated_at__isnull", False),
                        ("closed_at__isnull", True),
                        ("suspended_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="active_means_neither_suspended_nor_closed",
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False)),
                fields=["closed_at"],
                name="closed_accounts",
            ),
        ),
    ]

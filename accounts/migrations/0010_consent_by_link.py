"""Let a consent row say that it came by the link in a message."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_phone_link_and_notices"),
    ]

    operations = [
        migrations.AlterField(
            model_name="consentrecord",
            name="channel",
            field=models.CharField(
                choices=[
                    ("registration", "registration form"),
                    ("account", "account page"),
                    ("link", "link in a message"),
                ],
                max_length=12,
                verbose_name="way",
            ),
        ),
    ]

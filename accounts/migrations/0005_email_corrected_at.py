"""Remember when a mistyped address was put right before activation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the moment of the correction; adding a nullable column locks no rows."""

    dependencies = [("accounts", "0004_one_time_code")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email_corrected_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                null=True,
                verbose_name="e-mail address corrected at",
            ),
        ),
    ]

"""Let expired challenges be found without reading all of them."""

from django.db import migrations


class Migration(migrations.Migration):
    """Index a column of the package's table, whose migrations are not ours to change."""

    dependencies = [
        ("accounts", "0002_sources"),
        ("captcha", "0002_alter_captchastore_id"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX accounts_captcha_expiry ON captcha_captchastore (expiration)",
            "DROP INDEX accounts_captcha_expiry",
        ),
    ]

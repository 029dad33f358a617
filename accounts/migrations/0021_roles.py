"""Make the groups of the roles, and say since when open accounts wait for their review."""

from typing import Any

from django.db import migrations
from django.db.models import F

# As `accounts.desk.roles` had them then; a superuser is the administrator.
ROLES = ("support", "reviewer", "officer", "auditor")


def make(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    group = apps.get_model("auth", "Group")
    for name in ROLES:
        group.objects.using(alias).get_or_create(name=name)
    apps.get_model("accounts", "User").objects.using(alias).filter(
        is_active=True, customer__review_state="new"
    ).update(waiting_since=F("activated_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_desk"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(make, migrations.RunPython.noop, elidable=False)]

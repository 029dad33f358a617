"""Offer the first answers to "How do you know kantor.pl?"; staff edit them from then on."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SOURCES = (
    ("wyszukiwarka internetowa", "search engine"),
    ("reklama w internecie", "online advertisement"),
    ("media społecznościowe", "social media"),
    ("polecenie znajomych lub rodziny", "friend or family"),
    (
        "polecenie kontrahenta, biura rachunkowego lub doradcy",
        "business partner, accountant or adviser",
    ),
    ("porównywarka lub ranking kantorów", "rate comparison site or ranking"),
    ("artykuł w internecie lub prasie", "article online or in print"),
    ("forum lub blog", "forum or blog"),
    ("radio lub telewizja", "radio or TV"),
    ("kantor stacjonarny lub partner", "exchange office or partner"),
    ("wiadomość e-mail lub newsletter", "e-mail or newsletter"),
    ("targi, konferencja, szkolenie", "fair, conference, training"),
    ("inne (jakie?)", "other (what?)"),
    ("nie pamiętam", "I do not remember"),
)
ASKS_DETAILS = "other (what?)"


def add_sources(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the sources in their order, ten apart, so that staff can put one between two."""
    source = apps.get_model("accounts", "Source")
    source.objects.using(schema_editor.connection.alias).bulk_create(
        source(
            name_pl=polish,
            name_en=english,
            position=10 * number,
            asks_details=english == ASKS_DETAILS,
        )
        for number, (polish, english) in enumerate(SOURCES, start=1)
    )


class Migration(migrations.Migration):
    """Add rows only; going back leaves them to the removal of the table."""

    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(add_sources, migrations.RunPython.noop, elidable=False)]

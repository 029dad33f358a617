"""The suite, told by what people do."""

import gc
from typing import Any

from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test import client
from hypothesis import HealthCheck, settings

from tests.database import KeptDatabase

# A busy machine is no fault of what is tested: nothing here depends on how fast it is.
settings.register_profile(
    "kantor",
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("kantor")

# A parsed page is thousands of objects, and by its default the collector would walk through all
# of them, and of Django, several times a page.
gc.set_threshold(20_000, 20, 50)


def store_templates(
    store: dict[str, Any], signal: Any, sender: Any, template: Any, **_: Any
) -> None:
    """Note which templates a page was made of, without a copy of the context of each widget."""
    store.setdefault("templates", []).append(template)


# A seventh of what a page costs here: no test looks into contexts, what counts is on the page.
client.store_rendered_templates = store_templates  # type: ignore[attr-defined]

# Both runners ask the connection for its test database, and read this before they do. Threads, and
# Playwright's event loop, have connections of their own that are made later.
DatabaseWrapper.creation_class = KeptDatabase
for connection in connections.all():
    if connection.vendor == "sqlite":
        connection.creation = KeptDatabase(connection)

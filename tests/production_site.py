"""Programs that drive the site with production's settings, in a process and database of their own.

Beside it stand a PostgreSQL server and a mail server, as at an operator's; what they do is real.
"""

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kantor.settings import base
from tests.cluster import Cluster
from tests.mail_server import MailServer
from tests.test_production import REQUIRED, ROOT, run

HERE = """
from kantor.settings.prod import *
STATIC_ROOT = {static!r}
STORAGES["staticfiles"] = {{"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
"""
MIGRATE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
# Registers a company by the pages, with Rejestruj pressed four times at once, and opens the link.
JOURNEY = """
import django
django.setup()
from http.cookies import SimpleCookie
from django.test import Client
from accounts.models import Customer, OutboxMessage, User
from tests.parallel import at_once
from tests.people import FIRMA
from tests.walk import Visitor
before = User.objects.count()
visitor = FIRMA.reach_end(Visitor(Client(HTTP_HOST="kantor.example")))
post = visitor.post_of("Rejestruj")
def press():
    browser = Client(HTTP_HOST="kantor.example")
    browser.cookies = SimpleCookie(visitor.client.cookies)
    return browser.post(post.address, post.data).status_code
statuses = at_once(*[press] * 4)
assert statuses == [302] * 4, statuses
user, message = User.objects.latest("pk"), OutboxMessage.objects.latest("pk")
assert Customer.objects.filter(user=user).count() == 1
assert User.objects.count() == before + 1
print(user.email, user.password, message.asked_in)
"""


class Site:
    """Production's settings, and a PostgreSQL server with the site's roles and tables.

    Raises `SkipTest` outside CI where there is no PostgreSQL to start.
    """

    def __init__(self, cleanup: Callable[..., Any]) -> None:
        self.cluster = Cluster(cleanup)
        self.mail_server = mail_server = MailServer()
        cleanup(mail_server.stop)
        self.postbox = mail_server.postbox
        folder = tempfile.TemporaryDirectory()
        cleanup(folder.cleanup)
        Path(folder.name, "here.py").write_text(HERE.format(static=f"{folder.name}/static"))
        self.environment = REQUIRED | {
            "DJANGO_SETTINGS_MODULE": "here",
            "PYTHONPATH": f"{folder.name}:{ROOT}",
            "OPERATOR_KRS": base.OPERATOR_KRS,
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
            "SECURE_SSL_REDIRECT": "false",
            "TASKS": "database",
        }
        self.cluster.execute("CREATE DATABASE kantor")
        self.cluster.execute((ROOT / "deploy" / "postgresql.sql").read_text(), "kantor")
        self.drive(MIGRATE, DATABASE_URL=self.cluster.address("kantor_owner", "kantor"))

    def drive(self, code: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run this with production's settings, and these beside them, to its end."""
        done = run(code, **self.environment | settings)
        assert done.returncode == 0, done.stderr
        return done

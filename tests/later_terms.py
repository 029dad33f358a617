"""Publish a version of a document that does not exist, for as long as a test lasts."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.test import override_settings

from accounts import consents
from accounts.mail import rendering
from accounts.models import OutboxMessage, User

# What the made-up version says and no other does.
SENTENCES = {"pl": "Zażółcić gęślą jaźń wolno każdemu.", "en": "Anybody may paint the town red."}
CHANGES = {
    "pl": "Każdy może zażółcić gęślą jaźń.\nReszta się nie zmienia.\n",
    "en": "Anybody may paint the town red.\nAll else stays as it is.\n",
}
CACHES: tuple[Any, ...] = (
    consents.of_version,
    consents.document,
    consents.changes,
    rendering.terms_copy,
)


def day_in(days: int) -> str:
    """Return the version that is named by the day so many days from now, in Poland."""
    return (consents.today() + timedelta(days=days)).isoformat()


def rows(user: User) -> list[tuple[str, str]]:
    """Return the versions of the terms that were accepted, oldest first, and where."""
    given = user.consents.filter(key="terms", given=True)
    return list(given.order_by("pk").values_list("version", "channel"))


def owed(user: User, kind: OutboxMessage.Kind) -> int:
    """Return how many mails of this kind were owed to an account."""
    return OutboxMessage.objects.filter(user=user, kind=kind).count()


@contextmanager
def nothing_announced() -> Iterator[None]:
    """Publish only what is in force, whatever real version is announced."""
    today = consents.today().isoformat()
    held = {
        document: tuple(version for version in versions if version <= today)
        for document, versions in consents.VERSIONS.items()
    }
    with mock.patch.dict(consents.VERSIONS, held):
        yield


@contextmanager
def published(version: str, document: str = "terms") -> Iterator[Path]:
    """Have this version published as well; yield the folder of its files.

    It is the newest real one with a sentence more, its files in a folder of their own, so the
    date may be any and nothing of it stays.
    """
    newest = consents.VERSIONS[document][0]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "legal", document, version)
        shutil.copytree(consents.TEMPLATES / "legal", Path(place, "legal"))
        shutil.copytree(folder.parent / newest, folder)
        for language, sentence in SENTENCES.items():
            text = folder / f"{language}.html"
            text.write_text(f"{text.read_text('utf-8')}<p>{sentence}</p>\n", "utf-8")
            (folder / f"changes-{language}.txt").write_text(CHANGES[language], "utf-8")
        templates = deepcopy(settings.TEMPLATES)
        templates[0]["DIRS"] = [place, settings.BASE_DIR / "templates"]
        versions = tuple(sorted({version, *consents.VERSIONS[document]}, reverse=True))
        with (
            override_settings(TEMPLATES=templates),
            mock.patch.dict(consents.VERSIONS, {document: versions}),
            mock.patch.object(consents, "TEMPLATES", Path(place)),
        ):
            _forget()
            try:
                yield folder
            finally:
                _forget()


def _forget() -> None:
    for cache in CACHES:
        cache.cache_clear()

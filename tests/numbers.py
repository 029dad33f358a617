"""Read the site's numbers as a Prometheus server does."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping

from django.conf import settings
from django.test import Client, override_settings

OURS = "accounts.passwords.hashing.Argon2PasswordHasher"


class _FolderOfThisProcess:
    """A folder for each process of the suite, or one would see what another one counts."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def __fspath__(self) -> str:
        pid = os.getpid()
        if pid not in self._known:
            self._known[pid] = folder = tempfile.mkdtemp(prefix="kantor-metrics-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return self._known[pid]


measured = override_settings(
    METRICS=True,
    METRICS_FOLDER=_FolderOfThisProcess(),
    PASSWORD_HASHERS=[OURS],
    MIDDLEWARE=[
        "kantor.serving.request_numbers.BeforeMiddleware",
        *settings.MIDDLEWARE,
        "kantor.serving.request_numbers.AfterMiddleware",
    ],
)

Series = tuple[str, tuple[tuple[str, str], ...]]


def parsed(text: str) -> dict[Series, float]:
    """Return what stands in an answer of `/metrics`, by name and labels."""
    from prometheus_client.parser import text_string_to_metric_families

    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Numbers:
    """The numbers of two moments, and what came between them."""

    def __init__(self) -> None:
        self.before = self.read()

    @staticmethod
    def read() -> dict[Series, float]:
        answer = Client().get("/metrics")
        assert answer.status_code == 200, answer.status_code
        return parsed(answer.content.decode())

    def grown(self) -> Mapping[Series, float]:
        """Return by how much each number has grown, without those that have not."""
        after = self.read()
        return {
            series: value - self.before.get(series, 0)
            for series, value in after.items()
            if value != self.before.get(series, 0)
        }


def of(grown: Mapping[Series, float], name: str) -> dict[tuple[str, ...], float]:
    """Return the numbers of one name by the values of their labels, in the labels' order."""
    return {
        tuple(value for _label, value in labels): number
        for (found, labels), number in grown.items()
        if found == name
    }

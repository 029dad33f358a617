"""A Redis for tests: the one that all share, by keys of our own, and one that can be lost."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from typing import Any
from unittest import SkipTest

import redis
from django.conf import settings
from django.db import connection

from tests.mail_server import free_port

PROGRAM = shutil.which("redis-server")


def address() -> str:
    """Return where the shared Redis is; skip outside CI when there is none."""
    url = os.environ.get("TEST_REDIS_URL", "")
    if not url:
        assert "CI" not in os.environ, "CI must not skip Redis; set TEST_REDIS_URL"
        raise SkipTest("TEST_REDIS_URL is not set")
    return url


def prefix() -> str:
    """Return how the keys of this test database begin; other processes have other ones."""
    name = os.path.basename(str(connection.settings_dict["NAME"]))
    return f"test:{name}:{os.getpid()}:"


def kept() -> list[str]:
    """Return the keys of the counters in the Redis of the settings."""
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        return sorted(client.scan_iter(match=f"{settings.COUNTERS_PREFIX}*", count=1000))


def forget() -> None:
    """Lose what the site has put there: nothing else, for others share the server."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for prefix in (settings.COUNTERS_PREFIX, settings.SESSIONS_PREFIX):
            for key in client.scan_iter(match=f"{prefix}*", count=1000):
                client.delete(key)


class RedisServer:
    """A server of a test's own, to be lost and to come back on the same port.

    It comes back empty, unless its options let it write down what it is told.
    """

    def __init__(self, cleanup: Callable[..., Any], *options: str) -> None:
        if PROGRAM is None:
            assert "CI" not in os.environ, "CI has redis-server"
            raise SkipTest("redis-server is not installed")
        self._folder = tempfile.mkdtemp(prefix="kantor-redis-", dir="/tmp")
        cleanup(shutil.rmtree, self._folder, ignore_errors=True)
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0?socket_connect_timeout=60&socket_timeout=60"
        self._process: subprocess.Popen[bytes] | None = None
        cleanup(self.stop)
        self.start(*options)

    def start(self, *options: str) -> None:
        """Serve, with these options beside ours."""
        command = [str(PROGRAM), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", self._folder, *options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with redis.Redis(port=self.port, retry=_patience()) as client:
            client.ping()

    def stop(self) -> None:
        """Go without a word to anybody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _patience() -> Any:
    from redis.backoff import ConstantBackoff
    from redis.retry import Retry

    return Retry(ConstantBackoff(0.05), 600)

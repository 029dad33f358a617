"""Say where sessions are kept: SESSIONS."""

from django.conf import settings

from kantor.serving.session_rows import Rows
from kantor.serving.session_rows.in_database import InDatabase
from kantor.serving.session_rows.in_redis import InRedis

_ROWS: dict[str, Rows] = {"database": InDatabase(), "redis": InRedis()}


def rows() -> Rows:
    """Return where sessions are kept."""
    return _ROWS[settings.SESSIONS]

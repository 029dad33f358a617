"""Report faults of ours to a Sentry server, without a word of whom they met.

What leaves is built from a list of what may leave: kinds of exceptions, places in the code, the
route's name, the request's id. An exception's own words are left out, for they quote values: a
database names the address that it refused.
"""

from typing import Any, cast

import sentry_sdk
from django_guid import get_guid
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import LoggingIntegration, ignore_logger
from sentry_sdk.types import Event, Hint

_OF_EVENT = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment")
_OF_FRAME = ("filename", "abs_path", "function", "module", "lineno", "in_app", "context_line")


def start(dsn: str) -> None:
    """Report from now on to this server, as the settings of production say."""
    integrations: list[Integration] = [
        DjangoIntegration(
            transaction_style="function_name", middleware_spans=False, signals_spans=False
        ),
        # Lines are no breadcrumbs; those of errors are reports of their own.
        LoggingIntegration(level=None, event_level=40),
        AtexitIntegration(callback=lambda _pending, _timeout: None),
        DedupeIntegration(),
    ]
    # Django's own line about a fault that is reported already.
    ignore_logger("django.request")
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        integrations=integrations,
        before_send=_only_what_may_leave,
    )


def _only_what_may_leave(event: Event, hint: Hint) -> Event:
    """Return a new event of the parts that tell nobody's business."""
    given: dict[str, Any] = dict(event)
    kept: dict[str, Any] = {name: given[name] for name in _OF_EVENT if name in given}
    # A function of ours; for a request that met none, sentry-sdk would name its path.
    place = str(given.get("transaction") or "")
    if given.get("transaction_info", {}).get("source") == "component" or place.startswith(
        ("accounts.", "kantor.")
    ):
        kept["transaction"] = place
    if guid := get_guid():
        kept["tags"] = {"request_id": guid}
    # The template of a line, not what was put into it.
    if message := given.get("logentry", {}).get("message"):
        kept["logentry"] = {"message": message if "%" in message else message[:80]}
    values = given.get("exception", {}).get("values") or []
    if values:
        kept["exception"] = {"values": [_of_exception(each) for each in values]}
    return cast(Event, kept)


def _of_exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or []
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "mechanism": {"type": "generic", "handled": False},
        "stacktrace": {
            "frames": [{name: each[name] for name in _OF_FRAME if name in each} for each in frames]
        },
    }

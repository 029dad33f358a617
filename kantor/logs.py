"""Write a line for each request and event, which can be followed and tells nobody's secrets."""

import logging
import re
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django_guid import get_guid
from django_guid.config import settings as guid_settings
from django_guid.context import guid as current_id
from django_guid.utils import generate_guid, validate_guid
from pythonjsonlogger.json import JsonFormatter as Formatter

logger = logging.getLogger("kantor.requests")

# Tokens stand in the addresses of the activation, of a new password, of the phone number, of a new
# e-mail address and its undoing, of "To nie ja", of reopening an account, of the end of news and of
# staff's invitations, and may be cut in two or stand between too many slashes there: mail programs
# do that. No other word of an address is as long.
_ADDRESS = re.compile(
    r"/(?:aktywacja|haslo|numer|nowy-adres|cofnij-adres|to-nie-ja|przywroc|zgody|invitation)(?s:.+)"
)
_TOKEN = re.compile(r"[\w.~-]{16,}")


class MaskTokens(logging.Filter):
    """Replace tokens in whatever is logged: Django's logs of refused requests name their path."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, its message without tokens."""
        message = record.getMessage()
        masked = _ADDRESS.sub(lambda address: _TOKEN.sub("…", address[0]), message)
        if masked != message:
            record.msg, record.args = masked, None
        return True


class OneLineForRefusals(logging.Filter):
    """Take the traceback from what Django logs of a request that it refused.

    A form that is cut off, a host that is not ours, a lookup that no list offers: whoever sends
    them should not choose how much is written, and the places in Django's code tell nothing.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass; those of faults of ours whole."""
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True


# What these say is written by programmers about programs; all else may quote a value. A database
# names the address that it refused, and the statement.
_HARMLESS = (ImproperlyConfigured, ImportError, AttributeError, NameError, TemplateDoesNotExist)


def places(error: BaseException | None) -> str:
    """Return where an exception came from and of which kind it is, its causes first.

    Without its own words, but for kinds that quote no value of a visitor.
    """
    parts: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        words = f": {error}" if isinstance(error, _HARMLESS) else ""
        code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
        where = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"{where}{kind}{words}{f' ({code})' if code else ''}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(reversed(parts))


class LineFormatter(logging.Formatter):
    """Write a record as a line for people; of an exception the places and the kind."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what another handler's formatter has left with the record is no part."""
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802  logging's name
        """Return the places and kinds."""
        return places(ei[1])


class JsonFormatter(Formatter):
    """Write a record as one line of JSON: when (UTC), level, logger, event, request and its facts.

    What a call gives as `extra` stands beside them. A traceback is one value, so a line stays one.
    """

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s %(message)s")

    def formatException(self, ei: Any) -> str:  # noqa: N802  logging's name
        """Return the places and kinds, without words that may quote a value."""
        return places(ei[1])

    def add_fields(
        self,
        log_data: dict[str, Any],
        record: logging.LogRecord,
        message_dict: dict[str, Any],
    ) -> None:
        """Put the fields of ours into their order."""
        super().add_fields(log_data, record, message_dict)
        log_data.pop("request", None)  # Django's own extra: the whole request
        said = {"at": datetime.fromtimestamp(record.created, UTC).isoformat("T", "milliseconds")}
        for name, ours in (("levelname", "level"), ("name", "logger"), ("message", "event")):
            said[ours] = log_data.pop(name, "")
        if guid := get_guid():
            said["request_id"] = guid
        rest = dict(log_data)
        log_data.clear()
        log_data.update(said | rest)


class RequestIdMiddleware:
    """Give each request its id: the proxy's, where that is one, or a new one; outermost.

    django-guid's own takes all headers apart to find one, asks three times whether the address is
    left out (none is) and writes two lines that no level of ours lets through. What becomes of the
    id is the package's, which also forgets it when the request is over.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.header: str = guid_settings.guid_header_name
        self.key = f"HTTP_{self.header.upper().replace('-', '_')}"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on under its id, and name it in the answer."""
        given = request.META.get(self.key, "")
        request_id = given if given and validate_guid(given) else generate_guid()
        current_id.set(request_id)
        response = self.get_response(request)
        response.headers[self.header] = request_id
        return response


class RequestLogMiddleware:
    """Write one line a request: which page, what came of it, how long it took, whose account.

    The page is its route's name, never its address: addresses hold links that open something.
    Nothing is looked up for it: the account is told where the request has read its session anyway.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on and write its line."""
        began = perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        facts: dict[str, object] = {
            "method": request.method if request.method in _METHODS else "other",
            "route": match.view_name if match else "",
            "status": response.status_code,
            "ms": round(1000 * (perf_counter() - began), 1),
        }
        session = getattr(request, "session", None)
        read = getattr(session, "_session_cache", None)
        if read and (account := read.get(SESSION_KEY)) is not None:
            facts["account"] = int(account)
        logger.info("request", extra=facts)
        return response


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

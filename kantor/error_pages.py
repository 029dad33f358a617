"""Say in the site's dress and the reader's language what went wrong, and what to do next."""

import errno
import sys
from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.functional import Promise
from django.utils.translation import get_language_from_path, override
from django.utils.translation import gettext_lazy as _
from django_guid import get_guid

from accounts.passwords import HashingBusyError
from kantor.serving import security_log
from kantor.serving.security_log import Event
from kantor.serving.templatetags.site import translated_path


@dataclass(frozen=True)
class Fault:
    """One kind of error page: its status, heading and advice."""

    status: int
    heading: Promise
    advice: Promise


BAD_REQUEST = Fault(
    HTTPStatus.BAD_REQUEST,
    _("We could not understand the request"),
    _("Your browser sent something this page does not accept. Go back and try again."),
)
FORBIDDEN = Fault(
    HTTPStatus.FORBIDDEN,
    _("You have no access to this page"),
    _("Sign in with an account that has access to it, or go back to the home page."),
)
OUTSIDE_ROLE = Fault(
    HTTPStatus.FORBIDDEN,
    _("You have no access to this page"),
    _("Your role does not include it. An administrator can change the role."),
)
FOREIGN_FORM = Fault(
    HTTPStatus.FORBIDDEN,
    _("We could not confirm that you sent the form"),
    _(
        "Go back, refresh the page and send the form again. Your browser must accept cookies "
        "from this site."
    ),
)
NOT_FOUND = Fault(
    HTTPStatus.NOT_FOUND,
    _("Page not found"),
    _("Check the address. The page may have moved, or the link may be incomplete."),
)
NOT_ALLOWED = Fault(
    HTTPStatus.METHOD_NOT_ALLOWED,
    _("This address cannot be opened like this"),
    _("Go back to the page you came from and use the button or link on it."),
)
TOO_LARGE = Fault(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    _("The form is too large"),
    _("None of our forms needs that much text. Go back, shorten your answers and send them again."),
)
BROKEN = Fault(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    _("Something went wrong on our side"),
    _("Wait a moment and try again. What you entered in earlier steps has been kept."),
)
# The same where faults are reported to somebody: only there it is true.
BROKEN_AND_REPORTED = Fault(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    _("Something went wrong on our side"),
    _(
        "We already know about it. Wait a moment and try again. What you entered in earlier steps "
        "has been kept."
    ),
)
OVERLOADED = Fault(
    HTTPStatus.SERVICE_UNAVAILABLE,
    _("We cannot do that at the moment"),
    _(
        "Wait ten seconds and send it again. Nothing is lost: what you entered in earlier steps "
        "has been kept."
    ),
)
RETRY_SECONDS = 10
CLOSED = Fault(
    HTTPStatus.SERVICE_UNAVAILABLE,
    _("We will be back soon"),
    _(
        "We are working on the site. Try again in a quarter of an hour. If you have started "
        "registering, we keep the answers you have sent for a day."
    ),
)
REGISTRATION_CLOSED = Fault(
    HTTPStatus.SERVICE_UNAVAILABLE,
    _("Registration is closed for a moment"),
    _(
        "We are working on it. Try again in a quarter of an hour. If you have started "
        "registering, we keep the answers you have sent for a day. You can sign in as usual."
    ),
)


# Where the forms of visitors stand, and the pages that lead on who is signed in; the first counts.
FOR_VISITORS = {
    "/rejestracja/wyslano/": "accounts:registration-sent",
    "/rejestracja/": "accounts:registration",
    "/logowanie/": "accounts:sign-in",
}


def error_page(fault: Fault, request: HttpRequest, *, as_visitor: bool = False) -> HttpResponse:
    """Answer with the page of this fault, in the request's language; nobody keeps it.

    That is the one of the address, or on the staff's pages their own. The active language may still
    be that of the request before: a host that is not ours is refused before the language has
    its turn.

    The page needs neither database nor session unless it is rendered `as_visitor`, with the header
    of whoever is signed in. Only the request's path is looked at, also for the links to the other
    language.
    """
    path = request.get_full_path()
    context = {
        "fault": fault,
        "is_of_desk": fault is OUTSIDE_ROLE,
        # Whoever calls about a failure can read it out, and its lines are found by it.
        "request_id": get_guid() if fault in (BROKEN, BROKEN_AND_REPORTED, OVERLOADED) else None,
        "language_urls": {code: translated_path(path, code) for code, _name in settings.LANGUAGES},
    }
    of_address = get_language_from_path(request.path_info) or settings.LANGUAGE_CODE
    with override(getattr(request, "LANGUAGE_CODE", of_address)):
        html = render_to_string("error.html", context, request=request if as_visitor else None)
    response = HttpResponse(html, status=fault.status)
    add_never_cache_headers(response)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, or 413 to a form that is too large. The page looks at nothing but the path.

    A request whose session was ended while it was at work was none of its visitor's faults: he is
    led to the page once more, which tells how things are now.
    """
    if isinstance(exception, SessionInterrupted):
        return redirect(request.get_full_path())
    too_large = isinstance(exception, RequestDataTooBig)
    security_log.note(Event.REQUEST_TOO_LARGE if too_large else Event.REQUEST_MALFORMED)
    return error_page(TOO_LARGE if too_large else BAD_REQUEST, request)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403; a member of staff is told of the role, and led back to the desk."""
    security_log.note(Event.ACCESS_DENIED)
    user = getattr(request, "user", None)
    is_staff = user is not None and user.is_staff
    return error_page(OUTSIDE_ROLE if is_staff else FORBIDDEN, request, as_visitor=True)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(NOT_FOUND, request, as_visitor=True)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without database and session: one of them may be what failed.

    What passes by itself is 503 and says when to come back: a database that is away, locked or
    full, a Redis that keeps the sessions and is away, and more passwords to hash than there are
    cores. Django calls this while it handles the exception.
    """
    if not _passes_by_itself(sys.exc_info()[1]):
        return error_page(BROKEN_AND_REPORTED if settings.FAULTS_ARE_REPORTED else BROKEN, request)
    response = error_page(OVERLOADED, request)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _passes_by_itself(error: BaseException | None) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    # Where sessions are kept in Redis. Its client is an extra, and loaded where it is used.
    client = sys.modules.get("redis")
    if client is not None and isinstance(error, client.RedisError):
        return True
    if not isinstance(error, OperationalError | InterfaceError | HashingBusyError):
        return False
    # SQLite calls a missing table, and a file that it may not write, operational too.
    name = str(getattr(error.__cause__, "sqlite_errorname", ""))
    return not name.startswith(("SQLITE_ERROR", "SQLITE_READONLY"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form without its token; the reason is for the log, not for people.

    A sign-in gives the browser a new token. A form for visitors that was open in another tab
    meanwhile is answered by the page that says so.
    """
    path = translated_path(request.path_info, settings.LANGUAGE_CODE)
    page = next((page for start, page in FOR_VISITORS.items() if path.startswith(start)), None)
    if page is not None and request.user.is_authenticated:
        return HttpResponseRedirect(reverse(page, query=request.GET))
    security_log.note(Event.FORM_FORGED)
    return error_page(FOREIGN_FORM, request, as_visitor=True)

"""Serve kantor over WSGI, with the production settings unless the environment names others."""

import os
import re
from typing import TYPE_CHECKING

from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kantor.settings.prod")

_CHARSET = re.compile(r";\s*charset\s*=\s*(?:\"[^\"]*\"|[^;]*)", re.IGNORECASE)
_django = get_wsgi_application()
# manage.py runs these checks by itself; a server would not.
if faults := run_checks(tags=["operator"]):
    raise ImproperlyConfigured("\n".join(map(str, faults)))


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
    """Hand the request to Django, without the charset that it claims.

    All our forms are UTF-8. Django decodes by whatever a request names, before any middleware
    could answer for the codec's failure: `charset=hex` would be a bare error page.
    """
    if "charset" in environ.get("CONTENT_TYPE", "").lower():
        environ["CONTENT_TYPE"] = _CHARSET.sub("", environ["CONTENT_TYPE"])
    return _django(environ, start_response)

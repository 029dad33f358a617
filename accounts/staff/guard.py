"""Refuse what no page of the staff's site sends, whatever the database would make of it."""

import logging
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import (
    BadRequest,
    FieldDoesNotExist,
    FieldError,
    ValidationError,
)
from django.db import DataError, NotSupportedError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse

logger = logging.getLogger(__name__)

# What a value ends in that passes for one until a statement is made of it: a letter for a number,
# a number of thirty digits, NUL in PostgreSQL, the first day of the first year in a zone that is
# ahead of it. Which, and where, is another thing for each field, lookup and database.
NONSENSE = (
    DataError,
    FieldDoesNotExist,
    FieldError,
    NotSupportedError,
    OverflowError,
    ValidationError,
    ValueError,
)
# Lookups whose values nobody checks before the database does; no filter of a list asks by them.
UNCHECKED_LOOKUPS = {"iregex", "range", "regex"}


def refuse_nonsense(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Have a view answer 400 instead of 500 to values that nobody can mean.

    What Django asks about is answered as ever: a wrong field of a form by its message, an unknown
    number by "not found". A fault of our own that looks like nonsense is in the log with its
    places in the code, without values.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if UNCHECKED_LOOKUPS & {name.rpartition("__")[2] for name in request.GET}:
            raise BadRequest("A question that no filter asks")
        try:
            response = view(request, *args, **kwargs)
            # A list asks the database while it is rendered.
            return response.render() if isinstance(response, SimpleTemplateResponse) else response
        except NONSENSE as error:
            places = "".join(traceback.format_tb(error.__traceback__))
            logger.warning("Answered 400 for a %s:\n%s", type(error).__name__, places)
            raise BadRequest("A value that nobody can mean") from error

    return answer

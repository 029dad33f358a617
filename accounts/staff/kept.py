"""Show staff how long what is kept, and why, from the table that the purge follows."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts import retention
from accounts.desk.roles import Right, may
from accounts.models import User


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the table to whoever sees customers; no statement."""
    if not (isinstance(request.user, User) and may(request.user, Right.SEE_CUSTOMERS)):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": gettext("How long records are kept"),
        "parts": [
            (gettext("About customers, in the words that they read"), retention.ALL),
            (gettext("Everything else"), retention.OF_THE_DESK),
        ],
    }
    return render(request, "admin/retention.html", context)

"""Show a customer what is kept of him, why and until when, and hand him a copy."""

import math
from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts import retention
from accounts.privacy import copy, services
from accounts.sessions.account import account_of
from accounts.sessions.confirmation import confirmed, is_confirmed
from accounts.sessions.returning import signed_in
from accounts.sessions.visit import visit_of
from kantor.serving.network import held_up


@method_decorator([never_cache, signed_in], name="dispatch")
class MyDataView(View):
    """Show the table of retention, and hand out the copy as a file that no cache keeps.

    Reading needs no proof; the buttons are there, and work, for who has just given one. Only POST
    counts and writes: a page that is looked at ahead takes no copy.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        return self.show(request)

    @method_decorator(confirmed)
    def post(self, request: HttpRequest) -> HttpResponse:
        """Hand out the copy in the format that was asked for; nonsense takes none."""
        format_ = request.POST.get("format")
        if format_ not in ("json", "html"):
            return redirect("accounts:my-data")
        user = account_of(request)
        sections = services.take(user, visit=visit_of(request))
        if sections is None:
            return held_up(self.show(request), services.wait(user))
        if format_ == "json":
            options = {"ensure_ascii": False, "indent": 2}
            response: HttpResponse = JsonResponse(copy.as_json(sections), json_dumps_params=options)
        else:
            context = {"sections": sections, "made_at": timezone.now()}
            response = render(request, "accounts/privacy/copy.html", context)
        day = timezone.localdate().isoformat()
        response["Content-Disposition"] = f'attachment; filename="kantor.pl-{day}.{format_}"'
        return response

    def show(self, request: HttpRequest) -> HttpResponse:
        """Show the page; it says so where five copies were taken today."""
        left = services.wait(account_of(request))
        context = {
            "kept": retention.ALL,
            "is_confirmed": is_confirmed(request),
            "hours": math.ceil(left / timedelta(hours=1)),
        }
        return render(request, "accounts/privacy/page.html", context)

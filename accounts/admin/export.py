"""Export what the list shows: at once, or by a task whose file waits on a page of one's own."""

import logging
from datetime import timedelta
from typing import IO, TYPE_CHECKING

import django
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.admin import filters
from accounts.admin.account_list import SEARCH
from accounts.admin.by_role import is_allowed
from accounts.admin.pagination import MOST_COUNTED
from accounts.admin.search import find
from accounts.desk import export, searches
from accounts.desk.at_work import desk_of
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.export import Order
from accounts.desk.overtaken import Overtaken
from accounts.desk.reasons import Export, label
from accounts.desk.roles import Right
from accounts.limits import UsedUpError
from accounts.models import ExportFile, User
from accounts.sessions.confirmation import factor_now
from kantor.serving.tasks import takes_long

if TYPE_CHECKING or django.VERSION < (6, 0):
    from django_tasks import task
else:
    from django.tasks import task

logger = logging.getLogger(__name__)

FORM_TEMPLATE = "admin/accounts/user/export.html"
LIST_TEMPLATE = "admin/accounts/user/export_list.html"
MASKED, WHOLE = "masked", "whole"
_TYPES = {
    ExportFile.Format.CSV: "text/csv; charset=utf-8",
    ExportFile.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportForm(forms.Form):
    """Ask for the format, and whoever may have them whole for the values and the reason."""

    format = forms.ChoiceField(label=_("Format"), choices=ExportFile.Format.choices)
    values = forms.ChoiceField(
        label=_("Values"),
        choices=[
            (MASKED, pgettext_lazy("values", "masked")),
            (WHOLE, pgettext_lazy("values", "whole")),
        ],
        required=False,
    )
    reason = forms.ChoiceField(
        label=_("Reason, for whole values"), choices=[("", "–"), *Export.choices], required=False
    )

    def __init__(self, data: QueryDict | None = None, *, may_have_whole: bool) -> None:
        super().__init__(data, label_suffix="", auto_id="export-%s")
        if not may_have_whole:
            del self.fields["values"], self.fields["reason"]


def form_for(request: HttpRequest) -> ExportForm | None:
    """Return the empty form for whoever may export; the list of accounts shows it."""
    if not is_allowed(request, Right.EXPORT_MASKED):
        return None
    return ExportForm(may_have_whole=is_allowed(request, Right.EXPORT_UNMASKED))


@task()
@takes_long
def make_file(number: int) -> None:
    """Write the file of this number; runs on the queue of the settings."""
    export.make(number, _ordered_accounts)


def order(request: HttpRequest) -> HttpResponseBase:
    """Show the form for the filters and the search of the address, and answer it.

    The answer is the file, or the page of one's exports. Whole values need a factor of the last
    five minutes.
    """
    _require(request)
    if request.method == "POST" and request.POST.get("values") == WHOLE:
        return factor_now(_order)(request)
    return _order(request)


def _order(request: HttpRequest) -> HttpResponseBase:
    chosen, found = _asked(request)
    if found is not None and len(found) >= MOST_COUNTED:
        words = gettext("The search finds more than %(count)d accounts. Add a word, then export.")
        messages.warning(request, words % {"count": MOST_COUNTED - 1})
        return _back_to_list(request)
    may_have_whole = is_allowed(request, Right.EXPORT_UNMASKED)
    form = ExportForm(
        request.POST if request.method == "POST" else None, may_have_whole=may_have_whole
    )
    if request.method != "POST":
        return _form_page(request, form)
    is_masked = request.POST.get("values") != WHOLE
    if not is_masked and not may_have_whole:
        raise PermissionDenied
    if not form.is_valid():
        raise BadRequest("An export that no page offers")
    wanted = Order(
        format=form.cleaned_data["format"],
        is_masked=is_masked,
        reason=form.cleaned_data.get("reason", ""),
        filters=chosen,
        found=found,
    )
    user = request.user
    assert isinstance(user, User)
    try:
        made = export.order(wanted, _accounts(chosen, found, user), desk=desk_of(request))
    except Incomplete:
        form.add_error("reason", gettext("Say why whole values are needed."))
        return _form_page(request, form)
    except UsedUpError as used_up:
        minutes = max(1, -(-used_up.wait // timedelta(minutes=1)))
        words = ngettext(
            "You have exported 20 times in an hour. Try again in %(count)d minute.",
            "You have exported 20 times in an hour. Try again in %(count)d minutes.",
            minutes,
        )
        messages.warning(request, words % {"count": minutes})
        return _back_to_list(request)
    except OSError:
        messages.error(request, _not_written())
        return _back_to_list(request)
    if isinstance(made, ExportFile):
        _start(request, made)
        return redirect("admin:accounts_user_exports")
    return _file(made, wanted.format)


@require_safe
def exports(request: HttpRequest) -> HttpResponseBase:
    """Show one's own exports, how far they are, and those of others that wait for an answer."""
    user = _require(request)
    mine = [
        (file, filters.in_words(file.filters), label(file.reason)) for file in export.mine(user)
    ]
    others = [
        (file, filters.in_words(file.filters), label(file.reason))
        for file in export.for_second(user)
    ]
    context = {
        **admin.site.each_context(request),
        "title": gettext("Exports"),
        "mine": mine,
        "others": others,
        "is_under_way": any(file.is_under_way for file, *_rest in mine),
    }
    return render(request, LIST_TEMPLATE, context)


@require_safe
def fetch(request: HttpRequest, number: int) -> HttpResponseBase:
    """Hand a ready file to its author; 404 for anybody else, as if it were not there.

    One with whole values needs a factor of the last five minutes.
    """
    user = _require(request)
    file = get_object_or_404(export.mine(user), pk=number)
    return _fetch(request, file) if file.is_masked else factor_now(_fetch)(request, file)


def _fetch(request: HttpRequest, file: ExportFile) -> HttpResponseBase:
    try:
        return _file(export.hand_out(file, desk=desk_of(request)), file.format)
    except Refused as refused:
        raise PermissionDenied from refused
    except FileNotFoundError:
        messages.error(request, gettext("The file is not there any more. Export it again."))
        return redirect("admin:accounts_user_exports")


@require_POST
def drop(request: HttpRequest, number: int) -> HttpResponseBase:
    """Delete an export of one's own, or withdraw it while it waits for a second person."""
    _require(request)
    export.drop(number, desk=desk_of(request))
    messages.success(request, gettext("The export was deleted."))
    return redirect("admin:accounts_user_exports")


@require_POST
@factor_now
def answer(request: HttpRequest, number: int) -> HttpResponseBase:
    """Confirm or refuse an export that another officer proposed."""
    if not is_allowed(request, Right.EXPORT_UNMASKED):
        raise PermissionDenied
    desk, step = desk_of(request), request.POST.get("step", "")
    try:
        if step == "confirm":
            confirmed = export.confirm(number, desk=desk)
            if _enqueue(confirmed):
                messages.success(request, gettext("The export was confirmed."))
            else:
                messages.error(request, _not_written())
        elif step == "refuse":
            export.send_back(number, desk=desk)
            messages.success(request, gettext("The export was refused."))
        else:
            raise BadRequest("A step that does not exist")
    except Refused as refused:
        raise BadRequest("An answer that was not offered") from refused
    except Overtaken:
        messages.warning(request, gettext("This export does not wait for an answer any more."))
    return redirect("admin:accounts_user_exports")


def _asked(request: HttpRequest) -> tuple[dict[str, str], list[int] | None]:
    """Return the filters of the address, and the numbers that its search finds."""
    if set(request.GET) - {*filters.Filters.base_fields, SEARCH}:
        raise BadRequest("A question that no filter asks")
    chosen = filters.read(request.GET).chosen
    key = request.GET.get(SEARCH)
    if key is None:
        return chosen, None
    typed = searches.words_of(request.session, key)
    if not typed:
        raise BadRequest("A search that is not remembered")
    return chosen, find(typed, sees_numbers=is_allowed(request, Right.REVEAL))


def _accounts(chosen: dict[str, str], found: list[int] | None, by: User) -> QuerySet[User]:
    customers = User.objects.filter(is_staff=False)
    accounts = filters.read(chosen).narrow(customers, by)
    return accounts if found is None else accounts.filter(pk__in=found)


def _ordered_accounts(file: ExportFile) -> QuerySet[User]:
    return _accounts(file.filters, file.found, file.author)


def _start(request: HttpRequest, file: ExportFile) -> None:
    """Hand the work to the queue, if nobody has to confirm it first, and say what happens."""
    if file.state == ExportFile.State.PROPOSED:
        messages.success(request, gettext("The export waits for a second person."))
        return
    if _enqueue(file):
        messages.success(request, gettext("The file is being written. You will find it here."))
    else:
        messages.error(request, _not_written())


def _enqueue(file: ExportFile) -> bool:
    """Hand the work to the queue; False when that is down, which must not look like work."""
    try:
        make_file.enqueue(file.pk)
    except Exception as error:
        logger.error("An export was not taken by the queue: %s", type(error).__name__)
        ExportFile.objects.filter(pk=file.pk).update(state=ExportFile.State.FAILED)
        return False
    return True


def _not_written() -> str:
    return gettext("The file could not be written. Tell the administrator.")


def _file(opened: IO[bytes], format_: str) -> FileResponse:
    name = f"kantor-{timezone.localdate():%Y-%m-%d}.{format_}"
    return FileResponse(
        opened,
        as_attachment=True,
        filename=name,
        content_type=_TYPES[ExportFile.Format(format_)],
    )


def _form_page(request: HttpRequest, form: ExportForm) -> HttpResponseBase:
    context = {
        **admin.site.each_context(request),
        "title": gettext("Export"),
        "form": form,
        "back": _list_address(request),
        "query": _query(request),
        "filters": filters.in_words(filters.read(request.GET).chosen),
        "is_search": SEARCH in request.GET,
        "at_once": settings.EXPORT_AT_ONCE,
    }
    return render(request, FORM_TEMPLATE, context)


def _list_address(request: HttpRequest) -> str:
    return reverse("admin:accounts_user_changelist") + _query(request)


def _query(request: HttpRequest) -> str:
    query = request.GET.urlencode()
    return f"?{query}" if query else ""


def _back_to_list(request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(_list_address(request))


def _require(request: HttpRequest) -> User:
    if not is_allowed(request, Right.EXPORT_MASKED):
        raise PermissionDenied
    assert isinstance(request.user, User)
    return request.user

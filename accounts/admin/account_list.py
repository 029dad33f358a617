"""List the accounts: one box to search by, filters, a page at a time, and views of one's own."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.admin import filters, search
from accounts.admin.by_role import is_allowed
from accounts.admin.filters import Filters
from accounts.admin.pagination import MOST_COUNTED, CappedPaginator, Place, place_of
from accounts.desk import events, masks, searches
from accounts.desk.at_work import desk_of
from accounts.desk.roles import Right
from accounts.models import SavedView, StaffEvent, User
from accounts.models.staff import VIEWS_EACH

SEARCH = "s"  # names, in an address, the words that the session keeps
_PAGING = ("before", "after")
_KNOWN = {*Filters.base_fields, SEARCH, *_PAGING}
_NAME_LENGTH = 60


class AccountList(ChangeList):
    """Answer what the address of the list asks: filters, the key of a search, a place.

    Anything else in it is refused with 400, as any value that no page offers.
    """

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        if set(request.GET) - _KNOWN:
            raise BadRequest("A question that no filter asks")
        self.filters = filters.read(request.GET)
        self.ordering = self.filters.ordering
        self.place = Place.read(request.GET, self.ordering)
        self.words = ""
        self.found: list[int] | None = None
        self.is_forgotten = False
        self._search(request)
        super().__init__(request, *args, **kwargs)

    def _search(self, request: HttpRequest) -> None:
        key = request.GET.get(SEARCH)
        if key is None:
            return
        kept = searches.words_of(request.session, key)
        self.is_forgotten = kept is None
        self.words = kept or ""
        sees_numbers = is_allowed(request, Right.REVEAL)
        self.found = search.find(self.words, sees_numbers=sees_numbers) if kept else []

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[User]:
        """Return the accounts that were asked for; what actions are limited to as well."""
        assert isinstance(request.user, User)
        # Django's own filters are not used; its template asks for them.
        self.filter_specs: list[Any] = []
        self.has_filters = self.has_active_filters = False
        accounts = self.filters.narrow(self.root_queryset, request.user)
        if self.found is not None:
            accounts = accounts.filter(pk__in=self.found)
        return accounts.select_related("customer", "held_by")

    def get_results(self, request: HttpRequest) -> None:
        """Read one page, and count no further than a thousand and one."""
        paginator = CappedPaginator(self.queryset.order_by(*self.ordering), self.list_per_page)
        # Left to itself PostgreSQL collects all of a state or a kind before it joins a thousand.
        paginator.in_order = self.filters.is_one_of_customers
        self.result_count = paginator.count
        rows, has_newer, has_older = self.place.rows(
            self.queryset, self.ordering, self.list_per_page
        )
        self.result_list = rows
        self.back = self._at("before", rows[0]) if rows and has_newer else None
        self.onward = self._at("after", rows[-1]) if rows and has_older else None
        self.paginator = paginator
        self.show_full_result_count = False
        self.full_result_count = None
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False

    def get_ordering_field_columns(self) -> dict[int, Any]:
        """Name no column: the order is the one in which an index answers."""
        return {}

    @property
    def is_capped(self) -> bool:
        """Tell whether there are more than were counted."""
        found = self.found or ()
        return self.result_count >= MOST_COUNTED or len(found) >= MOST_COUNTED

    @property
    def most(self) -> int:
        """Return the number beyond which nothing is counted."""
        return MOST_COUNTED - 1

    @property
    def chosen_query(self) -> str:
        """Return the filters as they stand in an address, with their question mark."""
        return _query(self.filters.chosen)

    @property
    def without_search(self) -> str:
        """Return the address that keeps the filters and forgets the words."""
        return self.chosen_query or "?"

    @property
    def asked_query(self) -> str:
        """Return the filters and the search as they stand in an address, wherever the page is."""
        search_key = {SEARCH: self.search_key} if self.search_key else {}
        return _query({**self.filters.chosen, **search_key})

    @property
    def search_key(self) -> str | None:
        """Return the key of the search, which filters keep."""
        return self.params.get(SEARCH)

    def _at(self, direction: str, row: User) -> str:
        kept = {name: value for name, value in self.params.items() if name not in _PAGING}
        return _query({**kept, direction: place_of(row, self.ordering)})


@require_POST
def search_accounts(request: HttpRequest) -> HttpResponse:
    """Keep the words in the session, write down that there was a search, and lead to the list.

    The audit keeps their kind and how many were found.
    """
    _require(request)
    chosen = filters.read(request.GET).chosen
    typed = search.clean(request.POST.get("words", ""))
    page = reverse("admin:accounts_user_changelist")
    if not typed:
        return redirect(page + _query(chosen))
    desk = desk_of(request)
    sees_numbers = is_allowed(request, Right.REVEAL)
    field = None if sees_numbers else search.whole_number(typed)
    if field and not masks.searchable(desk.user, field, search.bare_number(typed)):
        said = gettext("Too many searches by whole numbers: they find nothing for a while.")
        messages.warning(request, said)
        return redirect(page + _query(chosen))
    found = search.find(typed, sees_numbers=sees_numbers)
    after = {"kind": search.kind_of(typed), "count": len(found)}
    events.record(desk, StaffEvent.Action.SEARCHED, after=after)
    return redirect(page + _query({**chosen, SEARCH: searches.keep(request.session, typed)}))


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the address under a name; a name that is there gets them anew."""
    user = _require(request)
    chosen = filters.read(request.GET).chosen
    name = search.clean(request.POST.get("name", ""))[:_NAME_LENGTH]
    views = SavedView.objects.filter(owner=user)
    if not name or not chosen:
        messages.warning(request, gettext("Choose filters and give the view a name."))
    elif not views.filter(name=name).exists() and views.count() >= VIEWS_EACH:
        said = gettext("You have %(count)d views; delete one first.") % {"count": VIEWS_EACH}
        messages.warning(request, said)
    else:
        SavedView.objects.update_or_create(owner=user, name=name, defaults={"filters": chosen})
        messages.success(request, gettext("The view “%(name)s” was saved.") % {"name": name})
    return redirect(reverse("admin:accounts_user_changelist") + _query(chosen))


@require_POST
def delete_view(request: HttpRequest, number: int) -> HttpResponse:
    """Delete a view of one's own; one that is gone already is no fault."""
    user = _require(request)
    SavedView.objects.filter(owner=user, pk=number).delete()
    messages.success(request, gettext("The view was deleted."))
    return redirect("admin:accounts_user_changelist")


def views_of(user: User) -> list[dict[str, Any]]:
    """Return this person's views, each with its address."""
    return [
        {"pk": view.pk, "name": view.name, "query": _query(view.filters)}
        for view in SavedView.objects.filter(owner=user)
    ]


def _require(request: HttpRequest) -> User:
    if not is_allowed(request, Right.SEE_CUSTOMERS):
        raise PermissionDenied
    assert isinstance(request.user, User)
    return request.user


def _query(parameters: dict[str, str]) -> str:
    return f"?{urlencode(parameters)}" if parameters else ""

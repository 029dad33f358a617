"""Show staff the mails that are owed and let them try a failed one again."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.admin import listed
from accounts.admin.by_role import ByRole, is_allowed
from accounts.admin.filters import OnlyFilters
from accounts.admin.pagination import MOST_COUNTED, CappedPaginator
from accounts.admin.search import begins, clean
from accounts.desk import events, searches
from accounts.desk.at_work import desk_of
from accounts.desk.roles import Right
from accounts.mail import outbox
from accounts.models import OutboxMessage, StaffEvent, User
from accounts.values import email


class Attempts:
    """Add the column about the next attempt."""

    @admin.display(description=_("next attempt at"), ordering="due_at")
    def next_attempt(self, message: OutboxMessage) -> str:
        """Tell when a waiting mail is tried again; a finished one is not.

        In words: on an account's page Django would print the moment, or None, as Python does.
        """
        if message.finished_at is not None:
            return "–"
        return date_format(timezone.localtime(message.due_at), "DATETIME_FORMAT")


class MessageList(ChangeList):
    """List the mails; what is searched for stands in the session, its key in the address."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        key = request.GET.get(SEARCH_VAR)
        kept = searches.words_of(request.session, key) if key else None
        self.words = kept or ""
        self.is_forgotten = bool(key) and kept is None
        super().__init__(request, *args, **kwargs)

    @property
    def without_search(self) -> str:
        """Return the filters as an address has them, for the box, which sends them along."""
        return self.get_query_string(remove=[SEARCH_VAR])


@admin.register(OutboxMessage)
class OutboxMessageAdmin(Attempts, ByRole, OnlyFilters, admin.ModelAdmin[OutboxMessage]):
    """Look after the mails: kind, state and failure of each. There is no text to show."""

    sees = Right.SEE_CUSTOMERS
    changes = Right.HELP
    list_display = (
        "number",
        "kind",
        "state",
        "attempts",
        "last_error",
        "recipient",
        "account",
        "created_at",
        "next_attempt",
        "finished_at",
    )
    list_filter = ("state", "kind")
    filter_lookups = frozenset({"state__exact", "kind__exact"})
    list_per_page = 25
    list_max_show_all = 25
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-pk",)
    search_fields = ("recipient",)
    search_help_text = _("The beginning of the recipient’s e-mail address.")
    actions = ("retry",)
    fields = (
        "number",
        "kind",
        "account",
        "recipient",
        "in_language",
        "message_id",
        "state",
        "attempts",
        "last_error",
        "created_at",
        "next_attempt",
        "finished_at",
    )
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        """Have an address beside Django's for the words of a search."""
        search = path(
            "search/",
            self.admin_site.admin_view(require_POST(self.search)),
            name="accounts_outboxmessage_search",
        )
        return [search, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return our list."""
        return MessageList

    def search(self, request: HttpRequest) -> HttpResponse:
        """Keep the words in the session, write down that there was a search, lead to the list."""
        if not is_allowed(request, self.sees):
            raise PermissionDenied
        asked = {
            name: request.GET[name] for name in sorted(self.filter_lookups) if name in request.GET
        }
        if typed := clean(request.POST.get("words", "")):
            found = _found(OutboxMessage.objects.all(), typed)
            after = {"kind": "email", "count": len(found)}
            events.record(desk_of(request), StaffEvent.Action.SEARCHED, after=after)
            asked[SEARCH_VAR] = searches.keep(request.session, typed)
        return redirect(reverse("admin:accounts_outboxmessage_changelist", query=asked))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OutboxMessage], search_term: str
    ) -> tuple[QuerySet[OutboxMessage], bool]:
        """Find the mails of the words that this key names; none for one that is not known."""
        if not search_term:
            return queryset, False
        kept = searches.words_of(request.session, search_term)
        return queryset.filter(pk__in=_found(queryset, kept) if kept else []), False

    def has_change_permission(self, request: HttpRequest, obj: OutboxMessage | None = None) -> bool:
        """Allow the action on the list, but no change on the page of one mail."""
        return obj is None and super().has_change_permission(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say above the list how long the oldest undelivered mail has been waiting."""
        age = outbox.oldest_undelivered()
        title = gettext("Messages: none is waiting")
        if age:
            now = timezone.now()
            title = gettext("Messages: the oldest undelivered one was written %(age)s ago") % {
                "age": timesince(now - age, now)
            }
        response: HttpResponse = super().changelist_view(
            request, {"title": title, **(extra_context or {})}
        )
        listed.note(request, response, "messages")
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Offer on the page of one mail the button that does what the action of the list does."""
        can_retry = self.has_change_permission(request)
        return super().change_view(
            request, object_id, form_url, {"can_retry": can_retry, **(extra_context or {})}
        )

    @admin.display(description=_("number"), ordering="pk")
    def number(self, message: OutboxMessage) -> str:
        """Return what the mail is called in logs."""
        return str(message)

    @admin.display(description=_("language"))
    def in_language(self, message: OutboxMessage) -> str:
        """Return what the language of the mail is called."""
        return language_name(message.language)

    @admin.display(description=_("account"))
    def account(self, message: OutboxMessage) -> str | None:
        """Return the way to the account, if the mail belongs to one."""
        if message.user_id is None:
            return None
        page = reverse("admin:accounts_user_change", args=[message.user_id])
        return format_html('<a href="{}">#{}</a>', page, message.user_id)

    @admin.action(
        description=_("Try the selected undelivered messages again"), permissions=["change"]
    )
    def retry(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        """Start over with those that failed or wait for long; the next delivery takes them up."""
        retried = [message for message in queryset if outbox.retry(message)]
        for message in retried:
            self.log_change(request, message, gettext("To be sent again."))
        self.message_user(
            request,
            ngettext(
                "%(count)d message will be sent again.",
                "%(count)d messages will be sent again.",
                len(retried),
            )
            % {"count": len(retried)},
            messages.SUCCESS if retried else messages.WARNING,
        )


def _found(rows: QuerySet[OutboxMessage], typed: str) -> list[int]:
    """Return the mails by the beginning of the address they went to, or of their account's now.

    Each question is cut by its index before anything is sorted. However an address is spelled it is
    found by its account; that of a mail without one as it was typed, or in small letters. The
    newest MOST_COUNTED.
    """
    found: set[int] = set()
    for spelling in {typed, typed.lower()}:
        found.update(_numbers(rows.filter(begins("recipient", spelling))))
    accounts = User.objects.filter(begins("email_key", email.normalise(typed)))
    found.update(_numbers(rows.filter(user__in=_numbers(accounts))))
    return sorted(found, reverse=True)[:MOST_COUNTED]


def language_name(code: str) -> str:
    """Return what a language is called in that of the page; a code that we do not know stays."""
    return str(dict(settings.LANGUAGES).get(code, code))


def _numbers(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by().values_list("pk", flat=True)[:MOST_COUNTED])

"""Show staff the mails that are owed and let them try a failed one again."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin import listed
from accounts.admin.by_role import ByRole
from accounts.admin.filters import OnlyFilters
from accounts.admin.pagination import MOST_COUNTED, CappedPaginator
from accounts.admin.search import begins, clean
from accounts.desk import events
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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OutboxMessage], search_term: str
    ) -> tuple[QuerySet[OutboxMessage], bool]:
        """Find mails by the beginning of the address they went to, or of their account's now.

        Each question is cut by its index before anything is sorted. However an address is spelled
        it is found by its account; that of a mail without one as it was typed, or in small letters.
        """
        typed = clean(search_term)
        if not typed:
            return queryset, False
        found: set[int] = set()
        for spelling in {typed, typed.lower()}:
            found.update(_numbers(queryset.filter(begins("recipient", spelling))))
        accounts = User.objects.filter(begins("email_key", email.normalise(typed)))
        owned = queryset.filter(user__in=_numbers(accounts))
        found.update(_numbers(owned))
        if request.method == "GET":
            after = {"kind": "email", "count": min(len(found), MOST_COUNTED)}
            events.record(desk_of(request), StaffEvent.Action.SEARCHED, after=after)
        return queryset.filter(pk__in=sorted(found, reverse=True)[:MOST_COUNTED]), False

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


def language_name(code: str) -> str:
    """Return what a language is called in that of the page; a code that we do not know stays."""
    return str(dict(settings.LANGUAGES).get(code, code))


def _numbers(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by().values_list("pk", flat=True)[:MOST_COUNTED])

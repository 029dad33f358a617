"""Do the same with several marked accounts: take, release, activation again, end sessions.

Never a decision: each of those is made about one customer, on his page.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.admin.by_role import is_allowed
from accounts.desk import helping, queue
from accounts.desk.at_work import desk_of
from accounts.desk.events import Desk
from accounts.desk.roles import Right
from accounts.models import User

MOST = 25  # accounts that one action takes: a page of the list

# Does it, and returns nothing, or why not.
Act = Callable[[User, Desk], str | None]

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[User]
else:
    _Base = object


class BulkActions(_Base):
    """Offer the actions to whose they are, and explain each refusal."""

    actions = ("take", "release", "send_link", "end_sessions")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Tell whether whoever asks decides about customers; asked for actions, as the next."""
        return is_allowed(request, Right.DECIDE)

    def has_help_permission(self, request: HttpRequest) -> bool:
        return is_allowed(request, Right.HELP)

    @admin.action(description=_("Take the selected cases"), permissions=["decide"])
    def take(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Take cases that wait for staff and that nobody else has."""
        done = ngettext_lazy("%(count)d case taken.", "%(count)d cases taken.", "count")
        self._carry_out(request, queryset, _take, done)

    @admin.action(description=_("Release the selected cases"), permissions=["decide"])
    def release(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Give back cases of one's own."""
        done = ngettext_lazy("%(count)d case released.", "%(count)d cases released.", "count")
        self._carry_out(request, queryset, _release, done)

    @admin.action(description=_("Send the activation link again"), permissions=["help"])
    def send_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Send pending accounts a new link, in the customer's language."""
        done = ngettext_lazy(
            "%(count)d link will be sent.", "%(count)d links will be sent.", "count"
        )
        self._carry_out(request, queryset, helping.send_link, done)

    @admin.action(description=_("End all sessions of the selected accounts"), permissions=["help"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Sign the customers out everywhere."""
        done = ngettext_lazy(
            "Sessions of %(count)d account ended.", "Sessions of %(count)d accounts ended.", "count"
        )
        self._carry_out(request, queryset, helping.end_sessions, done)

    def _carry_out(
        self, request: HttpRequest, queryset: QuerySet[User], act: Act, done_words: Any
    ) -> None:
        """Do it to each account, say to how many, and why not to the others.

        More than MOST are refused whole. `done_words` are a lazy plural by `count`.
        """
        users = list(queryset.select_related("held_by").order_by("pk")[: MOST + 1])
        if len(users) > MOST:
            words = gettext("Select at most %(count)d accounts; nothing was done.") % {
                "count": MOST
            }
            self.message_user(request, words, messages.WARNING)
            return
        desk, done = desk_of(request), 0
        for user in users:
            refusal = act(user, desk)
            if refusal is None:
                done += 1
            else:
                self.message_user(request, f"{user}: {refusal}", messages.WARNING)
        if done:
            self.message_user(request, done_words % {"count": done}, messages.SUCCESS)


def _take(user: User, desk: Desk) -> str | None:
    if user.waiting_since is None or not user.is_active:
        return gettext("nothing of it waits for staff.")
    if queue.take(user, desk):
        return None
    user.refresh_from_db(fields=["held_by", "held_until"])
    return held_in_words(user)


def _release(user: User, desk: Desk) -> str | None:
    return None if queue.release(user, desk) else gettext("you have not taken it.")


def held_in_words(user: User) -> str:
    """Say who has taken a case and until when."""
    assert user.held_until is not None
    return gettext("held by %(who)s until %(time)s") % {
        "who": user.held_by.email if user.held_by else "–",
        "time": time_format(localtime(user.held_until), "TIME_FORMAT"),
    }

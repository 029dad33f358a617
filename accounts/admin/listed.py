"""Write down that a list of what belongs to customers was opened."""

from typing import Any

from django.http import HttpRequest

from accounts.desk import events
from accounts.desk.at_work import desk_of
from accounts.models import StaffEvent


def note(request: HttpRequest, response: Any, name: str) -> None:
    """Record which list it was and how many rows it showed: page by page a list is an export."""
    shown = (getattr(response, "context_data", None) or {}).get("cl")
    if request.method == "GET" and shown is not None:
        after = {"list": name, "count": len(shown.result_list)}
        events.record(desk_of(request), StaffEvent.Action.LISTED, after=after)

"""Say how far a registration has come."""

from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.registration.steps import ORDER, Step, label


def items(current: Step, furthest: Step, attempt: UUID | None) -> list[dict[str, Any]]:
    """Return the steps as done, current or to come, with links as far as the visitor may go."""
    reachable = ORDER[: ORDER.index(furthest) + 1] if attempt else ()
    position = ORDER.index(current)
    return [
        {
            "label": label(step),
            "state": "current" if step is current else "done" if index < position else "todo",
            "url": reverse("accounts:registration-step", kwargs={"attempt": attempt, "step": step})
            if step in reachable and step is not current
            else None,
        }
        for index, step in enumerate(ORDER)
    ]

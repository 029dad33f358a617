"""Draw the step indicator."""

from functools import lru_cache
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from accounts.registration.steps import ORDER, Step, label

# Stands in the kept HTML where the attempt's id belongs.
ANY_ATTEMPT = UUID(int=0)


def draw(current: Step, furthest: Step, attempt: UUID | None) -> SafeString:
    """Return the steps as done, current or to come, with links as far as the visitor may go.

    The HTML is kept for each step and language: it differs between visitors in the id only.
    """
    html = _drawn(current, furthest if attempt else None, get_language())
    return mark_safe(html.replace(str(ANY_ATTEMPT), str(attempt)))  # noqa: S308  a UUID


@lru_cache(maxsize=128)
def _drawn(current: Step, furthest: Step | None, language: str) -> str:
    """Render the indicator; `language`, the active one, is only the key."""
    reachable = ORDER[: ORDER.index(furthest) + 1] if furthest else ()
    position = ORDER.index(current)
    items = [
        {
            "label": label(step),
            "state": "current" if step is current else "done" if index < position else "todo",
            "url": reverse(
                "accounts:registration-step", kwargs={"attempt": ANY_ATTEMPT, "step": step}
            )
            if step in reachable and step is not current
            else None,
        }
        for index, step in enumerate(ORDER)
    ]
    return render_to_string("partials/progress.html", {"progress": items})

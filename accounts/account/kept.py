"""Keep in the session what a form of the account was refused for, for the page that shows it again.

Every POST ends in a redirect, so F5 and Back send nothing twice. What was typed stays for a quarter
of an hour, until it is accepted or somebody goes back to his details.
"""

from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.forms import Form
from django.utils import timezone

SESSION_KEY = "refused"
LIFETIME = 15 * 60  # seconds
# Longer than what any field takes: what is cut is too long still.
LONGEST = 2_000


def keep(session: SessionBase, page: str, form: Form) -> None:
    """Keep what was typed into the form's own fields, as the answers of this page."""
    typed = {
        # NUL is nothing that PostgreSQL stores; its stand-in is refused as well.
        name: str(form.data[name]).replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST]
        for name in form.fields
        if name in form.data
    }
    session[SESSION_KEY] = {"page": page, "typed": typed, "at": timezone.now().timestamp()}


def read(session: SessionBase, page: str) -> dict[str, Any] | None:
    """Return what was typed on this page, to be refused again; None where nothing was."""
    kept = session.get(SESSION_KEY)
    if kept is None or kept["page"] != page:
        return None
    typed: dict[str, Any] = kept["typed"]
    return typed if timezone.now().timestamp() - kept["at"] < LIFETIME else None


def forget(session: SessionBase) -> None:
    """End it; writes nothing where nothing is kept."""
    if SESSION_KEY in session:
        del session[SESSION_KEY]

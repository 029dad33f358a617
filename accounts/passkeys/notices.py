"""Say once, on the next page, what became of an answer: every POST ends in a redirect."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kantor.serving.lookahead import is_read

SESSION_KEY = "passkey_notice"


@dataclass(frozen=True)
class Notice:
    """A sentence of ours, which may hold a link, and whether something went wrong."""

    text: Promise
    is_fault: bool = True


_STALE = Notice(_("That took too long or was sent twice. Try again."))

# By what was tried and what came of it. What is not here was refused: an unknown passkey, one that
# may have been copied and one of an account that is not open sound alike.
_NOTICES = {
    "sign-in refused": Notice(
        _("This passkey cannot sign you in. Use another one, or sign in with your password.")
    ),
    "sign-in stale": _STALE,
    "sign-in suspended": Notice(
        _('The account is blocked. Call: <a href="tel:+48228590218">+48 22 859 0218</a>')
    ),
    "confirm refused": Notice(
        _("This passkey does not confirm that it is you. Use another one or your password.")
    ),
    "confirm stale": _STALE,
    "add accepted": Notice(_("The passkey has been added."), is_fault=False),
    "add refused": Notice(_("The passkey could not be added. Try again.")),
    "add stale": _STALE,
    "add too-many": Notice(_("An account can have 10 passkeys. Remove one to add another.")),
    "rename accepted": Notice(_("The name has been changed."), is_fault=False),
    "remove accepted": Notice(
        _("The passkey has been removed. If your device still offers it, delete it there as well."),
        is_fault=False,
    ),
}


def leave(request: HttpRequest, tried: str, outcome: str) -> None:
    """Keep for the next page what came of `tried`: sign-in, confirm, add, rename or remove."""
    key = f"{tried} {outcome}"
    request.session[SESSION_KEY] = key if key in _NOTICES else f"{tried} refused"


def take(request: HttpRequest) -> Notice | None:
    """Return what is to be said, and forget it once it is read; makes no session."""
    if not is_read(request):
        return _NOTICES.get(request.session.get(SESSION_KEY) or "")
    key = request.session.pop(SESSION_KEY, None)
    if key is not None:
        # A session that held nothing else is gone with it.
        request.session.end_if_empty()  # type: ignore[attr-defined]  # our store's
    return _NOTICES.get(key or "")

"""Keep, under the keyed hash of a code, which page its visitor is at; find it by the code.

The code itself stands nowhere: it follows from the visitor's registration and the site's secret,
so it is made again for each page that shows it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import SupportCode

# Without letters and digits that look like another: 21 of them, 86 million codes.
LETTERS = "ACDEFHJKMNPRTWXY34679"
LENGTH = 6
# On the phone D, E, P and T are one sound, and so are M and N: each letter has a word.
_ALOUD: dict[str, Promise] = {
    "A": _("A for Alpha"),
    "C": _("C for Charlie"),
    "D": _("D for Delta"),
    "E": _("E for Echo"),
    "F": _("F for Foxtrot"),
    "H": _("H for Hotel"),
    "J": _("J for Juliett"),
    "K": _("K for Kilo"),
    "M": _("M for Mike"),
    "N": _("N for November"),
    "P": _("P for Papa"),
    "R": _("R for Romeo"),
    "T": _("T for Tango"),
    "W": _("W for Whiskey"),
    "X": _("X for X-ray"),
    "Y": _("Y for Yankee"),
}
LIFETIME = timedelta(minutes=30)
LONGEST_TYPED = 40
MOST_MESSAGES = 40

# Names of a field and of what was said at it.
Messages = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Page:
    """Where a visitor is, as far as anybody may know: no answer of his."""

    step: str
    kind: str
    language: str
    messages: Messages = ()


def made_of(what: str) -> str:
    """Return the code that follows from these words and the site's secret."""
    digest = salted_hmac("accounts.statistics.support_code", what, algorithm="sha256").digest()
    number, letters = int.from_bytes(digest[:8], "big"), []
    for _place in range(LENGTH):
        number, letter = divmod(number, len(LETTERS))
        letters.append(LETTERS[letter])
    return "".join(letters)


def spelled(code: str) -> str:
    """Return the code as it is written: in two halves."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def aloud(code: str) -> str:
    """Return the code as it is read aloud on the phone, in the active language.

    No line breaks within a letter's words.
    """
    words = (str(_ALOUD.get(letter, letter)) for letter in code)
    return ", ".join(each.replace(" ", "\N{NO-BREAK SPACE}") for each in words)


def begin(code: str, page: Page, until: datetime) -> bool:
    """Keep a page under a new code; False when the code is somebody else's at the moment."""
    try:
        with transaction.atomic():
            SupportCode.objects.filter(
                digest=_digest(code), expires_at__lte=timezone.now()
            ).delete()
            SupportCode.objects.create(digest=_digest(code), expires_at=until, **_facts(page))
    except IntegrityError:
        return False
    return True


def follow(code: str, page: Page) -> None:
    """Keep which page the visitor is at now; after the code's time nothing is. One UPDATE."""
    running = SupportCode.objects.filter(digest=_digest(code), expires_at__gt=timezone.now())
    running.update(**_facts(page))


def end(code: str) -> None:
    """Forget the code: what it was about is no more."""
    SupportCode.objects.filter(digest=_digest(code)).delete()


def find(typed: str) -> Page | None:
    """Return where the visitor with this code is; nothing for one that is wrong or over."""
    code = "".join(filter(str.isalnum, typed[:LONGEST_TYPED])).upper()
    row = SupportCode.objects.filter(digest=_digest(code), expires_at__gt=timezone.now()).first()
    if row is None:
        return None
    return Page(row.step, row.kind, row.language, [(field, said) for field, said in row.messages])


def _digest(code: str) -> str:
    return salted_hmac(
        "accounts.statistics.support_code.kept", code, algorithm="sha256"
    ).hexdigest()


def _facts(page: Page) -> dict[str, object]:
    return {
        "step": page.step,
        "kind": page.kind,
        "language": page.language,
        "messages": [list(each) for each in page.messages[:MOST_MESSAGES]],
    }

"""Put right what mail programs do to a link: they append, break, escape and lose signs.

Signs around a token are not listed: the token is found by its own shape, which says where it
begins and ends, and all else in the address is put aside.
"""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language_from_path, override
from django.views.decorators.cache import never_cache

from accounts import reopening_link, signed_number, tokens

# What no token contains: blanks and line breaks in the middle of a link, signs that nobody sees,
# and the "=" of a broken quoted-printable line (RFC 2045, 6.7).
_FOREIGN = re.compile(r"[^!-~]|=")
_ACTIVATION = re.compile(rf"aktywacja/*({tokens.SHAPE})/*(to-nie-ja)?")
# Django's token for a new password: six digits of the time to base 36 (until 2069), and 32 of the
# digest. The number before it is the account's, in base 64; no slash need be left between them.
_NEW_PASSWORD = re.compile(r"haslo/*([0-9A-Za-z_-]{1,26}?)/*([0-9a-z]{6}-[0-9a-f]{32})")
_PHONE = re.compile(rf"logowanie/*numer/*({signed_number.TIMED_SHAPE})/*(kod)?")
_DISOWNING = re.compile(rf"konto/*to-nie-ja/*({signed_number.SHAPE})")
_REOPENING = re.compile(rf"konto/*przywroc/*({reopening_link.SHAPE})")
_EMAIL = re.compile(rf"konto/*nowy-adres/*({signed_number.TIMED_SHAPE})")
_EMAIL_UNDOING = re.compile(rf"konto/*cofnij-adres/*({signed_number.SHAPE})")
_NEWS = re.compile(rf"zgody/*({signed_number.SHAPE})")

_SLASHES = re.compile("/{2,}")


def without_foreign_signs(path: str) -> str:
    """Return the path without what no token contains, and without doubled slashes."""
    return _SLASHES.sub("/", _FOREIGN.sub("", path))


def mended(path: str) -> str | None:
    """Return the address that was meant by this path, in the path's language; None if it is right.

    None also for what cannot be put right. Whether the token is worth anything is for its own page
    to say.
    """
    bare = without_foreign_signs(path)
    with override(get_language_from_path(bare) or settings.LANGUAGE_CODE):
        if found := _ACTIVATION.search(bare):
            name = "accounts:activation-refuse" if found[2] else "accounts:activation"
            meant = reverse(name, args=[found[1]])
        elif found := _NEW_PASSWORD.search(bare):
            meant = reverse("accounts:password-reset-confirm", args=[found[1], found[2]])
        elif found := _PHONE.search(bare):
            name = "accounts:phone-link-code" if found[2] else "accounts:phone-link"
            meant = reverse(name, args=[found[1]])
        elif found := _DISOWNING.search(bare):
            meant = reverse("accounts:disown", args=[found[1]])
        elif found := _REOPENING.search(bare):
            meant = reverse("accounts:reopen-link", args=[found[1]])
        elif found := _EMAIL.search(bare):
            meant = reverse("accounts:email-confirm", args=[found[1]])
        elif found := _EMAIL_UNDOING.search(bare):
            meant = reverse("accounts:email-undo", args=[found[1]])
        elif found := _NEWS.search(bare):
            meant = reverse("accounts:news-withdrawal", args=[found[1]])
        else:
            return None
    return None if meant == path else meant


def redirect_to_mended(request: HttpRequest) -> HttpResponse | None:
    """Lead a reader who went astray to the address that was meant; None if there is none."""
    if request.method not in ("GET", "HEAD"):
        return None
    meant = mended(request.path)
    return None if meant is None else HttpResponseRedirect(meant)


@never_cache
def astray(request: HttpRequest, template_name: str, **context: str) -> HttpResponse:
    """Answer what looks like one of our links and is no address of ours."""
    response = redirect_to_mended(request) or render(request, template_name, context, status=404)
    response["Referrer-Policy"] = "strict-origin"
    return response

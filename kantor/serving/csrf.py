"""Make the CSRF token of a page as Django does, in a tenth of the time.

Each page has another token for the same secret, so that compression tells nothing of it (BREACH):
a random mask, and the secret added to it. Whether a token is right only Django's middleware says.
"""

from operator import add

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import CSRF_ALLOWED_CHARS, CSRF_SECRET_LENGTH

from kantor.serving.randomness import Alphabet

_ALPHABET = Alphabet(CSRF_ALLOWED_CHARS)


def get_token(request: HttpRequest) -> str:
    """Return a token for this page's form; its cookie is set, or prolonged by another year.

    Not prolonged where the browser has a session: that was begun by a form, whose page prolonged
    it within the day that a session lasts.
    """
    secret: str | None = request.META.get("CSRF_COOKIE")
    if secret is None:
        secret = request.META["CSRF_COOKIE"] = _ALPHABET.random_text(CSRF_SECRET_LENGTH)
        request.META["CSRF_COOKIE_NEEDS_UPDATE"] = True
    elif settings.SESSION_COOKIE_NAME not in request.COOKIES:
        request.META["CSRF_COOKIE_NEEDS_UPDATE"] = True
    mask = _ALPHABET.draw(CSRF_SECRET_LENGTH)
    sums = bytes(map(add, mask, _ALPHABET.places_of(secret)))
    return _ALPHABET.spell(mask) + _ALPHABET.spell(sums)

"""Show a challenge as a picture, or say it, to the browser that is asked for it."""

import re

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.captcha import challenge
from accounts.captcha import picture as pictures
from accounts.captcha import sound as sounds
from accounts.limits import LocalLimit
from accounts.registration.friction import PICTURES, SOUNDS
from accounts.registration.storage import asks_challenge
from accounts.statistics import counting
from accounts.statistics.counting import Name
from kantor.serving import numbers
from kantor.serving.network import network_of, too_many

NO_STORE = {"Cache-Control": "no-store"}
_RANGE = re.compile(r"bytes=(\d{1,9})-(\d{0,9})")


@require_safe
def picture(request: HttpRequest, key: str) -> HttpResponse:
    """Answer with the picture of a challenge; 404 for one that this session is not asked for.

    No statement: the link of the page that asks it says for whom it is.
    """
    text = _text_of(request, key)
    if text is None:
        return HttpResponse(status=404, headers=NO_STORE)
    if (refusal := _refusal(request, PICTURES)) is not None:
        return refusal
    numbers.CAPTCHA.add(way="picture", outcome="asked")
    counting.add(Name.CAPTCHA, "picture", "asked")
    return HttpResponse(
        pictures.draw(text, challenge.seed(key, "picture")),
        content_type="image/png",
        headers=NO_STORE,
    )


@require_safe
def sound(request: HttpRequest, language: str, key: str) -> HttpResponse:
    """Answer with the challenge spoken, whole or in part: Safari plays nothing without ranges.

    404 for a challenge that this session is not asked for, and for a language of no voice.
    """
    text = _text_of(request, key) if language in sounds.LANGUAGES else None
    if text is None:
        return HttpResponse(status=404, headers=NO_STORE)
    if (refusal := _refusal(request, SOUNDS)) is not None:
        return refusal
    content = sounds.speak(text, language, challenge.seed(key, f"sound.{language}"))
    headers = NO_STORE | {"Accept-Ranges": "bytes"}
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None:
        _count_sound()
        return HttpResponse(content, content_type="audio/wav", headers=headers)
    first, last = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
    # Before it plays, a browser asks for two bytes, to see whether there are ranges.
    if first == 0 and last > 1:
        _count_sound()
    if first > last:
        headers["Content-Range"] = f"bytes */{len(content)}"
        return HttpResponse(status=416, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return HttpResponse(
        content[first : last + 1], status=206, content_type="audio/wav", headers=headers
    )


def _count_sound() -> None:
    numbers.CAPTCHA.add(way="sound", outcome="asked")
    counting.add(Name.CAPTCHA, "sound", "asked")


def _text_of(request: HttpRequest, key: str) -> str | None:
    """Return what the challenge asks, if this session is the one that is asked.

    A link without its proof is one of an earlier release: then the session is read.
    """
    session_key, given = request.session.session_key, request.GET.get("proof", "")
    is_asked = session_key is not None and challenge.is_proof(given, key, session_key)
    return challenge.text_of(key) if is_asked or asks_challenge(request, key) else None


def _refusal(request: HttpRequest, limit: LocalLimit) -> HttpResponse | None:
    """Return the answer to a network that asks too often."""
    network = network_of(request)
    if limit.hit(network):
        return None
    return too_many(request, limit.wait(network))

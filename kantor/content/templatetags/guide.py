"""Show the pictures of the registration guide, in the reader's language and colour scheme."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import get_language

register = template.Library()

# What `make screenshots` wrote: the size of each picture, and what it shows, for the tests.
MANIFEST = Path(__file__).resolve().parent.parent / "guide.json"


@cache
def pictures() -> dict[str, dict[str, dict[str, Any]]]:
    """Return what is known of the pictures, by name and language; read once a process."""
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(MANIFEST.read_text("utf-8"))
    return found


@register.inclusion_tag("partials/guide_picture.html")
def guide_picture(name: str, alt: str, *, first: bool = False) -> dict[str, Any]:
    """Show a picture; only the `first` one of a page is loaded before it comes into view."""
    language = get_language() or settings.LANGUAGE_CODE
    entry = pictures()[name][language]
    return {
        "light": f"img/guide/{language}-light-{name}.webp",
        "dark": f"img/guide/{language}-dark-{name}.webp",
        "width": entry["width"],
        "height": entry["height"],
        "alt": alt,
        "first": first,
    }

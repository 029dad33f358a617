"""Help the staff's lists to be read in a narrow window."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

register = Library()

_CELL = re.compile(r"<(t[dh])(?=[ >])")


@register.filter
def labelled(cells: Iterable[str], headers: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Give each cell of a row of Django's lists the heading of its column, as `data-label`.

    A narrow window shows a row as a card and the heading beside the value. The boxes to mark rows
    by have no heading to show.
    """
    for cell, header in zip(cells, headers, strict=False):
        opening = _CELL.match(cell)
        if opening is None or "action-checkbox" in cell[:60]:
            yield cell
            continue
        rest = SafeString(cell[opening.end() :])
        yield format_html('<{} data-label="{}"{}', opening[1], capfirst(header["text"]), rest)

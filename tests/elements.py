"""Read a page as a browser does: by the rules of HTML 5, and by CSS selectors.

Lexbor reads the form of a company, with its 250 countries, in a millisecond; Beautiful Soup, which
makes an object of each of them, in thirteen. It is still there for what looks at a page's nodes or
changes them (`Visitor.page`).
"""

from collections.abc import Iterator
from typing import Self

from selectolax.lexbor import LexborHTMLParser, LexborNode

from kantor.serving.typography import untie

# Nobody reads what stands in these.
_UNREAD = ("script", "style")


class Element:
    """One element of a page."""

    def __init__(self, node: LexborNode) -> None:
        self._node = node

    @property
    def name(self) -> str:
        """Return what kind of element it is."""
        return str(self._node.tag)

    def __bool__(self) -> bool:
        """Return True: what was found is there."""
        return True

    def __str__(self) -> str:
        """Return it as HTML."""
        return str(self._node.html)

    # -- attributes ---------------------------------------------------------------------

    def get(self, attribute: str, default: str | None = None) -> str | None:
        """Return the value of an attribute; the empty one of an attribute without a value."""
        return (self._node.attributes[attribute] or "") if self.has_attr(attribute) else default

    def has_attr(self, attribute: str) -> bool:
        """Tell whether it has this attribute, with or without a value."""
        return attribute in self._node.attributes

    def __getitem__(self, attribute: str) -> str:
        """Return the value of an attribute that must be there."""
        return self._node.attributes[attribute] or ""

    # -- other elements -----------------------------------------------------------------

    def select(self, selector: str) -> list[Self]:
        """Return the elements below it that this CSS selector finds, in the order of the page."""
        # A list of selectors finds an element once for each of them, and this one too.
        found = {node.mem_id: node for node in self._node.css(selector)}
        found.pop(self._node.mem_id, None)
        return [type(self)(node) for node in found.values()]

    def select_one(self, selector: str) -> Self | None:
        """Return the first of them, or None."""
        return next(iter(self.select(selector)), None)

    def around(self) -> Iterator[Self]:
        """Yield what it stands in, from the nearest element on."""
        node = self._node.parent
        while node is not None and node.is_element_node:
            yield type(self)(node)
            node = node.parent

    # -- text ---------------------------------------------------------------------------

    def _texts(self) -> Iterator[LexborNode]:
        for node in self._node.traverse(include_text=True):
            within = node.parent
            if node.is_text_node and within is not None and within.tag not in _UNREAD:
                yield node

    def get_text(self, separator: str = "", *, strip: bool = False) -> str:
        """Return its text with its white space as it is, the pieces joined."""
        texts = [node.text_content or "" for node in self._texts()]
        if strip:
            texts = [text for each in texts if (text := each.strip())]
        return separator.join(texts)

    @property
    def text(self) -> str:
        """Return its text as it stands in the HTML."""
        return self.get_text()

    @property
    def words(self) -> str:
        """Return what a person reads: white space counts once, a place for a break not at all."""
        pieces = []
        for node in self._texts():
            before = node.prev
            is_after_break = before is not None and before.tag == "wbr"
            pieces.append(f"{'' if is_after_break else ' '}{node.text_content}")
        return " ".join(untie("".join(pieces)).split())


def read(html: str | bytes) -> Element:
    """Return the root of a page, the element "html"."""
    root = LexborHTMLParser(html).root
    assert root is not None, "An empty page"
    return Element(root)

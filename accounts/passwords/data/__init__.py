"""Lists of words that passwords are judged and proposed by; NOTICE.md says whose they are."""

from pathlib import Path

DATA = Path(__file__).resolve().parent


def read(name: str) -> list[list[str]]:
    """Return the words of a list, each part that a line of comment begins for itself."""
    parts: list[list[str]] = []
    fresh = True
    for line in (DATA / name).read_text("utf-8").splitlines():
        if line.startswith("#"):
            fresh = True
            continue
        if fresh:
            parts.append([])
            fresh = False
        parts[-1] += line.split()
    return parts

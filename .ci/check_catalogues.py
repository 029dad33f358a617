"""Fail unless the catalogues are complete, well formed, compiled, and true to the sources.

Needs gettext's programs. `make messages` repairs what this finds missing or stale; the
translating is left to people.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from compile_catalogues import compile_catalogue

ROOT = Path(__file__).resolve().parent.parent
# English is the language of the msgids: its catalogue may leave them as they are.
SOURCE_LANGUAGE = "en"


def output(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a program and return what it printed; exit with its words when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def entries(po: Path, *options: str) -> str:
    """Return the entries of a catalogue that msgattrib selects, its header left out."""
    text = output("msgattrib", "--no-wrap", "--no-location", *options, po)
    return "\n\n".join(
        entry for entry in text.split("\n\n") if 'msgid ""\nmsgstr ""\n"' not in entry
    )


def problems_of(po: Path, folder: Path) -> list[str]:
    """Return what is wrong with one catalogue, with nothing but the catalogue at hand."""
    name = po.relative_to(ROOT)
    fresh, compiled = folder / "fresh.mo", po.with_suffix(".mo")
    compile_catalogue(po, fresh)
    found = []
    if fuzzy := entries(po, "--only-fuzzy", "--no-obsolete"):
        found.append(f"{name}: fuzzy\n{fuzzy}")
    untranslated = entries(po, "--untranslated", "--no-obsolete")
    if untranslated and SOURCE_LANGUAGE not in po.parts:
        found.append(f"{name}: untranslated\n{untranslated}")
    if not compiled.exists() or output("msgunfmt", compiled) != output("msgunfmt", fresh):
        found.append(f"{name}: its .mo is not compiled from it (make messages)")
    return found


def msgids(po: Path) -> set[str]:
    """Return every msgid, with its context and plural, as msgattrib writes it."""
    entries_ = entries(po, "--no-obsolete", "--clear-fuzzy", "--empty").split("\n\n")
    return {
        "\n".join(line for line in entry.splitlines() if not line.startswith(("#", "msgstr")))
        for entry in entries_
        if entry
    }


def missing_from_catalogues(catalogues: list[Path], folder: Path) -> list[str]:
    """Return the words of the sources that the catalogues do not have, and those they need not.

    Extracts into a copy of the sources, so that a check changes nothing.
    """
    copy = folder / "sources"
    for part in ("accounts", "kantor", "templates", "static", "locale"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", copy)
    locales = sorted({po.parents[1].name for po in catalogues})
    options = [option for locale in locales for option in ("--locale", locale)]
    domains = sorted({po.stem for po in catalogues})
    for domain in domains:
        command = [sys.executable, "manage.py", "makemessages", "--domain", domain, "--no-obsolete"]
        output(*command, *options, cwd=copy)
    found = []
    for po in catalogues:
        name = po.relative_to(ROOT)
        kept, fresh = msgids(po), msgids(copy / name)
        found += [f"{name}: not in the catalogue\n{entry}" for entry in sorted(fresh - kept)]
        found += [f"{name}: no longer in the sources\n{entry}" for entry in sorted(kept - fresh)]
    return found


def main() -> None:
    """Check every catalogue under locale/ and exit with 1 if anything is wrong."""
    if shutil.which("msgfmt") is None:
        sys.exit("gettext is missing; on Debian or Ubuntu: apt-get install gettext")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kantor.settings.dev")
    catalogues = sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
    if not catalogues:
        sys.exit("there are no catalogues under locale/")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = [problem for po in catalogues for problem in problems_of(po, folder)]
        found += missing_from_catalogues(catalogues, folder)
    if found:
        sys.exit("\n\n".join(found))
    print(f"{len(catalogues)} catalogues are complete, compiled and true to the sources")


if __name__ == "__main__":
    main()

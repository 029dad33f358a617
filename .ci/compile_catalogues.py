"""Compile the catalogues, their texts tied (`kantor.serving.typography`), for `make messages`.

Translators type ordinary blanks. Django's own `compilemessages` would leave them as they are, and
lines would end in words of one letter again; `make catalogues` fails on such a file.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kantor.serving.typography import tie  # noqa: E402  the path above leads there

_MSGSTR = re.compile(r'(msgstr(?:\[\d\])? ")(.*)(")')
_MORE = re.compile('(")(.*)(")')


def tied(po: str, language: str) -> str:
    """Return the source of a catalogue with its translations tied, its header left alone."""
    header, blank, entries = po.partition("\n\n")
    lines, is_translation = [], False
    for line in entries.splitlines():
        if found := _MSGSTR.fullmatch(line):
            is_translation = True
        elif is_translation:
            found = _MORE.fullmatch(line)
        is_translation = found is not None
        lines.append(f"{found[1]}{tie(found[2], language)}{found[3]}" if found else line)
    return header + blank + "\n".join(lines) + "\n"


def compile_catalogue(po: Path, mo: Path) -> None:
    """Write one compiled catalogue; exit with msgfmt's words when the source is not well formed."""
    # One line for each text, whoever wrote the file.
    read = ("msgcat", "--no-wrap", str(po))
    source = subprocess.run(read, capture_output=True, text=True, check=True).stdout
    write = ("msgfmt", "--check", "--output-file", str(mo), "-")
    done = subprocess.run(
        write,
        input=tied(source, po.parents[1].name),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{po}\n{done.stderr}")


def main() -> None:
    """Compile every catalogue under locale/."""
    os.chdir(ROOT)
    for po in sorted(Path("locale").glob("*/LC_MESSAGES/*.po")):
        compile_catalogue(po, po.with_suffix(".mo"))


if __name__ == "__main__":
    main()

"""Write accessibility.json, of which the accessibility statement is made, from its tests.

Runs the accessibility tests and keeps what each of them has looked at; a fault leaves the old
report as it is. Needs Chromium.
"""

import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run the tests, put their files together, and write the report."""
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kantor.settings.test")
    import django

    django.setup()
    from kantor.content.accessibility import REPORT
    from tests.audit import LETTERS_PERCENT, LOOKS, SCHEMES, WIDTHS

    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "manage.py", "test", "--noinput", "tests.test_accessibility"],
            env={**os.environ, "CI": "1", "ACCESSIBILITY_REPORT": folder},
            check=False,
        )
        if done.returncode:
            sys.exit("There are faults: the report stays as it was.")
        seen = [json.loads(path.read_text()) for path in sorted(Path(folder).iterdir())]
    report = {
        "day": datetime.now(ZoneInfo("Europe/Warsaw")).date().isoformat(),
        "tools": {name: version for one in seen for name, version in one["tools"].items()},
        "languages": list(LOOKS),
        "schemes": list(SCHEMES),
        "widths": list(WIDTHS),
        "letters_percent": LETTERS_PERCENT,
        "states": {name: states for one in seen for name, states in one["states"].items()},
    }
    REPORT.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{REPORT.relative_to(ROOT)} is written: nothing was found.")


if __name__ == "__main__":
    main()

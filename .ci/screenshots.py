"""Take the pictures of the registration guide, the README and docs/staff.md (make screenshots).

They show this very system: `tests/photographer.py` and `tests/photographer_staff.py` walk through
it with Chromium, at a moment that is always the same. An argument names one of the two. The
results are kept in the repository, those of the guide with a manifest of what they show
(kantor/content/guide.json); `tests/test_guide.py` fails when the pages have moved on.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

ROOT = Path(__file__).resolve().parent.parent
# A Wednesday morning in Warsaw.
MOMENT = datetime(2026, 12, 2, 9, 15, tzinfo=UTC)
# Debian's fonts-liberation, whose letters are as wide as those on most people's machines.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include>/etc/fonts/fonts.conf</include>
  <match target="pattern">
    <edit name="family" mode="prepend" binding="strong"><string>Liberation Sans</string></edit>
  </match>
</fontconfig>
"""


def main() -> None:
    """Take them all; exit non-zero at the first page that is not as expected."""
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "kantor.settings.test"
    # Chromium must be there, and the suite may run at the same time.
    os.environ |= {"CI": "true", "KANTOR_TEST_DB": "-screenshots"}
    with NamedTemporaryFile("w", suffix=".conf") as fonts:
        fonts.write(FONTS)
        fonts.flush()
        os.environ["FONTCONFIG_FILE"] = fonts.name
        take()


def take() -> None:
    """Run the photographer in the environment made ready."""

    from django.utils import timezone

    # Before the models are loaded: they keep this function as the default of their fields.
    timezone.now = lambda: MOMENT

    from django.core.management import execute_from_command_line

    chosen = sys.argv[1:] or ["tests.photographer", "tests.photographer_staff"]
    execute_from_command_line(["manage.py", "test", "--noinput", "--failfast", *chosen])


if __name__ == "__main__":
    main()

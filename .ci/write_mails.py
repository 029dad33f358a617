"""Write every mail in both languages to var/mails as the mail server would get it (.eml).

For looking at them in mail programs, and for checkers of mail that are not part of this site.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write the files and say where they are."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kantor.settings.test")
    import django

    django.setup()
    from django.test import override_settings

    from tests import mails

    folder = ROOT / "var" / "mails"
    folder.mkdir(parents=True, exist_ok=True)
    with override_settings(BASE_URL=mails.SITE, DEFAULT_FROM_EMAIL=mails.SENDER):
        for name in mails.NAMES:
            for language in mails.LANGUAGES:
                raw = mails.build(name, language).message().as_bytes(linesep="\r\n")
                (folder / f"{name}.{language}.eml").write_bytes(raw)
    print(f"{len(mails.NAMES) * len(mails.LANGUAGES)} mails in {folder.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

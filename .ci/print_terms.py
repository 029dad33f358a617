"""Print each published version of the terms to a PDF beside its text, once and for all.

The PDF travels with the welcome mail: what was accepted, in the customer's hands. So a file that
is there is never written again; delete it before its version is published if the text still
changes. Needs Chromium, whose PDFs carry tags, bookmarks, language and title for screen readers.
"""

import os
import shutil
import sys
from datetime import date
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def pages() -> dict[Path, str]:
    """Return the HTML of every document that has no PDF yet, by the place of the PDF."""
    from django.template.loader import render_to_string
    from django.utils import translation
    from django.utils.translation import gettext

    from accounts import consents

    found = {}
    for version in consents.VERSIONS["terms"]:
        for language in ("pl", "en"):
            path = consents.terms_pdf(version, language)
            if path.exists():
                continue
            with translation.override(language):
                found[path] = render_to_string(
                    "legal/print.html",
                    {
                        "language": language,
                        "title": gettext("kantor.pl Terms of Service"),
                        "version_date": date.fromisoformat(version),
                        "document": consents.document("terms", version, language),
                    },
                )
    return found


def main() -> None:
    """Write what is missing and say what was written."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kantor.settings.dev")
    import django
    from playwright.sync_api import sync_playwright
    from pypdf import PdfWriter

    django.setup()
    missing = pages()
    if not missing:
        return print("Every version of the terms has its PDFs.")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        for path, source in missing.items():
            page.set_content(source)
            pdf = page.pdf(prefer_css_page_size=True, tagged=True, outline=True)
            writer = PdfWriter(clone_from=BytesIO(pdf))
            # Chromium signs with its whole name and version; readers show that to people.
            writer.add_metadata({"/Author": "kantor.pl", "/Creator": "kantor.pl"})
            writer.write(path)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")
        browser.close()


if __name__ == "__main__":
    main()

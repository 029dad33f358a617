"""Fail for a migration that the release before it could not live with, or that locks a long table.

django-migration-linter reads the SQL for PostgreSQL of each. Warnings count as faults too: an index
that is not made concurrently keeps everybody from writing while it is made. What is left alone is
named here one by one, with the reason; nothing is left alone by its kind.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Landed migrations are not rewritten: a database that has them would not learn of it. These make an
# index as they were; none was in a release, so no site has run one of them beside customers.
_BEFORE = "landed before the first release"
LEFT_ALONE = {
    "0003_captcha_expiry_index": "unanswered captchas of a quarter of an hour: a short table",
    "0007_authenticator_app": _BEFORE,
    # Its unique constraint takes the place of a wider one, so no row can break it.
    "0016_closed_accounts": _BEFORE,
    "0018_email_change": _BEFORE,
    "0020_desk": _BEFORE,
    "0023_search_words": _BEFORE,
    "0027_hints_and_register_checks": _BEFORE,
    "0030_corrections": _BEFORE,
}
# How a variable in a migration is called is a matter of taste.
TASTE = ["RUNPYTHON_MODEL_VARIABLE_NAME"]


def main() -> None:
    """Lint the site's own migrations and exit with 1 when one has a fault."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kantor.settings.test")
    # SQLite builds a table anew to alter it: its SQL tells nothing of locks. The server is only
    # asked how it writes what a migration does; nothing is made there.
    if "TEST_POSTGRES_URL" not in os.environ:
        if "CI" in os.environ:
            sys.exit("CI lints the SQL of PostgreSQL: TEST_POSTGRES_URL is missing.")
        print("Migrations were not linted: TEST_POSTGRES_URL names no PostgreSQL to ask.")
        return
    os.environ["TEST_ON_POSTGRES"] = "1"
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django_migration_linter import MigrationLinter

    linter = MigrationLinter(
        include_apps=["accounts", "serving"],
        ignore_name=list(LEFT_ALONE),
        exclude_migration_tests=TASTE,
        all_warnings_as_errors=True,
        quiet=["ok", "ignore"],
        no_cache=True,
    )
    linter.lint_all_migrations()
    linter.print_summary()
    sys.exit(linter.has_errors)


if __name__ == "__main__":
    main()

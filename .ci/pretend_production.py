"""Run a command with the production settings and values that are nobody's: for checks only.

python .ci/pretend_production.py python manage.py check --deploy
"""

import os
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VALUES = {
    "DJANGO_SETTINGS_MODULE": "kantor.settings.prod",
    "BASE_URL": "https://kantor.example",
    "ALLOWED_HOSTS": "kantor.example",
    "DATABASE_URL": "sqlite:///var/pretend.sqlite3",
    "EMAIL_URL": "smtp://127.0.0.1:25",
    "DEFAULT_FROM_EMAIL": "rejestracja@kantor.example",
}


def main() -> None:
    """Become the command of the arguments."""
    sys.path.insert(0, str(ROOT))
    from kantor.settings import base

    # The texts in force name this one.
    operator = {name: getattr(base, name) for name in dir(base) if name.startswith("OPERATOR_")}
    keys = {name: secrets.token_urlsafe(64) for name in ("SECRET_KEY", "TOTP_KEYS")}
    os.execvpe(sys.argv[1], sys.argv[1:], os.environ | VALUES | operator | keys)  # noqa: S606


if __name__ == "__main__":
    main()

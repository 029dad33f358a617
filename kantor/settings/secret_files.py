"""Read secrets from files, as container platforms and systemd's credentials hand them over."""

import os
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

# What opens something, or may hold a password. Each may be given as the path of a file instead,
# under its name and _FILE.
SECRETS = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "TOTP_KEYS",
    "DATABASE_URL",
    "REDIS_URL",
    "EMAIL_URL",
    "SENTRY_DSN",
)


def with_secrets_of_files(env: environ.Env) -> environ.Env:
    """Let this reader of the environment find the contents of NAME_FILE under NAME.

    The environment itself is left as it is, and with it what other programs are handed. Blanks and
    line ends around a secret are no part of it. Raises `ImproperlyConfigured`, without a word of
    what a file holds, where both are given or a file cannot be read.
    """
    known = dict(os.environ)
    for name in SECRETS:
        path = known.get(f"{name}_FILE", "")
        if not path:
            continue
        if known.get(name):
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: which one counts?")
        try:
            known[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            words = f"{name}_FILE cannot be read: {type(error).__name__}: {path}"
            raise ImproperlyConfigured(words) from None
    env.ENVIRON = known
    return env

"""Secrets that are handed over as files."""

import tempfile
from pathlib import Path

from django.test import SimpleTestCase

from kantor.settings.secret_files import SECRETS
from tests.test_production import REQUIRED, ROOT, refusals, run

READ = """
import os
import kantor.wsgi
from django.conf import settings
print(settings.SECRET_KEY, settings.MAILERS["default"]["OPTIONS"]["password"])
print("SECRET_KEY" in os.environ)
"""


class SecretFileTests(SimpleTestCase):
    """NAME_FILE in the place of NAME."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def in_files(self, *names: str, **values: str) -> dict[str, str]:
        """Return the environment with these in files, written as editors write them."""
        known = REQUIRED | values
        for name in names:
            file = self.folder / name.lower()
            file.write_text(f"{known.pop(name)}\n")
            known[f"{name}_FILE"] = str(file)
        return known

    def test_any_secret_is_read_from_its_file(self) -> None:
        given = {
            "SECRET_KEY_FALLBACKS": "f" * 10 + REQUIRED["SECRET_KEY"],
            "REDIS_URL": "redis://127.0.0.1:6379/0",
            "SENTRY_DSN": "http://key@127.0.0.1:9/1",
            "EMAIL_URL": "smtp://user:s3cret-of-mail@127.0.0.1:25",
        }
        done = run(READ, **self.in_files(*SECRETS, **given))
        assert done.stdout.split() == [REQUIRED["SECRET_KEY"], "s3cret-of-mail", "False"], (
            done.stderr
        )

    def test_both_or_a_file_that_is_not_there_stops_the_boot_without_a_word_of_it(self) -> None:
        one = self.in_files("SECRET_KEY")
        missing = REQUIRED | {"TOTP_KEYS_FILE": str(self.folder / "none")}
        del missing["TOTP_KEYS"]
        folder = self.in_files("EMAIL_URL") | {"EMAIL_URL_FILE": str(self.folder)}
        bytes_only = self.folder / "bytes"
        bytes_only.write_bytes(b"\xff\xfe\xff" * 30)
        binary = self.in_files("DATABASE_URL") | {"DATABASE_URL_FILE": str(bytes_only)}
        both, none, a_folder, no_text = refusals(
            one | {"SECRET_KEY": REQUIRED["SECRET_KEY"]}, missing, folder, binary
        )
        assert both == "SECRET_KEY and SECRET_KEY_FILE are both set: which one counts?"
        assert "TOTP_KEYS_FILE cannot be read: FileNotFoundError" in none
        assert "EMAIL_URL_FILE cannot be read: IsADirectoryError" in a_folder
        assert "DATABASE_URL_FILE cannot be read: UnicodeDecodeError" in no_text
        assert not any(REQUIRED["SECRET_KEY"] in each for each in (both, none, a_folder, no_text))

    def test_an_empty_file_is_an_empty_secret(self) -> None:
        known = self.in_files("SECRET_KEY", SECRET_KEY=" ")
        assert refusals(known | {"SECRET_KEY": ""}) == ["Must not be empty: SECRET_KEY."]

    def test_the_example_names_them_all(self) -> None:
        text = (ROOT / ".env.example").read_text()
        documented = text[text.index("_FILE") :].split("\n\n")[0]
        for name in SECRETS:
            assert name in documented, name

"""Make the letters that the captcha speaks where espeak-ng is missing."""

import shutil
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.core.management.base import BaseCommand, CommandError

from accounts.captcha import sound


class Command(BaseCommand):
    """Let espeak-ng say the alphabet in both languages and keep it beside the code.

    The program is under the GPL; what it says is nobody's but ours. The same version makes the
    same files, byte by byte.
    """

    help = "Write accounts/captcha/letters_<language>.zip anew with espeak-ng."

    def handle(self, **options: Any) -> None:
        """Write one file a language."""
        program = shutil.which("espeak-ng")
        if program is None:
            raise CommandError("espeak-ng is missing; on Debian: apt-get install espeak-ng")
        for language in sound.LANGUAGES:
            path = sound.FOLDER / f"letters_{language}.zip"
            with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=9) as pack:
                letters = sound.synthesise(program, language, sound.Voice())
                for char, samples in letters.items():
                    # Without a date of today, which would make every run differ.
                    entry = ZipInfo(f"{char}.wav")
                    entry.compress_type = ZIP_DEFLATED
                    pack.writestr(entry, sound.as_wav(samples))
            self.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes")

"""The spoken challenge: what it says, in whose voice, and what it weighs."""

import io
import os
import shutil
import subprocess
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock, skipIf

from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import SimpleTestCase, override_settings

from accounts.captcha import challenge, sound
from tests.ears import hear

ESPEAK = shutil.which("espeak-ng")
WITHOUT_ESPEAK = ESPEAK is None and not os.environ.get("CI")


@contextmanager
def program(path: str | None) -> Iterator[None]:
    """Let the site find this program in the place of espeak-ng, or none."""
    caches = (sound.letters, sound._at_speed)
    with mock.patch("accounts.captcha.sound.shutil.which", return_value=path):
        for cache in caches:
            cache.cache_clear()
        yield
    for cache in caches:
        cache.cache_clear()


class Spoken(SimpleTestCase):
    def test_is_what_the_picture_shows_in_both_languages(self):
        for language in ("pl", "en"):
            with self.subTest(language=language), program(None):
                for asked in ("ACEHKM", "NPRTUW", "XY3467", "9MNTPE"):
                    file = sound.speak(asked, language, asked.encode())
                    assert hear(file, sound.shipped(language)) == asked

    @skipIf(WITHOUT_ESPEAK, "no espeak-ng: apt-get install espeak-ng")
    def test_is_said_by_espeak_where_it_is_installed(self):
        for language in ("pl", "en"):
            with self.subTest(language=language), program(ESPEAK):
                own = sound.letters(language)
                assert own != sound.shipped(language)
                assert set(own) == set(challenge.ALPHABET)
                assert hear(sound.speak("W3XNAY", language, b"seed"), own) == "W3XNAY"

    @skipIf(WITHOUT_ESPEAK, "no espeak-ng: apt-get install espeak-ng")
    def test_has_another_voice_with_another_secret(self):
        with program(ESPEAK):
            here = sound.letters("en")["A"]
        with override_settings(SECRET_KEY="a-key-of-somebody-else"), program(ESPEAK):
            assert sound.letters("en")["A"] != here

    def test_does_without_a_program_that_fails(self):
        with TemporaryDirectory() as folder:
            for number, script in enumerate(("exit 1", "exit 0", "echo no sound", "exec sleep 9")):
                path = Path(folder, str(number))
                path.write_text(f"#!/bin/sh\nexec 2>&1\n{script}\n")
                path.chmod(0o755)
                with (
                    self.subTest(script=script),
                    program(str(path)),
                    mock.patch("accounts.captcha.sound.PATIENCE", 0.3),
                    self.assertLogs("accounts.captcha.sound", "WARNING"),
                ):
                    assert sound.letters("pl") == sound.shipped("pl")
        with program("/nowhere/espeak-ng"), self.assertLogs("accounts.captcha.sound", "WARNING"):
            assert sound.letters("en") == sound.shipped("en")

    def test_waits_for_a_slow_program_no_longer_than_for_one_that_hangs(self):
        with TemporaryDirectory() as folder:
            path = Path(folder, "slow")
            path.write_text(f'#!/bin/sh\n/bin/sleep 0.1\nexec {ESPEAK} "$@"\n')
            path.chmod(0o755)
            with (
                program(str(path)),
                mock.patch("accounts.captcha.sound.PATIENCE", 0.5),
                self.assertLogs("accounts.captcha.sound", "WARNING"),
            ):
                assert sound.letters("pl") == sound.shipped("pl")

    def test_gives_the_program_nothing_but_the_names_of_letters(self):
        with program("espeak-ng"), mock.patch("accounts.captcha.sound.subprocess.run") as run:
            run.side_effect = subprocess.TimeoutExpired("espeak-ng", 5)
            with self.assertLogs("accounts.captcha.sound", "WARNING"):
                sound.speak("ACE", "pl", b"seed")
        (arguments,), options = run.call_args
        assert arguments[-2:] == ["--", "a jak Adam"]
        assert not options.get("shell")
        assert options["timeout"] <= 5

    def test_is_a_small_file_of_about_ten_seconds(self):
        with program(None):
            for language in ("pl", "en"):
                for asked in ("WWWWWW", "333333", "ACEHKM"):
                    file = sound.speak(asked, language, b"seed")
                    assert len(file) < 150_000
                    with wave.open(io.BytesIO(file)) as opened:
                        assert 4 < opened.getnframes() / opened.getframerate() < 18

    def test_is_the_same_each_time_and_differs_with_the_seed(self):
        with program(None):
            first, again, other = (sound.speak("ACEHKM", "pl", seed) for seed in (b"a", b"a", b"b"))
        assert first == again
        assert first != other

    def test_has_noise_in_its_pauses_and_keeps_clear_of_the_limits(self):
        with program(None):
            samples = sound.speak("ACEHKM", "pl", b"seed")[44:]
        assert len(set(samples[:400])) > 10
        assert min(samples) > 0
        assert max(samples) < 255

    def test_says_nothing_for_a_character_without_a_name(self):
        with program(None):
            assert hear(sound.speak("A?é3", "en", b"seed"), sound.shipped("en"), 2) == "A3"


class ShippedLetters(SimpleTestCase):
    def test_are_complete_and_small(self):
        total = 0
        for language in sound.LANGUAGES:
            letters = sound.shipped(language)
            assert set(letters) == set(challenge.ALPHABET)
            assert all(0.2 < len(samples) / sound.RATE < 2 for samples in letters.values())
            total += (sound.FOLDER / f"letters_{language}.zip").stat().st_size
        assert total < 300_000

    def test_differ_in_their_names(self):
        for names in sound.NAMES.values():
            assert len(set(names.values())) == len(challenge.ALPHABET)

    @skipIf(WITHOUT_ESPEAK, "no espeak-ng: apt-get install espeak-ng")
    def test_can_be_made_again(self):
        with TemporaryDirectory() as folder, mock.patch.object(sound, "FOLDER", Path(folder)):
            call_command("captcha_letters", stdout=io.StringIO())
            assert set(sound.shipped("pl")) == set(challenge.ALPHABET)
            with program(None):
                assert hear(sound.speak("XY9W3N", "pl", b"seed"), sound.shipped("pl")) == "XY9W3N"

    def test_cannot_be_made_without_the_program(self):
        with program(None), self.assertRaises(CommandError):
            call_command("captcha_letters")

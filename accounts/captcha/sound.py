"""Speak a challenge: letter by letter, with pauses, under noise, as a WAV file.

The letters are spoken by Debian's espeak-ng where it is installed, in a voice of the site's own,
and otherwise taken from `letters_<language>.zip`, which `manage.py captcha_letters` made with the
same program. All samples are unsigned bytes, RATE a second; mixing them is one addition of two
very long numbers, which costs less than a millisecond where a loop would cost fifty.
"""

import hashlib
import io
import logging
import shutil
import subprocess
import wave
from array import array
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import NamedTuple
from zipfile import ZipFile

from django.utils.crypto import salted_hmac

from accounts.captcha.challenge import MAX_CHALLENGE_LENGTH

logger = logging.getLogger(__name__)

RATE = 8_000
PATIENCE = 5.0  # seconds for all letters together: somebody waits for the first sound
FOLDER = Path(__file__).parent
# As people spell on the telephone: a letter alone is mistaken too easily. The names of letters
# are written as they sound, or a "W" would be read as the Polish preposition.
NAMES = {
    "pl": {
        **{"A": "a jak Adam", "C": "ce jak Celina", "E": "e jak Ewa", "H": "ha jak Henryk"},
        **{"K": "ka jak Karol", "M": "em jak Maria", "N": "en jak Natalia", "P": "pe jak Paweł"},
        **{"R": "er jak Roman", "T": "te jak Tadeusz", "U": "u jak Urszula", "W": "wu jak Wanda"},
        **{"X": "iks", "Y": "igrek"},
        **{"3": "trzy", "4": "cztery", "6": "sześć", "7": "siedem", "9": "dziewięć"},
    },
    "en": {
        **{"A": "ay as in Alpha", "C": "C as in Charlie", "E": "E as in Echo"},
        **{"H": "H as in Hotel", "K": "K as in Kilo", "M": "M as in Mike"},
        **{"N": "N as in November", "P": "P as in Papa", "R": "R as in Romeo"},
        **{"T": "T as in Tango", "U": "U as in Uniform", "W": "W as in Whiskey"},
        **{"X": "X as in X-ray", "Y": "Y as in Yankee"},
        **{"3": "three", "4": "four", "6": "six", "7": "seven", "9": "nine"},
    },
}
LANGUAGES = tuple(NAMES)

# A letter is spoken a little faster or slower, and higher or lower, than the one before.
SPEEDS = (92, 96, 100, 104)
# Loudness of the voice, of letters said backwards behind it, and of the hiss: together they stay
# within a byte, so that a sum never carries into the next sample.
VOICE, MURMUR, HISS = 90, 20, 16
MIDDLE = 128
_VOICE = bytes(MIDDLE - MURMUR - HISS // 2 + (b - MIDDLE) * VOICE // MIDDLE for b in range(256))
_MURMUR = bytes(MURMUR + (b - MIDDLE) * MURMUR // MIDDLE for b in range(256))
_HISS = bytes(b * HISS // 255 for b in range(256))


class Voice(NamedTuple):
    """How espeak-ng speaks: words a minute, and pitch from 0 to 99."""

    speed: int = 150
    pitch: int = 50


def speak(challenge: str, language: str, seed: bytes) -> bytes:
    """Return a challenge as a WAV file of about ten seconds and 80 kB; `seed` is the noise.

    `language` is one of LANGUAGES. A character that nobody has a name for is left out.
    """
    spoken = letters(language)
    numbers = _numbers(seed)
    voice = bytearray(_silence(RATE // 2))
    for char in challenge:
        speed, pause = next(numbers) % len(SPEEDS), next(numbers)
        if char in spoken:
            voice += _at_speed(language, char, SPEEDS[speed])
            voice += _silence(RATE // 2 + pause * 12)
    murmur = bytearray()
    while len(murmur) < len(voice):
        char = "".join(spoken)[next(numbers) % len(spoken)]
        murmur += spoken[char][::-1]
    hiss = hashlib.shake_256(seed + b"hiss").digest(len(voice))
    samples = _sum(
        voice.translate(_VOICE), murmur[: len(voice)].translate(_MURMUR), hiss.translate(_HISS)
    )
    return as_wav(samples)


@lru_cache(maxsize=len(LANGUAGES))
def letters(language: str) -> dict[str, bytes]:
    """Return the samples of every character of the alphabet, each as loud as a byte allows.

    Once a process: half a second of espeak-ng, or a file read. Whatever is wrong with the program,
    the shipped letters do.
    """
    program = shutil.which("espeak-ng")
    if program is not None:
        try:
            return synthesise(program, language, _own_voice())
        except (OSError, subprocess.SubprocessError, wave.Error, EOFError, ValueError) as error:
            logger.warning("espeak-ng failed: %s", type(error).__name__)
    return shipped(language)


def shipped(language: str) -> dict[str, bytes]:
    """Return the letters that come with the project."""
    with ZipFile(FOLDER / f"letters_{language}.zip") as pack:
        return {char: _samples_of(pack.read(f"{char}.wav")) for char in NAMES[language]}


def synthesise(program: str, language: str, voice: Voice) -> dict[str, bytes]:
    """Let espeak-ng say every character of the alphabet, which takes it a second at most.

    Raises OSError, SubprocessError, wave.Error, EOFError or ValueError when it does not do so
    within PATIENCE.
    """
    end = monotonic() + PATIENCE
    return {
        char: _said(program, language, voice, name, patience=end - monotonic())
        for char, name in NAMES[language].items()
    }


def as_wav(samples: bytes) -> bytes:
    """Return the samples as a WAV file that every browser plays: PCM, mono."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(RATE)
        sound.writeframes(samples)
    return file.getvalue()


def _own_voice() -> Voice:
    """Return the voice of this site: the published letters are no key to another's sounds."""
    first, second = salted_hmac("accounts.captcha.voice", "", algorithm="sha256").digest()[:2]
    return Voice(speed=140 + first % 20, pitch=38 + second % 24)


def _said(program: str, language: str, voice: Voice, name: str, *, patience: float) -> bytes:
    """Return the samples of one name: nothing but words of this module ever reaches the program."""
    done = subprocess.run(  # noqa: S603  no shell, no word of a visitor
        [
            *(program, "-v", {"pl": "pl", "en": "en-gb"}[language]),
            *("-s", str(voice.speed), "-p", str(voice.pitch), "--stdout", "--", name),
        ],
        capture_output=True,
        check=True,
        timeout=patience,
    )
    with wave.open(io.BytesIO(done.stdout)) as sound:
        rate = sound.getframerate()
        wide = array("h", sound.readframes(RATE * 30)).tolist()
    return _trimmed(_narrowed(wide, rate))


def _narrowed(wide: list[int], rate: int) -> bytes:
    """Bring samples of 16 bits to RATE and to a byte each, as loud as they may be."""
    width = max(1, round(rate / RATE))
    count = (len(wide) - width) * RATE // rate
    starts = (number * rate // RATE for number in range(count))
    means = [sum(wide[start : start + width]) / width for start in starts]
    loudest = max(map(abs, means), default=0)
    if not loudest:
        raise ValueError("Nothing was said.")
    return bytes(MIDDLE + round(mean * 127 / loudest) for mean in means)


def _trimmed(samples: bytes) -> bytes:
    """Cut what is as good as silent off both ends."""
    loud = [number for number, sample in enumerate(samples) if abs(sample - MIDDLE) > 5]
    return samples[loud[0] : loud[-1] + RATE // 50]


def _samples_of(file: bytes) -> bytes:
    with wave.open(io.BytesIO(file)) as sound:
        samples: bytes = sound.readframes(sound.getnframes())
    return samples


@lru_cache(maxsize=len(LANGUAGES) * len(NAMES["pl"]) * len(SPEEDS))
def _at_speed(language: str, char: str, speed: int) -> bytes:
    """Return a letter at `speed` hundredths of its own."""
    samples = letters(language)[char]
    return bytes(samples[number * speed // 100] for number in range(len(samples) * 100 // speed))


def _silence(length: int) -> bytes:
    return bytes([MIDDLE]) * length


def _sum(*tracks: bytes | bytearray) -> bytes:
    """Add tracks of one length, sample by sample; no sum may exceed a byte."""
    total = sum(int.from_bytes(track, "little") for track in tracks)
    return total.to_bytes(len(tracks[0]), "little")


def _numbers(seed: bytes) -> Iterator[int]:
    """Yield bytes that follow from the seed alone, more than any challenge needs."""
    return iter(hashlib.shake_256(seed).digest(64 * MAX_CHALLENGE_LENGTH))

"""Listen to a spoken challenge as somebody does who knows the voice: by comparing it with it."""

import io
import math
import wave
from collections.abc import Mapping
from operator import mul

from accounts.captcha import sound

# Every so many samples are compared at first: enough to tell letters apart at the right place.
STRIDE = 64
SURE = 0.5  # correlation: under the noise, the right letter at the right place has more


def hear(file: bytes, letters: Mapping[str, bytes], length: int = 6) -> str:
    """Return the characters that a WAV file says with these letters. Raises AssertionError."""
    with wave.open(io.BytesIO(file)) as opened:
        assert (opened.getnchannels(), opened.getsampwidth()) == (1, 1)
        assert opened.getframerate() == sound.RATE
        samples = [byte - sound.MIDDLE for byte in opened.readframes(opened.getnframes())]
    voices = {
        (char, speed): [
            clip[number * speed // 100] - sound.MIDDLE for number in range(len(clip) * 100 // speed)
        ]
        for char, clip in letters.items()
        for speed in sound.SPEEDS
    }
    heard, at = "", sound.RATE // 2
    for number in range(length):
        starts = range(at, at + 256 * 12, 12) if number else (at,)
        likeness, char, end = max(
            (_likeness(samples, voice, start), char, start + len(voice))
            for (char, _speed), voice in voices.items()
            for start in starts
        )
        assert likeness > SURE, f"Nothing is understood after {heard!r}: {likeness:.2f}"
        heard += char
        at = end + sound.RATE // 2
    return heard


def _likeness(samples: list[int], voice: list[int], start: int) -> float:
    """Return how alike the samples from `start` on are to the voice, from -1 to 1."""
    said = voice[::STRIDE]
    there = samples[start : start + len(voice) : STRIDE]
    if len(there) < len(said):
        return -1.0
    power = sum(map(mul, said, said)) * sum(map(mul, there, there))
    return sum(map(mul, said, there)) / math.sqrt(power) if power else 0.0

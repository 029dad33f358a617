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
        (char, len(clip) * 100 // speed): [
            clip[number * speed // 100] - sound.MIDDLE
            for number in range(0, len(clip) * 100 // speed, STRIDE)
        ]
        for char, clip in letters.items()
        for speed in sound.SPEEDS
    }
    loudness = {name: sum(map(mul, said, said)) for name, said in voices.items()}
    # Up to each sample, of every STRIDE-th before it: a stretch has the difference of two of them.
    so_far = samples[:]
    for place, sample in enumerate(samples):
        so_far[place] = sample * sample + (so_far[place - STRIDE] if place >= STRIDE else 0)

    def likeness(name: tuple[str, int], start: int) -> float:
        """Return how alike the samples from `start` on are to a voice, from -1 to 1."""
        said = voices[name]
        last = start + (len(said) - 1) * STRIDE
        if last >= len(samples):
            return -1.0
        power = loudness[name] * (so_far[last] - so_far[start - STRIDE])
        there = samples[start : last + 1 : STRIDE]
        return sum(map(mul, said, there)) / math.sqrt(power) if power else 0.0

    heard, at = "", sound.RATE // 2
    for number in range(length):
        starts = range(at, at + 256 * 12, 12) if number else (at,)
        best, (char, duration), start = max(
            (likeness(name, start), name, start) for name in voices for start in starts
        )
        assert best > SURE, f"Nothing is understood after {heard!r}: {best:.2f}"
        heard += char
        at = start + duration + sound.RATE // 2
    return heard

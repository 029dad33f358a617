"""Measure the captcha: CPU and bytes, the check in a full table, and what tesseract reads.

`python -m bench.captcha cost` and `… rows` need nothing else; `… ocr` needs Debian's
tesseract-ocr and takes minutes. Set-up is a throw-away SQLite file.
"""

import argparse
import io
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import process_time

import django
from django.core.management import call_command
from django.db import connection
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

PAGE_MODES = (6, 7, 8, 13)
ROWS = 1_000_000
Treatment = Callable[[Image.Image], Image.Image]


def _larger(image: Image.Image, times: int = 3) -> Image.Image:
    return image.resize((image.width * times, image.height * times), Image.Resampling.LANCZOS)


def _threshold(image: Image.Image) -> Image.Image:
    return image.point([0] * 128 + [255] * 128)


def _discs_turned_back(image: Image.Image) -> Image.Image:
    """Find what is black and broader than a stroke, close it, and invert it: made for these."""
    broad = image.filter(ImageFilter.MaxFilter(11)).filter(ImageFilter.MinFilter(11))
    discs = broad.filter(ImageFilter.MinFilter(13)).filter(ImageFilter.MaxFilter(13))
    turned = ImageOps.invert(ImageChops.difference(image, ImageOps.invert(discs)))
    return ImageOps.invert(turned).filter(ImageFilter.MedianFilter(3))


# What somebody would try before reading; each makes one image of the picture.
TREATMENTS: dict[str, Treatment] = {
    "as it is": lambda image: image,
    "three times as large": _larger,
    "threshold": _threshold,
    "larger, threshold": lambda image: _threshold(_larger(image)),
    "inverted": ImageOps.invert,
    "median of 3": lambda image: image.filter(ImageFilter.MedianFilter(3)),
    "median of 5, larger": lambda image: _larger(image.filter(ImageFilter.MedianFilter(5)), 2),
    "thin lines removed": lambda image: image.filter(ImageFilter.MaxFilter(3)),
    "discs turned back": lambda image: _larger(_discs_turned_back(image)),
    "blurred, threshold": lambda image: _threshold(image.filter(ImageFilter.GaussianBlur(1.5))),
}


def cost() -> None:
    """Print CPU and bytes of a picture beside the package's, and of a sound, once warm."""
    from captcha.models import CaptchaStore
    from captcha.views import captcha_image
    from django.test import RequestFactory

    from accounts.captcha import challenge, picture, sound

    keys = [challenge.new_challenge() for _ in range(200)]
    request = RequestFactory().get("/")
    texts = dict(CaptchaStore.objects.values_list("hashkey", "challenge"))

    def measure(name: str, make: Callable[[str], bytes]) -> float:
        make(keys[0])
        sizes, times = [], []
        for key in keys:
            start = process_time()
            sizes.append(len(make(key)))
            times.append(process_time() - start)
        ms = median(times) * 1000
        print(f"{name}: {ms:.2f} ms, {median(sizes):.0f} bytes (at most {max(sizes)})")
        return ms

    theirs = measure("picture of the package", lambda key: captcha_image(request, key).content)
    ours = measure("our picture", lambda key: picture.draw(texts[key], challenge.seed(key, "p")))
    print(f"our picture / the package's: {ours / theirs:.2f}")
    for language in sound.LANGUAGES:
        start = process_time()
        sound.letters(language)
        print(f"{language}: its letters, once a process: {(process_time() - start) * 1000:.0f} ms")
        measure(
            f"sound, {language}",
            lambda key, language=language: sound.speak(  # type: ignore[misc]
                texts[key], language, challenge.seed(key, "s")
            ),
        )


def rows() -> None:
    """Print what a right answer costs in an empty table and beside a million other challenges."""
    from captcha.models import CaptchaStore
    from django.utils import timezone

    from accounts.captcha import challenge

    def check() -> float:
        times = []
        for _ in range(300):
            key = challenge.new_challenge()
            answer = CaptchaStore.objects.get(hashkey=key).response
            start = process_time()
            assert challenge.solve(key, answer)
            times.append(process_time() - start)
        return median(times) * 1000

    empty = check()
    moment = timezone.now()
    for start in range(0, ROWS, 50_000):
        CaptchaStore.objects.bulk_create(
            CaptchaStore(
                challenge="AAAAAA",
                response="aaaaaa",
                hashkey=f"{number:040x}",
                expiration=moment + timedelta(seconds=number % 90_000),
            )
            for number in range(start, start + 50_000)
        )
    full = check()
    print(f"a check: {empty:.3f} ms in an empty table, {full:.3f} ms beside {ROWS:,} rows")
    print(f"ratio: {full / empty:.2f}")


def ocr(count: int) -> None:
    """Print, for each treatment and page mode, how many of `count` pictures tesseract solves."""
    from accounts.captcha import challenge, picture

    program = shutil.which("tesseract")
    if program is None:
        sys.exit("tesseract is missing; on Debian: apt-get install tesseract-ocr")
    asked = [challenge.random_challenge()[0] for _ in range(count)]
    pictures = [
        Image.open(io.BytesIO(picture.draw(text, secrets.token_bytes(16)))).convert("L")
        for text in asked
    ]
    solved = {
        (name, mode): found
        for name, treat in TREATMENTS.items()
        for mode, found in _solve(program, asked, [treat(image) for image in pictures])
    }
    # The control: a reader that fails on clean print would prove nothing.
    for mode, found in _solve(program, asked, [_printed(text) for text in asked]):
        print(f"control, the same characters printed plainly, --psm {mode}: {len(found)}")
    for (name, mode), found in solved.items():
        print(f"{name}, --psm {mode}: {len(found)} of {count}")
    print(f"solved by any of these: {len(set().union(*solved.values()))} of {count}")


def _printed(text: str) -> Image.Image:
    from accounts.captcha import picture

    image = Image.new("L", picture.SIZE, 255)
    ImageDraw.Draw(image).text((10, 8), text, font=picture.font(), fill=0)
    return image


def _solve(program: str, asked: list[str], images: list[Image.Image]) -> list[tuple[int, set[int]]]:
    """Return for each page mode the numbers of the pictures that were read without a mistake."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for number, image in enumerate(images):
            names.append(f"{folder}/{number}.png")
            ImageOps.expand(image, 20, 255).save(names[-1])
        Path(folder, "list").write_text("\n".join(names))
        return [
            (
                mode,
                {
                    number
                    for number, text in enumerate(_read(program, Path(folder, "list"), mode))
                    if number < len(asked) and text == asked[number]
                },
            )
            for mode in PAGE_MODES
        ]


def _read(program: str, files: Path, mode: int) -> list[str]:
    """Return what tesseract reads in each picture; it ends each with a form feed."""
    from accounts.captcha import challenge

    done = subprocess.run(
        [
            *(program, str(files), "-", "--psm", str(mode), "--dpi", "100"),
            *("-c", f"tessedit_char_whitelist={challenge.ALPHABET}"),
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )
    return ["".join(page.split()) for page in done.stdout.split("\f")]


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("cost", "rows", "ocr"))
    parser.add_argument("--pictures", type=int, default=200, help="for ocr (200)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/captcha.sqlite3"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kantor.settings.dev")
        django.setup()
        if options.what == "ocr":
            ocr(options.pictures)
            return
        connection.settings_dict["NAME"] = f"{folder}/captcha.sqlite3"
        call_command("migrate", verbosity=0)
        {"cost": cost, "rows": rows}[options.what]()


if __name__ == "__main__":
    main()

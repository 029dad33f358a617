"""Settings of the glued registration: the plain wizard's, with a captcha and a strength check."""

from pathlib import Path

from bench.baselines.common import *  # noqa: F403  settings are one star-import deep
from bench.baselines.common import AUTH_PASSWORD_VALIDATORS, INSTALLED_APPS, TEMPLATES

INSTALLED_APPS = [*INSTALLED_APPS, "formtools", "captcha"]
ROOT_URLCONF = "bench.baselines.glued.urls"
FOLDERS = [Path(__file__).parent / "templates", Path(__file__).parents[1] / "wizard/templates"]
TEMPLATES = [{**TEMPLATES[0], "DIRS": FOLDERS}]
AUTH_PASSWORD_VALIDATORS = [
    *AUTH_PASSWORD_VALIDATORS,
    {"NAME": "bench.baselines.glued.strength.StrengthValidator"},
]

"""Settings of the plain wizard."""

from pathlib import Path

from bench.baselines.common import *  # noqa: F403  settings are one star-import deep
from bench.baselines.common import INSTALLED_APPS, TEMPLATES

INSTALLED_APPS = [*INSTALLED_APPS, "formtools"]
ROOT_URLCONF = "bench.baselines.wizard.urls"
TEMPLATES = [{**TEMPLATES[0], "DIRS": [Path(__file__).parent / "templates"]}]

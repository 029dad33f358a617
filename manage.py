#!/usr/bin/env python3
"""Run Django's commands: with the test settings for `test`, with the development ones otherwise."""

import os
import sys


def main() -> None:
    """Choose the settings by the command and hand the arguments to Django."""
    testing = "test" in sys.argv[1:2]
    default = "kantor.settings.test" if testing else "kantor.settings.dev"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", default)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

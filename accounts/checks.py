"""Say what must hold before the site starts, beyond what Django checks."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.checks import CheckMessage, Error

from accounts import consents
from kantor.serving.operator import operator


def check_operator(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Compare who runs the site by its settings with whom the texts in force name.

    A customer must not conclude a contract with one operator and read of another one.
    """
    found: list[CheckMessage] = []
    in_settings = asdict(operator())
    for kind, versions in consents.VERSIONS.items():
        in_text = asdict(consents.named_operator(kind, versions[0]))
        differing = [name for name, value in in_settings.items() if value != in_text[name]]
        if differing:
            settings = ", ".join(f"OPERATOR_{name.upper()}" for name in differing)
            found.append(
                Error(
                    f"The {kind} of {versions[0]} name another operator than the settings.",
                    hint=f"Set {settings} as in templates/legal/{kind}/{versions[0]}/operator.json,"
                    " or publish a version of your own: docs/contributing.md, Publish terms.",
                    id="accounts.E001",
                )
            )
    return found

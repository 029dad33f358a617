"""Say what must hold before the site starts, beyond what Django checks."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.checks import CheckMessage, Error

from accounts import consents
from kantor.serving.operator import operator


def check_operator(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Compare who runs the site by its settings with whom the texts in force name.

    An announced version may name who takes over: the first start from its day on looks at it. A
    customer must not conclude a contract with one operator and read of another one.
    """
    found: list[CheckMessage] = []
    in_settings = asdict(operator())
    for kind in consents.VERSIONS:
        version = consents.in_force(kind)
        in_text = asdict(consents.named_operator(kind, version))
        differing = [name for name, value in in_settings.items() if value != in_text[name]]
        if differing:
            settings = ", ".join(f"OPERATOR_{name.upper()}" for name in differing)
            found.append(
                Error(
                    f"The {kind} of {version} name another operator than the settings.",
                    hint=f"Set {settings} as in templates/legal/{kind}/{version}/operator.json,"
                    " or publish a version of your own: docs/contributing.md, Publish terms.",
                    id="accounts.E001",
                )
            )
    return found

"""Warn an operator of an address at which no browser takes a passkey."""

from typing import Any

from django.conf import settings
from django.core import checks

from accounts.passkeys import relying_party


@checks.register(checks.Tags.security, deploy=True)
def base_url_has_a_name(**_details: Any) -> list[checks.CheckMessage]:
    """Return a warning while BASE_URL names an IP address."""
    if relying_party.is_offered():
        return []
    return [
        checks.Warning(
            f"Passkeys are not offered: browsers take no IP address, as in {settings.BASE_URL}.",
            hint="Give the site a name and put it into BASE_URL.",
            id="accounts.W001",
        )
    ]

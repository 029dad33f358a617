"""The device that keeps a browser's passkeys: Chromium's virtual authenticator."""

import time
from typing import Any

from playwright.sync_api import Page

PATIENCE = 60  # seconds


class Device:
    """An authenticator that one browser has: a fingerprint reader, or a key on a cable."""

    def __init__(self, page: Page, transport: str = "internal") -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable", {"enableUI": False})
        details = {
            "protocol": "ctap2",
            "transport": transport,
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": details})
        self._name = {"authenticatorId": made["authenticatorId"]}

    @property
    def passkeys(self) -> list[dict[str, Any]]:
        """Return what it holds."""
        held: list[dict[str, Any]] = self._session.send("WebAuthn.getCredentials", self._name)[
            "credentials"
        ]
        return held

    def recognise(self, is_owner: bool) -> None:
        """Let the next finger be the owner's or a stranger's."""
        self._session.send("WebAuthn.setUserVerified", {**self._name, "isUserVerified": is_owner})

    def wait_until_empty(self) -> None:
        """Wait until the browser has taken away what the page says is no longer accepted."""
        end = time.monotonic() + PATIENCE
        while self.passkeys:
            assert time.monotonic() < end, f"still held: {self.passkeys}"
            self._page.wait_for_timeout(50)

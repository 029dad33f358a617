"""Hear what a browser complains of while a test drives it."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Request, Response


class Complaints:
    """Hear what the browser complains of, in all tabs of one context."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.heard: list[str] = []
        # Statuses that a test asks pages for on purpose.
        self.expected: set[int] = set()
        # Whether a test has scripts refused on purpose, by a status that they understand.
        self.refused_calls = False
        self.site = site
        context.on("console", self._console)
        context.on("weberror", lambda error: self.heard.append(f"script: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)
        context.on("dialog", self._dialog)

    def _console(self, message: ConsoleMessage) -> None:
        # A failed request is heard of below, with its status.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.heard.append(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.site, "data:")):
            self.heard.append(f"a request to somebody else: {request.url}")

    def _failed(self, request: Request) -> None:
        # Aborted: by the meter when more is typed, by a second click, by leaving a page.
        if request.failure != "net::ERR_ABORTED":
            self.heard.append(f"{request.failure}: {request.method} {request.url}")

    def _response(self, response: Response) -> None:
        asked_for = response.request.is_navigation_request() and response.status in self.expected
        refused = self.refused_calls and response.status == 429
        if response.status >= 400 and not (asked_for or refused):
            self.heard.append(f"{response.status}: {response.request.method} {response.url}")

    def _dialog(self, dialog: Dialog) -> None:
        self.heard.append(f"dialog: {dialog.message}")
        dialog.dismiss()

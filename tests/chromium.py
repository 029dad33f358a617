"""Keep one Chromium for the process: a class of tests opens contexts in it and launches nothing."""

import asyncio
import os
import shutil
from multiprocessing.util import Finalize
from unittest import SkipTest

from playwright.sync_api import Browser, Playwright, sync_playwright

# What a window has beside its page: two pages for the address bar's list, each in a process of its
# own, and a process for the page that might come next. A third of what a short test costs.
UNUSED = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess"]

# What Playwright turns off for steadiness: of two lists Chromium takes the last, which is ours.
UNSTEADY = [
    *("PaintHolding", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose"),
    *("HttpsUpgrades", "LensOverlay", "MediaRouter", "ThirdPartyStoragePartitioning"),
    *("OptimizationHints", "AimEnabled", "PreconnectToSearch"),
]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    f"--disable-features={','.join([*UNSTEADY, *UNUSED])}",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

_playwright: Playwright | None = None
_browser: Browser | None = None
_loop: asyncio.AbstractEventLoop | None = None


def program() -> str:
    """Return the path of Chromium; without one the test is skipped, but fails where CI is set.

    Debian's chromium-headless-shell is the same engine without the browser's window around it,
    and a test takes a third less of the processor by it.
    """
    at_hand = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    found = os.environ.get("CHROMIUM") or at_hand
    if found is None:
        reason = "no Chromium: apt-get install chromium-headless-shell, or name one in CHROMIUM"
        if os.environ.get("CI"):
            raise AssertionError(f"CI must not skip the browser tests; {reason}")
        raise SkipTest(reason)
    return found


def browser() -> Browser:
    """Return the process's Chromium; start it where none runs, anew where it died.

    From here on Playwright's event loop counts as running in this thread, until `rest`. The browser
    ends with the process, a worker of a parallel run included.
    """
    global _playwright, _browser, _loop
    if _playwright is None:
        _playwright = sync_playwright().start()
        _loop = asyncio.get_running_loop()
        # A worker of `--parallel` leaves without atexit.
        Finalize(None, _playwright.stop, exitpriority=1)
    asyncio._set_running_loop(_loop)
    if _browser is None or not _browser.is_connected():
        _browser = _playwright.chromium.launch(executable_path=program(), args=FLAGS)
    return _browser


def rest() -> None:
    """Let the classes without a browser find no event loop running; the browser stays."""
    asyncio._set_running_loop(None)

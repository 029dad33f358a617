"""What is read out of a User-Agent header and an address, and what is not."""

import string
from ipaddress import IPv4Address, IPv6Address

from django.test import RequestFactory, SimpleTestCase, override_settings
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from accounts.sessions.visit import visit_of
from accounts.values import user_agent, visit
from accounts.values.visit import Visit

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
PHONE = "Mozilla/5.0 (Linux; Android 16; K)"
APPLE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"

# As browsers of 2026 send them.
HEADERS = {
    f"{WINDOWS} {WEBKIT} Chrome/148.0.0.0 Safari/537.36": ("chrome", "windows"),
    f"{WINDOWS} {WEBKIT} Chrome/148.0.0.0 Safari/537.36 Edg/148.0.0.0": ("edge", "windows"),
    f"{WINDOWS} {WEBKIT} Chrome/148.0.0.0 Safari/537.36 OPR/124.0.0.0": ("opera", "windows"),
    f"{WINDOWS} {WEBKIT} Chrome/148.0.0.0 Safari/537.36 Vivaldi/8.0": ("vivaldi", "windows"),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0": (
        "firefox",
        "windows",
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0": ("firefox", "linux"),
    "Mozilla/5.0 (Android 16; Mobile; rv:146.0) Gecko/146.0 Firefox/146.0": ("firefox", "android"),
    f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15": (
        "safari",
        "macos",
    ),
    f"{MAC} {WEBKIT} Chrome/148.0.0.0 Safari/537.36 Ddg/19.1": ("duckduckgo", "macos"),
    f"{APPLE} (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1": ("safari", "ios"),
    f"{APPLE} (KHTML, like Gecko) CriOS/148.0.0.0 Mobile/15E148 Safari/604.1": ("chrome", "ios"),
    f"{APPLE} (KHTML, like Gecko) FxiOS/146.0 Mobile/15E148 Safari/604.1": ("firefox", "ios"),
    f"{APPLE} (KHTML, like Gecko) EdgiOS/148.0 Version/19.0 Mobile/15E148 Safari/604.1": (
        "edge",
        "ios",
    ),
    "Mozilla/5.0 (iPad; CPU OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/19.1 Mobile/15E148 Safari/604.1": ("safari", "ipados"),
    f"{PHONE} {WEBKIT} Chrome/148.0.0.0 Mobile Safari/537.36": ("chrome", "android"),
    f"{PHONE} {WEBKIT} SamsungBrowser/30.0 Chrome/140.0.0.0 Mobile Safari/537.36": (
        "samsung",
        "android",
    ),
    f"{PHONE} {WEBKIT} Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14": (
        "xiaomi",
        "android",
    ),
    f"Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-NX9) {WEBKIT} Chrome/114.0.5735.196 "
    "HuaweiBrowser/15.0.4.312 Mobile Safari/537.36": ("huawei", "harmonyos"),
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/148.0.0.0 Safari/537.36": (
        "chrome",
        "chromeos",
    ),
    "curl/8.11.0": ("", ""),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": ("", ""),
    "": ("", ""),
}


class AgentTests(SimpleTestCase):
    """The header."""

    def test_names_browser_and_system(self) -> None:
        for header, (browser, system) in HEADERS.items():
            assert user_agent.read(header) == (browser, system), header

    def test_knows_ten_browsers_and_eight_systems_by_their_names(self) -> None:
        assert len(user_agent.BROWSER_NAMES) == 10
        assert len(user_agent.SYSTEM_NAMES) == 8
        found = set(HEADERS.values())
        assert {browser for browser, _ in found} == {"", *user_agent.BROWSER_NAMES}
        assert {system for _, system in found} == {"", *user_agent.SYSTEM_NAMES}

    @given(st.text(max_size=600))
    def test_gives_nothing_but_words_of_ours(self, header: str) -> None:
        browser, system = user_agent.read(header)
        assert browser in {"", *user_agent.BROWSER_NAMES}
        assert system in {"", *user_agent.SYSTEM_NAMES}


class AddressTests(SimpleTestCase):
    """The shortened address."""

    def test_keeps_the_half_that_many_share(self) -> None:
        for network, shown in {
            "83.12.44.55": "83.12.x.x",
            "127.0.0.1": "127.0.x.x",
            "2a02:a31b:1234:5678::/64": "2a02:a31b:…",
            "2001:db8::/64": "2001:db8:…",
            "::/64": "0:0:…",
            "unknown": "",
            "": "",
            "83.12.44": "",
        }.items():
            assert visit.shortened(network) == shown, network

    @given(st.integers(0, 2**32 - 1).map(IPv4Address) | st.integers(0, 2**128 - 1).map(IPv6Address))
    def test_never_keeps_more(self, address: IPv4Address | IPv6Address) -> None:
        shown = visit.shortened(str(address))
        assert len(shown) <= 12
        assert sum(character in string.hexdigits for character in shown) <= 8

    @given(st.text(max_size=40))
    def test_survives_whatever_it_is_given(self, network: str) -> None:
        assert len(visit.shortened(network)) <= 12


class VisitTests(SimpleTestCase):
    """Both together, as they are told."""

    def test_is_read_from_a_request_behind_our_proxy(self) -> None:
        request = RequestFactory().get(
            "/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4, 83.12.44.55"
        )
        assert visit_of(request) == Visit("", "", "10.0.x.x")
        with override_settings(TRUSTED_PROXIES=1):
            assert visit_of(request) == Visit("", "", "83.12.x.x")

    def test_is_told_in_words(self) -> None:
        for language, unknown in (("pl", "nieznana przeglądarka"), ("en", "unknown browser")):
            with override(language):
                assert Visit("firefox", "windows").device == "Firefox, Windows"
                assert Visit("firefox").device == "Firefox"
                assert Visit("", "ios").device == f"{unknown}, iPhone"
                assert Visit().device == unknown
                assert Visit("of an older release", "too").device == unknown

"""Whom the limits count when proxies stand in front of the site."""

from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings

from kantor.serving.network import network_of
from tests.doors import try_in

CASES = {
    "203.0.113.9": "203.0.113.9",
    "203.0.113.9:5678": "203.0.113.9",
    "203.0.113.9:1": "203.0.113.9",
    "2001:db8::1": "2001:db8::/64",
    "2001:db8:0:0:5::1": "2001:db8::/64",
    "[2001:db8::1]": "2001:db8::/64",
    "[2001:db8::1]:443": "2001:db8::/64",
    "[2001:DB8::1]:65535": "2001:db8::/64",
    # Without brackets a port cannot be told from the last group.
    "2001:db8::1:443": "2001:db8::/64",
    "::ffff:203.0.113.9": "203.0.113.9",
    "[::ffff:203.0.113.9]:443": "203.0.113.9",
}
NOBODY = (
    *("", "unknown", "_hidden", "203.0.113.9:", "203.0.113.9:port", "203.0.113.9:123456"),
    *("203.0.113:80", "[203.0.113.9", "203.0.113.9]", "[2001:db8::1", "[2001:db8::1]443", "[]:80"),
    *("[[2001:db8::1]]:443", "kantor.example:443", "203.0.113.9:80:80", "1" * 5000 + ":1", ":80"),
    *("\N{ARABIC-INDIC DIGIT ONE}.2.3.4:80", "203.0.113.9:\N{ARABIC-INDIC DIGIT ONE}"),
)


def behind(proxies: int, forwarded: str, remote: str = "127.0.0.1") -> str:
    """Return the network of a request that so many proxies handed on."""
    request = RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)
    with override_settings(TRUSTED_PROXIES=proxies):
        return network_of(request)


class ForwardedTests(SimpleTestCase):
    """The address that a proxy wrote."""

    def test_is_read_with_a_port_and_without(self) -> None:
        for written, network in CASES.items():
            with self.subTest(written):
                assert behind(1, written) == network
                assert behind(1, f"192.0.2.1:80, {written}") == network
                assert behind(2, f"evil, {written}, 192.0.2.1:443") == network
                assert behind(0, "192.0.2.1", remote=written) == network

    def test_is_nobodys_when_it_is_none(self) -> None:
        for written in NOBODY:
            with self.subTest(written[:40]):
                assert behind(1, written) == "unknown"

    def test_counts_only_from_the_trusted_ones(self) -> None:
        forwarded = "192.0.2.1:1, 192.0.2.2:2, 192.0.2.3:3"
        assert behind(0, forwarded) == "127.0.0.1"
        assert behind(1, forwarded) == "192.0.2.3"
        assert behind(3, forwarded) == "192.0.2.1"
        assert behind(4, forwarded) == "127.0.0.1", "Somebody came past a proxy."


@override_settings(TRUSTED_PROXIES=1)
class LimitTests(TestCase):
    """One client behind a proxy that writes his port."""

    def test_is_counted_as_one_whatever_port_he_comes_from(self) -> None:
        statuses = [
            try_in(
                "somebody@example.com",
                "x",
                self.client,
                headers={"X-Forwarded-For": f"203.0.113.77:{port}"},
            ).status_code
            for port in range(40000, 40006)
        ]
        assert statuses == [200, 200, 200, 200, 200, 429]

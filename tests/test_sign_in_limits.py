"""How often the password may be tried, and from where."""

from datetime import timedelta
from typing import Any

from django.test import Client, RequestFactory, SimpleTestCase, TestCase, override_settings

from accounts.sign_in.tries import HERE
from kantor.serving.network import network_of
from tests.doors import is_signed_in, try_in
from tests.factories import PASSWORD, activated
from tests.tries import travel


class LimitTests(TestCase):
    """Failed tries."""

    def setUp(self) -> None:
        self.user = activated()

    def use_up(self, **extra: Any) -> None:
        for _ in range(HERE.times):
            assert try_in(self.user.email, "x", **extra).status_code == 200

    def status(self, email: str | None = None, **extra: Any) -> int:
        return int(try_in(email or self.user.email, PASSWORD, **extra).status_code)

    def test_end_with_a_pause_even_for_the_right_password(self) -> None:
        self.use_up()
        client = Client()
        response = try_in(self.user.email, PASSWORD, client)
        assert response.status_code == 429
        assert response["Retry-After"] == "300"
        assert "Too many attempts" in response.content.decode()
        assert not is_signed_in(client)

    def test_are_forgotten_after_five_minutes_however_many_there_were(self) -> None:
        self.use_up()
        for _ in range(20):
            assert self.status() == 429
        travel(timedelta(minutes=5))
        assert self.status() == 302

    def test_are_counted_for_each_address_however_it_is_spelled(self) -> None:
        self.use_up()
        assert self.status(self.user.email.upper()) == 429
        assert self.status(f" {self.user.email} ") == 429
        assert self.status(activated().email) == 302

    def test_do_not_lock_the_owner_out_from_elsewhere(self) -> None:
        self.use_up(REMOTE_ADDR="203.0.113.9")
        assert self.status(REMOTE_ADDR="203.0.113.9") == 429
        assert self.status(REMOTE_ADDR="198.51.100.1") == 302

    def test_are_forgotten_after_a_success(self) -> None:
        for _ in range(3):
            for _ in range(HERE.times - 1):
                try_in(self.user.email, "x")
            assert self.status() == 302

    def test_of_others_are_not_forgotten_after_ones_own_success(self) -> None:
        own = activated()
        for _ in range(HERE.times):
            try_in(self.user.email, "x")
            assert self.status(own.email) == 302
        assert self.status() == 429

    def test_cannot_be_hidden_by_a_forged_header(self) -> None:
        for number in range(HERE.times):
            try_in(self.user.email, "x", headers={"X-Forwarded-For": f"198.51.100.{number}"})
        for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "True-Client-IP"):
            assert self.status(headers={name: "192.0.2.55"}) == 429, name

    @override_settings(TRUSTED_PROXIES=1)
    def test_are_counted_by_what_our_own_proxy_wrote(self) -> None:
        for number in range(HERE.times):
            seen = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.9"}
            try_in(self.user.email, "x", headers=seen)
        for forged in ("192.0.2.55, 203.0.113.9", "203.0.113.9", "x, y,203.0.113.9 "):
            assert self.status(headers={"X-Forwarded-For": forged}) == 429, forged
        elsewhere = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}
        assert self.status(headers=elsewhere) == 302

    def test_hold_for_the_staffs_door_as_well(self) -> None:
        self.use_up()
        data = {"username": self.user.email, "password": PASSWORD}
        response = Client().post("/admin/login/", data)
        assert response.status_code in (200, 429)
        assert HERE.wait(f"{self.user.email} 127.0.0.1")


class NetworkTests(SimpleTestCase):
    """The network that a request comes from."""

    def network(self, proxies: int, remote: str, forwarded: str | None = None) -> str:
        request = RequestFactory().get("/", REMOTE_ADDR=remote)
        if forwarded is not None:
            request.META["HTTP_X_FORWARDED_FOR"] = forwarded
        with override_settings(TRUSTED_PROXIES=proxies):
            return network_of(request)

    def test_is_one_for_an_ipv4_client_on_a_socket_for_both(self) -> None:
        # Else all of IPv4 would share one /64, and one limit.
        assert self.network(0, "::ffff:203.0.113.9") == "203.0.113.9"
        assert self.network(1, "127.0.0.1", "::ffff:203.0.113.9") == "203.0.113.9"

    def test_is_the_connections_own_without_proxies(self) -> None:
        assert self.network(0, "203.0.113.9", "198.51.100.1") == "203.0.113.9"
        assert self.network(0, "2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"

    def test_is_read_from_the_right(self) -> None:
        chain = "192.0.2.1, 198.51.100.1,203.0.113.9"
        assert self.network(1, "10.0.0.1", chain) == "203.0.113.9"
        assert self.network(2, "10.0.0.1", chain) == "198.51.100.1"
        assert self.network(3, "10.0.0.1", chain) == "192.0.2.1"
        assert self.network(1, "10.0.0.1", "203.0.113.9, 2001:db8::1") == "2001:db8::/64"

    def test_is_the_connections_own_when_the_header_is_too_short(self) -> None:
        assert self.network(2, "10.0.0.1", "203.0.113.9") == "10.0.0.1"
        assert self.network(3, "10.0.0.1", "192.0.2.1, 203.0.113.9") == "10.0.0.1"

    def test_has_a_name_for_nonsense(self) -> None:
        for nonsense in ("", "x", "1.2.3", "999.1.1.1", "\x00", "fe80::1%eth0%x", "," * 500):
            assert isinstance(self.network(1, "10.0.0.1", nonsense), str)

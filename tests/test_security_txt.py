"""/.well-known/security.txt, for those who found a hole (RFC 9116)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone

from tests.test_production import REQUIRED, refusals

ADDRESS = "/.well-known/security.txt"
CONTACTS = ["mailto:bezpieczenstwo@kantor.example", "https://kantor.example/bezpieczenstwo"]


@override_settings(SECURITY_CONTACT=CONTACTS, BASE_URL="https://kantor.example")
class FileTests(TestCase):
    """What a finder reads."""

    def lines(self) -> list[str]:
        response = self.client.get(ADDRESS)
        assert response.status_code == 200
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert "public" in response["Cache-Control"]
        return response.content.decode().splitlines()

    def test_names_the_contacts_in_their_order_and_where_it_belongs(self) -> None:
        lines = self.lines()
        assert lines[:2] == [f"Contact: {contact}" for contact in CONTACTS]
        assert "Preferred-Languages: pl, en" in lines
        assert f"Canonical: https://kantor.example{ADDRESS}" in lines
        names = [line.partition(": ")[0] for line in lines]
        assert names == ["Contact", "Contact", "Expires", "Preferred-Languages", "Canonical"]

    def test_expires_in_the_future_whenever_it_is_asked_for(self) -> None:
        for moment in (timezone.now(), datetime(2031, 2, 28, 23, 59, 59, tzinfo=UTC)):
            with mock.patch("django.utils.timezone.now", return_value=moment):
                (expires,) = [line for line in self.lines() if line.startswith("Expires: ")]
            when = datetime.strptime(expires, "Expires: %Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            # Well after a copy that was kept for a day, and within the year that the standard asks.
            assert timedelta(days=90) < when - moment < timedelta(days=365)

    def test_needs_no_database_and_is_for_looking_only(self) -> None:
        with self.assertNumQueries(0):
            self.lines()
        assert self.client.head(ADDRESS).status_code == 200
        assert self.client.post(ADDRESS).status_code == 405

    def test_is_there_while_the_site_is_closed(self) -> None:
        with self.settings(MAINTENANCE="site"):
            assert self.client.get("/").status_code == 503
            self.lines()

    def test_is_not_there_without_a_contact(self) -> None:
        with self.settings(SECURITY_CONTACT=[]):
            response = self.client.get(ADDRESS)
        self.assertContains(response, "Nie ma takiej strony", status_code=404)


class SettingTests(SimpleTestCase):
    """What an operator may set."""

    def test_are_addresses_that_a_program_can_open(self) -> None:
        def with_contact(*values: str) -> Any:
            return refusals(*(REQUIRED | {"SECURITY_CONTACT": value} for value in values))

        accepted = ("", ",".join(CONTACTS), "tel:+48228590218", f"{CONTACTS[0]}, {CONTACTS[1]}")
        assert with_contact(*accepted) == [""] * len(accepted)
        for refusal in with_contact(
            "bezpieczenstwo@kantor.example",
            "http://kantor.example/",
            "mailto:",
            "https://kantor.example/ x",
            f"{CONTACTS[0]},nobody",
            "https://kantor.example/\nExpires: 1970-01-01T00:00:00Z",
        ):
            assert "SECURITY_CONTACT" in refusal

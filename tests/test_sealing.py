"""Secrets that a stolen database does not tell, and the exchange of their key."""

from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase, override_settings
from hypothesis import given
from hypothesis import strategies as st

from accounts import sealing
from accounts.models import AuthenticatorApp, RecoveryCode
from accounts.totp import rotation, services
from accounts.totp.services import Outcome
from tests.factories import activated
from tests.phone import OTHER_KEYS, stopped_clock, turned_on

FIRST = ["older-key-of-the-exchange-that-production-never-has-0123456789-abcdefghijklmnopqrstuvw"]
SECOND = ["newer-key-of-the-exchange-that-production-never-has-0123456789-abcdefghijklmnopqrstuvw"]


class Sealing(SimpleTestCase):
    """One secret."""

    def test_opens_for_what_it_was_sealed_for(self) -> None:
        sealed = sealing.seal(b"secret", "seed", "7")
        assert sealing.unseal(sealed, "seed", "7") == b"secret"
        assert sealed == sealing.seal(b"secret", "seed", "7")
        for about in (("seed", "8"), ("digest", "7"), ("seed",), ("seed7",), ("seed", "7", "")):
            with self.assertRaises(sealing.UnreadableError):
                sealing.unseal(sealed, *about)

    def test_fits_into_the_column_of_the_package(self) -> None:
        column = AuthenticatorApp._meta.get_field("key")
        assert len(sealing.seal(bytes(services.SEED_BYTES), "seed", "7")) <= column.max_length

    def test_opens_with_every_key_and_is_made_with_the_first(self) -> None:
        with override_settings(TOTP_KEYS=FIRST):
            old = sealing.seal(b"secret", "seed")
        with override_settings(TOTP_KEYS=SECOND + FIRST):
            assert sealing.unseal(old, "seed") == b"secret"
            new = sealing.seal(b"secret", "seed")
            assert sealing.seals(b"secret", "seed") == [new, old]
        with override_settings(TOTP_KEYS=SECOND):
            assert sealing.unseal(new, "seed") == b"secret"
            with self.assertRaises(sealing.UnreadableError):
                sealing.unseal(old, "seed")

    @given(st.text())
    def test_opens_nothing_else(self, text: str) -> None:
        with self.assertRaises(sealing.UnreadableError):
            sealing.unseal(text, "seed")

    @given(st.integers(0, 43), st.integers(1, 255))
    def test_opens_nothing_that_was_changed(self, place: int, change: int) -> None:
        sealed = bytearray.fromhex(sealing.seal(b"secret of 28 bytes, or nearly", "seed"))
        sealed[place % len(sealed)] ^= change
        with self.assertRaises(sealing.UnreadableError):
            sealing.unseal(sealed.hex(), "seed")


@override_settings(TOTP_KEYS=FIRST)
class Exchange(TestCase):
    """The command that lets an older key go."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.user = activated()
        self.phone, self.codes = turned_on(self.user)

    def run_command(self, *options: str) -> str:
        out = StringIO()
        call_command("reseal_totp", *options, stdout=out)
        return out.getvalue()

    def rows(self) -> Any:
        return sorted(
            [
                *AuthenticatorApp.objects.values_list("key", flat=True),
                *RecoveryCode.objects.values_list("sealed", flat=True),
            ]
        )

    def test_loses_nobody(self) -> None:
        with override_settings(TOTP_KEYS=SECOND + FIRST):
            assert services.verify(self.user, self.phone.code(-1)) is Outcome.APP
            assert services.verify(self.user, self.codes[0]) is Outcome.RECOVERY_CODE
            assert self.run_command().splitlines() == [
                "Sealed 8 anew; 0 had the newest key.",
                "Nothing needs an older key.",
            ]
            assert self.run_command().startswith("Sealed 0 anew; 8 had the newest key.")
        with override_settings(TOTP_KEYS=SECOND):
            assert services.verify(self.user, self.phone.code()) is Outcome.APP
            assert services.verify(self.user, self.codes[1]) is Outcome.RECOVERY_CODE
            assert services.verify(self.user, self.codes[0]) is Outcome.WRONG
        with override_settings(TOTP_KEYS=FIRST), self.assertLogs("accounts.totp"):
            assert services.verify(self.user, self.phone.code(1)) is Outcome.UNREADABLE

    def test_can_be_tried_first(self) -> None:
        before = self.rows()
        with override_settings(TOTP_KEYS=SECOND + FIRST):
            assert self.run_command("--dry-run") == "Would seal 9 anew; 0 had the newest key.\n"
        assert self.rows() == before

    def test_goes_on_where_it_was_stopped(self) -> None:
        other = activated()
        with override_settings(TOTP_KEYS=SECOND + FIRST):
            turned_on(other)
            assert self.run_command().startswith("Sealed 9 anew; 9 had the newest key.")

    def test_goes_through_more_rows_than_it_holds(self) -> None:
        batch, rotation.BATCH = rotation.BATCH, 3
        self.addCleanup(setattr, rotation, "BATCH", batch)
        with override_settings(TOTP_KEYS=SECOND + FIRST):
            assert self.run_command().startswith("Sealed 9 anew;")

    def test_says_what_it_cannot_read_and_leaves_it(self) -> None:
        before = self.rows()
        with (
            override_settings(TOTP_KEYS=OTHER_KEYS),
            self.assertRaisesMessage(CommandError, "9 cannot be read with any key of TOTP_KEYS"),
        ):
            self.run_command()
        assert self.rows() == before

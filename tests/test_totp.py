"""What a code is worth: an authenticator app's, and a recovery code."""

import unicodedata
from base64 import b32encode
from datetime import timedelta
from functools import partial
from io import StringIO
from unittest import mock

from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings
from hypothesis import given
from hypothesis import strategies as st

from accounts.limits import Limit
from accounts.models import AccountEvent, AuthenticatorApp, OutboxMessage, RecoveryCode, User
from accounts.services import credentials, review, sessions
from accounts.totp import codes, services
from accounts.totp.services import TRIES, Outcome, Refusal
from tests.authenticator import enrolled
from tests.factories import activated, staff
from tests.parallel import at_once
from tests.phone import (
    OTHER_KEYS,
    STEP,
    Phone,
    clock,
    digest_of,
    pass_time,
    stopped_clock,
    turned_on,
)
from tests.tries import travel


class Reading(SimpleTestCase):
    """What is typed."""

    def test_may_be_grouped_as_people_do(self) -> None:
        for typed in (
            "123456",
            "123 456",
            " 12-34-56 ",
            "123\u2013456",
            "123\u00a0456",
            "\uff11\uff12\uff13\uff14\uff15\uff16",
        ):
            assert codes.read(typed) == "123456", typed

    def test_of_a_recovery_code_may_look_alike(self) -> None:
        code = "0123456789ABCDEFGHJKMNPQ"
        for typed in (
            codes.grouped(code),
            codes.grouped(code).lower(),
            code.replace("0", "O").replace("1", "l"),
            f"\t{' '.join(code)}\n",
        ):
            assert codes.read(typed) == code, typed

    def test_is_nothing_else(self) -> None:
        for typed in (
            "",
            " - ",
            "12345",
            "1234567",
            "१२३४५६",
            "12345U",
            "A" * 23,
            "U" * 24,
        ):
            assert codes.read(typed) == "", typed

    @given(st.text(max_size=200))
    def test_of_anything_gives_a_code_or_nothing(self, typed: str) -> None:
        code = codes.read(typed)
        assert code == "" or codes.is_app_code(code) or len(code) == codes.RECOVERY_LENGTH
        assert codes.read(code) == code

    @given(st.characters())
    def test_survives_every_character(self, sign: str) -> None:
        assert codes.read(f"12{sign}3456") in ("", "123456"), unicodedata.name(sign, "")

    def test_recovery_codes_have_120_random_bits(self) -> None:
        made = {codes.make_recovery_code() for _ in range(1000)}
        assert len(made) == 1000
        assert len(set(codes.ALPHABET)) ** codes.RECOVERY_LENGTH == 2**120
        assert set("".join(made)) == set(codes.ALPHABET)
        assert all(codes.read(codes.grouped(code)) == code for code in made)


class ClockTestCase(TestCase):
    """Somebody with an app, whose clock stands."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.user = activated()
        self.phone, self.codes = turned_on(self.user)

    def verify(self, code: str) -> Outcome:
        return services.verify(self.user, code)


class AppCode(ClockTestCase):
    """A code of the app."""

    def test_is_that_of_the_standard(self) -> None:
        # RFC 6238, appendix B, the last six digits.
        phone = Phone(b32encode(b"12345678901234567890").decode())
        for moment, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
            assert phone.code(at=moment) == code

    def test_of_now_is_right_once(self) -> None:
        code = self.phone.code()
        assert self.verify(code) is Outcome.APP
        assert self.verify(code) is Outcome.WRONG
        pass_time(1)
        assert self.verify(code) is Outcome.WRONG
        assert self.verify(self.phone.code()) is Outcome.APP

    def test_may_be_one_step_early_or_late(self) -> None:
        for steps, outcome in (
            (-2, Outcome.WRONG),
            (2, Outcome.WRONG),
            (-1, Outcome.APP),
            (0, Outcome.APP),
            (1, Outcome.APP),
        ):
            assert self.verify(self.phone.code(steps)) is outcome, steps

    def test_that_is_older_than_the_last_one_is_wrong(self) -> None:
        early = self.phone.code(1)
        assert self.verify(early) is Outcome.APP
        for steps in (-1, 0):
            assert self.verify(self.phone.code(steps)) is Outcome.WRONG
        pass_time(1)
        assert self.verify(early) is Outcome.WRONG

    def test_that_two_steps_share_counts_once(self) -> None:
        now = int(clock()) // STEP

        def hotp(seed: bytes, step: int) -> int:
            return 7 if step in (now, now + 1) else 8

        with mock.patch("accounts.models.authenticator.hotp", hotp):
            assert self.verify("000007") is Outcome.APP
            for _ in range(3):
                assert self.verify("000007") is Outcome.WRONG
                pass_time(1)

    def test_keeps_its_leading_noughts(self) -> None:
        with mock.patch("accounts.models.authenticator.hotp", return_value=7):
            assert self.verify("7") is Outcome.WRONG
            assert self.verify("000007") is Outcome.APP

    def test_may_be_typed_in_groups(self) -> None:
        code = self.phone.code()
        assert self.verify(f" {code[:3]} {code[3:]}") is Outcome.APP

    def test_of_somebody_else_is_wrong(self) -> None:
        other, _ = turned_on(activated())
        assert self.verify(other.code()) is Outcome.WRONG
        assert services.verify(activated(), self.phone.code()) is Outcome.WRONG

    def test_of_enrolment_is_used_up(self) -> None:
        user = activated()
        proposal = services.propose(user)
        code = Phone(proposal.key).code()
        assert isinstance(services.turn_on(user, proposal.sealed, code), list)
        assert services.verify(user, code) is Outcome.WRONG

    def test_is_never_any_text(self) -> None:
        for answer in ("", "\x00", "\ud800", "x" * 100_000, "żółć", "-1", "1e5", "१२३४५६"):
            TRIES.clear(str(self.user.pk))
            assert self.verify(answer) is Outcome.WRONG

    def test_works_for_staff_too(self) -> None:
        user = staff()
        phone, _ = turned_on(user)
        assert services.verify(user, phone.code()) is Outcome.APP


class Recovery(ClockTestCase):
    """A recovery code."""

    def test_is_right_once_and_says_so(self) -> None:
        assert self.verify(codes.grouped(self.codes[3]).lower()) is Outcome.RECOVERY_CODE
        assert self.verify(self.codes[3]) is Outcome.WRONG
        state = services.state(self.user)
        assert state is not None
        assert state.recovery_codes_left == 7
        assert self.verify(self.codes[4]) is Outcome.RECOVERY_CODE

    def test_of_somebody_else_is_wrong(self) -> None:
        _, others = turned_on(activated())
        assert self.verify(others[0]) is Outcome.WRONG

    def test_that_is_copied_to_another_account_is_wrong_there(self) -> None:
        thief = activated()
        _, own = turned_on(thief)
        RecoveryCode.objects.filter(user=thief).update(user=self.user)
        assert self.verify(own[0]) is Outcome.WRONG

    def test_of_an_older_set_is_wrong(self) -> None:
        renewed = services.renew_recovery_codes(self.user)
        assert renewed is not None
        assert len(set(renewed) | set(self.codes)) == 16
        assert self.verify(self.codes[0]) is Outcome.WRONG
        assert self.verify(renewed[0]) is Outcome.RECOVERY_CODE

    def test_is_made_for_nobody_without_an_app(self) -> None:
        assert services.renew_recovery_codes(activated()) is None

    def test_is_kept_as_a_sealed_digest(self) -> None:
        rows = str(list(RecoveryCode.objects.values()))
        for code in self.codes:
            assert code not in rows
            assert digest_of(code).hex() not in rows


class Tries(ClockTestCase):
    """Five tries in a quarter of an hour."""

    def test_are_shared_by_both_kinds_of_codes(self) -> None:
        wrong = [self.phone.wrong_code(), "Z" * 24] * 3
        outcomes = [self.verify(code) for code in wrong]
        assert outcomes == [Outcome.WRONG] * 5 + [Outcome.LIMITED]
        assert self.verify(self.phone.code()) is Outcome.LIMITED
        assert self.verify(self.codes[0]) is Outcome.LIMITED
        assert timedelta(minutes=14) < services.wait(self.user) <= timedelta(minutes=15)
        travel(timedelta(minutes=15))
        assert not services.wait(self.user)
        assert self.verify(self.codes[0]) is Outcome.RECOVERY_CODE

    def test_are_each_accounts_own(self) -> None:
        for _ in range(6):
            self.verify(self.phone.wrong_code())
        other = activated()
        phone, _ = turned_on(other)
        assert services.verify(other, phone.code()) is Outcome.APP

    def test_begin_anew_after_a_right_one(self) -> None:
        for right in (self.phone.code(-1), self.codes[0], self.phone.code()):
            for _ in range(4):
                assert self.verify(self.phone.wrong_code()) is Outcome.WRONG
            assert self.verify(right).is_right


class TurningOn(TestCase):
    """The way to an app."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.user = activated()

    def test_needs_a_right_code_and_gives_eight_recovery_codes(self) -> None:
        proposal = services.propose(self.user)
        phone = Phone(proposal.key)
        for wrong in (phone.wrong_code(), phone.code(2), ""):
            assert services.turn_on(self.user, proposal.sealed, wrong) is Refusal.WRONG
        assert not services.is_on(self.user)
        made = services.turn_on(self.user, proposal.sealed, phone.code())
        assert isinstance(made, list)
        assert len(set(made)) == 8
        assert services.is_on(self.user)
        again = services.turn_on(self.user, proposal.sealed, phone.code())
        assert again is Refusal.ALREADY_ON

    def test_proposes_another_seed_to_everybody_and_the_same_one_again(self) -> None:
        first = services.propose(self.user)
        assert services.propose(self.user, first.sealed) == first
        assert services.propose(self.user).key != first.key
        for foreign in ("", "x", "\ud800", first.sealed.upper(), first.sealed + " "):
            assert services.propose(self.user, foreign).key != first.key
        assert services.propose(activated(), first.sealed).key != first.key

    def test_refuses_the_seed_of_another_account(self) -> None:
        foreign = services.propose(activated())
        code = Phone(foreign.key).code()
        assert services.turn_on(self.user, foreign.sealed, code) is Refusal.STALE
        for broken in ("", foreign.sealed[:-2], f"{foreign.sealed[:10]} {foreign.sealed[10:]}"):
            assert services.turn_on(self.user, broken, code) is Refusal.STALE

    def test_is_one_app_an_account_for_the_database_too(self) -> None:
        turned_on(self.user)
        with self.assertRaises(IntegrityError), transaction.atomic():
            AuthenticatorApp.objects.create(user=self.user, key="x")

    def test_names_site_and_account_to_the_app(self) -> None:
        user = activated(email="jan+test@żółw.example.com")
        proposal = services.propose(user)
        assert proposal.uri == (
            "otpauth://totp/kantor.pl%3Ajan%2Btest%40%C5%BC%C3%B3%C5%82w.example.com"
            f"?secret={proposal.key}&algorithm=SHA1&digits=6&period=30&issuer=kantor.pl"
        )

    def test_tells_nothing_of_the_seed_by_accident(self) -> None:
        proposal = services.propose(self.user)
        assert proposal.key not in repr(proposal)
        turned_on(self.user)
        app = AuthenticatorApp.objects.get()
        assert f"{app} {app!r}" == f"#{app.pk} <AuthenticatorApp: #{app.pk}>"


class EndedTests(ClockTestCase):
    """What comes from a session that was ended a moment before."""

    def test_turns_nothing_on_and_makes_no_codes(self) -> None:
        for end in (
            sessions.close_access,
            partial(credentials.change_password, password="Cztery-czerwone-sanki-9"),
            review.suspend,
        ):
            user = activated()
            proposal = services.propose(user)
            before = User.objects.get(pk=user.pk)
            end(User.objects.get(pk=user.pk))
            code = Phone(proposal.key).code()
            assert services.turn_on(before, proposal.sealed, code) is Refusal.ENDED
            assert not AuthenticatorApp.objects.filter(user=user).exists()
            turned_on(user := activated())
            before = User.objects.get(pk=user.pk)
            kept = set(user.recovery_codes.values_list("pk", flat=True))
            end(User.objects.get(pk=user.pk))
            assert services.renew_recovery_codes(before) is None
            assert set(user.recovery_codes.values_list("pk", flat=True)) == kept


class TurningOff(ClockTestCase):
    """The way back."""

    def test_leaves_nothing(self) -> None:
        assert services.turn_off(self.user)
        assert not services.turn_off(self.user)
        assert not services.is_on(self.user)
        assert services.state(self.user) is None
        assert not RecoveryCode.objects.exists()
        assert self.verify(self.phone.code()) is Outcome.WRONG
        assert self.verify(self.codes[0]) is Outcome.WRONG

    def test_touches_nobody_else(self) -> None:
        other = activated()
        phone, _ = turned_on(other)
        services.turn_off(self.user)
        assert services.verify(other, phone.code()) is Outcome.APP
        assert RecoveryCode.objects.count() == 8

    def test_by_staff_forgets_the_tries_as_well(self) -> None:
        for _ in range(6):
            self.verify(self.phone.wrong_code())
        assert services.reset(self.user)
        assert not services.reset(self.user)
        assert not services.wait(self.user)
        turned_on(self.user)

    def test_happens_with_the_account(self) -> None:
        User.objects.get(pk=self.user.pk).delete()
        assert not AuthenticatorApp.objects.exists()
        assert not RecoveryCode.objects.exists()


class WrongKey(ClockTestCase):
    """The environment has another key than the one that sealed."""

    def test_is_told_to_the_caller_and_to_the_log(self) -> None:
        with (
            override_settings(TOTP_KEYS=OTHER_KEYS),
            self.assertLogs("accounts.totp", "ERROR") as log,
        ):
            for code in (self.phone.code(), self.codes[0], "123456"):
                assert self.verify(code) is Outcome.UNREADABLE
        for line in log.output:
            assert f"#{self.user.pk}" in line
            assert "TOTP_KEYS" in line
            assert self.phone.code() not in line
        assert self.verify(self.phone.code()) is Outcome.APP

    def test_costs_nobody_a_try_or_a_code(self) -> None:
        with override_settings(TOTP_KEYS=OTHER_KEYS), self.assertLogs("accounts.totp"):
            for _ in range(7):
                assert self.verify(self.codes[0]) is Outcome.UNREADABLE
        assert self.verify(self.codes[0]) is Outcome.RECOVERY_CODE

    def test_still_shows_the_state_and_turns_off(self) -> None:
        with override_settings(TOTP_KEYS=OTHER_KEYS):
            state = services.state(self.user)
            assert state is not None
            assert state.recovery_codes_left == 8
            assert services.turn_off(self.user)
            turned_on(self.user)


class Cost(ClockTestCase):
    """What is asked of the database."""

    def test_is_few_statements(self) -> None:
        with self.assertNumQueries(1):
            services.state(self.user)
        with self.assertNumQueries(1):
            services.is_on(self.user)
        with self.assertNumQueries(0):
            services.propose(self.user)
        # The app, the count, the use, the count's end.
        with self.assertNumQueries(4):
            assert self.verify(self.phone.code()) is Outcome.APP
        # The owner is told of it: a transaction, the event and the mail.
        with self.assertNumQueries(8):
            assert self.verify(self.codes[0]) is Outcome.RECOVERY_CODE
        with self.assertNumQueries(2):
            assert self.verify(self.phone.wrong_code()) is Outcome.WRONG
        with self.assertNumQueries(5):  # the transaction as well
            assert self.verify("Z" * 24) is Outcome.WRONG


class Race(TransactionTestCase):
    """Twenty at the same moment."""

    serialized_rollback = True

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.user = activated()
        self.phone, self.codes = turned_on(self.user)

    def test_of_one_code_of_the_app_one_passes(self) -> None:
        plenty = Limit("plenty", times=100, window=timedelta(minutes=15))
        for limit in (TRIES, plenty):
            with mock.patch.object(services, "TRIES", limit):
                pass_time(2)
                outcomes = self.judged(self.phone.code())
                assert outcomes.count(Outcome.APP) == 1
                assert Outcome.RECOVERY_CODE not in outcomes

    def test_of_one_recovery_code_one_passes(self) -> None:
        plenty = Limit("plenty", times=100, window=timedelta(minutes=15))
        for code, limit in zip(self.codes, (TRIES, plenty), strict=False):
            with mock.patch.object(services, "TRIES", limit):
                assert self.judged(code).count(Outcome.RECOVERY_CODE) == 1
        assert RecoveryCode.objects.count() == 6

    def test_of_wrong_codes_five_are_looked_at(self) -> None:
        outcomes = self.judged(self.phone.wrong_code())
        assert outcomes.count(Outcome.WRONG) == 5
        assert outcomes.count(Outcome.LIMITED) == 15

    def test_one_app_is_turned_on(self) -> None:
        user = activated()
        proposals = [services.propose(user) for _ in range(6)]
        calls = [
            partial(services.turn_on, user, each.sealed, Phone(each.key).code())
            for each in proposals
        ]
        results = at_once(*calls)
        assert sum(isinstance(each, list) for each in results) == 1, results
        assert results.count(Refusal.ALREADY_ON) == 5
        assert AuthenticatorApp.objects.filter(user=user).count() == 1
        assert RecoveryCode.objects.filter(user=user).count() == 8

    def test_one_set_of_recovery_codes_stays(self) -> None:
        results = at_once(*[partial(services.renew_recovery_codes, self.user)] * 20)
        assert all(isinstance(each, list) for each in results), results
        assert RecoveryCode.objects.filter(user=self.user).count() == 8

    def test_no_code_outlives_the_app(self) -> None:
        results = at_once(
            *[partial(services.renew_recovery_codes, self.user)] * 10,
            *[partial(services.turn_off, self.user)] * 10,
        )
        assert not any(isinstance(each, Exception) for each in results), results
        assert results.count(True) == 1
        assert not RecoveryCode.objects.exists()

    def judged(self, code: str) -> list[Outcome]:
        outcomes: list[Outcome] = at_once(*[partial(services.verify, self.user, code)] * 20)
        assert all(isinstance(each, Outcome) for each in outcomes), outcomes
        assert connection.vendor in ("sqlite", "postgresql")
        return outcomes


class LostTests(TestCase):
    """Somebody who has lost the phone, the recovery codes and the passkeys."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())

    def run_for(self, email: str) -> str:
        out = StringIO()
        call_command("reset_sign_in_methods", email, stdout=out)
        return out.getvalue()

    def test_is_left_with_the_password_and_told_by_mail(self) -> None:
        user, other = activated(), activated()
        turned_on(user)
        turned_on(other)
        enrolled(user)
        said = self.run_for(user.email.upper())
        assert not services.is_on(user)
        assert not user.recovery_codes.exists()
        assert not user.passkeys.exists()
        assert services.is_on(other)
        removed = user.events.filter(kind=AccountEvent.Kind.METHOD_REMOVED)
        assert {event.details["method"] for event in removed} == {"totp", "passkey"}
        kind = OutboxMessage.Kind.METHOD_REMOVED
        assert OutboxMessage.objects.filter(user=user, kind=kind).count() == 2
        assert user.email not in said

    def test_is_told_nothing_where_there_is_nothing(self) -> None:
        user = activated()
        self.run_for(user.email)
        assert not user.events.exists()
        with self.assertRaises(CommandError):
            self.run_for("nobody@example.com")

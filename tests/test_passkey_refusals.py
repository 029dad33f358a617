"""Whatever a stranger makes of a passkey's answer: refused, once only, and never a 500."""

import json
import struct
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import quote_plus

from django.test import Client, TestCase, TransactionTestCase, override_settings
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from accounts.models import Counter, Passkey, User
from accounts.passkeys import ceremony, services
from accounts.passkeys.challenge import Purpose
from accounts.passkeys.services import Outcome, Result
from tests import authenticator
from tests.authenticator import (
    BACKED_UP,
    ELIGIBLE,
    PRESENT,
    VERIFIED,
    Authenticator,
    cbor,
    cose,
    data,
    enrolled,
    key_of,
    text,
)
from tests.browsers import put_in
from tests.factories import activated
from tests.parallel import at_once
from tests.thorough import fewer
from tests.walk import URLENCODED

# What a dishonest or foreign browser or device says otherwise than an honest one.
LIES: dict[str, dict[str, Any]] = {
    "another site": {"origin": "https://kantor.example"},
    "a site below ours": {"origin": "http://evil.testserver"},
    "a site that begins like ours": {"origin": "http://testserver.evil.example"},
    "another port": {"origin": "http://testserver:8000"},
    "another scheme": {"origin": "https://testserver"},
    "no origin": {"origin": ""},
    "an origin of another type": {"origin": ["http://testserver"]},
    "another RP": {"rp_id": "evil.example"},
    "nobody verified": {"flags": PRESENT},
    "nobody present": {"flags": VERIFIED},
    "neither": {"flags": 0},
    "a copy of what has none": {"flags": PRESENT | VERIFIED | BACKED_UP},
    "a frame of another site": {"client": {"crossOrigin": True}},
    "a page around ours": {"client": {"topOrigin": "https://evil.example"}},
    "another challenge": {"client": {"challenge": text(b"0123456789abcdef")}},
    "no challenge": {"client": {"challenge": ""}},
    "another type": {"client": {"type": "payment.get"}},
}


def outcomes(results: list[Any]) -> dict[Outcome, int]:
    """Count how the parallel calls ended; whatever was raised fails the test."""
    ended = [result.outcome for result in results if isinstance(result, Result)]
    assert len(ended) == len(results), results
    return {outcome: ended.count(outcome) for outcome in set(ended)}


class Proving(TestCase):
    """Signing in and confirming: the same verification."""

    def setUp(self) -> None:
        self.user = activated()
        self.device = enrolled(self.user)
        self.doors: dict[str, tuple[Callable[[], Any], Callable[[str], Result]]] = {
            "sign in": (services.options_to_sign_in, services.sign_in),
            "confirm": (
                partial(services.options_to_confirm, self.user),
                partial(services.confirm, self.user),
            ),
        }

    def sign_in(self, **changed: Any) -> Outcome:
        made = self.device.prove(services.options_to_sign_in(), **changed)
        return services.sign_in(made).outcome

    def test_takes_no_lie_and_the_truth_afterwards(self) -> None:
        more: dict[str, dict[str, Any]] = {
            "an eligible one that was not": {"flags": PRESENT | VERIFIED | ELIGIBLE},
            "another key": {"key": key_of("ES256")},
            "a key of another kind": {"key": key_of("EdDSA")},
            "another account": {"handle": b"x" * 64},
            "an unknown credential": {"credential_id": b"x" * 32},
            "the answer to a registration": {"client": {"type": "webauthn.create"}},
        }
        truth = dict(vars(self.device))
        for door, (options_of, prove) in self.doors.items():
            for lie, said in (LIES | more).items():
                options = options_of()
                vars(self.device).update(said)
                result = prove(self.device.prove(options))
                assert result == Result(Outcome.REFUSED), (door, lie)
                vars(self.device).update(truth)
                assert prove(self.device.prove(options)).outcome is Outcome.ACCEPTED, (door, lie)

    def test_takes_no_credential_of_another_type_and_no_endless_answer(self) -> None:
        honest = json.loads(self.device.prove(services.options_to_sign_in()))
        for lie in ({"type": "password"}, {"type": None}, {"more": "x" * ceremony.MAX_ANSWER}):
            assert services.sign_in(json.dumps(honest | lie)).outcome is Outcome.REFUSED, lie
        long = honest | {"more": "x" * (ceremony.MAX_ANSWER // 2)}
        assert services.sign_in(json.dumps(long)).outcome is Outcome.ACCEPTED

    def test_wants_to_hear_whose_passkey_signs_in(self) -> None:
        self.device.handle = None
        assert self.sign_in() is Outcome.REFUSED

    def test_takes_an_answer_once(self) -> None:
        for options_of, prove in self.doors.values():
            made = self.device.prove(options_of())
            ended = [prove(made).outcome for _ in range(3)]
            assert ended == [Outcome.ACCEPTED, Outcome.STALE, Outcome.STALE]

    def test_takes_a_challenge_once_however_often_it_is_signed(self) -> None:
        options = services.options_to_sign_in()
        ended = [services.sign_in(self.device.prove(options)).outcome for _ in range(2)]
        assert ended == [Outcome.ACCEPTED, Outcome.STALE]

    def test_takes_an_answer_for_five_minutes(self) -> None:
        for options_of, prove in self.doors.values():
            made = self.device.prove(options_of())
            with authenticator.later(timedelta(minutes=5, seconds=2)):
                assert prove(made).outcome is Outcome.STALE
            with authenticator.later(timedelta(minutes=4, seconds=58)):
                assert prove(made).outcome is Outcome.ACCEPTED

    def test_remembers_a_spent_challenge_until_it_is_too_old(self) -> None:
        made = self.device.prove(services.options_to_sign_in())
        services.sign_in(made)
        with authenticator.later(timedelta(minutes=5, seconds=2)):
            assert services.sign_in(made).outcome is Outcome.STALE
        Counter.objects.all().delete()
        assert services.sign_in(made).outcome is Outcome.ACCEPTED, "the counter is what refuses"

    def test_takes_a_challenge_for_what_it_was_made_for(self) -> None:
        stranger = activated()
        enrolled(stranger)
        made = {
            "sign in": services.options_to_sign_in(),
            "confirm": services.options_to_confirm(self.user),
            "confirm somebody else": services.options_to_confirm(stranger),
            "add": services.options_to_add(self.user),
        }
        for door, (_options_of, prove) in self.doors.items():
            for purpose, options in made.items():
                outcome = prove(self.device.prove(options)).outcome
                assert (outcome is Outcome.ACCEPTED) is (purpose == door), (door, purpose)

    def test_takes_no_challenge_of_another_key_of_the_site(self) -> None:
        with override_settings(SECRET_KEY="x" * 50):
            options = services.options_to_sign_in()
        assert services.sign_in(self.device.prove(options)).outcome is Outcome.REFUSED
        with override_settings(SECRET_KEY_FALLBACKS=["x" * 50]):
            assert services.sign_in(self.device.prove(options)).outcome is Outcome.ACCEPTED

    def test_confirms_with_no_passkey_of_another_account(self) -> None:
        foreign = enrolled(activated())
        for handle in (foreign.handle, self.device.handle, None):
            foreign.handle = handle
            made = foreign.prove(services.options_to_confirm(self.user))
            assert services.confirm(self.user, made).outcome is Outcome.REFUSED

    def test_refuses_a_device_that_has_signed_less_often_than_before(self) -> None:
        for count, outcome in (
            (0, Outcome.ACCEPTED),
            (7, Outcome.ACCEPTED),
            (7, Outcome.CLONED),
            (6, Outcome.CLONED),
            (0, Outcome.CLONED),
            (8, Outcome.ACCEPTED),
            (2**32 - 1, Outcome.ACCEPTED),
        ):
            self.device.count = count
            assert self.sign_in() is outcome, count
        assert Passkey.objects.get().sign_count == 2**32 - 1

    def test_notes_such_a_device_without_a_name(self) -> None:
        self.device.count = 1
        self.sign_in()
        passkey = Passkey.objects.get()
        with self.assertLogs("kantor.security", "WARNING") as logs:
            made = self.device.prove(services.options_to_sign_in())
            result = services.sign_in(made)
        assert result == Result(Outcome.CLONED, passkey)
        (record,) = logs.records
        assert record.getMessage() == "passkey_copied"
        assert record.__dict__["passkey"] == passkey.pk
        assert record.__dict__["account"] == self.user.pk
        passkey.refresh_from_db()
        assert services.sign_in(made).outcome is Outcome.STALE, "what was proved is used up"

    def test_counts_nothing_of_a_passkey_on_several_devices(self) -> None:
        synchronised = enrolled(self.user, flags=PRESENT | VERIFIED | ELIGIBLE, count=5)
        for count in (5, 0, 3, 3):
            synchronised.count = count
            made = synchronised.prove(services.options_to_sign_in())
            assert services.sign_in(made).outcome is Outcome.ACCEPTED, count

    def test_does_not_know_a_passkey_that_was_removed_meanwhile(self) -> None:
        passkey = Passkey.objects.get()
        parsed = ceremony.read_proof(self.device.prove(services.options_to_sign_in()))
        proof = ceremony.verify_proof(parsed, passkey, Purpose.SIGN_IN)
        services.remove(self.user, passkey.pk)
        assert services._use(passkey, proof) is Outcome.REFUSED


class Adding(TestCase):
    """A passkey that is to open the account from now on."""

    def setUp(self) -> None:
        self.user = activated()

    def add(self, device: Authenticator, **changed: Any) -> Outcome:
        made = device.make(services.options_to_add(self.user), **changed)
        return services.add(self.user, made).outcome

    def test_takes_no_lie_and_the_truth_afterwards(self) -> None:
        more = {"the answer to a sign-in": {"client": {"type": "webauthn.get"}}}
        for lie, said in (LIES | more).items():
            options = services.options_to_add(self.user)
            made = Authenticator(**said).make(options)
            assert services.add(self.user, made) == Result(Outcome.REFUSED), lie
            truth = services.add(self.user, Authenticator().make(options))
            assert truth.outcome is Outcome.ACCEPTED, lie
            Passkey.objects.all().delete()

    def test_takes_an_answer_once_and_for_five_minutes(self) -> None:
        options = services.options_to_add(self.user)
        with authenticator.later(timedelta(minutes=5, seconds=2)):
            late = services.add(self.user, Authenticator().make(options))
        assert late.outcome is Outcome.STALE
        ended = [services.add(self.user, Authenticator().make(options)).outcome for _ in range(2)]
        assert ended == [Outcome.ACCEPTED, Outcome.STALE]

    def test_takes_a_challenge_of_this_account_only(self) -> None:
        for options in (
            services.options_to_add(activated()),
            {**services.options_to_add(self.user), **services.options_to_sign_in()},
            {**services.options_to_add(self.user), **services.options_to_confirm(self.user)},
        ):
            made = Authenticator().make(options)
            assert services.add(self.user, made).outcome is Outcome.REFUSED
        assert not Passkey.objects.exists()

    def test_takes_no_credential_that_is_known_already(self) -> None:
        owner = activated()
        known = enrolled(owner)
        mine = Authenticator(credential_id=known.credential_id)
        assert self.add(mine) is Outcome.REFUSED
        made = mine.prove(services.options_to_sign_in())
        assert services.sign_in(made).outcome is Outcome.REFUSED
        assert Passkey.objects.get().user == owner

    def test_takes_no_key_that_it_did_not_ask_for(self) -> None:
        honest = cose(key_of("ES256"))
        for lie, key in {
            "an algorithm of nobody": honest | {3: -999},
            "SHA-1": {**cose(key_of("RS256")), 3: -65535},
            "no algorithm": {1: 2},
            "a point beside the curve": honest | {-2: b"\1" * 32},
            "half a point": {name: part for name, part in honest.items() if name != -3},
            "an endless key": honest | {-99: b"x" * 2000},
            "a key of other types": honest | {-2: "x"},
            "no key": {},
        }.items():
            assert self.add(Authenticator(), public_key=key) is Outcome.REFUSED, lie
        assert not Passkey.objects.exists()

    def test_takes_ids_of_the_size_that_the_standard_allows(self) -> None:
        for size, outcome in (
            (0, Outcome.REFUSED),
            (1, Outcome.ACCEPTED),
            (1023, Outcome.ACCEPTED),
            (1024, Outcome.REFUSED),
        ):
            device = Authenticator(credential_id=b"x" * size)
            assert self.add(device) is outcome, size

    def test_takes_no_answer_that_names_another_credential(self) -> None:
        options = services.options_to_add(self.user)
        made = json.loads(Authenticator().make(options))
        made["id"] = made["rawId"] = text(b"another")
        assert services.add(self.user, json.dumps(made)).outcome is Outcome.REFUSED


class Parallel(TransactionTestCase):
    """Many at the same moment."""

    serialized_rollback = True

    def setUp(self) -> None:
        self.user = activated()

    def test_one_of_twenty_equal_answers_signs_in(self) -> None:
        made = enrolled(self.user).prove(services.options_to_sign_in())
        ended = outcomes(at_once(*[partial(services.sign_in, made)] * 20))
        assert ended == {Outcome.ACCEPTED: 1, Outcome.STALE: 19}

    def test_one_of_twenty_equal_answers_confirms(self) -> None:
        made = enrolled(self.user).prove(services.options_to_confirm(self.user))
        ended = outcomes(at_once(*[partial(services.confirm, self.user, made)] * 20))
        assert ended == {Outcome.ACCEPTED: 1, Outcome.STALE: 19}

    def test_one_of_twenty_answers_to_one_challenge_is_added(self) -> None:
        options = services.options_to_add(self.user)
        answers = [Authenticator().make(options) for _ in range(20)]
        ended = outcomes(at_once(*[partial(services.add, self.user, each) for each in answers]))
        assert ended == {Outcome.ACCEPTED: 1, Outcome.STALE: 19}
        assert Passkey.objects.count() == 1

    def test_one_of_twenty_copies_of_a_device_signs_in(self) -> None:
        device = enrolled(self.user)
        device.count = 7
        answers = [device.prove(services.options_to_sign_in()) for _ in range(20)]
        ended = outcomes(at_once(*[partial(services.sign_in, each) for each in answers]))
        assert ended == {Outcome.ACCEPTED: 1, Outcome.CLONED: 19}

    def test_ten_passkeys_stay_ten(self) -> None:
        for _ in range(Passkey.MOST - 2):
            enrolled(self.user)
        answers = [Authenticator().make(services.options_to_add(self.user)) for _ in range(8)]
        ended = outcomes(at_once(*[partial(services.add, self.user, each) for each in answers]))
        assert ended == {Outcome.ACCEPTED: 2, Outcome.TOO_MANY: 6}
        assert Passkey.objects.count() == Passkey.MOST

    def test_one_credential_belongs_to_one_account(self) -> None:
        users = [activated() for _ in range(6)]
        device = Authenticator()
        calls = [
            partial(services.add, user, device.make(services.options_to_add(user)))
            for user in users
        ]
        assert outcomes(at_once(*calls)) == {Outcome.ACCEPTED: 1, Outcome.REFUSED: 5}

    def test_an_account_has_one_handle(self) -> None:
        users = [User.objects.get(pk=self.user.pk) for _ in range(8)]
        made = at_once(*[partial(services.options_to_add, user) for user in users])
        assert len({each["user"]["id"] for each in made}) == 1

    def test_one_of_several_removals_removes(self) -> None:
        for _ in range(6):
            enrolled(self.user)
            pk = Passkey.objects.get().pk
            removed = at_once(*[partial(services.remove, self.user, pk)] * 8)
            assert [type(each) for each in removed if each is not None] == [Passkey]


# JSON of any shape, and answers of the right shape with anything in them.
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary().map(text),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
PARTS = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")
SHAPED = st.fixed_dictionaries(
    {
        "id": st.just("eA") | ANYTHING,
        "rawId": st.just("eA") | ANYTHING,
        "type": st.just("public-key") | ANYTHING,
        "response": st.fixed_dictionaries(
            {name: st.binary(max_size=300).map(text) | ANYTHING for name in PARTS},
            optional={"transports": ANYTHING},
        )
        | ANYTHING,
    }
)
NESTED = "[" * 8000 + "]" * 8000
DEEP_CBOR = json.dumps(
    {
        "id": "eA",
        "rawId": "eA",
        "type": "public-key",
        "response": {
            "clientDataJSON": text(b'{"type":"x","challenge":"eA","origin":"x"}'),
            "attestationObject": text(b"\x81" * 9000),
        },
    }
)


class Anything(HypothesisTestCase):
    """Whatever is posted."""

    user: ClassVar[User]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = activated()

    def post(self, sent: str) -> None:
        """Post it to each address, as bytes and as they are; each leads to a page."""
        client = Client(raise_request_exception=False)
        body = "name=x&passkey=" + quote_plus(sent, errors="surrogatepass")
        for path in ("/logowanie/klucz/", "/en/logowanie/klucz/"):
            response = client.post(path, body, content_type=URLENCODED)
            assert response.status_code == 302
            assert client.get(response["Location"]).status_code == 200
            Counter.objects.all().delete()
        put_in(self.user, client)
        add, confirm = (f"/konto/bezpieczenstwo/klucze/{each}/" for each in ("nowy", "potwierdz"))
        for path, page in ((add, add), (confirm, "/konto/potwierdz/")):
            assert client.post(path, body, content_type=URLENCODED)["Location"] == page
            assert client.get(page).status_code == 200
        assert not Passkey.objects.exists()

    @settings(max_examples=fewer(25), deadline=None, database=None)
    @given(st.text(st.characters(exclude_categories=()), max_size=2000))
    @example("")
    @example("\0")
    @example("\ud800")
    @example("null")
    @example("[]")
    @example("9" * 5000)
    @example("x" * 100_000)
    @example(NESTED)
    @example(DEEP_CBOR)
    def test_may_be_any_text(self, sent: str) -> None:
        self.post(sent)

    @settings(max_examples=fewer(60), deadline=None, database=None)
    @given(ANYTHING | SHAPED)
    def test_may_be_any_json(self, sent: Any) -> None:
        self.post(json.dumps(sent))


class Almost(HypothesisTestCase):
    """An honest answer with something changed in it."""

    user: ClassVar[User]
    device: ClassVar[Authenticator]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = activated()
        cls.device = enrolled(cls.user)

    def changed(self, made: str, part: str, place: int, byte: int) -> str:
        """Return the answer with one byte of a part changed, or put to its end."""
        sent = json.loads(made)
        content = bytearray(data(sent["response"][part]))
        if place < len(content):
            content[place] ^= byte
        else:
            content.append(byte)
        sent["response"][part] = text(bytes(content))
        return json.dumps(sent)

    @settings(max_examples=fewer(80), deadline=None, database=None)
    @given(
        st.sampled_from(("clientDataJSON", "authenticatorData", "signature", "userHandle")),
        st.integers(0, 250),
        st.integers(1, 255),
    )
    def test_does_not_sign_in(self, part: str, place: int, byte: int) -> None:
        made = self.device.prove(services.options_to_sign_in())
        outcome = services.sign_in(self.changed(made, part, place, byte)).outcome
        assert outcome is Outcome.REFUSED

    @settings(max_examples=fewer(80), deadline=None, database=None)
    @given(st.integers(0, 400), st.integers(1, 255))
    def test_adds_nothing_that_could_not_sign_in(self, place: int, byte: int) -> None:
        # Nothing signs a registration, so some changes make another passkey of it.
        made = Authenticator().make(services.options_to_add(self.user))
        changed = self.changed(made, "attestationObject", place, byte)
        result = services.add(self.user, changed)
        assert result.outcome in (Outcome.REFUSED, Outcome.ACCEPTED)
        if result.passkey is not None:
            assert len(bytes(result.passkey.credential_id)) == 32
            services.remove(self.user, result.passkey.pk)

    @settings(max_examples=fewer(80), deadline=None, database=None)
    @given(st.binary(max_size=400))
    @example(b"\xbb" + b"\xff" * 8)
    @example(b"\x9b" + b"\xff" * 8)
    @example(b"\x5b" + b"\xff" * 8)
    @example(cbor({"fmt": "none", "attStmt": {}, "authData": b"x" * 37 + b"\xc1"}))
    @example(b"\xa3" + cbor("fmt") + cbor("none") + cbor("authData") + struct.pack(">BQ", 0x5B, 1))
    def test_adds_no_garbage(self, garbage: bytes) -> None:
        options = services.options_to_add(self.user)
        made = Authenticator().make(options, attestationObject=text(garbage))
        assert services.add(self.user, made).outcome is Outcome.REFUSED

"""The picture challenge: what is asked, what counts as an answer, what the picture shows."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from captcha.conf import settings as captcha_settings
from captcha.models import CaptchaStore
from django.db import connection
from django.test import (
    SimpleTestCase,
    TestCase,
    TransactionTestCase,
)
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import django as hypothesis_django
from PIL import Image

from accounts.captcha import challenge, picture
from tests.thorough import fewer


def shown(key: str) -> str:
    """Read what the picture of a challenge shows."""
    return str(CaptchaStore.objects.get(hashkey=key).challenge)


class Challenge(TestCase):
    def test_is_six_characters_that_nobody_confuses(self):
        for _ in range(200):
            asked, response = challenge.random_challenge()
            assert len(asked) == 6
            assert not set(asked) & set("0OQD1ILJ2Z5S8B")
            assert response == asked.lower()

    def test_is_what_the_package_asks_too(self):
        key = CaptchaStore.generate_key()
        assert set(shown(key)) <= set(challenge.ALPHABET)
        assert challenge.solve(key, shown(key))

    def test_package_is_not_in_test_mode(self):
        assert not captcha_settings.CAPTCHA_TEST_MODE

    def test_costs_one_statement_and_lives_longer_than_an_attempt(self):
        with self.assertNumQueries(1):
            key = challenge.new_challenge()
        store = CaptchaStore.objects.get(hashkey=key)
        assert store.expiration > timezone.now() + timedelta(hours=24)

    def test_is_found_by_its_expiry_through_an_index(self):
        with connection.cursor() as cursor:
            table = CaptchaStore._meta.db_table
            found = connection.introspection.get_constraints(cursor, table).values()
        assert any(each["index"] and each["columns"] == ["expiration"] for each in found)

    def test_keys_differ(self):
        assert len({challenge.new_challenge() for _ in range(20)}) == 20


class Answer(TestCase):
    def setUp(self):
        self.key = challenge.new_challenge()
        self.answer = shown(self.key)

    def test_right_one_passes_once(self):
        with self.assertNumQueries(1):
            assert challenge.solve(self.key, self.answer)
        assert not challenge.solve(self.key, self.answer)
        assert not CaptchaStore.objects.filter(hashkey=self.key).exists()

    def test_case_and_blanks_do_not_count(self):
        lower = self.answer.lower()
        assert challenge.solve(self.key, f"  {lower[:3]} {lower[3:]}\u00a0\t")

    def test_wrong_one_uses_the_challenge_up(self):
        for wrong in ("XXXXXX", "short", "żółćżó", "AB\x00DEF", "x" * 1_000_000, "x\x00" * 100):
            with self.subTest(wrong=wrong[:10]):
                key = challenge.new_challenge()
                answer = shown(key)
                with CaptureQueriesContext(connection) as statements:
                    assert not challenge.solve(key, wrong)
                assert len(statements) <= 2
                assert not challenge.solve(key, answer)

    def test_empty_one_is_no_answer(self):
        for empty in ("", "  ", "\t\u00a0"):
            with self.assertNumQueries(0):
                assert not challenge.solve(self.key, empty)
        assert challenge.solve(self.key, self.answer)

    def test_late_one_is_wrong(self):
        CaptchaStore.objects.filter(hashkey=self.key).update(expiration=timezone.now())
        assert not challenge.solve(self.key, self.answer)

    def test_after_half_an_hour_is_in_time(self):
        store = CaptchaStore.objects.get(hashkey=self.key)
        assert store.expiration - timedelta(minutes=30) > timezone.now()

    def test_to_another_challenge_is_wrong_and_leaves_this_one_alone(self):
        other = challenge.new_challenge()
        CaptchaStore.objects.filter(hashkey=other).update(challenge="AAAAAA", response="aaaaaa")
        assert not challenge.solve(other, self.answer)
        assert challenge.solve(self.key, self.answer)

    def test_to_something_that_is_no_key_asks_nothing(self):
        for key in ("", "x", "\x00", "a" * 41, self.key.upper() + "\n", "k" * 1_000_000):
            with self.assertNumQueries(0):
                assert not challenge.solve(key, self.answer)
                challenge.discard(key)
        assert challenge.solve(self.key, self.answer)

    def test_can_be_given_up(self):
        with self.assertNumQueries(1):
            challenge.discard(self.key)
        assert not challenge.solve(self.key, self.answer)


class AnyText(hypothesis_django.TestCase):
    @settings(deadline=None, max_examples=fewer(80))
    @given(st.text(max_size=80), st.text(max_size=80))
    def test_is_answered_without_an_error(self, key, answer):
        assert challenge.solve(key, answer) is False
        assert challenge.solve("0" * 40, answer) is False


class Race(TransactionTestCase):
    # All such classes or none: a flush without it renumbers the content types for the next.
    serialized_rollback = True

    def test_of_many_right_answers_one_passes(self):
        key = challenge.new_challenge()
        answer = shown(key)

        def solve(_: int) -> bool:
            try:
                return challenge.solve(key, answer)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(solve, range(20))) == 1


class Drawing(SimpleTestCase):
    def test_holds_the_widest_characters(self):
        image = self._open("WMWMWM")
        # Nothing but noise may touch the frame; a cut character would fill the last columns.
        right = [image.getpixel((239, y)) for y in range(72)]
        assert sum(value == 0 for value in right) < 40

    def test_is_black_on_white_and_the_noise_makes_it_different_each_time(self):
        first, second = self._open("ACEHKM"), self._open("ACEHKM", b"other")
        assert {0, 255} <= set(first.tobytes())
        assert first.tobytes() != second.tobytes()

    @settings(deadline=None, max_examples=fewer(40))
    @given(st.text(alphabet=challenge.ALPHABET, min_size=1, max_size=32), st.binary(max_size=40))
    def test_draws_whatever_the_table_may_hold(self, challenge, seed):
        assert len(picture.draw(challenge, seed)) < 3_000

    def _open(self, challenge: str, seed: bytes = b"seed") -> Image.Image:
        return Image.open(io.BytesIO(picture.draw(challenge, seed))).convert("L")

"""The picture challenge: what is asked, what counts as an answer, what the picture shows."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from captcha.conf import settings as captcha_settings
from captcha.models import CaptchaStore
from django.db import connection
from django.test import (
    Client,
    RequestFactory,
    SimpleTestCase,
    TestCase,
    TransactionTestCase,
    override_settings,
)
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import django as hypothesis_django
from PIL import Image

from accounts import captcha


def shown(key: str) -> str:
    """Read what the picture of a challenge shows."""
    return str(CaptchaStore.objects.get(hashkey=key).challenge)


class Challenge(TestCase):
    def test_is_six_characters_that_nobody_confuses(self):
        for _ in range(200):
            challenge, response = captcha.random_challenge()
            assert len(challenge) == 6
            assert not set(challenge) & set("0OQD1ILJ2Z5S8B")
            assert response == challenge.lower()

    def test_is_what_the_package_asks_too(self):
        key = CaptchaStore.generate_key()
        assert set(shown(key)) <= set(captcha.ALPHABET)
        assert captcha.solve(key, shown(key))

    def test_package_is_not_in_test_mode(self):
        assert not captcha_settings.CAPTCHA_TEST_MODE

    def test_costs_one_statement_and_lives_longer_than_an_attempt(self):
        with self.assertNumQueries(1):
            key = captcha.new_challenge()
        store = CaptchaStore.objects.get(hashkey=key)
        assert store.expiration > timezone.now() + timedelta(hours=24)

    def test_keys_differ(self):
        assert len({captcha.new_challenge() for _ in range(20)}) == 20


class Answer(TestCase):
    def setUp(self):
        self.key = captcha.new_challenge()
        self.answer = shown(self.key)

    def test_right_one_passes_once(self):
        with self.assertNumQueries(1):
            assert captcha.solve(self.key, self.answer)
        assert not captcha.solve(self.key, self.answer)
        assert not CaptchaStore.objects.filter(hashkey=self.key).exists()

    def test_case_and_blanks_do_not_count(self):
        lower = self.answer.lower()
        assert captcha.solve(self.key, f"  {lower[:3]} {lower[3:]}\u00a0\t")

    def test_wrong_one_uses_the_challenge_up(self):
        for wrong in ("XXXXXX", "short", "żółćżó", "AB\x00DEF", "x" * 1_000_000, "x\x00" * 100):
            with self.subTest(wrong=wrong[:10]):
                key = captcha.new_challenge()
                answer = shown(key)
                with CaptureQueriesContext(connection) as statements:
                    assert not captcha.solve(key, wrong)
                assert len(statements) <= 2
                assert not captcha.solve(key, answer)

    def test_empty_one_is_no_answer(self):
        for empty in ("", "  ", "\t\u00a0"):
            with self.assertNumQueries(0):
                assert not captcha.solve(self.key, empty)
        assert captcha.solve(self.key, self.answer)

    def test_late_one_is_wrong(self):
        CaptchaStore.objects.filter(hashkey=self.key).update(expiration=timezone.now())
        assert not captcha.solve(self.key, self.answer)

    def test_after_half_an_hour_is_in_time(self):
        store = CaptchaStore.objects.get(hashkey=self.key)
        assert store.expiration - timedelta(minutes=30) > timezone.now()

    def test_to_another_challenge_is_wrong_and_leaves_this_one_alone(self):
        other = captcha.new_challenge()
        CaptchaStore.objects.filter(hashkey=other).update(challenge="AAAAAA", response="aaaaaa")
        assert not captcha.solve(other, self.answer)
        assert captcha.solve(self.key, self.answer)

    def test_to_something_that_is_no_key_asks_nothing(self):
        for key in ("", "x", "\x00", "a" * 41, self.key.upper() + "\n", "k" * 1_000_000):
            with self.assertNumQueries(0):
                assert not captcha.solve(key, self.answer)
                captcha.discard(key)
        assert captcha.solve(self.key, self.answer)

    def test_can_be_given_up(self):
        with self.assertNumQueries(1):
            captcha.discard(self.key)
        assert not captcha.solve(self.key, self.answer)


class AnyText(hypothesis_django.TestCase):
    @settings(deadline=None, max_examples=80)
    @given(st.text(max_size=80), st.text(max_size=80))
    def test_is_answered_without_an_error(self, key, answer):
        assert captcha.solve(key, answer) is False
        assert captcha.solve("0" * 40, answer) is False


class Race(TransactionTestCase):
    # All such classes or none: a flush without it renumbers the content types for the next.
    serialized_rollback = True

    def test_of_many_right_answers_one_passes(self):
        key = captcha.new_challenge()
        answer = shown(key)

        def solve(_: int) -> bool:
            try:
                return captcha.solve(key, answer)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(solve, range(20))) == 1


class Picture(TestCase):
    def setUp(self):
        self.key = captcha.new_challenge()
        self.requests = RequestFactory()

    def test_is_a_small_png_that_nobody_stores(self):
        with self.assertNumQueries(1):
            response = captcha.picture(self.requests.get("/"), self.key)
        assert response.status_code == 200
        assert response["Content-Type"] == "image/png"
        assert "no-store" in response["Cache-Control"]
        assert len(response.content) < 3_000
        assert Image.open(io.BytesIO(response.content)).size == (240, 72)

    def test_has_its_address_and_makes_no_session(self):
        client = Client()
        response = client.get(f"/captcha/image/{self.key}/")
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        assert not client.cookies
        assert client.head(f"/captcha/image/{self.key}/").status_code == 200
        assert client.get("/captcha/image/unknown/").status_code == 404

    def test_may_be_looked_at_again_and_still_answered(self):
        first, second = (captcha.picture(self.requests.get("/"), self.key) for _ in range(2))
        assert first.content == second.content
        assert captcha.picture(self.requests.head("/"), self.key).status_code == 200
        assert captcha.solve(self.key, shown(self.key))

    def test_does_not_exist_for_unknown_expired_or_impossible_keys(self):
        CaptchaStore.objects.filter(hashkey=self.key).update(expiration=timezone.now())
        for key in (self.key, "0" * 40, "x", "\x00", "a" * 5_000):
            with self.subTest(key=key[:12]):
                response = captcha.picture(self.requests.get("/"), key)
                assert response.status_code == 404
                assert "no-store" in response["Cache-Control"]

    def test_only_answers_get_and_head(self):
        for method in ("post", "put", "delete", "options"):
            request = getattr(self.requests, method)("/")
            assert captcha.picture(request, self.key).status_code == 405

    def test_cannot_be_drawn_again_without_the_secret(self):
        here = captcha.picture(self.requests.get("/"), self.key).content
        with override_settings(SECRET_KEY="another"):
            assert captcha.picture(self.requests.get("/"), self.key).content != here


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

    @settings(deadline=None, max_examples=40)
    @given(st.text(alphabet=captcha.ALPHABET, min_size=1, max_size=32), st.binary(max_size=40))
    def test_draws_whatever_the_table_may_hold(self, challenge, seed):
        assert len(captcha.draw(challenge, seed)) < 3_000

    def _open(self, challenge: str, seed: bytes = b"seed") -> Image.Image:
        return Image.open(io.BytesIO(captcha.draw(challenge, seed))).convert("L")

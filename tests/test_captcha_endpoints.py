"""The addresses of picture and sound: for whom they answer, and what nobody keeps of it."""

import io
from datetime import timedelta
from unittest import mock

from captcha.models import CaptchaStore
from django.test import Client, TestCase, override_settings
from PIL import Image

from accounts.captcha import challenge, sound
from accounts.limits import LocalLimit
from accounts.models import Counter, DailyCount
from accounts.statistics import counting
from kantor.serving.models import Session
from tests.ears import hear
from tests.people import OSOBA, PERSON, POLISH
from tests.walk import Visitor


def sound_of(visitor: Visitor) -> str:
    """Return the address of the sound on the page."""
    return str(visitor.element("audio")["src"])


def picture_of(visitor: Visitor) -> str:
    """Return the address of the picture on the page."""
    return str(visitor.element(".captcha img")["src"])


class Addresses(TestCase):
    def setUp(self):
        self.visitor = OSOBA.reach_password(Visitor())
        self.key = self.visitor.captcha_key
        self.client = self.visitor.client

    def test_picture_is_a_small_png_that_nobody_stores(self):
        # The link says for whom it is, the text follows from the key, and the network is counted
        # in memory.
        with self.assertNumQueries(0):
            response = self.client.get(picture_of(self.visitor))
        assert response.status_code == 200
        assert response["Content-Type"] == "image/png"
        assert "no-store" in response["Cache-Control"]
        assert len(response.content) < 3_000
        assert Image.open(io.BytesIO(response.content)).size == (240, 72)

    def test_sound_says_what_is_asked_in_the_language_of_the_page(self):
        asked = str(CaptchaStore.objects.get(hashkey=self.key).challenge)
        polish = self.client.get(sound_of(self.visitor))
        assert sound_of(self.visitor).startswith("/captcha/sound/pl/")
        assert polish["Content-Type"] == "audio/wav"
        assert "no-store" in polish["Cache-Control"]
        assert int(polish["Content-Length"]) == len(polish.content) < 150_000
        assert hear(polish.content, sound.letters("pl")) == asked
        self.visitor.open(f"/en{self.visitor.path}")
        english = self.client.get(sound_of(self.visitor))
        assert sound_of(self.visitor).startswith("/captcha/sound/en/")
        assert hear(english.content, sound.letters("en")) == asked

    def test_sound_comes_in_parts_as_safari_asks_for_it(self):
        address = sound_of(self.visitor)
        whole = self.client.get(address)
        assert whole["Accept-Ranges"] == "bytes"
        size = len(whole.content)
        for asked, first, last in (
            ("bytes=0-1", 0, 1),
            ("bytes=0-", 0, size - 1),
            (f"bytes=100-{size + 5}", 100, size - 1),
        ):
            part = self.client.get(address, headers={"Range": asked})
            assert part.status_code == 206
            assert part["Content-Range"] == f"bytes {first}-{last}/{size}"
            assert part.content == whole.content[first : last + 1]
        assert self.client.get(address, headers={"Range": f"bytes={size}-"}).status_code == 416
        for odd in ("bytes=5-2", "bytes=-5", "bytes=a-b", "bytes=0-1,4-5", "items=0-1", "x" * 500):
            assert self.client.get(address, headers={"Range": odd}).status_code in (200, 416)

    def test_sound_is_counted_once_however_a_browser_asks_for_it(self):
        counting.forget()
        self.addCleanup(counting.forget)
        address = sound_of(self.visitor)
        size = len(self.client.get(address).content)
        for asked in ("bytes=0-1", f"bytes=0-{size - 1}", "bytes=5000-", "bytes=9000-9999"):
            self.client.get(address, headers={"Range": asked})
        counting.flush()
        # Once without ranges, once by Safari.
        assert DailyCount.objects.get(key="sound.asked").count == 2

    def test_are_the_same_each_time_and_leave_the_challenge_to_be_answered(self):
        for address in (picture_of(self.visitor), sound_of(self.visitor)):
            first, second = (self.client.get(address) for _ in range(2))
            assert first.content == second.content
            assert self.client.head(address).status_code == 200
        asked = str(CaptchaStore.objects.get(hashkey=self.key).challenge)
        assert challenge.solve(self.key, asked)

    def test_cannot_be_made_again_without_the_secret(self):
        here = challenge.seed(self.key, "picture")
        with override_settings(SECRET_KEY="another"):
            assert challenge.seed(self.key, "picture") != here

    def test_do_not_answer_another_browser(self):
        stranger, neighbour = Client(), PERSON.reach_password(Visitor()).client
        rows = Session.objects.count(), Counter.objects.count()
        for address in (picture_of(self.visitor), sound_of(self.visitor)):
            with self.assertNumQueries(0):
                response = stranger.get(address)
            assert response.status_code == 404
            assert "no-store" in response["Cache-Control"]
            assert not stranger.cookies
            assert neighbour.get(address).status_code == 404
        assert rows == (Session.objects.count(), Counter.objects.count())

    def test_without_its_proof_is_answered_where_the_session_says_so(self):
        for address in (picture_of(self.visitor), sound_of(self.visitor)):
            bare, _sign, proof = address.partition("?")
            assert proof
            for query in ("", "?proof=", "?proof=%00", "?proof=é", f"?{proof}0"):
                with self.assertNumQueries(1):
                    assert self.client.get(f"{bare}{query}").status_code == 200
            assert Client().get(bare).status_code == 404

    def test_proof_of_one_challenge_opens_no_other(self):
        own = picture_of(self.visitor)
        other = "f" * 40
        assert challenge.text_of(other)
        assert self.client.get(own.replace(self.key, other)).status_code == 404

    def test_do_not_exist_for_unknown_or_impossible_keys_and_languages(self):
        for key in ("0" * 40, "x", "%00", "a" * 5_000):
            assert self.client.get(f"/captcha/image/{key}/").status_code == 404
            assert self.client.get(f"/captcha/sound/pl/{key}/").status_code == 404
        for language in ("de", "xx", "%00", "../pl"):
            assert self.client.get(f"/captcha/sound/{language}/{self.key}/").status_code == 404

    def test_only_answer_get_and_head(self):
        client = Client()
        for address in (picture_of(self.visitor), sound_of(self.visitor)):
            for method in ("post", "put", "delete", "options"):
                assert getattr(client, method)(address).status_code == 405

    def test_are_limited_for_each_network(self):
        for name, address in (
            ("PICTURES", picture_of(self.visitor)),
            ("SOUNDS", sound_of(self.visitor)),
        ):
            limit = LocalLimit(times=2, window=timedelta(minutes=10))
            with self.subTest(name=name), mock.patch(f"accounts.views.captcha.{name}", limit):
                assert [self.client.get(address).status_code for _ in range(3)] == [200, 200, 429]
                refused = self.client.get(address, headers={"Accept-Language": "pl"})
                assert 0 < int(refused["Retry-After"]) <= 600
                assert "no-store" in refused["Cache-Control"]
                other = self.client.get(address, REMOTE_ADDR="192.0.2.7")
                assert other.status_code == 200

    def test_of_a_new_picture_are_new_and_the_answer_to_the_old_one_is_refused(self):
        before = picture_of(self.visitor), sound_of(self.visitor)
        answer = str(CaptchaStore.objects.get(hashkey=self.key).challenge)
        self.visitor.press(POLISH.new_picture)
        after = picture_of(self.visitor), sound_of(self.visitor)
        assert not set(before) & set(after)
        for address in before:
            # This browser may look at what it was shown before, and nobody else.
            assert self.client.get(address).status_code == 200
            assert Client().get(address).status_code == 404
        OSOBA.type_password(self.visitor).fill({POLISH.captcha: answer}).press("Dalej")
        assert self.visitor.error_at(POLISH.captcha)


class Solution(TestCase):
    """A challenge belongs to one attempt of one browser."""

    def test_of_one_browser_does_not_pass_for_another(self):
        one, other = OSOBA.reach_password(Visitor()), PERSON.reach_password(Visitor())
        answer = str(CaptchaStore.objects.get(hashkey=one.captcha_key).challenge)
        PERSON.type_password(other).fill({PERSON.words.captcha: answer}).press("Next")
        assert other.error_at(PERSON.words.captcha)
        OSOBA.type_password(one).fill({POLISH.captcha: answer}).press("Dalej")
        assert one.heading == POLISH.consents

    def test_of_one_attempt_does_not_pass_for_another_of_the_same_browser(self):
        one = OSOBA.reach_password(Visitor())
        other = PERSON.reach_password(one.new_tab())
        OSOBA.type_password(one).copy_captcha(POLISH.captcha).press("Dalej")
        assert one.heading == POLISH.consents
        other.reload()
        assert other.captcha_key
        PERSON.type_password(other).fill({PERSON.words.captcha: "AAAAAA"}).press("Next")
        assert other.error_at(PERSON.words.captcha)

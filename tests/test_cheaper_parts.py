"""What stands in for a part of Django's comes to the same as that part, for less."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.http import HttpRequest, HttpResponse
from django.middleware import csrf as django_csrf
from django.middleware.csrf import CSRF_ALLOWED_CHARS, CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.test import Client, RequestFactory, SimpleTestCase, TestCase
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.views.debug import get_exception_reporter_filter

from kantor.middleware import AddressLanguageMiddleware
from kantor.serving.csrf import get_token
from kantor.serving.messages import Storage
from kantor.serving.randomness import Alphabet
from kantor.serving.uncached import UncachedView, forbid_caching
from tests.people import OSOBA
from tests.walk import Visitor


def answered(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("taken")


class RandomTexts(SimpleTestCase):
    def test_are_of_their_alphabet_and_length_and_never_the_same(self) -> None:
        for characters in (CSRF_ALLOWED_CHARS, VALID_KEY_CHARS):
            alphabet = Alphabet(characters)
            drawn = {alphabet.random_text(32) for _ in range(1_000)}
            assert len(drawn) == 1_000
            assert all(re.fullmatch(f"[{characters}]{{32}}", text) for text in drawn)
        assert Alphabet("ab").random_text(0) == ""

    def test_have_every_character_as_often_as_any_other(self) -> None:
        for characters in (CSRF_ALLOWED_CHARS, VALID_KEY_CHARS):
            count = Counter(Alphabet(characters).random_text(2_000 * len(characters)))
            # Nine standard deviations; without drawing again some came by a quarter too often.
            assert count.keys() == set(characters)
            assert all(1_600 < times < 2_400 for times in count.values()), count

    def test_are_the_places_of_their_characters(self) -> None:
        alphabet = Alphabet(CSRF_ALLOWED_CHARS)
        places = alphabet.places_of(CSRF_ALLOWED_CHARS)
        assert list(places) == list(range(len(CSRF_ALLOWED_CHARS)))
        assert alphabet.spell(places) == CSRF_ALLOWED_CHARS


class Tokens(TestCase):
    """Of a page's form; Django's middleware is who says whether one is right."""

    def posted(self, token: str, secret: str) -> HttpResponse:
        request = RequestFactory().post("/", {"csrfmiddlewaretoken": token})
        request.COOKIES["csrftoken"] = secret
        request._dont_enforce_csrf_checks = False  # type: ignore[attr-defined]
        taken: Any = CsrfViewMiddleware(answered)(request)
        refused = CsrfViewMiddleware(answered).process_view(request, answered, (), {})
        return refused or taken

    def test_are_right_for_their_secret_alone_and_never_the_same(self) -> None:
        request = RequestFactory().get("/")
        tokens = {get_token(request) for _ in range(200)}
        secret, other = (request.META["CSRF_COOKIE"], "a" * 32)
        assert len(tokens) == 200
        for token in tokens:
            assert self.posted(token, secret).status_code == 200
        assert self.posted(next(iter(tokens)), other).status_code == 403

    def test_mark_the_request_as_django_s_own_do(self) -> None:
        ours, theirs = RequestFactory().get("/"), RequestFactory().get("/")
        get_token(ours), django_csrf.get_token(theirs)
        assert ours.META.keys() == theirs.META.keys()
        assert len(ours.META["CSRF_COOKIE"]) == len(theirs.META["CSRF_COOKIE"])
        known = RequestFactory().get("/")
        known.META["CSRF_COOKIE"] = secret = "Z" * 32
        get_token(known)
        assert known.META["CSRF_COOKIE"] == secret
        assert known.META["CSRF_COOKIE_NEEDS_UPDATE"]

    def test_of_a_session_have_a_cookie_that_was_prolonged_within_the_day(self) -> None:
        at_home, visitor = Client(), OSOBA.reach_password(Visitor())
        at_home.get("/rejestracja/")
        assert "csrftoken" in at_home.get("/rejestracja/").cookies
        assert "csrftoken" not in visitor.client.get(visitor.path).cookies
        assert int(settings.SESSION_COOKIE_AGE) == timedelta(days=1).total_seconds()
        assert int(settings.CSRF_COOKIE_AGE) > timedelta(days=360).total_seconds()

    def test_of_a_kept_page_are_taken_by_the_site(self) -> None:
        client = Client(enforce_csrf_checks=True)
        page = client.get("/rejestracja/").content.decode()
        (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w{64})"', page)
        assert client.post("/rejestracja/", {"wizard_cancel": "1"}).status_code == 403
        posted = {"registration-current_step": "start", "wizard_cancel": "1"}
        answer = client.post("/rejestracja/", {**posted, "csrfmiddlewaretoken": token})
        assert answer["Location"] == "/rejestracja/anuluj/"


class UncachedAnswers(SimpleTestCase):
    def test_carry_the_headers_of_never_cache(self) -> None:
        for own in ({}, {"Cache-Control": "public, max-age=600"}, {"Expires": "0"}):
            ours, theirs = HttpResponse(headers=own), HttpResponse(headers=own)
            forbid_caching(ours)
            add_never_cache_headers(theirs)
            assert sorted(ours["Cache-Control"].split(", ")) == sorted(
                theirs["Cache-Control"].split(", ")
            )
            assert ours["Expires"][-4:] == theirs["Expires"][-4:]
            assert len(ours["Expires"]) == len(theirs["Expires"])
            assert ours.headers.keys() == theirs.headers.keys()

    def test_are_of_views_whose_posted_values_stand_in_no_report(self) -> None:
        class Asks(UncachedView):
            def post(self, request: HttpRequest) -> HttpResponse:
                shown = get_exception_reporter_filter(request)
                return HttpResponse(shown.get_post_parameters(request)["word"])

        answer = Asks.as_view()(RequestFactory().post("/", {"word": "kanarek"}))
        assert isinstance(answer, HttpResponse)
        assert "kanarek" not in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]


class Language(SimpleTestCase):
    def test_is_the_one_that_django_would_choose(self) -> None:
        for path in (
            "/",
            "/pomoc/",
            "/en/",
            "/en/pomoc/",
            "/en",
            "/EN/",
            "/En/pomoc/",
            "/en-gb/",
            "/english/",
            "/pl/",
            "/de/",
            "/%00",
        ):
            for header in ("", "en", "pl;q=0.1,en", "xx"):
                chosen = []
                for part in (AddressLanguageMiddleware, LocaleMiddleware):
                    request = RequestFactory().get(path, headers={"Accept-Language": header})
                    request.COOKIES["django_language"] = "en"
                    answer: Any = part(answered)(request)
                    chosen.append((request.LANGUAGE_CODE, answer["Content-Language"]))
                assert chosen[0] == chosen[1], (path, header)
        translation.activate("pl")


class Messages(SimpleTestCase):
    def test_are_signed_though_the_signer_comes_late(self) -> None:
        request = RequestFactory().get("/")
        storage = Storage(request)
        assert "signer" not in vars(storage)
        storage.add(20, "kept")
        answer = HttpResponse()
        storage.update(answer)
        request = RequestFactory().get("/")
        request.COOKIES = {name: each.value for name, each in answer.cookies.items()}
        assert [str(each) for each in Storage(request)] == ["kept"]
        request.COOKIES = {name: each.value + "0" for name, each in answer.cookies.items()}
        assert not list(Storage(request))

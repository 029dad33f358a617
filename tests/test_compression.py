"""Pages for everybody travel compressed and once; pages with a secret are never compressed."""

import gzip

import brotli
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.test import RequestFactory, SimpleTestCase, TestCase

from kantor.serving.compression import accepted, for_everybody
from tests import factories

PUBLIC = (
    "/",
    "/en/",
    "/pomoc/",
    "/pomoc/pierwsze-kroki/rejestracja/",
    "/regulamin/",
    "/prywatnosc/",
)
# A token of their own, or something that belongs to one person.
SECRET = ("/rejestracja/", "/logowanie/", "/haslo/", "/rejestracja/wyslano/")
BROWSER = {"accept-encoding": "gzip, deflate, br, zstd"}


class PublicPagesTests(TestCase):
    """What every visitor may read."""

    def test_come_in_the_best_form_that_the_browser_reads(self) -> None:
        for path in PUBLIC:
            with self.subTest(path=path):
                plain = self.client.get(path)
                assert "Content-Encoding" not in plain
                best = self.client.get(path, headers=BROWSER)
                assert best["Content-Encoding"] == "br"
                assert brotli.decompress(best.content) == plain.content
                assert best["Content-Length"] == str(len(best.content))
                older = self.client.get(path, headers={"accept-encoding": "gzip"})
                assert older["Content-Encoding"] == "gzip"
                assert gzip.decompress(older.content) == plain.content
                assert len(best.content) < len(older.content) < len(plain.content) / 2

    def test_tell_caches_what_they_depend_on(self) -> None:
        answer = self.client.get("/", headers=BROWSER)
        depends_on = {name.strip() for name in answer["Vary"].split(",")}
        assert depends_on == {"Accept-Encoding", "Cookie"}
        assert answer["Cache-Control"] == "no-cache"

    def test_come_once_while_they_stay_the_same(self) -> None:
        first = self.client.get("/", headers=BROWSER)
        known = {**BROWSER, "if-none-match": first["ETag"]}
        again = self.client.get("/", headers=known)
        assert again.status_code == 304
        assert not again.content
        assert again["ETag"] == first["ETag"]
        assert again["Vary"] == first["Vary"]
        assert self.client.get("/en/", headers=known).status_code == 200

    def test_show_at_once_who_has_signed_in(self) -> None:
        known = {**BROWSER, "if-none-match": self.client.get("/")["ETag"]}
        self.client.force_login(factories.activated())
        answer = self.client.get("/", headers=known)
        assert answer.status_code == 200
        assert "/konto/" in answer.content.decode()


class SecretPagesTests(TestCase):
    """What BREACH could read, if it were compressed."""

    def test_are_sent_as_they_are(self) -> None:
        for path in SECRET:
            with self.subTest(path=path):
                answer = self.client.get(path, headers=BROWSER)
                assert "Content-Encoding" not in answer
                assert "ETag" not in answer

    def test_are_all_pages_of_somebody_who_is_signed_in(self) -> None:
        self.client.force_login(factories.activated())
        for path in (*PUBLIC, "/konto/"):
            with self.subTest(path=path):
                answer = self.client.get(path, headers=BROWSER)
                assert answer.status_code == 200
                assert "csrfmiddlewaretoken" in answer.content.decode()
                assert "ETag" not in answer

    def test_are_not_compressed_when_there_is_no_such_page(self) -> None:
        answer = self.client.get("/regulamin/2000-01-01/", headers=BROWSER)
        assert answer.status_code == 404
        assert "Content-Encoding" not in answer

    def test_are_known_by_any_of_their_marks(self) -> None:
        def with_token(request: HttpRequest) -> HttpResponse:
            return HttpResponse(get_token(request))

        def with_cookie(request: HttpRequest) -> HttpResponse:
            response = HttpResponse("page")
            response.set_cookie("mine", "1")
            return response

        def plain(request: HttpRequest) -> HttpResponse:
            return HttpResponse("page")

        for view, user, is_packed in (
            (plain, AnonymousUser(), True),
            (with_token, AnonymousUser(), False),
            (with_cookie, AnonymousUser(), False),
            (plain, factories.activated(), False),
        ):
            request = RequestFactory(headers=BROWSER).get("/")
            request.user = user
            answer = for_everybody(view)(request)
            assert answer.has_header("Content-Encoding") == is_packed, view
            assert answer.has_header("ETag") == is_packed, view


class OfferTests(SimpleTestCase):
    """The header that says what a browser reads."""

    def test_is_read_with_its_refusals(self) -> None:
        for header, expected in (
            ("", {""}),
            ("gzip, deflate, br", {"gzip", "deflate", "br"}),
            ("br;q=0, gzip;q=0.5", {"gzip"}),
            ("BR ; q=0.000,GZIP;q=1", {"gzip"}),
            ("," * 5000, {""}),
            ("gzip;q=zero", {"gzip"}),
        ):
            with self.subTest(header=header[:40]):
                assert accepted(header) == expected

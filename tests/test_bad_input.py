"""Whatever is posted: a clear message or a 4xx, never a 5xx, and right answers are kept."""

import re
from collections.abc import Iterable, Mapping
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import uuid4

from django.contrib.admin.sites import site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase
from django.urls import LocalePrefixPattern, URLPattern, URLResolver, get_resolver, reverse
from django.utils.html import escape
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from accounts import tokens
from accounts.models import Customer, User
from accounts.services import activation
from kantor.serving.models import Session
from tests import factories
from tests.people import FIRMA, OSOBA, POLISH, Applicant
from tests.thorough import fewer, some
from tests.walk import URLENCODED, Post, Visitor

BAD = {
    "nothing": "",
    "a blank": " ",
    "5,000 characters": "x" * 5000,
    "5,000 digits": "1" * 5000,
    "NUL": "Jan\0Kowalski",
    "only NUL": "\0",
    "control characters": "Jan\x01\x07\x1b[31m\x7f\x85",
    "line ends": "Jan\r\nBcc: wszyscy@example.com",
    "direction marks": "Jan\u202eikslawoK\u2066",
    "zero width": "J\u200ba\u200dn\ufeff",
    "emoji": "👩🏽‍🚀🇵🇱",
    "marks": "Z" + "\u0336\u0489" * 60,
    "noncharacters": "\ufffe\U0010ffff",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>",
    "template": "{{ request.user.password }}{% now 'Y' %}",
    "format": "%s%n%(x)s{0}{x.__class__}",
    "SQL": "'; DROP TABLE accounts_user; --",
    "an unknown choice": "XX",
    "JSON": '{"a": [1, null]}',
    "digits of another script": "٠١٢٣٤٥٦٧٨٩",
    "minus": "-1",
    "infinity": "1e309",
}
# Percent-encoded bytes that are no UTF-8: a lone surrogate, a cut and an overlong sequence.
BAD_BYTES = ("%ED%A0%80", "%C5", "%C0%AF", "%FF%FE", "%F5%80%80%80", "Jan%ED%B0%80", "%", "%zz")


def body(data: Mapping[str, str], **raw: str) -> str:
    """Return an urlencoded body; the raw values go in as they are."""
    return "&".join(
        [urlencode({k: v for k, v in data.items() if k not in raw})]
        + [f"{quote_plus(name)}={value}" for name, value in raw.items()]
    )


def prepare(applicant: Applicant) -> tuple[Visitor, Post]:
    """Return a visitor on the page and what is posted when everything is right."""
    visitor = applicant.type_details(applicant.start(Visitor()))
    post = visitor.post_of("Dalej")
    for name in list(post.data):
        if name.startswith("dane-corr_") and not name.endswith("country"):
            post.data[name] = post.data[name.replace("corr_", "main_")]
    return visitor, Post(post.address, post.data | {"dane-other_address": "on"})


class DetailsTests(TestCase):
    """The two forms of step 1a and 1b."""

    def check(self, client: Client, post: Post, name: str, response: Any) -> None:
        """See that the answer is a redirect to a page that keeps what was right."""
        assert response.status_code == 302, (name, response.status_code)
        page = client.get(post.address)
        assert page.status_code == 200, name
        html = page.content.decode()
        assert "<script>alert" not in html
        for other, value in post.data.items():
            if other.startswith("dane-") and other not in (name, "dane-other_address"):
                wanted = f'value="{escape(value)}"'
                assert wanted in html or not value, (name, other, value)
        review = client.get(post.address.replace("/dane/", "/weryfikacja/"))
        assert review.status_code in (200, 302)

    def try_every_field(self, applicant: Applicant) -> None:
        """Post each bad value in each field in turn."""
        visitor, post = prepare(applicant)
        names = [name for name in post.data if name.startswith("dane-")]
        assert len(names) == (22 if applicant is FIRMA else 17)
        for turn, name in enumerate(names):
            for what, value in some(list(BAD.items()), turn, 5):
                with self.subTest(field=name, value=what):
                    data = post.data | {name: value}
                    response = visitor.client.post(
                        post.address, urlencode(data), content_type=URLENCODED
                    )
                    self.check(visitor.client, post, name, response)

    def test_every_field_of_a_company_takes_anything(self) -> None:
        self.try_every_field(FIRMA)

    def test_every_field_of_a_person_takes_anything(self) -> None:
        self.try_every_field(OSOBA)

    def test_every_field_takes_bytes_that_are_no_text(self) -> None:
        visitor, post = prepare(FIRMA)
        names = [name for name in post.data if name.startswith("dane-")]
        for turn, name in enumerate(names):
            for value in some(BAD_BYTES, turn, 3):
                response = visitor.client.post(
                    post.address, body(post.data, **{name: value}), content_type=URLENCODED
                )
                self.check(visitor.client, post, name, response)

    def test_every_field_takes_repeated_values(self) -> None:
        visitor, post = prepare(FIRMA)
        for name in [name for name in post.data if name.startswith("dane-")]:
            for values in (["<b>", post.data[name]], [post.data[name], "<b>"], ["x"] * 150):
                response = visitor.client.post(
                    post.address,
                    urlencode(post.data | {name: values}, doseq=True),
                    content_type=URLENCODED,
                )
                self.check(visitor.client, post, name, response)

    def test_every_field_may_be_missing(self) -> None:
        visitor, post = prepare(FIRMA)
        for name in [name for name in post.data if name.startswith("dane-")]:
            data = {other: value for other, value in post.data.items() if other != name}
            response = visitor.client.post(post.address, urlencode(data), content_type=URLENCODED)
            self.check(visitor.client, post, name, response)

    def test_every_field_takes_a_file(self) -> None:
        visitor, post = prepare(FIRMA)
        for name in [name for name in post.data if name.startswith("dane-")]:
            file = SimpleUploadedFile("a\0b/../<x>.exe", b"\0\xff", "text/html")
            response = visitor.client.post(post.address, post.data | {name: file})
            self.check(visitor.client, post, name, response)

    def test_a_mistake_is_told_at_its_field_and_on_top(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        wrong = {"Imię": "<b>", "Nazwisko": "\u202eabc"}
        visitor.fill(wrong).fill({"Kod pocztowy": "123"}, "Adres zamieszkania").press("Dalej")
        assert len(visitor.errors) == 3
        assert visitor.title.startswith("Błąd:")
        for label in wrong:
            assert visitor.error_at(label)
            assert visitor.field(label)["aria-invalid"] == "true"
        assert visitor.error_at("Kod pocztowy", "Adres zamieszkania")
        assert not visitor.error_at("Miejscowość", "Adres zamieszkania")
        for link in visitor.select("#error-summary a"):
            assert visitor.element(f"[id='{link['href'].removeprefix('#')}']")
        # Without scripts, this is what takes the reader there.
        assert visitor.element("#error-summary").has_attr("autofocus")

    def test_what_is_too_long_stays_too_long(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        labels = ("Imię", "Nazwisko", "Adres e-mail (login)", "Numer telefonu")
        visitor.fill(dict.fromkeys(labels, "a" * 5000)).press("Dalej")
        for label in labels:
            assert visitor.error_at(label)
        visitor.press("Dalej")
        for label in labels:
            assert visitor.error_at(label), "Cut off, it was taken"

    def test_what_is_too_long_comes_back_in_part_and_costs_no_other_answer(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        endless = {label: token_urlsafe(4000) for label in ("Imię", "Nazwisko")}
        visitor.fill(endless).press("Dalej")
        for label, typed in endless.items():
            assert len(visitor.value(label)) > 100
            assert typed.startswith(visitor.value(label))
        assert visitor.value("Numer telefonu")

    def test_text_in_capitals_with_signs_is_shown_as_text(self) -> None:
        name = "Żółw & \"Syn\" 's.c.' – R&D #1"
        applicant = FIRMA.differing("Dane firmy", **{"Pełna nazwa firmy": name})
        visitor = applicant.reach_review(Visitor())
        assert visitor.element(".owner-name").get_text() == name
        visitor.follow("Popraw : Dane firmy")
        assert visitor.value("Pełna nazwa firmy") == name


class AnyTextTests(HypothesisTestCase):
    """Whatever Unicode can say, in all fields at once."""

    @settings(max_examples=fewer(30), deadline=None, database=None)
    @given(st.text(st.characters(exclude_categories=()), max_size=4096))
    @example("\ud800")
    @example("5260250274\n")
    def test_the_form_takes_any_text_in_all_its_fields(self, typed: str) -> None:
        for applicant in (FIRMA, OSOBA):
            visitor, post = prepare(applicant)
            names = [name for name in post.data if name.startswith("dane-")]
            bytes_ = quote_plus(typed, errors="surrogatepass")
            response = visitor.client.post(
                post.address,
                body(post.data, **dict.fromkeys(names, bytes_)),
                content_type=URLENCODED,
            )
            assert response.status_code == 302
            page = visitor.open(post.address)
            assert page.status == 200
            assert page.title.startswith("Błąd:")
            assert visitor.open(post.address.replace("/dane/", "/weryfikacja/")).status == 200


class OtherStepsTests(TestCase):
    """The kind, the review, the password and the consents."""

    def try_every_field(self, visitor: Visitor, button: str, names: Iterable[str]) -> None:
        """Post each bad value in each of the fields, whole, as bytes, repeated and as a file."""
        post = visitor.post_of(button)
        kept = Session.objects.get().session_data
        for turn, name in enumerate(names):
            values = some(list(BAD.values()), turn, 6)
            bodies: list[Any] = [urlencode(post.data | {name: value}) for value in values]
            bodies += [body(post.data, **{name: value}) for value in some(BAD_BYTES, turn, 3)]
            bodies.append(urlencode(post.data | {name: ["a", "b"] * 50}, doseq=True))
            for each in bodies:
                response = visitor.client.post(post.address, each, content_type=URLENCODED)
                self.check(visitor, response, name)
            file = SimpleUploadedFile("x.txt", b"\xff\0")
            self.check(visitor, visitor.client.post(post.address, post.data | {name: file}), name)
            Session.objects.update(session_data=kept)

    def check(self, visitor: Visitor, response: Any, name: str) -> None:
        """See that the answer redirects to a page that can be shown, or is a 4xx."""
        if response.status_code == 302:
            page = visitor.client.get(response["Location"], follow=True)
            assert page.status_code == 200, name
            assert b"<script>alert" not in page.content
        else:
            assert 400 <= response.status_code < 500, name

    def test_the_kind_takes_anything(self) -> None:
        visitor = OSOBA.start(Visitor()).press("Wstecz")
        self.try_every_field(visitor, "Dalej", ("start-kind", "wizard_back", "wizard_cancel"))

    def test_the_kind_is_never_anything_else(self) -> None:
        visitor = Visitor().open("/rejestracja/")
        post = visitor.post_of("Dalej")
        for value in ("XX", "Company", "company ", "", ["company", "x"]):
            visitor.send(Post(post.address, post.data | {"start-kind": value}))
            assert visitor.heading == POLISH.start
            assert visitor.errors

    def test_the_first_page_takes_anything(self) -> None:
        visitor = Visitor().open("/rejestracja/")
        post = visitor.post_of("Dalej")
        for value in BAD.values():
            visitor.send(Post(post.address, post.data | {"start-kind": value, "junk": value}))
            assert visitor.status == 200
            assert visitor.errors

    def test_the_review_takes_anything(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        self.try_every_field(visitor, "Dalej", ("weryfikacja-x", "new_captcha", "dane-email"))

    def test_the_password_step_takes_anything(self) -> None:
        visitor = OSOBA.type_password(OSOBA.reach_password(Visitor()))
        self.try_every_field(visitor, "Dalej", ("haslo-password1", "haslo-password2"))
        self.try_every_field(visitor, "Dalej", ("haslo-captcha", "new_captcha"))

    def test_a_password_too_long_to_hash_is_refused_with_words(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        OSOBA.type_password(visitor, "Żaba7!" * 800).press("Dalej")
        assert visitor.error_at(POLISH.password)

    def test_a_password_of_any_letters_opens_the_account(self) -> None:
        passwords = ("Zażółć gęślą jaźń 7!", "密码Xx-rowerem-9-żab", "a" + "ß\U0001d518é7!Q" * 9)
        for number, password in enumerate(passwords):
            applicant = OSOBA.addressed(f"k{number}@example.com")
            visitor = applicant.reach_password(Visitor())
            applicant.type_password(visitor, password).copy_captcha(POLISH.captcha).press("Dalej")
            assert visitor.heading == POLISH.consents, visitor.errors
            visitor.choose(*applicant.required_consents).press("Rejestruj")
            assert User.objects.get(email=applicant.email).check_password(password)

    def test_the_meter_takes_anything(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        url = str(visitor.element("[data-strength-url]")["data-strength-url"])
        token = visitor.post_of("Dalej").data["csrfmiddlewaretoken"]
        bodies = [urlencode({"password": value}) for value in BAD.values()]
        bodies += [f"password={value}" for value in BAD_BYTES]
        bodies += ["", "x=1", "password=a&password=b"]
        for each in bodies:
            response = visitor.client.post(
                url, each, content_type=URLENCODED, headers={"X-CSRFToken": token}
            )
            assert response.status_code == 200
            assert 0 <= response.json()["score"] <= 4

    def test_the_meter_serves_no_other_attempt(self) -> None:
        client = Client()
        url = f"/rejestracja/{uuid4()}/haslo/sila/"
        assert client.post(url, {"password": "x"}).status_code == 404

    def test_the_consents_take_anything(self) -> None:
        visitor = FIRMA.reach_consents(Visitor())
        names = ("terms", "e_documents", "personal_data", "news_email", "authority", "adult")
        self.try_every_field(visitor, "Rejestruj", [f"zgody-{name}" for name in names])
        assert not User.objects.exists()

    def test_a_consent_is_not_given_by_a_word_that_means_no(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        post = visitor.post_of("Rejestruj")
        for word in ("", "false", "False"):
            visitor.send(Post(post.address, post.data | {"zgody-terms": word}))
            assert visitor.heading == POLISH.consents
            assert visitor.errors
        assert not User.objects.exists()

    def test_bodies_that_are_no_form_are_refused(self) -> None:
        visitor = OSOBA.start(Visitor())
        client = Client()
        client.cookies = visitor.client.cookies
        for content, kind in (
            (b"{}", "application/json"),
            (b"\xff\xfe\x00", "text/plain"),
            (b"", ""),
            (b"a=b", "application/x-www-form-urlencoded; charset=utf-16"),
            (b"a=b", "application/x-www-form-urlencoded; charset=none"),
            (b"--x\r\n\r\n", "multipart/form-data; boundary=y"),
            (b"--x", "multipart/form-data"),
            (b"--x", "multipart/form-data; boundary=" + "x" * 300),
            (b"&" * 1000, URLENCODED),
            (urlencode({str(number): "x" for number in range(300)}).encode(), URLENCODED),
        ):
            for path in ("/rejestracja/", visitor.path, "/logowanie/", "/haslo/"):
                client.raise_request_exception = False
                status = client.generic("POST", path, content, content_type=kind).status_code
                assert status < 500, (kind, path)
                if "rejestracja" in path:
                    assert status >= 400, (kind, path)

    def test_cookies_may_be_anything(self) -> None:
        path = OSOBA.reach_review(Visitor()).path
        for name in ("sessionid", "registration", "csrftoken", "django_language", "messages"):
            for value in (
                "",
                "x",
                "a.b.c:d",
                "\x80\xff",
                "0" * 3000,
                "\xc4\x85",
                "../../etc",
                "%00",
            ):
                client = Client()
                client.raise_request_exception = False
                client.cookies[name] = value
                for address in ("/", "/rejestracja/", path, "/rejestracja/wyslano/"):
                    assert client.get(address).status_code < 500, (name, value, address)


class AddressesTests(TestCase):
    """Every address of the site with every method, known objects or not."""

    METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")

    def test_answer_every_method_without_a_fault(self) -> None:
        visitor = OSOBA.start(Visitor())
        attempt = visitor.path.split("/")[2]
        found = [f"/{prefix}{path}" for prefix in ("", "en/") for path in self.paths(attempt)]
        assert len(found) > 60
        client = Client()
        client.cookies = visitor.client.cookies
        client.raise_request_exception = False
        for path in found:
            for method in self.METHODS:
                response = client.generic(method, path, b"x=%00&attempt=1", URLENCODED)
                assert response.status_code < 500, (method, path)
        assert Customer.objects.count() == 0

    def test_answer_strange_paths_without_a_fault(self) -> None:
        client = Client()
        client.raise_request_exception = False
        for path in self.paths("x' OR 1=1"):
            assert client.get("/" + path.replace("\0", "%00")).status_code < 500, path
        for path in ("//", "/%00", "/%ff", "/en", "/en//", "/..%2f..", "/pomoc//", "/?%00=%ff"):
            assert client.get(path).status_code < 500, path

    def test_answer_a_wrong_method_with_405_or_a_page(self) -> None:
        client = Client()
        for path, method in (
            ("/wyloguj/", "GET"),
            ("/rejestracja/", "PUT"),
            (f"/rejestracja/{uuid4()}/haslo/sila/", "GET"),
            ("/rejestracja/wyslano/", "DELETE"),
        ):
            assert client.generic(method, path).status_code == 405, (method, path)

    def paths(self, identifier: str) -> list[str]:
        """Return a path for each pattern outside the admin, with something in each variable."""
        found = []
        for pattern in self.patterns(get_resolver().url_patterns):
            path = re.sub(r"<[^>]+>", identifier, pattern)
            path = re.sub(r"\(\?P<\w+>[^)]*\)|\(\?:[^)]*\)\??|[\^$\\]|\.\*", "", path)
            found.append(path)
        return sorted(set(found))

    def patterns(self, entries: Iterable[URLPattern | URLResolver], prefix: str = "") -> list[str]:
        """Return all routes, the nested ones included; the admin's own tests have the admin's."""
        found = []
        for entry in entries:
            has_language = isinstance(entry.pattern, LocalePrefixPattern)
            route = prefix if has_language else f"{prefix}{entry.pattern}"
            if isinstance(entry, URLResolver):
                if entry.app_name != site.name:
                    found += self.patterns(entry.url_patterns, route)
            else:
                found.append(route)
        return found


class OtherFormsTests(TestCase):
    """The forms outside the wizard."""

    def try_every_field(
        self, path: str, data: dict[str, str], browser: Client | None = None
    ) -> None:
        """Post each bad value in each field; every answer is a page or a redirect."""
        client = browser or Client()
        for turn, name in enumerate(data):
            values = some(list(BAD.values()), turn, 12)
            bodies = [urlencode(data | {name: value}) for value in values]
            bodies += [body(data, **{name: value}) for value in BAD_BYTES]
            bodies.append(urlencode(data | {name: ["a", "b"]}, doseq=True))
            for each in bodies:
                response = client.post(path, each, content_type=URLENCODED)
                assert response.status_code < 500, (path, name, each[:200])
                assert b"<script>alert" not in response.content
            file = SimpleUploadedFile("x", b"\0")
            assert client.post(path, data | {name: file}).status_code < 500

    def test_signing_in_takes_anything(self) -> None:
        client = Client()
        self.try_every_field("/logowanie/", {"next": "/konto/", "username": "a"}, client)
        client.post("/logowanie/", {"username": "a@example.com"})
        answers = {"next": "/konto/", "username": "a@example.com", "password": "x", "digits": "1"}
        self.try_every_field("/logowanie/haslo/", answers, client)

    def test_asking_for_a_new_password_takes_anything(self) -> None:
        self.try_every_field("/haslo/", {"email": "a@example.com"})

    def test_asking_for_the_link_again_takes_anything(self) -> None:
        visitor = OSOBA.register(Visitor())
        client = Client()
        client.cookies = visitor.client.cookies
        self.try_every_field("/rejestracja/wyslano/", {"attempt": uuid4().hex}, client)
        self.try_every_field("/logowanie/link/", {"proof": "1:x:y"}, client)

    def test_the_activation_page_takes_anything(self) -> None:
        user = factories.registered()
        path = reverse("accounts:activation", args=[tokens.make(user, 1)])
        self.try_every_field(path, {"password": "x"})
        user.refresh_from_db()
        assert not user.is_active

    def test_the_survey_takes_anything(self) -> None:
        visitor = OSOBA.register(Visitor())
        activation.activate(User.objects.get())
        client = Client()
        client.cookies = visitor.client.cookies
        self.try_every_field("/aktywacja/gotowe/", {"source": "1", "details": "x"}, client)

    def test_any_token_in_an_address_has_its_page(self) -> None:
        client = Client()
        client.raise_request_exception = False
        broken = ("x", "a.b.c~d~e", "ąę", "%00", "..", "~" * 50, "x" * 3000, "%ED%A0%80", "1.1~1~1")
        for token in broken:
            for path in (f"/aktywacja/{token}/", f"/aktywacja/{token}/to-nie-ja/"):
                for method in ("GET", "HEAD", "POST"):
                    assert client.generic(method, path).status_code in (404, 405), (method, path)
            assert client.get(f"/haslo/{token}/{token}/").status_code < 500
            assert client.get(f"/captcha/image/{token}/").status_code == 404
            assert client.get(f"/regulamin/{token}/").status_code == 404

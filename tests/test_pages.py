"""The pages around the registration: how they are found, and what they say when all goes wrong."""

import re
from collections.abc import Iterator
from typing import Any
from unittest import mock
from xml.etree import ElementTree as ET

from bs4 import BeautifulSoup, Tag
from django import urls as django_urls
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, SimpleTestCase, TestCase, override_settings
from django.urls import reverse
from django.utils.translation import override
from PIL import Image

from accounts import consents
from accounts.passwords.assessment import ENOUGH_SCORE, INCOMPLETE_MESSAGES, MESSAGES
from kantor import urls
from kantor.content.found import PUBLIC
from kantor.urls import handler400, handler403, handler404, handler500
from tests.people import OSOBA
from tests.walk import Visitor

SITE = "https://kantor.example"
LANGUAGES = [code for code, _name in settings.LANGUAGES]
PREFIXES = {"pl": "", "en": "/en"}
# Words with a letter alone, which must not end a line of a heading: a, i, o, u, w, z.
LONELY = re.compile(r"(?<![^\s(„])[aiouwz] (?=\S)", re.IGNORECASE)

FAULTS = {
    400: SuspiciousOperation,
    403: PermissionDenied,
    404: Http404,
    500: RuntimeError,
}
HEADINGS = {
    400: ("Nie udało się odczytać żądania", "We could not understand the request"),
    403: ("Nie masz dostępu do tej strony", "You have no access to this page"),
    404: ("Nie ma takiej strony", "Page not found"),
    405: (
        "Tego adresu nie można otworzyć w ten sposób",
        "This address cannot be opened like this",
    ),
    413: ("Formularz jest za duży", "The form is too large"),
    500: ("Coś poszło nie tak po naszej stronie", "Something went wrong on our side"),
}


def fail(request: HttpRequest, status: int) -> HttpResponse:
    """Go wrong in the way that ends in this status."""
    raise FAULTS[status]


urlpatterns = [
    *urls.urlpatterns,
    django_urls.path("awaria/<int:status>/", fail),
    django_urls.path("en/awaria/<int:status>/", fail),
]
__all__ = ["handler400", "handler403", "handler404", "handler500"]


def public_pages() -> Iterator[tuple[str, str]]:
    """Yield language and path of every page for everybody."""
    for language in LANGUAGES:
        with override(language):
            for name in PUBLIC:
                yield language, reverse(name)


def content(page: BeautifulSoup, selector: str, attribute: str = "content") -> str:
    """Return the attribute of the one element of this CSS selector."""
    (found,) = page.select(selector)
    return str(found[attribute])


@override_settings(BASE_URL=SITE)
class FoundTests(TestCase):
    """Search engines and shared links are told what a page is, and nothing of a person's pages."""

    def page(self, path: str) -> BeautifulSoup:
        visitor = Visitor().open(path)
        assert visitor.status == 200, path
        return visitor.page

    def test_titles_and_descriptions_are_all_different(self) -> None:
        titles, descriptions = set(), set()
        pages = list(public_pages())
        for _language, path in pages:
            page = self.page(path)
            assert page.title is not None
            titles.add(page.title.get_text())
            descriptions.add(content(page, "meta[name=description]"))
        assert len(titles) == len(descriptions) == len(pages)
        assert all("kantor.pl" in title for title in titles)
        assert all(30 <= len(description) <= 160 for description in descriptions), descriptions

    def test_each_public_page_names_itself_and_its_languages(self) -> None:
        for language, path in public_pages():
            page = self.page(f"{path}?skad=reklama")
            assert content(page, "link[rel=canonical]", "href") == SITE + path
            assert content(page, "meta[property='og:url']") == SITE + path
            polish = path.removeprefix(PREFIXES[language])
            expected = {"pl": polish, "en": f"/en{polish}", "x-default": polish}
            found = {
                str(link["hreflang"]): str(link["href"])
                for link in page.select("link[rel=alternate][hreflang]")
            }
            assert found == {code: SITE + address for code, address in expected.items()}
            assert not page.select("meta[name=robots]")

    def test_the_first_step_and_the_sign_in_name_themselves(self) -> None:
        for path in ("/rejestracja/", "/en/rejestracja/", "/logowanie/", "/en/logowanie/"):
            for _time in range(2):  # kept pages: once rendered, once filled in
                page = self.page(f"{path}?a=b")
                assert content(page, "link[rel=canonical]", "href") == SITE + path
                assert content(page, "link[hreflang=en]", "href").startswith(f"{SITE}/en/")

    def test_shared_links_have_a_picture_of_the_announced_size(self) -> None:
        for language, path in public_pages():
            page = self.page(path)
            address = content(page, "meta[property='og:image']")
            assert address == f"{SITE}/static/img/share-{language}.png"
            file = finders.find(address.removeprefix(f"{SITE}/static/"))
            assert file is not None
            with Image.open(str(file)) as picture:
                sizes = [str(number) for number in picture.size]
            announced = [
                content(page, f"meta[property='og:image:{side}']") for side in ("width", "height")
            ]
            assert sizes == announced == ["1200", "630"]
            assert content(page, "meta[property='og:locale']").startswith(language)
            assert content(page, "meta[property='og:title']")
            assert content(page, "meta[property='og:description']")

    def test_newest_terms_have_one_lasting_address(self) -> None:
        with override("pl"):
            newest = reverse("terms-version", args=[consents.in_force("terms")])
        page = self.page(newest)
        assert content(page, "link[rel=canonical]", "href") == f"{SITE}/regulamin/"

    def test_what_belongs_to_one_person_is_never_indexed(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        steps = [re.sub(r"[^/]+/$", f"{step}/", visitor.path) for step in ("start", "dane")]
        for path in (
            visitor.path,
            *steps,
            "/rejestracja/wyslano/",
            "/rejestracja/anuluj/",
            "/aktywacja/zepsuty/",
            "/haslo/",
            "/nie-ma/",
        ):
            page = visitor.open(path).page
            assert content(page, "meta[name=robots]") == "noindex", path
            assert not page.select("link[rel=canonical]")

    def test_robots_txt_leaves_them_out_in_both_languages(self) -> None:
        response = Client().get("/robots.txt")
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        lines = response.content.decode().splitlines()
        for prefix in PREFIXES.values():
            for path in ("/rejestracja/", "/aktywacja/", "/konto/", "/haslo/"):
                assert f"Disallow: {prefix}{path}" in lines
            assert f"Allow: {prefix}/rejestracja/$" in lines
        assert "Disallow: /admin/" in lines
        assert f"Sitemap: {SITE}/sitemap.xml" in lines

    def test_sitemap_lists_the_public_pages_with_their_languages(self) -> None:
        response = Client().get("/sitemap.xml")
        assert response["Content-Type"] == "application/xml"
        tree = ET.fromstring(response.content.decode())  # noqa: S314  our own words
        space = {
            "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
            "x": "http://www.w3.org/1999/xhtml",
        }
        found = [str(each.text) for each in tree.findall("s:url/s:loc", space)]
        assert sorted(found) == sorted(SITE + path for _language, path in public_pages())
        for entry in tree.findall("s:url", space):
            codes = [link.get("hreflang") for link in entry.findall("x:link", space)]
            assert sorted(map(str, codes)) == ["en", "pl", "x-default"]
        private = ("rejestracja/", "aktywacja", "konto", "haslo", "logowanie", "admin")
        guide = f"{SITE}/pomoc/pierwsze-kroki/rejestracja/"
        for address in found:
            if not address.replace("/en/", "/").startswith(guide):
                assert not any(word in address for word in private), address

    def test_host_header_names_nothing(self) -> None:
        client = Client(headers={"host": "localhost"})
        for path in ("/", "/robots.txt", "/sitemap.xml"):
            assert b"localhost" not in client.get(path).content

    def test_icons_are_there(self) -> None:
        page = self.page("/")
        icons = page.select("link[rel~=icon], link[rel=apple-touch-icon], link[rel=manifest]")
        assert len(icons) == 4
        for icon in icons:
            assert finders.find(str(icon["href"]).removeprefix("/static/"))
        manifest = finders.find("img/site.webmanifest")
        for size in (192, 512):
            assert manifest is not None
            with Image.open(str(finders.find(f"img/icon-{size}.png"))) as picture:
                assert picture.size == (size, size)
        assert Client().get("/favicon.ico")["Location"] == "/static/img/favicon.ico"


@override_settings(ROOT_URLCONF="tests.test_pages")
class ErrorPageTests(TestCase):
    """Whatever goes wrong, the page is the site's own, in the reader's language."""

    def check(self, response: Any, status: int, language: str) -> None:
        assert response.status_code == status
        page = BeautifulSoup(response.content.decode(), "html.parser")
        assert page.html is not None
        assert page.html["lang"] == language
        heading = page.find("h1")
        assert isinstance(heading, Tag)
        words = heading.get_text().replace("\N{NO-BREAK SPACE}", " ")
        assert words == HEADINGS[status][LANGUAGES.index(language)]
        assert page.title is not None
        assert page.title.get_text().replace("\N{NO-BREAK SPACE}", " ").startswith(words)
        assert page.select_one("header .phone")
        assert page.select_one("footer")
        assert content(page, "meta[name=robots]") == "noindex"

    def test_each_fault_has_its_page_in_both_languages(self) -> None:
        client = Client(raise_request_exception=False)
        for language, prefix in PREFIXES.items():
            for status in FAULTS:
                with self.subTest(status=status, language=language):
                    path = f"{prefix}/awaria/{status}/"
                    response = client.get(path)
                    self.check(response, status, language)
                    other = f"/awaria/{status}/" if prefix else f"/en/awaria/{status}/"
                    assert f'href="{other}"' in response.content.decode()
                    assert "no-store" in response["Cache-Control"]

    def test_a_refusal_before_the_language_is_known_has_that_of_its_address(self) -> None:
        for language, prefix in PREFIXES.items():
            (left_over,) = (code for code in LANGUAGES if code != language)
            with override(left_over), self.settings(SECURE_SSL_REDIRECT=True):
                response = Client(headers={"host": "evil.example"}).get(f"{prefix}/")
            self.check(response, 400, language)

    def test_a_method_that_is_not_taken_has_a_page(self) -> None:
        for language, prefix in PREFIXES.items():
            response = Client().get(f"{prefix}/wyloguj/")
            self.check(response, 405, language)
            assert "POST" in response["Allow"]
            assert "no-store" in response["Cache-Control"]
            assert int(response["Content-Length"]) == len(response.content)
            self.check(Client().delete(f"{prefix}/"), 405, language)

    def test_a_form_that_is_too_large_has_a_page(self) -> None:
        too_much = f"kind={'x' * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)}"
        for language, prefix in PREFIXES.items():
            client = Client(enforce_csrf_checks=True)
            client.get(f"{prefix}/rejestracja/")
            response = client.post(
                f"{prefix}/rejestracja/",
                too_much,
                content_type="application/x-www-form-urlencoded",
            )
            self.check(response, 413, language)

    def test_inner_error_needs_no_database_and_no_template_context(self) -> None:
        client = Client(raise_request_exception=False)
        client.cookies["sessionid"] = "x" * 32
        broken = mock.patch.object(connection, "cursor", side_effect=RuntimeError("no database"))
        with broken:
            for language, prefix in PREFIXES.items():
                self.check(client.get(f"{prefix}/awaria/500/"), 500, language)


class MaintenanceTests(TestCase):
    """While MAINTENANCE says so, the site or the registration is closed, and nothing is lost."""

    def test_closed_site_says_when_to_come_back(self) -> None:
        expected = {"": "Zaraz wracamy", "/en": "We will be back soon"}
        with override_settings(MAINTENANCE="site"), self.assertNumQueries(0):
            for prefix, heading in expected.items():
                for path in ("/", "/logowanie/", "/konto/", "/rejestracja/", "/nie-ma/"):
                    visitor = Visitor().open(prefix + path)
                    assert visitor.status == 503
                    assert visitor.heading == heading
                    assert visitor.response["Retry-After"] == "900"
                    assert "no-store" in visitor.response["Cache-Control"]

    def test_closed_site_still_tells_its_operator_how_it_is(self) -> None:
        with override_settings(MAINTENANCE="site"):
            assert Client().get("/healthz").status_code == 200
            assert Client().get("/admin/login/").status_code == 200
            assert Client().get("/robots.txt").status_code == 200

    def test_closed_registration_leaves_the_rest_open(self) -> None:
        with override_settings(MAINTENANCE="registration"):
            for path in ("/", "/pomoc/pierwsze-kroki/rejestracja/", "/logowanie/", "/en/haslo/"):
                assert Client().get(path).status_code == 200, path
            assert Client().get("/rejestracja/wyslano/").status_code == 200
            assert Client().get("/aktywacja/zepsuty/").status_code == 404
            for path, heading in (
                ("/rejestracja/", "Rejestracja jest chwilowo zamknięta"),
                ("/en/rejestracja/", "Registration is closed for a moment"),
            ):
                visitor = Visitor().open(path)
                assert visitor.status == 503
                assert visitor.heading == heading
                assert visitor.response["Retry-After"] == "900"

    def test_a_registration_that_was_begun_goes_on_afterwards(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        review, shown = visitor.path, visitor.text
        with override_settings(MAINTENANCE="registration"):
            assert visitor.press("Dalej").status == 503
            assert visitor.open(review).status == 503
        assert visitor.open(review).status == 200
        assert visitor.text == shown
        assert visitor.press("Dalej").heading == OSOBA.words.setting_password


class SpecimensTests(TestCase):
    """The page of components is there for developers, whole in both languages."""

    def test_shows_itself(self) -> None:
        for path in ("/styl/", "/en/styl/"):
            visitor = Visitor().open(path)
            assert visitor.status == 200
            assert visitor.heading == "Components in all their states"
            ids = [element["id"] for element in visitor.select("[id]")]
            assert len(ids) == len(set(ids)), sorted(i for i in ids if ids.count(i) > 1)

    def test_shows_every_class_of_button_and_notice(self) -> None:
        css = (settings.BASE_DIR / "static" / "css" / "site.css").read_text()
        page = Visitor().open("/styl/")
        for name in set(re.findall(r"\.((?:button|notice|progress|strength)[a-z-]*)", css)):
            assert page.select(f".{name}"), name

    def test_shows_what_the_steps_are_made_of(self) -> None:
        page = Visitor().open("/styl/").page
        for selector, least in (
            (".captcha audio", 1),
            ("[name=send_code]", 2),  # beside the picture, and when a code may be sent again
            ("[name=use_picture]", 2),  # while another can be sent, and while it cannot
            (".company-lookup [role=status]:-soup-contains('Sprawdź')", 1),
            (".email-hint [name=wizard_suggestion]", 2),  # on the form and on the review
            (".proposal .proposed strong:not(:empty)", 1),
            (".strength-advice li", 1),
            ("[data-met=true]", 1),
            ("[data-waived=true]", 1),
            (".notice form [name=attempt]", 2),  # sent, and sent a moment ago
            (".notice [data-wait]", 1),
            (".notice-success a[href='/logowanie/']", 1),
            ("input[readonly]", 1),
            (".facts", 1),
            (".contents", 1),
            (".guide-part img", 1),
            (".panel", 1),
        ):
            assert len(page.select(selector)) >= least, selector

    def test_says_what_the_meter_says(self) -> None:
        for language, prefix in PREFIXES.items():
            said = Visitor().open(f"{prefix}/styl/").select("[data-strength-text]")
            with override(language):
                expected = [*map(str, MESSAGES), *map(str, INCOMPLETE_MESSAGES[ENOUGH_SCORE:])]
            assert [text.get_text() for text in said if text.get_text()] == expected


class StepIndicatorTests(TestCase):
    """Above each step, all five: what is done, where one is, what is to come."""

    def test_names_the_current_step_and_no_other(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        place = visitor.path.removesuffix("zgody/")
        for number, slug in enumerate(("start", "dane", "weryfikacja", "haslo", "zgody")):
            items = visitor.open(f"{place}{slug}/").select(".progress li")
            assert visitor.path == f"{place}{slug}/"
            assert [item.get("aria-current") for item in items] == [
                "step" if each == number else None for each in range(5)
            ]
            said = [
                " ".join(each.get_text().strip() for each in item.select(".visually-hidden"))
                for item in items
            ]
            # The current one is told by its attribute; what is to come needs no word.
            assert said == ["(zrobione)"] * number + [""] * (5 - number)
            assert items[number].select_one("a") is None


class HeadingTests(TestCase):
    """Headings of Polish pages do not end a line with a letter alone."""

    def test_single_letters_keep_to_the_next_word(self) -> None:
        pages = [path for language, path in public_pages() if language == "pl"]
        visitor = OSOBA.reach_consents(Visitor())
        steps = ("start", "dane", "weryfikacja", "haslo", "zgody")
        pages += [re.sub(r"[^/]+/$", f"{step}/", visitor.path) for step in steps]
        pages += ["/rejestracja/wyslano/", "/logowanie/", "/haslo/", "/rejestracja/anuluj/"]
        for path in pages:
            for heading in visitor.open(path).select("main :is(h1, h2, h3):not(.document *)"):
                assert not LONELY.search(heading.get_text()), f"{path}: {heading.get_text()}"


class ContrastTests(SimpleTestCase):
    """The colours of both schemes are far enough apart (WCAG 2.2, 1.4.3 and 1.4.11)."""

    TEXT, PART = 4.5, 3.0
    # Words, and what they stand on.
    WORDS = (
        ("ink", ("paper", "ground", "accent-soft", "danger-soft", "warning-soft", "success-soft")),
        ("ink-soft", ("paper", "ground", "accent-soft", "warning-soft", "success-soft")),
        ("link", ("paper", "ground", "accent-soft", "warning-soft", "success-soft")),
        ("accent", ("paper", "ground", "accent-soft")),
        ("accent-strong", ("accent-soft", "paper")),
        ("danger", ("paper", "ground", "danger-soft")),
        ("warning", ("paper", "warning-soft")),
        ("success", ("paper", "ground", "success-soft")),
        ("on-accent", ("accent", "accent-strong")),
        ("paper", ("danger",)),
    )
    # Borders of fields, signs and the focus.
    PARTS = (
        ("line-strong", ("paper", "ground")),
        ("focus", ("paper", "ground", "accent-soft", "danger-soft")),
        ("danger", ("paper", "ground")),
    )

    def schemes(self) -> dict[str, dict[str, str]]:
        css = (settings.BASE_DIR / "static" / "css" / "site.css").read_text()
        light, dark = css.split("@media (prefers-color-scheme: dark)", 1)
        pattern = re.compile(r"--([a-z-]+): #([0-9a-f]{3,6});")
        first = dict(pattern.findall(light))
        second = dict(pattern.findall(dark.partition("html {")[0]))
        return {"light": first, "dark": first | second}

    def test_words_and_parts_can_be_told_from_their_ground(self) -> None:
        for scheme, colours in self.schemes().items():
            for pairs, least in ((self.WORDS, self.TEXT), (self.PARTS, self.PART)):
                for name, grounds in pairs:
                    for ground in grounds:
                        found = contrast(colours[name], colours[ground])
                        assert found >= least, f"{scheme}: {name} on {ground} {found:.2f}"

    def test_every_colour_has_a_dark_side(self) -> None:
        schemes = self.schemes()
        assert len(schemes["light"]) >= 19
        same = {n for n, value in schemes["light"].items() if schemes["dark"][n] == value}
        assert not same


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, #rgb or #rrggbb without the sign (WCAG 2.2)."""

    def luminance(colour: str) -> float:
        whole = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
        parts = [int(whole[start : start + 2], 16) / 255 for start in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)

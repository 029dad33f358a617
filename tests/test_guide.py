"""The guide shows every step with true pictures, in the reader's language and colour scheme."""

import re
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.test import Client, TestCase
from PIL import Image

from kantor.serving.typography import untie
from tests import guide
from tests.elements import Element
from tests.photographer import DENSITY, README, SCHEMES, WIDTH
from tests.walk import Visitor

ADDRESSES = {
    "pl": "/pomoc/pierwsze-kroki/rejestracja/",
    "en": "/en/pomoc/pierwsze-kroki/rejestracja/",
}
STEPS = ("1", "1a", "1b", "2a", "2b", "2c", "3", "4")
STALE = "The guide's pictures are stale: run `make screenshots`"
# Bytes of one picture, and of all that a reader of the whole guide loads.
HEAVIEST, HEAVIEST_PAGE = 30_000, 300_000


def pictures_of(visitor: Visitor) -> list[tuple[Element, Element]]:
    """Return the source for dark screens and the image of each picture, in their order."""
    found = []
    for picture in visitor.select("main picture"):
        (source,), (image,) = picture.select("source"), picture.select("img")
        found.append((source, image))
    return found


class Pictures(TestCase):
    def test_show_what_the_pages_still_say(self) -> None:
        for language in guide.LANGUAGES:
            for picture, seen in guide.seen(language).items():
                entry = guide.manifest()[picture][language]
                with self.subTest(picture=picture, language=language):
                    written = guide.Seen(entry["path"], entry["heading"], entry["words"])
                    assert written == seen, f"{STALE}\n{written}\n{seen}"

    def test_are_there_in_both_languages_and_schemes_and_no_others(self) -> None:
        expected = {
            guide.file(picture, language, scheme)
            for picture in guide.PICTURES
            for language in guide.LANGUAGES
            for scheme in SCHEMES
        }
        assert set(guide.FOLDER.iterdir()) == expected, STALE
        assert list(guide.manifest()) == list(guide.PICTURES)

    def test_have_the_size_that_the_page_reserves_and_are_light(self) -> None:
        for picture, languages in guide.manifest().items():
            for language, entry in languages.items():
                for scheme in SCHEMES:
                    file = guide.file(picture, language, scheme)
                    with self.subTest(file=file.name), Image.open(file) as image:
                        assert image.format == "WEBP"
                        size = (entry["width"] * DENSITY, entry["height"] * DENSITY)
                        assert all(
                            abs(pixels - wanted) <= 1
                            for pixels, wanted in zip(image.size, size, strict=True)
                        )
                        assert file.stat().st_size < HEAVIEST
                        assert entry["width"] == WIDTH
        for language in guide.LANGUAGES:
            for scheme in SCHEMES:
                files = [guide.file(picture, language, scheme) for picture in guide.PICTURES]
                assert sum(file.stat().st_size for file in files) < HEAVIEST_PAGE

    def test_of_the_readme_are_there(self) -> None:
        root = README.parent.parent
        named = re.findall(r'(?:src|srcset)="([^"]+\.webp)"', (root / "README.md").read_text())
        assert len(named) >= 4
        for name in named:
            assert (root / name).is_file(), name


class GuidePage(TestCase):
    def guide(self, language: str) -> Visitor:
        visitor = Visitor(Client()).open(ADDRESSES[language])
        assert visitor.status == 200
        return visitor

    def test_shows_each_picture_once_in_the_readers_language_and_scheme(self) -> None:
        for language in guide.LANGUAGES:
            shown = [
                (str(source["srcset"]), str(source["media"]), str(image["src"]))
                for source, image in pictures_of(self.guide(language))
            ]
            assert shown == [
                (
                    f"/static/img/guide/{language}-dark-{picture}.webp",
                    "(prefers-color-scheme: dark)",
                    f"/static/img/guide/{language}-light-{picture}.webp",
                )
                for picture in guide.PICTURES
            ]
            for addresses in shown:
                for address in (addresses[0], addresses[2]):
                    assert finders.find(address.removeprefix("/static/"))

    def test_reserves_room_for_pictures_and_loads_only_the_first_at_once(self) -> None:
        for language in guide.LANGUAGES:
            images = [image for _source, image in pictures_of(self.guide(language))]
            for image, entry in zip(images, guide.manifest().values(), strict=True):
                size = entry[language]
                assert (image["width"], image["height"]) == (
                    str(size["width"]),
                    str(size["height"]),
                )
            assert [image.get("loading") for image in images] == [
                None,
                *["lazy"] * (len(images) - 1),
            ]

    def test_describes_each_picture_in_its_own_words(self) -> None:
        described = [
            str(image["alt"])
            for language in guide.LANGUAGES
            for _source, image in pictures_of(self.guide(language))
        ]
        assert len(set(described)) == len(described) == 2 * len(guide.PICTURES)
        assert all(40 <= len(words) <= 200 for words in described), described

    def test_lists_its_steps_and_leads_to_each(self) -> None:
        for language in guide.LANGUAGES:
            visitor = self.guide(language)
            links = visitor.select(".contents a")
            sections = visitor.select("section.guide-step")
            assert [str(link["href"]) for link in links] == [f"#{each['id']}" for each in sections]
            headings = [visitor.element(f"#{each['id']} > h2") for each in sections]
            assert [link.get_text() for link in links] == [each.get_text() for each in headings]
            assert [f"krok-{step}" for step in STEPS] == [
                str(each["id"]) for each in sections if str(each["id"]).startswith("krok-")
            ]

    def test_names_the_steps_as_the_pages_do(self) -> None:
        for language in guide.LANGUAGES:
            visitor = self.guide(language)
            for picture, entry in guide.manifest().items():
                step = re.match(r"krok-(1a|1b|2a|2b|2c|1)", picture)
                if step:
                    shown = visitor.element(f"#{step[0]} > h2").get_text()
                    assert untie(shown) == entry[language]["heading"]

    def test_helps_beside_each_step(self) -> None:
        for language in guide.LANGUAGES:
            visitor = self.guide(language)
            for step in visitor.select("section.guide-step"):
                assert step.select(".guide-help h3 + p"), step["id"]

    def test_every_link_to_a_place_in_the_guide_finds_it(self) -> None:
        places = {
            language: {str(each["id"]) for each in self.guide(language).select("[id]")}
            for language in guide.LANGUAGES
        }
        found = 0
        for language, address in ADDRESSES.items():
            for page in (address, address.replace("pierwsze-kroki/rejestracja/", "")):
                for link in Visitor(Client()).open(page).select("main a[href*='#']"):
                    parts = urlsplit(str(link["href"]))
                    if parts.path in ("", address) and (parts.path or page == address):
                        assert parts.fragment in places[language], link
                        found += 1
        assert found > 20

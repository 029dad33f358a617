"""Lists of sanctions and of exposed persons: an interface, off unless a setting names a backend."""

from bs4 import BeautifulSoup
from django.test import TestCase, override_settings

from accounts.desk.hints import hints
from accounts.desk.screening import Match, Subject, screen
from accounts.models import Kind, User
from kantor.serving.typography import untie
from tests.desk import page_of, sit_down
from tests.factories import activated, clerk


class ScreeningTests(TestCase):
    """What is found, and how it is said."""

    def found(self, person: str, company: str = "") -> list[str]:
        with override_settings(SCREENING="fixtures"):
            return [match.name for match in screen(Subject(person, company, "PL"))]

    def test_is_off_and_says_nothing_of_it(self) -> None:
        assert screen(Subject("Zenon Zmyślony", "", "PL")) == []
        user = activated(first_name="Zenon", last_name="Zmyślony")
        assert not any("made-up" in str(hint.words) for hint in hints(user, reads_aml=True))

    def test_all_words_of_a_name_count_whatever_their_order_and_signs(self) -> None:
        assert self.found("zmyslony ZENON Jan") == ["Zenon Zmyślony"]
        assert self.found("Zenon Zmyślonek") == []
        assert self.found("Zenon") == []
        assert self.found("", "„Fikcja-Handel” sp. z o.o.") == ["Fikcja Handel"]
        # Half of it in each is no name.
        assert self.found("Jan Fikcja", "Handel sp.j.") == []

    def test_a_match_names_its_list_and_its_rule(self) -> None:
        with override_settings(SCREENING="fixtures"):
            (match,) = screen(Subject("Wanda Wzorcowa", "", "PL"))
        assert isinstance(match, Match)
        assert str(match.list_name)
        assert str(match.rule)

    @override_settings(SCREENING="fixtures")
    def test_matches_stand_among_the_hints_first_and_without_a_verdict(self) -> None:
        user = activated(Kind.COMPANY, first_name="Zenon", last_name="Zmyślony")
        sit_down(self.client, clerk())
        content = untie(self.client.get(page_of(user)).content.decode())
        first = BeautifulSoup(content, "html.parser").select(".case-hints li")[0].get_text()
        said = " ".join(first.split())
        assert "Nazwa podobna do „Zenon Zmyślony” jest na liście: sankcje (lista zmyślona)." in said
        assert "Wszystkie słowa nazwy z listy są w nazwie klienta." in said
        assert User.objects.get(pk=user.pk).is_active

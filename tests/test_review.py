"""The review shows every answer as people write it, whose bank accounts count, and the way back."""

from django.test import SimpleTestCase, TestCase
from django.utils.translation import override

from accounts.forms.registration import CompanyForm, PersonForm
from accounts.registration import review
from kantor.serving.typography import BLANK
from tests import factories
from tests.people import COMPANY, ENGLISH, FIRMA, OSOBA, PERSON, POLISH
from tests.walk import Visitor


class DefinitionTests(SimpleTestCase):
    """The forms' own definition is what is shown."""

    def test_every_field_of_a_form_is_in_one_of_its_groups(self) -> None:
        for form_class in (CompanyForm, PersonForm):
            grouped = [name for group in form_class.groups_of_fields for name in group.names]
            assert sorted(grouped) == sorted(form_class.base_fields)

    def test_every_answer_has_its_row_with_the_label_of_the_form(self) -> None:
        with override("pl"):
            for form_class in (CompanyForm, PersonForm):
                form = form_class()
                values = {name: name for name in review.names(form_class)}
                values |= {"first_name": "Jan", "last_name": "Żak"}
                rows = [row for group in review.summary(form, values) for row in group.rows]
                shown = " ".join(line for row in rows for line in row.lines)
                assert all(text in shown.split() for text in values.values())
                for row in rows:
                    if row.name in form.fields:
                        label = review.SHORT_LABELS.get(row.name, form.fields[row.name].label)
                        assert row.label == str(label)

    def test_numbers_are_written_as_people_write_them(self) -> None:
        values = {
            **dict.fromkeys(CompanyForm.base_fields, ""),
            "nip": "5261040828",
            "regon": "75004743000010",
            "krs": "0000123456",
            "phone": "+48601234567",
            "main_country": "PL",
            "main_postal_code": "00-950",
        }
        with override("pl"):
            texts = review.texts(values)
        assert texts["nip"] == "526-104-08-28"
        assert texts["phone"] == "+48 601 234 567".replace(" ", BLANK)
        assert (texts["regon"], texts["krs"]) == ("75004743000010", "0000123456")
        assert not any("Polska" in text for text in texts.values())
        abroad = review.texts(values | {"main_country": "CH", "nip": "CHE-123.456.789"})
        assert abroad["nip"] == "CHE-123.456.789"


class OwnerTests(TestCase):
    """Whose bank accounts may be added later: the exact name, and how a bank may spell it."""

    def test_the_name_stands_alone_and_exact(self) -> None:
        for applicant in (FIRMA, OSOBA, COMPANY, PERSON):
            visitor = applicant.reach_review(Visitor())
            assert visitor.element(".owner-name").get_text() == applicant.owner

    def test_the_warning_of_the_guide_stands_beside_it(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        warning = " ".join(visitor.element(".owner").get_text(" ").split())
        assert "UWAGA! Właściciel rachunków bankowych" in warning
        assert (
            "muszą należeć do: Grażyna Józefa Śliwińska Jeśli bank ma inne dane, popraw je"
            in warning
        )

    def test_a_spelling_without_diacritics_is_no_difference(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        assert visitor.element(".owner strong").get_text() == "Grazyna Jozefa Sliwinska"
        visitor = PERSON.reach_review(Visitor())
        assert visitor.element(".owner strong").get_text() == "Renee van der Meer"
        visitor = FIRMA.reach_review(Visitor())
        plain = 'Przedzalnia "Zuraw" Lekawska i Wspolnicy sp.j.'
        assert visitor.element(".owner strong").get_text() == plain

    def test_a_plain_name_has_no_other_spelling(self) -> None:
        visitor = COMPANY.reach_review(Visitor())
        assert not visitor.select(".owner strong")
        other = OSOBA.differing("Dane osobowe", Imię="Иван", Nazwisko="Петров")
        assert not other.reach_review(Visitor()).select(".owner strong")


class WayBackTests(TestCase):
    """Popraw leads to the group on the form, Dalej from there back to the review."""

    def test_each_group_has_its_own_popraw_that_finds_its_place(self) -> None:
        for applicant in (FIRMA, OSOBA):
            visitor = applicant.reach_review(Visitor())
            links = [str(link["href"]) for link in visitor.select("a.edit-link")]
            form_class = CompanyForm if applicant is FIRMA else PersonForm
            slugs = [group.slug for group in form_class.groups_of_fields]
            # Hidden while it is not asked for, the second address is reached by its box.
            slugs[slugs.index("correspondence")] = "id_dane-other_address"
            assert [link.partition("#")[2] for link in links] == ["", *slugs]
            for link in links[1:]:
                visitor.open(link.partition("#")[0])
                place = visitor.element(f"#{link.partition('#')[2]}")
                can_focus = place.name == "input" or place.get("tabindex") == "-1"
                assert can_focus, "A browser gives it the focus"
            visitor.press("Dalej")
            assert visitor.heading == POLISH.review

    def test_a_number_from_abroad_is_called_by_its_own_name(self) -> None:
        applicant = COMPANY.differing(
            "Company details", **{"Tax number (NIP)": "DE 811 569 869"}
        ).differing("Registered office address", Country="Germany", **{"Postal code": "10117"})
        visitor = applicant.reach_review(Visitor())
        labels = [label.get_text() for label in visitor.select("dl dt")]
        assert "Tax identification number" in labels
        assert "Tax number (NIP)" not in labels
        visitor.follow("Correct : Company details")
        assert visitor.field("Tax identification number")["inputmode"] == "text"
        assert visitor.field("Postal code", "Registered office address")["inputmode"] == "text"
        assert visitor.field("Postal code", ENGLISH.correspondence)["inputmode"] == "numeric"

    def test_the_account_shows_the_same_groups(self) -> None:
        user = factories.activated("company")
        visitor = Visitor()
        visitor.client.force_login(user)
        visitor.open("/konto/")
        labels = {label.get_text() for label in visitor.select("dl dt")}
        reviewed = FIRMA.reach_review(Visitor())
        assert labels >= {label.get_text() for label in reviewed.select(".sheet dl dt")} - {
            "Kto się rejestruje"
        }


class CorrespondenceTests(TestCase):
    """The second address: offered empty, asked for when ticked, forgotten when unticked."""

    def test_is_offered_empty_with_poland_proposed(self) -> None:
        visitor = FIRMA.start(Visitor())
        for label in FIRMA.details["Adres siedziby"]:
            assert visitor.value(label, POLISH.correspondence) in ("", "Polska")
        FIRMA.type_details(visitor).press("Dalej")
        visitor.follow("Popraw : Adres korespondencyjny")
        for label in FIRMA.details["Adres siedziby"]:
            assert visitor.value(label, POLISH.correspondence) in ("", "Polska")
        assert not visitor.is_ticked(POLISH.other_address)

    def test_that_is_wrong_does_not_matter_while_it_is_not_wanted(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        visitor.fill({"Kod pocztowy": "x", "Nr domu": "<b>"}, POLISH.correspondence)
        visitor.press("Dalej")
        assert visitor.heading == POLISH.review
        assert visitor.shows("taki sam jak powyżej")

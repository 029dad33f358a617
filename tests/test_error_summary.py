"""The list of what is wrong names each field and leads to it."""

from django.test import TestCase

from kantor.serving.typography import untie
from tests.people import ENGLISH, FIRMA, OSOBA, PERSON, POLISH
from tests.walk import Visitor


class SummaryTests(TestCase):
    """Step 2b, whose fields stand in no groups."""

    def links(self, visitor: Visitor) -> dict[str, str]:
        """Return where each line of the summary leads, by its words."""
        summary = visitor.element("#error-summary")
        lines = [line.select_one("a") for line in summary.select("li")]
        return {
            words: line["href"]
            for words, line in zip(visitor.errors, lines, strict=True)
            if line is not None
        }

    def test_names_the_fields_of_the_password_in_both_languages(self) -> None:
        for applicant, expected in (
            (
                OSOBA,
                [
                    "Hasło do konta: Wpisz hasło.",
                    "Potwierdzenie hasła do konta: Wpisz hasło jeszcze raz.",
                    # This sentence has the name in it.
                    "Przepisz ciąg znaków z obrazka.",
                ],
            ),
            (
                PERSON,
                [
                    "Account password: Enter a password.",
                    "Confirm the account password: Enter the password again.",
                    "Copy the characters from the picture.",
                ],
            ),
        ):
            words = applicant.words
            visitor = applicant.reach_password(Visitor()).press(words.next)
            assert visitor.heading == words.setting_password
            links = self.links(visitor)
            assert list(links) == expected, list(links)
            for place in links.values():
                visitor.element(f"input{place}")

    def test_names_a_field_whose_value_is_refused(self) -> None:
        visitor = FIRMA.type_password(FIRMA.reach_password(Visitor()), "abc")
        visitor.copy_captcha(POLISH.captcha).press(POLISH.next)
        assert visitor.errors[0].startswith(f"{POLISH.password}: Hasło jest za krótkie")
        assert ENGLISH.password not in visitor.errors[0]

    def test_asks_to_tick_the_consents_and_not_to_correct_them(self) -> None:
        for applicant, heading in (
            (FIRMA, "Zaznacz wymagane zgody"),
            (PERSON, "Tick the required consents"),
        ):
            visitor = applicant.reach_consents(Visitor()).press(applicant.words.register)
            assert len(visitor.errors) == len(applicant.required_consents)
            assert untie(visitor.element("#error-summary h2").get_text(strip=True)) == heading

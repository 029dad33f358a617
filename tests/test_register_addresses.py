"""Addresses and names as the register writes them, and as people do."""

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from accounts.lookup.address import read_address
from accounts.lookup.readable import readable_company, readable_place
from accounts.values import address, postal_code

# The line of the register: street, house, flat, postal code, place.
READ = {
    "UL. PRZYKŁADOWA 1/2, 00-000 WARSZAWA": "Przykładowa|1|2|00-000|Warszawa",
    "ul. Przykładowa 1/2, 00-000 Warszawa": "Przykładowa|1|2|00-000|Warszawa",
    "UL.PRZYKŁADOWA 1/2,00-000 WARSZAWA": "Przykładowa|1|2|00-000|Warszawa",
    "  UL.  PRZYKŁADOWA  1 ,  00-000  WARSZAWA ": "Przykładowa|1||00-000|Warszawa",
    "UL. DŁUGA 5 80-831 GDAŃSK": "Długa|5||80-831|Gdańsk",
    "UL. DŁUGA 5/7/9, 80831 GDAŃSK": "Długa|5/7|9|80-831|Gdańsk",
    "ULICA DŁUGA 5, 80 - 831 GDAŃSK": "Długa|5||80-831|Gdańsk",
    "DŁUGA 5, 80-831 GDAŃSK": "Długa|5||80-831|Gdańsk",
    "UL. DŁUGA 5A, 80-831 GDAŃSK": "Długa|5A||80-831|Gdańsk",
    "UL. DŁUGA 5 A, 80-831 GDAŃSK": "Długa|5A||80-831|Gdańsk",
    "UL. DŁUGA 10-12, 80-831 GDAŃSK": "Długa|10-12||80-831|Gdańsk",
    "UL. DŁUGA 12C/14D, 80-831 GDAŃSK": "Długa|12C|14D|80-831|Gdańsk",
    "UL. DŁUGA 12/U1, 80-831 GDAŃSK": "Długa|12|U1|80-831|Gdańsk",
    "UL. DŁUGA 12 M. 3, 80-831 GDAŃSK": "Długa|12|3|80-831|Gdańsk",
    "UL. DŁUGA 12 M 3, 80-831 GDAŃSK": "Długa|12|3|80-831|Gdańsk",
    "UL. DŁUGA 12 M.3A, 80-831 GDAŃSK": "Długa|12|3A|80-831|Gdańsk",
    "UL. DŁUGA 12 LOK. 4, 80-831 GDAŃSK": "Długa|12|4|80-831|Gdańsk",
    "UL. DŁUGA 12 LOK.U1, 80-831 GDAŃSK": "Długa|12|U1|80-831|Gdańsk",
    "UL. DŁUGA 12 LOKAL 4, 80-831 GDAŃSK": "Długa|12|4|80-831|Gdańsk",
    "UL. DŁUGA 12, LOK. 3.04, 80-831 GDAŃSK": "Długa|12|3.04|80-831|Gdańsk",
    "UL. DŁUGA 12/LOK. 4, 80-831 GDAŃSK": "Długa|12|4|80-831|Gdańsk",
    "UL. DŁUGA NR 12, 80-831 GDAŃSK": "Długa|12||80-831|Gdańsk",
    "UL. DŁUGA, 80-831 GDAŃSK": "Długa|||80-831|Gdańsk",
    "UL. DŁUGA 12, 80-831 GDAŃSK, POLSKA": "Długa|12||80-831|Gdańsk",
    "UL. DŁUGA 12, GDAŃSK": "Długa|12|||Gdańsk",
    "UL. DŁUGA 12": "Długa|12|||",
    "UL. DŁUGA": "Długa||||",
    "80-831 GDAŃSK": "|||80-831|Gdańsk",
    "12, 11-111 KOWALOWO": "|12||11-111|Kowalowo",
    "KOWALOWO 12, 11-111 KOWALOWO": "|12||11-111|Kowalowo",
    "KOWALOWO 12/3, 11-111 KOWALOWO": "|12|3|11-111|Kowalowo",
    "KOWALOWO 12A, 11-111 WZORY": "Kowalowo|12A||11-111|Wzory",
    "AL. JEROZOLIMSKIE 44 LOK. 1206, 00-024 WARSZAWA": "al. Jerozolimskie|44|1206|00-024|Warszawa",
    "ALEJE JEROZOLIMSKIE 44/6, 00-024 WARSZAWA": "Aleje Jerozolimskie|44|6|00-024|Warszawa",
    "ALEJA NIEPODLEGŁOŚCI 1, 00-024 WARSZAWA": "al. Niepodległości|1||00-024|Warszawa",
    "AL. NMP 12, 42-200 CZĘSTOCHOWA": "al. NMP|12||42-200|Częstochowa",
    "PL. TRZECH KRZYŻY 3, 00-535 WARSZAWA": "pl. Trzech Krzyży|3||00-535|Warszawa",
    "PLAC WOLNOŚCI 3, 00-535 WARSZAWA": "pl. Wolności|3||00-535|Warszawa",
    "OS. TYSIĄCLECIA 12 M. 3, 31-610 KRAKÓW": "os. Tysiąclecia|12|3|31-610|Kraków",
    "OS. 2 PUŁKU LOTNICZEGO 14/5, 31-867 KRAKÓW": "os. 2 Pułku Lotniczego|14|5|31-867|Kraków",
    "RYNEK 5, 31-042 KRAKÓW": "Rynek|5||31-042|Kraków",
    "RYNEK GŁÓWNY 5, 31-042 KRAKÓW": "Rynek Główny|5||31-042|Kraków",
    "UL. 3 MAJA 5A, 40-096 KATOWICE": "3 Maja|5A||40-096|Katowice",
    "UL. 3 MAJA, 40-096 KATOWICE": "3 Maja|||40-096|Katowice",
    "UL. 11 LISTOPADA 7 LOKAL 2, 61-001 POZNAŃ": "11 Listopada|7|2|61-001|Poznań",
    "UL. ŚW. JANA PAWŁA II 5, 00-001 WARSZAWA": "Św. Jana Pawła II|5||00-001|Warszawa",
    "UL. POD LIPAMI 1, 66-470 KOSTRZYN NAD ODRĄ": "Pod Lipami|1||66-470|Kostrzyn nad Odrą",
    'UL. "ZOŚKI" 12, 43-300 BIELSKO-BIAŁA': '"Zośki"|12||43-300|Bielsko-Biała',
    "UL. GEN. J. BEMA 5, 43-502 RUDA ŚLĄSKA": "Gen. J. Bema|5||43-502|Ruda Śląska",
}
NOT_UNDERSTOOD = (
    *("", " ", ",", "-", "BRAK", "WARSZAWA", "SKRYTKA POCZTOWA W URZĘDZIE", "00-000", "X" * 301),
    *("٣٣-٣٣٣ WARSZAWA", None, 7, b"UL. WZORCOWA 1, 00-000 WARSZAWA", ["UL."], {"ulica": "X"}),
)


class AddressTests(SimpleTestCase):
    """One line becomes the fields of the form."""

    def test_is_read(self) -> None:
        for line, expected in READ.items():
            names = ("street", "house_no", "flat_no", "postal_code", "city")
            parts = dict(zip(names, expected.split("|"), strict=True))
            assert read_address(line) == {k: v for k, v in parts.items() if v}, line

    def test_is_left_alone_when_it_is_not_understood(self) -> None:
        for text in NOT_UNDERSTOOD:
            assert read_address(text) == {}, text

    @given(
        st.one_of(
            st.text(max_size=350),
            st.text("UL.AŁOSI 0123/-,MK\t\x00", max_size=80).map(lambda t: f"UL. {t}"),
            st.tuples(st.text(max_size=60), st.text(max_size=60)).map(
                lambda pair: f"{pair[0]} 5/3, 00-000 {pair[1]}"
            ),
        )
    )
    def test_of_any_kind_gives_what_the_form_accepts(self, text: str) -> None:
        parse = {
            "street": address.parse_street,
            "house_no": address.parse_number,
            "flat_no": address.parse_number,
            "postal_code": lambda code: postal_code.parse(code, "PL"),
            "city": address.parse_city,
        }
        for name, value in read_address(text).items():
            assert parse[name](value) == value


class CapitalsTests(SimpleTestCase):
    """Capitals become what people write."""

    def test_of_places(self) -> None:
        for capitals, written in {
            "ŚWIĘTEGO WAWRZYŃCA": "Świętego Wawrzyńca",
            "KRÓLA ZYGMUNTA I": "Króla Zygmunta I",
            "JANA III SOBIESKIEGO": "Jana III Sobieskiego",
            "MARII I PIOTRA CURIE": "Marii i Piotra Curie",
            "I. PADEREWSKIEGO": "I. Paderewskiego",
            "KS. BP. WZORA": "Ks. bp. Wzora",
            "1000-LECIA PAŃSTWA POLSKIEGO": "1000-lecia Państwa Polskiego",
            "D'ARTAGNANA": "D'Artagnana",
            "ARMII KRAJOWEJ AK": "Armii Krajowej AK",
            "RUDA ŚLĄSKA": "Ruda Śląska",
            "WÓLKA POD LASEM": "Wólka pod Lasem",
            "Długa": "Długa",
            "": "",
        }.items():
            assert readable_place(capitals) == written

    def test_of_companies_stay_but_for_the_legal_form(self) -> None:
        limited = "spółka z ograniczoną odpowiedzialnością"
        for name, written in {
            f"ABC {limited.upper()}": f"ABC {limited}",
            f"ABC {limited.upper()} SPÓŁKA KOMANDYTOWA": f"ABC {limited} spółka komandytowa",
            "ABC SPÓŁKA AKCYJNA W LIKWIDACJI": "ABC spółka akcyjna w likwidacji",
            "ABC PROSTA SPÓŁKA AKCYJNA": "ABC prosta spółka akcyjna",
            "ABC SPÓŁKA KOMANDYTOWO-AKCYJNA": "ABC spółka komandytowo-akcyjna",
            "ABC SP. Z O.O.": "ABC sp. z o.o.",
            "SPÓŁKA AKCYJNA": "SPÓŁKA AKCYJNA",
            "JAN PRZYKŁADOWY": "JAN PRZYKŁADOWY",
            "Abc Spółka Jawna": "Abc Spółka Jawna",
        }.items():
            assert readable_company(name) == written

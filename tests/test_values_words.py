# ruff: noqa: RUF001  look-alikes of ASCII characters are what is tested
"""Words: names of people and companies, lines of addresses, positions."""

from django.core.exceptions import ValidationError
from django.test import SimpleTestCase

from accounts.values import address, bank_spelling, company_name, names, position
from tests.spellings import SpellingTestCase


class PersonName(SpellingTestCase):
    def test_is_understood_in_any_script(self) -> None:
        as_typed = [
            *("Jan", "Żółć", "Łukasz", "Anna Maria", "Nowak-Kowalska", "O'Brien", "d'Arc", "Ng"),
            *("van der Berg", "von Neumann", "de la Cruz", "MacDonald", "'t Hooft", "J. R. R."),
            *("J.R.R.", "J.-P.", "Jr.", "José María", "Ñuñez", "Şahin", "İlkay", "Þór", "Øystein"),
            *(
                "Иван",
                "Олена Шевченко",
                "Γεώργιος",
                "李小龍",
                "山田",
                "김민준",
                "محمد",
                "שָׂרָה",
                "राहुल",
            ),
            *("สมชาย", "Nguyễn Thị Ánh", "Gal·la", "ジャン・ポール", "Y", "JAN", "jan", "Mª José"),
            *("D'Angelo-O'Neil", "Ľubomír", "Dvořák", "Őze", "Ķēniņš", "Ō'ahu", "Abc-Def-Ghi"),
        ]
        table = [(typed, typed) for typed in as_typed]
        table += [
            ("  Jan  Maria ", "Jan Maria"),
            ("Jan\u00a0Maria", "Jan Maria"),
            ("Nowak – Kowalska", "Nowak-Kowalska"),
            ("Nowak - Kowalska", "Nowak-Kowalska"),
            ("Nowak—Kowalska", "Nowak-Kowalska"),
            ("Nowak‐Kowalska", "Nowak-Kowalska"),
            ("O’Brien", "O'Brien"),
            ("O`Brien", "O'Brien"),
            ("O´Brien", "O'Brien"),
            ("O‘Brien", "O'Brien"),
            ("Z\u0307o\u0301\u0142ty", "Żółty"),
            ("Jan\n", "Jan"),
            ("J" * 100, "J" * 100),
            ("ג׳ורג׳", "ג׳ורג׳"),
            ("צה״ל", "צה״ל"),
            ("Տէր՚Պետրոս", "Տէր՚Պետրոս"),
            ("O\u201bBrien", "O'Brien"),
            ("O\u2032Brien", "O'Brien"),
        ]
        self.assert_accepts(names.parse, table, at_least=40)

    def test_that_is_none_is_refused(self) -> None:
        characters = [
            *(
                "Jan1",
                "4dam",
                "Jan <b>",
                "Jan>",
                "jan@example.com",
                "Jan/Anna",
                "Jan\\Anna",
                "{Jan}",
            ),
            *("[Jan]", "Jan|", "Jan;", "Jan:", '"Jan"', "„Jan”", "Jan,", "Jan!", "Jan?", "Jan_K"),
            *("Jan & Anna", "Jan+Anna", "Jan=1", "J*n", "Jan%", "Jan#", "$Jan", "Jan^", "~Jan"),
            *("Jan (Kowalski)", "Jan😀", "Jan™", "𝐉𝐚𝐧", "Ｊａｎ", "Jan²", "Henryk Ⅷ", "Jan٣", "€"),
        ]
        punctuation = [
            *("-Jan", "Jan-", "Jan--Maria", ".Jan", "Jan..", "Jan .", "O''Brien", "Jan·", "·Jan"),
            *("J-'A", "A.'b", "- Jan", "Jan -"),
        ]
        table = [(typed, "characters") for typed in characters]
        table += [(typed, "punctuation") for typed in punctuation]
        table += [(typed, "no_letter") for typed in ("-", ".", "'", "- -", "·")]
        table += [
            ("J" * 101, "too_long"),
            ("Jan\u200bMaria", "unsupported"),
            ("Jan\u202e", "unsupported"),
            ("J\u0336\u0336\u0336\u0336\u0336an", "unsupported"),
        ]
        self.assert_refuses(names.parse, table, at_least=40)
        self.assert_refuses_junk(names.parse)

    def test_is_as_long_as_its_field_allows(self) -> None:
        assert names.parse("J" * 60, max_length=60) == "J" * 60
        with self.assertRaises(ValidationError):
            names.parse("J" * 61, max_length=60)


class CompanyName(SpellingTestCase):
    def test_is_understood_with_all_that_registers_print(self) -> None:
        as_typed = [
            *("ACME", "Acme Sp. z o.o.", "Acme spółka z ograniczoną odpowiedzialnością", "A", "7"),
            *("„Kwiaty i Róże” s.c.", "Kowalski & Syn", 'P.H.U. "JAN" Jan Kowalski', "4F S.A."),
            *("Auto-Części", "F.H. ŻUK – hurt/detal", "Jan Kowalski (w spadku)", "A+B", "Bar 24/7"),
            *(
                "C++ Software",
                "C# Solutions",
                "Studio @Home",
                "Yes!",
                "Gdzie?",
                "100% Wełna",
                "A*B",
            ),
            *(
                "Biuro: rachunki",
                "Zakład nr 5",
                "Müller GmbH & Co. KG",
                "L'Oréal Polska",
                "ООО Ромашка",
            ),
            *(
                "Ελλάδα Α.Ε.",
                "株式会社トヨタ",
                "شركة",
                "Salon “Ewa”",
                "«Дом»",
                "Firma; oddział",
                "[k]",
            ),
            *(
                "Café Größe",
                "Nr 1 w Polsce",
                "e-Sklep.pl",
                "www.example.com",
                "X_Y",
                "A | B",
                "№ 1",
            ),
            *("Acme®", "Acme™", "20°C", "A = B", "$ave", "€uro", "{code}", "Kantor 'U Jana'"),
            *("B" * 255, "O’Neill’s Pub", "Hôtel d’Été", "Ł"),
        ]
        table = [(typed, typed) for typed in as_typed]
        table += [
            (" Acme   Sp. z\u00a0o.o. ", "Acme Sp. z o.o."),
            ("Acme\nSp. z o.o.", "Acme Sp. z o.o."),
            ("Z\u0307uk", "Żuk"),
        ]
        self.assert_accepts(company_name.parse, table, at_least=40)

    def test_that_is_none_is_refused(self) -> None:
        characters = [
            *("<b>Acme</b>", "Acme >", "<", ">", "Acme<", "a<b", "Acme 😀", "☎ Taxi", "♥ Kwiaty"),
            *("★★★", "Acme ♻", "→ Acme", "Acme ∞", "█", "♪", "⚡ Prąd", "✂ Fryzjer", "Acme ≤ 5"),
            *("<img src=x>", "Ⓐcme ☢", "Acme ⭐", "☕", "½ ☺", "Acme ✓"),
        ]
        no_letter = ["-", "...", "&", "„”", '""', "()", "!!!", "+", "§", "_", "***", "- & -"]
        unsupported = [
            *("Acme\x00", "Acme\u200b", "Acme\u202e", "Ac\u00adme", "Acme\ufeff", "\ud800Acme"),
            *("Acme\x07", "A\u0334\u0334\u0334\u0334\u0334", "Acme\ue000", "\u3164"),
        ]
        table = [(typed, "characters") for typed in characters]
        table += [(typed, "no_letter") for typed in no_letter]
        table += [(typed, "unsupported") for typed in unsupported]
        table += [("B" * 256, "too_long")]
        self.assert_refuses(company_name.parse, table, at_least=40)
        self.assert_refuses_junk(company_name.parse)


class Street(SpellingTestCase):
    def test_is_taken_as_its_town_writes_it(self) -> None:
        as_typed = [
            *("Marszałkowska", "ul. 3 Maja", "al. Jana Pawła II", "os. „Nad Potokiem”", "1"),
            *("św. Wojciecha", "Pl. Defilad (wejście B)", "Rue de l'Église", "Straße des 17. Juni"),
            *(
                "Calle Nº 5",
                "Bulwar Ikara 12/14",
                "улица Ленина",
                "中山路",
                "K" * 100,
                "ul. 3-go Maja",
            ),
            *("al. NMP", "ul. Gen. Wł. Andersa", "ks. Brzóski", "11 Listopada", "rondo ONZ"),
            *("pl. Trzech Krzyży", "ul. Króla Kazimierza Wielkiego", "os. 1000-lecia", "bulw. X"),
            *("Nowy Świat", "ul. Łąkowa (d. Polna)", "skwer kard. Wyszyńskiego", "5th Ave. #5"),
            *("Via Garibaldi, 3", "Unter den Linden", "Kneza Miloša", "Võru tn", "Ταξιάρχων"),
            *("Szosa Chełmińska", "Droga do Lasu", "ul. A. Mickiewicza", "Ø. Farimagsgade", "R&D"),
            *("al. Solidarności: oficyna", "ul. „Zośki”", "ul. Ptasia*", "شارع الملك", "رحوب"),
        ]
        table = [(typed, typed) for typed in as_typed]
        table += [(" ul.  Długa\n", "ul. Długa"), ("Z\u0307abia", "Żabia")]
        self.assert_accepts(address.parse_street, table, at_least=40)

    def test_that_is_none_is_refused(self) -> None:
        characters = [
            *("<b>", "ulica 😀", "ul. A?", "ul. 1 Maja!", "św. Jana @", "Rue 4 = 5", "ul. A|B"),
            *("{Długa}", "[Długa]", "Długa\\Krótka", "Długa^", "Długa~", "$ Długa", "Długa €"),
            *("100%", "Długa ™", "→ Długa", "Długa ♥", "Długa>", "Długa<", "Długa…", "ul. ¿Qué?"),
            *("Długa ½ ±", "Długa ×", "Długa ≤ 5", "☎"),
        ]
        table = [(typed, "characters") for typed in characters]
        table += [(typed, "no_letter") for typed in ("-", "—", ".", "/", "()", '""', "- - -", "*")]
        table += [
            (f"Dłu{unseen}ga", "unsupported")
            for unseen in (
                "\x00",
                "\x07",
                "\u200b",
                "\u202e",
                "\ufeff",
                "\u00ad",
                "\ud800",
                "\ue000",
            )
        ]
        table.append(("K" * 101, "too_long"))
        table += [
            (typed, "web_address")
            for typed in ("www.spam.example", "http://spam.pl", "Długa, HTTPS://x", "Www.x.pl")
        ]
        self.assert_refuses(address.parse_street, table, at_least=40)
        self.assert_refuses_junk(address.parse_street)


class BuildingNumber(SpellingTestCase):
    def test_is_taken_as_its_plate_has_it(self) -> None:
        as_typed = [
            *("12", "12A", "12/14", "7 bis", "1-3", "A", "12 lok. 3", "II", "dz. 12/3", "½", "0"),
            *("12 A", "12a", "12 m. 5", "dz. nr 5/3", "b/n", "12½", "III", "12,14", "12;13", "12+"),
            *("#4", "nr 12", "12 A/B (oficyna)", "LU-3", "U5", "parter", "B 1", "1/2/3", "10-12A"),
            *(
                "12 кв. 5",
                "12号",
                "12'",
                "99999",
                "1A-1C",
                "Blok 4",
                "kl. II",
                "3 p.",
                "2°",
                "12.1",
            ),
            *("12:3", "№ 5", "1 & 2", "1" * 20),
        ]
        table = [(typed, typed) for typed in as_typed]
        table += [(" 12  A\n", "12 A"), ("12\u00a0A", "12 A"), ("\t7", "7")]
        self.assert_accepts(address.parse_number, table, at_least=40)

    def test_that_is_none_is_refused(self) -> None:
        characters = [
            *("12<", "<12>", "?", "12!", "12@", "12=3", "12|3", "12\\3", "{12}", "[12]", "12^"),
            *("~12", "$12", "12€", "12%", "12 😀", "12™", "→12", "12♥", "12…"),
        ]
        table = [(typed, "characters") for typed in characters]
        table += [
            (typed, "no_letter")
            for typed in ("-", "/", "--", ".", "()", "#", "+", "*", "' '", "°", "- -", "№")
        ]
        table += [
            (f"1{unseen}2", "unsupported")
            for unseen in ("\x00", "\x1b", "\u200b", "\u202e", "\ufeff", "\ud800", "\u3164")
        ]
        table += [("1" * 21, "too_long"), ("12 " + "A" * 30, "too_long")]
        self.assert_refuses(address.parse_number, table, at_least=40)
        self.assert_refuses_junk(address.parse_number)


class City(SpellingTestCase):
    def test_is_taken_as_it_is_called(self) -> None:
        as_typed = [
            *("Łódź", "Bielsko-Biała", "Frankfurt (Oder)", "L'Aquila", "’s-Hertogenbosch", "Y"),
            *("St. Gallen", "Київ", "東京", "6 de Octubre", "Ruda Śl.", "Kraków 2", "Warszawa 1"),
            *("Kędzierzyn-Koźle", "Golub-Dobrzyń", "Saint-Étienne", "Villers-le-Lac", "Å", "Llan"),
            *("Nowy Dwór Maz.", "Nowe Brzesko", "Stalowa Wola", "Zakopane", "Žilina", "Győr"),
            *(
                "München",
                "İzmir",
                "Reykjavík",
                "Αθήνα",
                "София",
                "北京",
                "서울",
                "القاهرة",
                "תל אביב",
            ),
            *("दिल्ली", "กรุงเทพฯ", "Warszawa-Śródmieście", "Bielsko - Biała", "O’Fallon", "X 5"),
            *("Nowy Jork/NY", "Lučenec, SK", "Ł" * 100),
        ]
        table = [(typed, typed) for typed in as_typed]
        table += [("  Nowy   Sącz\r\n", "Nowy Sącz"), ("Ło\u0301dź", "Łódź")]
        self.assert_accepts(address.parse_city, table, at_least=40)

    def test_that_is_none_is_refused(self) -> None:
        characters = [
            *("Łódź>", "<Łódź", "Kraków@", "Ruda Śląska!", "Gdzie?", "Łódź=", "Łódź|", "{Łódź}"),
            *("[Łódź]", "Łódź\\", "Łódź^", "~Łódź", "$Łódź", "Łódź €", "Łódź 😀", "Łódź ™", "100%"),
            *("→ Łódź", "♥ Łódź", "Łódź…", "Łódź ±"),
        ]
        table = [(typed, "characters") for typed in characters]
        table += [
            (typed, "no_letter")
            for typed in ("123", "-", ".", "00-950", "()", "1 2 3", "'", "/", "½", "№ 5")
        ]
        table += [
            (f"Łó{unseen}dź", "unsupported")
            for unseen in (
                "\x00",
                "\x7f",
                "\u200b",
                "\u202e",
                "\ufeff",
                "\u00ad",
                "\ud800",
                "\ue000",
            )
        ]
        table += [("Ł" * 101, "too_long"), ("a\u0336\u0336\u0336\u0336\u0336", "unsupported")]
        table += [(typed, "web_address") for typed in ("www.spam.pl", "Łódź https://x.pl")]
        self.assert_refuses(address.parse_city, table, at_least=40)
        self.assert_refuses_junk(address.parse_city)


class Position(SpellingTestCase):
    def test_is_any_line_with_a_letter(self) -> None:
        as_typed = [
            *("Prezes Zarządu", "Właściciel/ka", "Head of R&D", "C.F.O. (p.o.)", "C++ Lead"),
            *("prokurent", "członkini zarządu", "wspólniczka", "pełnomocnik nr 2", "CEO", "dyr."),
            *("główna księgowa", "Kierownik działu IT", "VP, Sales", "specjalista ds. walut"),
            *("syndyk", "kurator", "p.o. dyrektora", "Gründer", "gérant", "директор", "取締役"),
            *("office manager", "I zastępca", "zast. kier.", "adiunkt – kierownik", "„szefowa”"),
            *("Owner & CEO", "COO / CFO", "tester #1", "100% właściciel", "A", "likwidator"),
            *(
                "komplementariusz",
                "założyciel",
                "menedżer/ka",
                "radca prawny",
                "adwokat: pełnomocnik",
            ),
            *("ekonomista*", "J.D.", "PhD", "pracownik @ biuro", "P" * 100),
        ]
        table = [(typed, typed) for typed in as_typed]
        table += [("  Prezes   Zarządu ", "Prezes Zarządu"), ("preze\u0301s", "prezés")]
        self.assert_accepts(position.parse, table, at_least=40)

    def test_that_is_none_is_refused(self) -> None:
        characters = [
            *("<b>", "prezes>", "prezes<", "prezes 😀", "prezes ™", "$ prezes", "€ prezes", "a=b"),
            *("a|b", "a~b", "a^b", "`prezes`", "→ prezes", "♥ prezes", "prezes ±", "prezes ©"),
        ]
        no_letter = [
            *("123", "-", "...", "!!!", "1/2", "()", "&", "#1", "+48 601 234 567", "00-950", "½"),
            *("„”", "*", "100%", "§ 1"),
        ]
        unseen = (
            "\x00",
            "\x1f",
            "\u200b",
            "\u202e",
            "\ufeff",
            "\u00ad",
            "\ud800",
            "\ue000",
            "\u3164",
        )
        table = [(typed, "characters") for typed in characters]
        table += [(typed, "no_letter") for typed in no_letter]
        table += [(f"pre{each}zes", "unsupported") for each in unseen]
        table.append(("P" * 101, "too_long"))
        self.assert_refuses(position.parse, table, at_least=40)
        self.assert_refuses_junk(position.parse)


class BankSpelling(SimpleTestCase):
    def test_leaves_the_diacritics_out(self) -> None:
        table = {
            "Żółta Łódź": "Zolta Lodz",
            "Grażyna Józefa Śliwińska": "Grazyna Jozefa Sliwinska",
            "ZAŻÓŁĆ GĘŚLĄ JAŹŃ": "ZAZOLC GESLA JAZN",
            "„Żuraw” sp. z o.o.": '"Zuraw" sp. z o.o.',
            "Müller & Søn": "Muller & Son",
            "Großmann": "Grossmann",
            "Þór Æsir": "Thor AEsir",
            "Nguyễn Thị Ánh": "Nguyen Thi Anh",
            "Renée": "Renee",
        }
        for name, plain in table.items():
            assert bank_spelling.plain(name) == plain

    def test_has_nothing_to_say_where_nothing_differs_or_no_rule_is_shared(self) -> None:
        for name in ("Jan Nowak", "„Bank” – Nowak", "Acme’s", "Иван Żak", "李小龍", "", "Kot™ Żak"):
            assert bank_spelling.plain(name) == ""

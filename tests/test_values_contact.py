# ruff: noqa: RUF001  look-alikes of ASCII characters are what is tested
"""How to reach somebody: postal codes, phone numbers, e-mail addresses."""

from django.core.exceptions import ValidationError

from accounts.values import email, phone, postal_code
from kantor.serving.typography import BLANK
from tests.spellings import JUNK, SpellingTestCase


class PostalCode(SpellingTestCase):
    def test_of_poland_is_understood_in_every_honest_spelling(self) -> None:
        spellings = [
            *("00-950", "00950", "00 950", " 00-950 ", "00–950", "00—950", "00‑950", "00−950"),
            *("00 - 950", "0 0 9 5 0", "PL-00-950", "PL 00-950", "pl00950", "00\u00a0950"),
            *("00-950\n", "\t00950", "00-9-50", "009 50", "0-0950", "00\u2009950", "-00950-"),
            *("\u202d00-950\u202c", "\u200e00950\u200e"),
        ]
        self.assert_accepts(
            lambda typed: postal_code.parse(typed, "PL"),
            [(typed, "00-950") for typed in spellings]
            + [(f"{n:02}{n * 7 % 1000:03}", f"{n:02}-{n * 7 % 1000:03}") for n in range(0, 100, 5)],
            at_least=40,
        )

    def test_that_poland_does_not_use_is_refused(self) -> None:
        refused = [
            *("00-95", "00-9500", "0095", "009500", "0", "00.950", "00/950", "00_950", "00,950"),
            *("A0-950", "OO-950", "00-95O", "00-9S0", "PLPL00-950", "DE00950", "D-00950", "00+950"),
            *(
                "٠٠-٩٥٠",
                "００-９５０",
                "００９５０",
                "०००९५०",
                "00-95²",
                "00-95⓪",
                "Warszawa",
                "brak",
            ),
            *("00-950 Warszawa", "00-950, 00-951", "P00950", "00-950;", "x", "-", "--", "1e100"),
            *("00-950PL", "(00-950)", '"00-950"', "00:950", "00=950", "SW1A 1AA", "0x00950"),
        ]
        self.assert_refuses(
            lambda typed: postal_code.parse(typed, "PL"),
            [(typed, "invalid" if typed.strip("-") else "required") for typed in refused],
            at_least=40,
        )
        self.assert_refuses_junk(lambda typed: postal_code.parse(typed, "PL"))

    def test_of_another_country_follows_its_habit(self) -> None:
        table = [
            ("DE", "10115", "10115"),
            ("DE", "D-10115", "10115"),
            ("DE", "DE 10115", "10115"),
            ("AT", "A-1010", "1010"),
            ("CZ", "11000", "110 00"),
            ("SK", "811 01", "811 01"),
            ("SE", "S-11455", "114 55"),
            ("NL", "1012ab", "1012 AB"),
            ("GB", "sw1a1aa", "SW1A 1AA"),
            ("GB", "M1 1AE", "M1 1AE"),
            ("GB", "ec1a-1bb", "EC1A 1BB"),
            ("JE", "je23xp", "JE2 3XP"),
            ("IE", "d02x285", "D02 X285"),
            ("IE", "D6WXH97", "D6W XH97"),
            ("LT", "01100", "LT-01100"),
            ("LV", "lv1010", "LV-1010"),
            ("PT", "1000001", "1000-001"),
            ("BR", "01310100", "01310-100"),
            ("JP", "1000001", "100-0001"),
            ("CA", "k1a0b1", "K1A 0B1"),
            ("MT", "vlt1117", "VLT 1117"),
            ("US", "10001", "10001"),
            ("US", "100011234", "10001-1234"),
            ("AD", "500", "AD500"),
            ("UA", "01001", "01001"),
            ("VN", " 100000 ", "100000"),
            ("AR", "c1420abc", "C1420ABC"),
            ("AE", "", ""),
            ("BE", "B-1000", "1000"),
            ("CH", "CH-8001", "8001"),
            ("DK", "DK 1050", "1050"),
            ("FR", "F-75001", "75001"),
            ("GR", "10431", "104 31"),
            ("HU", "H-1051", "1051"),
            ("IN", "110 001", "110001"),
            ("IT", "I-00184", "00184"),
            ("KZ", "a05a0a1", "A05A0A1"),
            ("LU", "L-1234", "1234"),
            ("MD", "2001", "MD-2001"),
            ("NO", "N-0150", "0150"),
            ("RS", "11000", "11000"),
            ("SI", "SLO 1000", "1000"),
            ("AX", "22100", "22100"),
            ("GI", "gx11 1aa", "GX11 1AA"),
            ("HK", "", ""),
            ("XK", "10000", "10000"),
        ]
        assert len(table) >= 40
        for code, typed, canonical in table:
            with self.subTest(ascii(f"{code} {typed}")):
                assert postal_code.parse(typed, code) == canonical
                assert postal_code.parse(canonical, code) == canonical

    def test_against_the_habit_of_its_country_is_refused_with_an_example(self) -> None:
        table = [
            ("DE", "1011", "00000"),
            ("DE", "SW1A 1AA", "00000"),
            ("GB", "10115", "A0 0AA"),
            ("NL", "1012", "0000 AA"),
            ("NL", "1012 ÀB", "0000 AA"),
            ("LT", "", "LT-00000"),
            ("AT", "10100", "0000"),
            ("BE", "BRUX", "0000"),
            ("BR", "0131010", "00000-000"),
            ("CA", "K1A 0B", "A0A 0A0"),
            ("CA", "1K1 B0B", "A0A 0A0"),
            ("CZ", "110 0", "000 00"),
            ("DE", "10115 Berlin", "00000"),
            ("DE", "１０１１５", "00000"),
            ("DE", "١٠١١٥", "00000"),
            ("DE", "PL-10115", "00000"),
            ("ES", "2800", "00000"),
            ("FR", "75OO1", "00000"),
            ("IE", "brak", "A00 0000"),
            ("IT", "0018", "00000"),
            ("JP", "100-00011", "000-0000"),
            ("JP", "〒100-0001", "000-0000"),
            ("LV", "LT-1010", "LV-0000"),
            ("MT", "1117", "AAA 0000"),
            ("PT", "1000", "0000-000"),
            ("SE", "1145", "000 00"),
            ("SK", "811", "000 00"),
            ("UA", "", "00000"),
            ("US", "1000", "00000"),
            ("US", "NY 10001", "00000"),
            ("CH", "80011", "0000"),
            ("DK", "D-1050", "0000"),
            ("FI", "0010", "00000"),
            ("GB", "SW1A 1A", "A0 0AA"),
            ("GR", "104 3", "000 00"),
            ("HU", "H-105", "0000"),
            ("KR", "030-051", "00000"),
            ("LU", "L-12345", "0000"),
            ("NO", "O150", "0000"),
            ("RO", "01001", "000000"),
        ]
        assert len(table) >= 40
        for code, typed, form in table:
            with (
                self.subTest(ascii(f"{code} {typed}")),
                self.assertRaises(ValidationError) as caught,
            ):
                postal_code.parse(typed, code)
            assert form in caught.exception.messages[0]
        self.assert_refuses(
            lambda typed: postal_code.parse(typed, "VN"),
            [
                (typed, "invalid")
                for typed in (
                    "1",
                    "12345678901",
                    "12--34",
                    "12/34",
                    "１２３４",
                    "brak",
                    "none",
                    "n/a",
                )
            ],
        )


class Phone(SpellingTestCase):
    def test_is_understood_in_every_honest_spelling(self) -> None:
        mobile = [
            *("601234567", "601 234 567", "601-234-567", "601.234.567", "601/234/567"),
            *("+48601234567", "+48 601 234 567", "+48-601-234-567", "(+48) 601 234 567"),
            *("0048601234567", "00 48 601 234 567", "48601234567", "48 601 234 567"),
            *("0601234567", "0601 234 567", "0-601-234-567", "+48 (0) 601 234 567"),
            *("+48 0601234567", "+480601234567", "0048 0601 234 567", "tel. 601 234 567"),
            *("tel: 601-234-567", "Tel 601234567", "tel:+48601234567", "601\u00a0234\u00a0567"),
            *(
                "telefon 601 234 567",
                "kom. 601234567",
                "tel. kom.: 601 234 567",
                "Phone: 601234567",
            ),
            *("\u202a+48 601 234 567\u202c", "\u2068601 234 567\u2069", "\u200e601234567\n"),
            *("Komórka 601 234 567", "nr tel. 601 234 567", "TEL601234567", "601 234 567."),
            *("601–234–567", "60 12 34 567", " 601234567\n", "+ 48 601 234 567", "601  234  567"),
        ]
        landline = [
            *("22 859 02 18", "022 859 02 18", "0 22 859 02 18", "(22) 859-02-18", "+48228590218"),
            *("(0-22) 859 02 18", "(0 22) 859 02 18", "0-22/859-02-18", "+48 (22) 859 02 18"),
            *("+48 (0) 22 859 02 18", "0048 22 859 02 18", "+48 22 8590218"),
        ]
        foreign = [
            ("+49 30 901820", "+4930901820"),
            ("0049 (0) 30 901820", "+4930901820"),
            ("+44 (0) 20 7946 0958", "+442079460958"),
            ("+39 06 698 12345", "+390669812345"),
            ("+380 44 279 0000", "+380442790000"),
            ("+1 212 555 0123", "+12125550123"),
            ("+420 601 123 456", "+420601123456"),
        ]
        table = [(typed, "+48601234567") for typed in mobile]
        table += [(typed, "+48228590218") for typed in landline]
        self.assert_accepts(phone.parse, table + foreign, at_least=40)

    def test_that_nobody_can_be_called_at_is_refused(self) -> None:
        invalid = [
            *("60123456", "6012345678", "1", "112", "997", "000000000", "034567890", "+", "++48"),
            *("+48", "+48 60123456", "+48 6012345678", "+999 601234567", "601 234 567 601 234 567"),
            *("600FLOWER", "+48 600-FLOWER", "sześćset", "*601234567", "601234567*", "601_234_567"),
            *("٦٠١٢٣٤٥٦٧", "６０１２３４５６７", "601234567+", "48+601234567", "601,234,567"),
            *("601 234 567 / 22 859 02 18", "jan@example.com", "brak", "-", "()", "00", "0"),
            *("+480", "60+1234567", "601=234567", "1" * 41, "+" + "4" * 30, "601²34567"),
        ]
        extension = [
            *("22 859 02 18 wew. 5", "22 859 02 18 w. 5", "228590218;ext=5", "228590218x5"),
            *("228590218 ext. 5", "228590218#5", "22 859 02 18 w 5", "tel:+48228590218;ext=5"),
        ]
        special = [
            *("800 123 456", "801 234 567", "700 123 456", "701 234 567", "+48 800 123 456"),
            *("0 801 234 567", "708 234 567", "+1 800 253 0000", "+44 800 000 0000"),
            *("+48 642 123 456", "+1 900 253 0000"),
        ]
        table = [(typed, "invalid") for typed in invalid]
        table += [(typed, "extension") for typed in extension]
        table += [(typed, "special") for typed in special]
        self.assert_refuses(phone.parse, table, at_least=40)
        self.assert_refuses_junk(phone.parse)

    def test_is_shown_in_groups(self) -> None:
        for number, groups in (
            ("+48601234567", "+48 601 234 567"),
            ("+48228590218", "+48 22 859 02 18"),
            ("+442079460958", "+44 20 7946 0958"),
        ):
            assert phone.display(number) == groups.replace(" ", BLANK)
        assert phone.display("") == ""


class Email(SpellingTestCase):
    def test_is_understood_and_kept_as_typed(self) -> None:
        as_typed = [
            *("jan@example.com", "Jan.Kowalski@Example.COM", "jan+kantor@wp.pl", "j@o2.pl"),
            *("jan_kowalski@poczta.onet.pl", "jan-kowalski@firma.com.pl", "1234567@qq.com"),
            *("jan.kowalski.senior@a-b-c.example.org", "o'brien@example.ie", "a.b.c.d@example.eu"),
            *("jan@sub.sub.sub.example.com", "jan@przykład.pl"),
            *("jan@żółw.pl", "jan@почта.рф", "jan@例え.jp", "jan@münchen.de", "jan@mañana.es"),
            *("jan@example.museum", "jan@example.co.uk", "jan@1and1.com", "jan@3.example.com"),
            *("kantor@kantor.pl", "jan%kowalski@example.com", "jan/kowalski@example.com"),
            *("jan=kowalski@example.com", "jan!@example.com", "{jan}@example.com", "~@example.com"),
            *("jan#1@example.com", "$jan@example.com", "a@example.com", "jan&anna@example.com"),
            *("j" * 64 + "@example.com", "jan@" + "a" * 63 + ".com", "_@example.com"),
            *("GRAŻYNA@example.com".replace("Ż", "Z"), "jan@βήτα.gr"),
        ]
        table = [(typed, typed) for typed in as_typed]
        table += [
            ("  jan@example.com ", "jan@example.com"),
            ("jan@example.com\n", "jan@example.com"),
            ("\u00a0jan@example.com\u00a0", "jan@example.com"),
            ("Jan@PRZYKŁAD.pl", "Jan@przykład.pl"),
            ("jan@xn--przykad-rjb.pl", "jan@przykład.pl"),
            ("JAN@XN--PRZYKAD-RJB.PL", "JAN@przykład.pl"),
            ("jan@xn--80a1acny.xn--p1ai", "jan@почта.рф"),
            ("jan@xn--strae-oqa.de", "jan@xn--strae-oqa.de"),
            ("jan@przykl\u0142ad.pl", "jan@przyklład.pl"),
            ("jan@z\u0307o\u0301l\u0107.pl", "jan@żólć.pl"),
            # A full stop of Chinese and Japanese keyboards.
            ("Jan@Example\u3002com", "Jan@example.com"),
            ("jan@例え\u3002jp", "jan@例え.jp"),
            # Django would send to strasse.de, which is somebody else.
            ("jan@straße.de", "jan@xn--strae-oqa.de"),
        ]
        self.assert_accepts(email.parse, table, at_least=40)

    def test_that_mail_cannot_reach_is_refused(self) -> None:
        invalid = [
            *(
                "jan",
                "jan@",
                "@example.com",
                "jan@@example.com",
                "jan@a@example.com",
                "jan@example",
            ),
            *("jan@localhost", "jan@localhost.localdomain.local", "jan@[127.0.0.1]", "@"),
            *("jan@[IPv6:::1]", "jan@127.0.0.1", '"jan"@example.com', '"jan k"@example.com'),
            *("jan kowalski@example.com", "jan@exam ple.com", ".jan@example.com", "a@b.c"),
            *("jan.@example.com", "jan..k@example.com", "jan@.example.com", "jan@example..com"),
            *("jan@example.com.", "jan@-example.com", "jan@example-.com", "jan@exam_ple.com"),
            *("Jan <jan@example.com>", "<jan@example.com>", "mailto:jan@example.com"),
            *("jan@example.com,anna@example.com", "jan@example.com;", "jan(x)@example.com"),
            *("jan@example.123", "jan@x.test", "jan@example.invalid", "jan@printer.local"),
            *("jan[at]example.com", "jan@exa$mple.com", "jan\\@example.com", "jan@a--b..pl"),
            *(
                "j" * 65 + "@example.com",
                "jan@" + "a" * 64 + ".com",
                "jan@xn--a.pl",
                "jan@ab--c.pl",
            ),
            *("jan@example.com/x", "jan:k@example.com", "jan@例え"),
        ]
        local_part = [
            *("żółw@example.com", "m\u0131ke@example.com", "ja\u017f@example.com"),
            *("\u212aate@example.com", "ｊan@example.com", "јan@example.com", "джон@example.com"),
        ]
        look_alike = [
            *("jan@gmaıl.com", "jan@gmaił.com", "jan@ónet.pl", "jan@gmаil.com", "jan@ｇmail.com"),
            *(
                "jan@аррӏе.com",
                "jan@xn--80ak6aa92e.com",
                "jan@xn--gmil-63d.com",
                "jan@\u212aantor.pl",
            ),
            *(
                "jan@wр.pl",
                "jan@\u017fklep.pl",
                "jan@example\uff0ecom",
                "jan@kaпtor.pl",
                "jan@ορ.pl",
                "jan@①.pl",
            ),
        ]
        table = [(typed, "invalid") for typed in invalid]
        table += [(typed, "local_part") for typed in local_part]
        table += [(typed, "look_alike") for typed in look_alike]
        table += [
            ("jan@example.com\u200b", "unsupported"),
            ("jan@exam\u00adple.com", "unsupported"),
            ("\u202ejan@example.com", "unsupported"),
            ("jan@example.com\x00", "unsupported"),
            ("jan@" + "a." * 125 + "com", "too_long"),
        ]
        self.assert_refuses(email.parse, table, at_least=40)
        self.assert_refuses_junk(email.parse)

    def test_spelled_in_two_ways_is_one_by_its_key(self) -> None:
        twins = [
            ("Jan@Example.COM", "jan@example.com"),
            ("jan@przykład.pl", "jan@xn--przykad-rjb.pl"),
            ("jan@PRZYKŁAD.PL", "JAN@XN--PRZYKAD-RJB.PL"),
            ("jan@straße.de", "jan@xn--strae-oqa.de"),
            (" jan@example.com\u00a0", "jan@example.com"),
            ("ｊａｎ@example.com", "jan@example.com"),
            ("jan@example.com\u200b", "jan@example.com"),
            ("\u212aate@example.com", "kate@example.com"),
        ]
        for first, second in twins:
            with self.subTest(first):
                assert email.normalise(first) == email.normalise(second)

    def test_of_two_mailboxes_has_two_keys(self) -> None:
        apart = [
            ("jan+a@example.com", "jan+b@example.com"),
            ("j.an@gmail.com", "jan@gmail.com"),
            ("jan@straße.de", "jan@strasse.de"),
            ("m\u0131ke@example.com", "mike@example.com"),
            ("jan@gmаil.com", "jan@gmail.com"),
        ]
        for first, second in apart:
            with self.subTest(first):
                assert email.normalise(first) != email.normalise(second)

    def test_has_a_key_that_a_database_takes_whatever_is_typed(self) -> None:
        for typed in JUNK:
            key = email.normalise(typed)
            assert len(key) <= email.MAX_LENGTH
            assert "\x00" not in key
            key.encode()

# ruff: noqa: RUF001  look-alikes of ASCII characters are what is tested
"""Numbers that offices give: NIP, REGON, KRS and the tax numbers of other countries."""

from django.core.exceptions import ValidationError
from stdnum.pl import nip as stdnum_nip

from accounts.values import foreign_tax_id, krs, nip, regon
from tests.spellings import SpellingTestCase


class Nip(SpellingTestCase):
    def test_is_understood_in_every_honest_spelling(self) -> None:
        one = "9412772426"
        spellings = [
            *("9412772426", "941-277-24-26", "941-27-72-426", "941 277 24 26", " 9412772426 "),
            *("PL9412772426", "pl9412772426", "PL 941-277-24-26", "PL-9412772426", "Pl 9412772426"),
            *("NIP 9412772426", "NIP: 941-277-24-26", "nip:9412772426", "NIP PL 941 277 24 26"),
            *("NIP. 9412772426", "NIP: PL9412772426", "9412772426\n", "\t9412772426\r\n"),
            *("941\u00a0277\u00a024\u00a026", "941\u2009277\u200924\u200926", "9 4 1 2772426"),
            *("941–277–24–26", "941—277—24—26", "941‑277‑24‑26", "941−277−24−26", "941‐277‐24‐26"),
            *(
                "nr NIP 9412772426",
                "numer NIP: 9412772426",
                "NIP nr: 941 277 24 26.",
                "NIP UE: PL9412772426",
                "NIP-UE PL 9412772426",
                "VAT PL9412772426",
                "VAT UE PL9412772426",
                "EU VAT nr: PL 9412772426",
                "\u202d9412772426\u202c",
                "\ufeff941-277-24-26",
                "N.I.P. 9412772426",
                "PL NIP 9412772426",
            ),
            *("941 - 277 - 24 - 26", "--9412772426--", "\u30009412772426", "94-12-77-24-26"),
        ]
        others = [
            *("9712417149", "1935739259", "9324629215", "4897688655", "4342598681", "5229736380"),
            *("7129666882", "2258215854", "7618632813", "4534778232", "8795379579", "1096391950"),
            *("2014999641", "1104474491"),
        ]
        table = [(typed, one) for typed in spellings] + [(number, number) for number in others]
        self.assert_accepts(nip.parse, table, at_least=40)

    def test_that_cannot_be_one_is_refused(self) -> None:
        not_ten_digits = [
            *("941277242", "94127724260", "1", "44051401359", "941277242a", "abcdefghij"),
            *("941.277.24.26", "941/277/24/26", "941_277_24_26", "941,277,24,26", "+9412772426"),
            *("9412772426 9412772426", "DE9412772426", "PLPL9412772426", "9412772426PL", "PL"),
            *("NIP", "NIP:", "٩٤١٢٧٧٢٤٢٦", "９４１２７７２４２６", "९४१२७७२४२६", "𝟗𝟒𝟏𝟐𝟕𝟕𝟐𝟒𝟐𝟔"),
            *("94127724²6", "941277242⑥", "ⅨⅣⅠ2772426", "9412772426;", "9.412772426", "1e9"),
            *("0x941277", "brak", "nie dotyczy", "-", "------------"),
        ]
        wrong_digit = [
            *("9412772425", "9412772427", "9412772420", "4912772426", "9412774226", "1234567890"),
            *("941-277-24-25", "8326121390", "1111111112", "5260250275"),
        ]
        wrong_start = ["0000000000", "0668228884", "1008523264", "5005839141", "PL 000-000-00-00"]
        table = (
            [(typed, "invalid") for typed in not_ten_digits]
            + [(typed, "checksum") for typed in wrong_digit]
            + [(typed, "prefix") for typed in wrong_start]
        )
        self.assert_refuses(nip.parse, table, at_least=40)
        self.assert_refuses_junk(nip.parse)

    def test_has_a_check_digit_that_finds_every_single_wrong_digit(self) -> None:
        number = "9412772426"
        for place in range(10):
            for digit in set("0123456789") - {number[place]}:
                with self.assertRaises(ValidationError):
                    nip.parse(number[:place] + digit + number[place + 1 :])

    def test_is_shown_as_companies_write_it(self) -> None:
        assert nip.display("9412772426") == "941-277-24-26"


class Regon(SpellingTestCase):
    def test_is_understood_in_every_honest_spelling(self) -> None:
        spellings = [
            *("750047430", "750 047 430", "750-047-430", " 750047430\n", "REGON 750047430"),
            *("REGON: 750047430", "regon:750047430", "Regon. 750 047 430", "750\u00a0047\u00a0430"),
            *("750–047–430", "750−047−430", "7 5 0 0 4 7 4 3 0", "\t750047430", "75004743-0"),
            *("numer REGON 750047430", "\u202d750047430\u202c", "\u200e750047430 "),
            # A parent as the registers print it: this fails the checksum of 14 digits.
            *("75004743000000", "750047430-00000", "750047430 00000", "REGON 750047430 00000"),
        ]
        nine = [
            *("957551319", "373537998", "075116371", "265167619", "222029724", "997528826"),
            *("001826334", "043483953", "486205790", "635515050"),
        ]
        fourteen = [
            *("75004743000010", "95755131900022", "37353799800134", "07511637101209"),
            *("26516761909999", "22202972400019", "75004743002970"),
        ]
        table = (
            [(typed, "750047430") for typed in spellings]
            + [(number, number) for number in (*nine, *fourteen)]
            + [(f"{number}00000", number) for number in nine]
            + [
                ("750047430-00010", "75004743000010"),
                ("957551319 00022", "95755131900022"),
                ("REGON 373537998 00134", "37353799800134"),
            ]
        )
        self.assert_accepts(regon.parse, table, at_least=40)

    def test_that_cannot_be_one_is_refused(self) -> None:
        invalid = [
            *("75004743", "7500474300", "7500474300001", "750047430000100", "1", "75004743a"),
            *("abcdefghi", "REGON", "REGON:", "750.047.430", "750/047/430", "750,047,430"),
            *(
                "٧٥٠٠٤٧٤٣٠",
                "７５００４７４３０",
                "७५००४७४३०",
                "75004743⓪",
                "75004743⁰",
                "PL750047430",
            ),
            *("NIP 750047430", "-750047430x", "brak", "nie dotyczy", "+750047430", "-"),
        ]
        checksum = [
            *("750047431", "750047439", "570047430", "123456789", "000000000", "000 000 000"),
            *("00000000000000", "75004743000011", "75004743000019", "75004743100015"),
            *("75004743100000", "12345678900000", "957551310", "265167610", "75004743002971"),
            *("111111111", "999999999", "750047430 00001"),
        ]
        table = [(typed, "invalid") for typed in invalid]
        table += [(typed, "checksum") for typed in checksum]
        self.assert_refuses(regon.parse, table, at_least=40)
        self.assert_refuses_junk(regon.parse)


class Krs(SpellingTestCase):
    def test_is_understood_in_every_honest_spelling(self) -> None:
        spellings = [
            *("0000123456", "123456", "KRS 0000123456", "KRS: 123456", "krs0000123456"),
            *("0000 123 456", "0000-123-456", " 0000123456\n", "0000\u00a0123456"),
            *("nr KRS 123456", "KRS nr 0000123456", "KRS NR: 123456", "Krs. 0000123456"),
            *("KRS\t0000123456", "KRS-123456", "0000123456.", "0000123456,"),
            *("0000–123–456", "0000—123456", "0000‑123‑456", "0000−123456", "0000‐123‐456"),
            *("0 0 0 0 1 2 3 4 5 6", "\u30000000123456", "0000\u2009123\u2009456"),
            *("numer KRS: 0000123456", "\u202a0000123456\u202c", "\ufeff123456"),
            *("krs:0000123456", "KRS : 0000123456", "KRS  0000 123 456", "--0000123456--"),
        ]
        others = ["0000028860", "0000000001", "9999999999", "0000947250", "0001000000"]
        table = [(typed, "0000123456") for typed in spellings]
        table += [(number, number) for number in others]
        table += [("1", "0000000001"), ("28860", "0000028860"), ("KRS 28860", "0000028860")]
        self.assert_accepts(krs.parse, table, at_least=40)

    def test_that_cannot_be_one_is_refused(self) -> None:
        refused = [
            *("0", "0000000000", "00000123456", "12345a", "KRS", "1.5", "٠٠٠٠١٢٣٤٥٦", "brak", "-"),
            *("０００１２３４５６", "RHB 123456", "KRS KRS 1", "123456/7", "0000123456 0000123457"),
            *("KRS:", "nr", "KRS nr", "0000_123456", "0000.123.456", "0000/123/456", "0000,123456"),
            *("+0000123456", "#0000123456", "O000123456", "0000l23456", "०००१२३४५६", "0000123⑥"),
            *("0x1E240", "1e5", "१२३", "𝟏𝟐𝟑", "①②③", "½", "³", "nie dotyczy", "nie ma", "?"),
            *("00 00 00 00 00", "NIP 0000123456", "REGON 123456", "CEIDG", "12345678901", "KRS 0"),
        ]
        self.assert_refuses(krs.parse, [(typed, "invalid") for typed in refused], at_least=40)
        self.assert_refuses_junk(krs.parse)


class ForeignTaxNumber(SpellingTestCase):
    def test_is_kept_as_its_country_writes_it(self) -> None:
        as_typed = [
            *("DE123456789", "ATU12345678", "BE0123456789", "BG123456789", "CHE-123.456.789"),
            *(
                "CY12345678L",
                "CZ12345678",
                "DK12345678",
                "EE123456789",
                "EL123456789",
                "ESX1234567X",
            ),
            *("FI12345678", "FRXX999999999", "FR 40 303 265 045", "GB123456789", "GB 123 4567 89"),
            *("HR12345678901", "HU12345678", "IE1234567WA", "IE8Z49289F", "IT12345678901"),
            *("LT123456789012", "LU12345678", "LV12345678901", "MT12345678", "NL123456789B01"),
            *("PT123456789", "RO1234567890", "SE123456789001", "SI12345678", "SK1234567890"),
            *("12-3456789", "123-45-6789", "12/345/67890", "123456789012", "UA1234567890"),
            *("CHE-116.281.710 MWST", "NO 123 456 789 MVA", "7707083893", "12345678-9", "1234"),
            *("12.345.678/0001-95", "22AAAAA0000A1Z5", "91330100799655058B", "T1234567890123"),
        ]
        table = [(typed, typed) for typed in as_typed]
        table += [
            (" de 123 456 789 ", "DE 123 456 789"),
            ("CHE–123.456.789", "CHE-123.456.789"),
            ("de123456789\n", "DE123456789"),
            ("nl123456789b01", "NL123456789B01"),
            ("12\u00a0345\u00a0678", "12 345 678"),
            ("A" * 19 + "1",) * 2,
        ]
        self.assert_accepts(foreign_tax_id.parse, table, at_least=40)

    def test_that_cannot_be_one_is_refused(self) -> None:
        refused = [
            *("123", "ABCD", "A" * 20 + "1", "DE_123456", "DE--123456", "-1234", "1234-", "12 3"),
            *("ДЕ123456789", "DE12345678９", "ß1234", "1234;", "=1234+5", "1", "A1", "12", "A-1"),
            *("brak", "nie dotyczy", "none", "n/a", "VAT", "VAT:", "DE", "DE:123456789", "+1234"),
            *("DE123456789!", "DE123456789@", "#123456", "(123456)", "1234*", "123,456", "12..34"),
            *(
                "12//34",
                "DE 123456789 /",
                "٠١٢٣٤٥٦",
                "①②③④",
                "𝟏𝟐𝟑𝟒",
                "1234\u0301",
                "żółw1",
                "Ａ1234",
            ),
            *("123456789012345678901", "D" * 30, "1234<", "[1234]", "{1234}", "12\\34", "12|34"),
        ]
        self.assert_refuses(
            foreign_tax_id.parse, [(typed, "invalid") for typed in refused], at_least=40
        )
        self.assert_refuses_junk(foreign_tax_id.parse)


class KnownCrashes(SpellingTestCase):
    """What broke libraries that people use for these numbers: all have their ValidationError."""

    VECTORS = (
        *("5260250274\n", "44051401359\n", "ABS123456\n", "00-950\n", "\n5260250274", "\r\n"),
        *("526025027٤", "٥٢٦٠٢٥٠٢٧٤", "５２６０２５０２７４", "526\u200b0250274", "526.025.02.74"),
        *("0000000000", "000000000", "00000000000000", "²²²²²²²²²²", "①②③④⑤⑥⑦⑧⑨⑩"),
        *("00033150100000", "526025027", "52602502741", "PL", "pl", "PL\n", "-", " ", "\u00a0"),
        *("𝟓𝟐𝟔𝟎𝟐𝟓𝟎𝟐𝟕𝟒", "Ⅻ", "1" * 10_000, "-" * 10_000, "\ud835\udfd3"),
    )

    def test_are_answered(self) -> None:
        for parse in (nip.parse, regon.parse, krs.parse, foreign_tax_id.parse):
            for typed in self.VECTORS:
                with self.subTest(f"{parse.__module__} {typed[:20]!a}"):
                    try:
                        stored = parse(typed)
                    except ValidationError as error:
                        assert error.messages
                    else:
                        assert stored.isascii()
                        assert stored == stored.strip()

    def test_include_numbers_that_the_library_itself_takes(self) -> None:
        assert stdnum_nip.is_valid("0000000000")
        self.assert_refuses(nip.parse, [("0000000000", "prefix")])

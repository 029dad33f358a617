"""What a password must be, what is said about it, and what judging it may cost."""

import secrets
import string
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest import mock

from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import SimpleTestCase, override_settings
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from zxcvbn import matching, zxcvbn

from accounts import passwords
from accounts.passwords import advice, library, words
from accounts.passwords.data import DATA as DATA_FOLDER
from accounts.passwords.data import build, read
from accounts.passwords.passphrase import vocabulary
from accounts.passwords.rules import missing, rules_of
from kantor.serving.typography import untie
from tests.calls import calls_of
from tests.thorough import fewer

L33T_SIGNS = "4@8({[<369&#!1/|70$5+7%2"
DATA = ("Jan", "Kowalski", "jan.kowalski82@firma.pl", "Złoty Róg sp. z o.o.", "526-025-09-95")


def codes(password: str, context: tuple[str, ...] = ()) -> set[str]:
    """Return the codes of everything that `validate` finds wrong."""
    try:
        passwords.validate(password, context)
    except ValidationError as error:
        return {str(single.code) for single in error.error_list}
    return set()


def errors(password: str) -> list[ValidationError]:
    """Return what `validate` finds wrong, in its order."""
    return passwords.assess(password).errors


def corpus(name: str) -> list[str]:
    """Return the passwords of a file of tests/corpora, whose remarks begin with "# "."""
    lines = (Path(__file__).parent / "corpora" / name).read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("# ")]


class Customer:
    """Stand for any user object that tells what not to build a password upon."""

    def password_context(self) -> list[str]:
        return list(DATA)


class Rules(SimpleTestCase):
    def test_guide_asks_for_length_and_four_kinds_of_characters(self):
        cases = {
            "kV7#pq2": "too_short",
            "KV7#PQ2X": "Add a lower-case letter.",
            "kv7#pq2x": "Add an upper-case letter.",
            "kV-#pqzx": "Add a digit.",
            "kV74pq2x": "Add a special character, such as ! or @.",
            "kvmzpqgx": "Add an upper-case letter, a digit and a special character, such as ! or"
            " @.",
            "kV7#pq2x" * 16 + "y": "too_long",
        }
        for password, expected in cases.items():
            with self.subTest(password=password), translation.override("en"):
                first, *_ = errors(password)
                assert expected in (first.code, *first.messages)
        assert errors("kV7#pq2x") == errors("Kt7#pw2xmq4&" * 10) == []

    def test_every_choice_of_missing_kinds_has_a_sentence_of_its_own(self):
        signs = {"lower": "x", "upper": "X", "digit": "7", "special": "#"}
        seen = set()
        for kept in product((False, True), repeat=4):
            text = "".join(sign for sign, has in zip(signs.values(), kept, strict=True) if has)
            absent = missing(rules_of(text))
            assert (absent is None) == all(kept)
            seen.add(absent)
        assert len(seen) == 16

    def test_blank_and_sign_of_any_script_are_special_and_polish_letters_are_letters(self):
        for password in ("kV7 pq2x", "kV7€pq2x", "kV7🐙pq2x"):
            assert passwords.assess(password).rules["special"]
        rules = passwords.assess("żółćŻÓŁĆ").rules
        assert rules["lower"]
        assert rules["upper"]
        assert not rules["special"]

    def test_typed_accents_are_no_special_characters(self):
        assert not passwords.assess("q\u0323aW7tyKp").rules["special"]

    def test_strong_passphrase_needs_no_kinds_of_characters(self):
        assessment = passwords.assess("żubr kolejka wanna mgła")
        assert not assessment.rules["upper"]
        assert assessment.score >= passwords.PASSPHRASE_SCORE
        assert assessment.enough
        assert codes("żubr kolejka wanna mgła") == set()

    def test_short_or_weak_phrase_needs_them(self):
        assert codes("żubr wannq gbh") == {"kinds", "advice"}
        assert "too_weak" in codes("kantorkantorkantor")

    @override_settings(PASSWORD_COMPOSITION=False)
    def test_setting_switches_the_kinds_off_but_not_the_length_and_the_strength(self):
        assert codes("kvtzpqwx") == set()
        assert codes("kvtzpqw") == {"too_short"}
        assert "too_weak" in codes("wakacje2025")
        assert "digit" not in passwords.StrengthValidator().get_help_text()


class Strength(SimpleTestCase):
    def test_polish_words_with_digits_and_signs_are_too_weak(self):
        for password in (
            *("Hasło123!", "Haslo123!", "Warszawa2024!", "Wakacje2025!", "Legia1916!"),
            *("Kantor2026!", "Polska2024!", "Qwerty123!", "Zaq12wsx!", "Zaq1@WSX"),
            *("H@sl0123!", "W4rsz4w4#1", "!4202awazsraW", "!Kantor1", "Kasia12051987!"),
            *("ZielonyKot2024!", "Kwiecień2025!", "Łódź2024!!", "Agnieszka.88", "Abc12345!"),
            *("Password1!", "P@ssw0rd1!", "Sunshine2024!", "1qaz@WSX", "Aa123456!", "Aa12.05.1987"),
        ):
            with self.subTest(password=password):
                assert passwords.assess(password).score <= 1
                assert "too_weak" in codes(password)

    def test_all_of_the_weak_corpus_is_refused_for_its_strength_alone(self):
        weak = corpus("weak.txt")
        assert len(set(weak)) == 300
        for password in weak:
            with self.subTest(password=password):
                assert all(passwords.assess(password).rules.values())
                assert codes(password) == {"too_weak", "advice"}

    def test_nearly_all_that_the_lists_were_not_made_for_is_refused_too(self):
        unseen = corpus("unseen.txt")
        accepted = [password for password in unseen if passwords.assess(password).enough]
        assert len(accepted) < 0.05 * len(unseen), accepted

    def test_forms_of_known_words_are_as_weak_as_the_words(self):
        for password in (
            *("Zarabiam1000!", "Wesołych1!", "Tomeczek1!", "Kotki2020!", "Wrześniowy1!"),
            *("Krakowska5/7", "akswazsraW1!", "Kasieńka1!", "Hasłodokomputera1!", "Asienka1!"),
        ):
            with self.subTest(password=password):
                assert "too_weak" in codes(password)

    def test_signs_that_people_do_not_append_speak_for_chance(self):
        for password in ("3lO^/!!T", "}jsIm)93", "E9\\{hbbB"):
            with self.subTest(password=password):
                assert passwords.assess(password).enough

    def test_letters_of_any_script_belong_to_a_word(self):
        assert not passwords.assess("Шевченко1!", ["Шевченко"]).enough

    def test_all_of_the_good_corpus_is_accepted(self):
        good = corpus("good.txt")
        assert len(set(good)) == 300
        for password in good:
            with self.subTest(password=password):
                assert codes(password, DATA) == set()

    def test_dates_walks_and_repeats_are_predictable(self):
        for password in (
            *("Kasia1987-05-12!", "12/05/1987Kasia!", "Qwerfdsa1!", "qWeRtY123$", "WsxQaz12#"),
            *("Kotek Kotek 12!", "KotekKetok1!", "Ab1!Ab1!Ab1!", "K0ch4mC13!", "kOcHaM-cIe-1"),
        ):
            with self.subTest(password=password):
                assert passwords.assess(password).score <= 1

    def test_own_data_in_any_form_is_too_weak(self):
        data = (*DATA, "+48 601 234 567", "ul. Żwirki i Wigury", "Grodzisk Mazowiecki")
        for password in (
            *("Kowalskiego1!", "Jan.Kowalskim7", "Wigury2024!", "Grodzisk#77", "Mazowiecki1!"),
            *("Tel601234567!", "234567Tel!", "Nip5260250995!", "Xx601234567#"),
        ):
            with self.subTest(password=password):
                assert passwords.assess(password, data).score <= 1

    def test_own_data_with_digits_and_signs_is_too_weak(self):
        for password in (
            *("JanKowalski1!", "kowalskiJan#77", "!1ikslawoKnaJ", "K0w@lsk1_82", "ZłotyRóg2024!"),
            *("Firma.kowalski82", "5260250995Aa!", "J.Kowalski1987!"),
        ):
            with self.subTest(password=password):
                assessment = passwords.assess(password, DATA)
                assert assessment.score <= 1
                with translation.override("en"):
                    assert advice.OWN in assessment.verdict()["advice"]

    def test_own_data_of_others_does_not_count(self):
        assert passwords.assess("Xobrzutkiewicz7!").enough
        assert not passwords.assess("Xobrzutkiewicz7!", ["Xobrzutkiewicz"]).enough

    def test_random_passwords_and_passphrases_are_enough(self):
        alphabet = string.ascii_letters + string.digits + string.punctuation
        for _ in range(60):
            password = "aA1!" + "".join(secrets.choice(alphabet) for _ in range(12))
            with self.subTest(password=password):
                assert passwords.assess(password, DATA).enough
        for password in ("kV7#pq2x", "Tr0ub4dor&3", "walrus pantry orbit scarf"):
            with self.subTest(password=password):
                assert passwords.assess(password, DATA).enough
        assert not passwords.assess("correct horse battery staple").enough, "All know that one"

    def test_many_digits_are_a_secret_of_their_own(self):
        assert passwords.assess("Kantor 8391 5720 9914").enough

    def test_empty_password_is_very_weak(self):
        assessment = passwords.assess("")
        assert assessment.score == 0
        assert not assessment.enough
        assert codes("") == {"too_short"}

    @settings(deadline=None, max_examples=fewer(150))
    @given(
        st.one_of(st.text(max_size=200), st.text(alphabet=L33T_SIGNS + "aełİ\x00", max_size=200)),
        st.lists(st.text(max_size=300), max_size=60),
    )
    def test_any_text_is_judged(self, password, context):
        assessment = passwords.assess(password, context)

        assert 0 <= assessment.score <= 4
        assert not assessment.enough or assessment.score >= 2
        assert assessment.enough == (codes(password, context) == set())


class Threads(SimpleTestCase):
    """zxcvbn's own entrance hands a customer's words on in a global variable."""

    THEIRS = "qxvwzgrptk"

    def seen_by(self, judge: Callable[[str, list[str]], object]) -> dict[str, bool]:
        """Let two threads judge at one moment; tell for each whether it knew the other's words."""
        both = Barrier(2, timeout=60)
        leaks: dict[str, bool] = {}
        real = matching.omnimatch

        def wait_for_the_other(password: str, known: Any = matching.RANKED_DICTIONARIES) -> Any:
            # Here the words of both calls are laid ready, and neither was judged yet.
            both.wait()
            leaks[password] = password not in known["user_inputs"]
            return real(password, known)

        with (
            mock.patch.object(matching, "omnimatch", wait_for_the_other),
            ThreadPoolExecutor(2) as pool,
        ):
            jobs = [pool.submit(judge, word, [word]) for word in (self.THEIRS, "hjwmzbkdlf")]
            for job in jobs:
                job.result()
        return leaks

    def test_do_not_mix_what_they_know_of_their_customers(self):
        leaks = self.seen_by(passwords.assess)
        assert leaks == {self.THEIRS: False, "hjwmzbkdlf": False}

    def test_would_mix_it_through_the_entrance_of_the_library(self):
        self.addCleanup(matching.RANKED_DICTIONARIES.pop, "user_inputs")
        leaks = self.seen_by(zxcvbn)
        assert sorted(leaks.values()) == [False, True]

    def test_judge_together_as_each_alone(self):
        names = [f"{name}wzgrptk" for name in ("qxv", "hjw", "bnf", "mzk", "dlp", "vcr")]
        jobs = [(name + "fx7k!T", [other]) for name in names for other in names] * 3
        alone = [passwords.assess(*job).score for job in jobs]
        assert len(set(alone)) > 1, "the words have to matter"

        interval = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-6)
        with ThreadPoolExecutor(6) as pool:
            together = [job.score for job in pool.map(lambda job: passwords.assess(*job), jobs)]

        assert together == alone

    def test_leave_nothing_of_a_customer_in_the_library(self):
        passwords.assess("JanKowalski1!", DATA)
        assert "user_inputs" not in matching.RANKED_DICTIONARIES


class Cost(SimpleTestCase):
    """zxcvbn sees at most 32 characters, of which at most 3 are different l33t signs."""

    def seen(self, password: str, context: tuple[str, ...] = ()) -> tuple[str, list[str]]:
        with mock.patch.object(matching, "omnimatch", wraps=matching.omnimatch) as spy:
            passwords.assess(password, context)
        seen, known = spy.call_args_list[0].args
        return seen, list(known["user_inputs"])

    def test_crafted_passwords_are_cut_and_tamed(self):
        l33t = {sign for signs in matching.L33T_TABLE.values() for sign in signs}
        for length in (1, 24, 32, 33, 72, 73, 128, 129, 5_000, 1_000_000):
            for pattern in (L33T_SIGNS, "1|7+", "a", "ł\u0301\u0323", "\ufdfa"):
                with self.subTest(length=length, pattern=pattern):
                    seen, _ = self.seen((pattern * length)[:length])
                    assert 0 < len(seen) <= 32
                    assert len(l33t & set(seen)) <= library.SEEN_SIGNS

    def test_crafted_passwords_take_a_bounded_work(self):
        # 32,000 at most today. Without the bounds it would be millions: seconds of time.
        data = [" ".join(secrets.token_hex(6) for _ in range(9)) for _ in range(40)]
        for length in (24, 72, 73, 128, 1_000_000):
            for pattern in (L33T_SIGNS, "1|7!", "i17+|!71", "ab", "kot1|", "1.2-"):
                with self.subTest(length=length, pattern=pattern):
                    crafted = (pattern * length)[:length]
                    assert calls_of(partial(passwords.assess, crafted, data)) < 60_000

    def test_rows_of_one_letter_that_others_break_do_too(self):
        # 72,000, the most that a search found; 83,000 where each way to a place asks anew what
        # follows there.
        broken = "a|a1a7aaaaaaaaaaaaaaaaaaaaaaaaaaab"
        assert calls_of(partial(passwords.assess, broken)) < 77_000

    def test_taming_keeps_length_and_repeats(self):
        seen, _ = self.seen("1234@@@@$$$$")
        assert len(seen) == 12
        assert len(set(seen[4:8])) == 1
        assert len(set(seen[8:])) == 1

    def test_context_is_bounded(self):
        _, known = self.seen("kV7#pq2x", ("ab1 " * 100_000, *["cd2ef"] * 100_000))
        assert len(known) < 50
        names = [f"{number:a>5}x {number:b>6}y" for number in range(1000)]
        _, known = self.seen("kV7#pq2x", tuple(names))
        assert len(known) <= words.MAX_CONTEXT_WORDS

    def test_nothing_to_see_does_not_call_the_library(self):
        with mock.patch.object(library, "ask") as spy:
            passwords.assess("")
            passwords.assess("\u0301")
        assert spy.call_count == 0


class Hash(SimpleTestCase):
    def test_sees_the_whole_password(self):
        password = "kV7#pq2x" * 16
        sealed = passwords.hash_password(password)
        assert check_password(password, sealed)
        assert not check_password(password[:-1] + "y", sealed)

    def test_is_the_same_for_every_way_to_type_an_accent(self):
        sealed = passwords.hash_password("zażo\u0301łć")
        assert check_password(passwords.normalize("zażółć"), sealed)

    def test_normalising_something_endless_costs_nothing(self):
        endless = "a" + "\u0315\u0301" * 100_000
        assert passwords.normalize(endless) is endless


class Validator(SimpleTestCase):
    def test_is_what_django_asks(self):
        with self.assertRaises(ValidationError) as caught:
            validate_password("JanKowalski1!", Customer())  # type: ignore[arg-type]
        assert {error.code for error in caught.exception.error_list} == {"too_weak", "advice"}
        validate_password("kV7#pq2x")

    def test_asks_the_user_for_his_words_if_it_can(self):
        validator = passwords.StrengthValidator()
        validator.validate("Xobrzutkiewicz7!")
        validator.validate("Xobrzutkiewicz7!", object())
        with self.assertRaises(ValidationError):
            validator.validate("Firma.kowalski82", Customer())

    def test_says_complete_sentences(self):
        for password in ("Kantor2026!", "abc", "", "k" * 200):
            with self.assertRaises(ValidationError) as caught:
                passwords.validate(password)
            for message in caught.exception.messages:
                assert message.endswith("."), message
        assert passwords.StrengthValidator().get_help_text().endswith(".")


class Proposal(SimpleTestCase):
    """What "Zaproponuj hasło" answers with."""

    def test_keeps_the_rules_and_is_very_strong_each_time(self):
        for _ in range(fewer(300)):
            password = passwords.propose()
            with self.subTest(password=password):
                assessment = passwords.assess(password, DATA)
                assert all(assessment.rules.values())
                assert assessment.score == 4
                assert len(password) <= 38

    def test_is_four_words_of_the_list_and_two_digits(self):
        *chosen, number = passwords.propose().split("-")
        assert len(chosen) == 4
        assert {word.lower() for word in chosen} <= set(vocabulary())
        assert number.isdecimal()
        assert len(number) == 2

    def test_is_drawn_by_the_systems_generator(self):
        drawn = ["koliber", "stragan", "imbryk", "wachlarz"]
        with mock.patch.object(secrets, "choice", side_effect=drawn):
            assert passwords.propose().startswith("Koliber-stragan-imbryk-wachlarz-")

    def test_is_drawn_again_where_chance_made_a_sentence(self):
        drawn = ["dom", "czas", "dzień", "życie", "koliber", "stragan", "imbryk", "wachlarz"]
        with mock.patch.object(secrets, "choice", side_effect=drawn):
            assert passwords.propose().startswith("Koliber-stragan-imbryk-wachlarz-")

    def test_list_has_2048_words_that_every_keyboard_types(self):
        assert len(set(vocabulary())) == 2048
        for word in vocabulary():
            assert 4 <= len(word) <= 8, word
            assert word.isascii(), word
            assert word.isalpha(), word
            assert word.islower(), word
            assert word[-1] not in "yi", f"{word} is no noun"
        unwanted = (DATA_FOLDER / "unwanted.txt").read_text("utf-8").split()
        assert not set(unwanted) & set(vocabulary())


class Lists(SimpleTestCase):
    """The words that are looked for, made by `make words` and by hand."""

    def test_are_folded_and_sorted(self):
        for name in ("own.txt", "names.txt", "polish.txt"):
            for part in read(name):
                assert part == sorted(part), name
                for word in part:
                    assert word == words.fold(word).lower(), word
                    assert words.SHORTEST_WORD <= len(word) <= words.LONGEST_WORD, word

    def test_stay_small(self):
        assert sum(path.stat().st_size for path in DATA_FOLDER.glob("*.txt")) < 500_000
        assert (DATA_FOLDER / "polish.txt").stat().st_size < 310_000

    def test_are_made_of_common_forms_and_base_forms(self):
        ranked = ["żaden", "zaden", "był", "lat3", "ab", "hulajnogą", "hulajnoga", "x" * 25]
        first, *others = build.polish(ranked, {"hulajnoga": "MmN"})
        assert first == ["byl", "hulajnoga", "zaden"]
        assert not any(others)
        rare = [f"q{chr(97 + n // 676)}{chr(97 + n // 26 % 26)}xx" for n in range(build.BARE)]
        tiers = build.polish([*rare, "hulajnoga", "hulajnogami", "wymysł"], {"hulajnoga": "MmN"})
        assert tiers[4] == ["hulajnoga", "wymysl"], "A form is given away by its stem"

    def test_collect_words_and_phrases_from_readable_lines(self):
        sources = ["# songs\nHej, sokoły!\nŻabka\n", "Bielsko-Biała\nhej sokoły\nOk\n"]
        assert build.collected(sources) == (["zabka"], ["bielsko biala", "hej sokoly"])

    def test_are_folded_alike_by_their_script(self):
        for text in ("zażółć gęślą jaźń ŁÓDŹ", "e\u0301", "ñ"):
            assert build.fold(text) == words.fold(text)

    def test_name_their_licence(self):
        for name in ("polish.txt", "passphrase.txt"):
            assert "CC BY-SA 4.0" in (DATA_FOLDER / name).read_text("utf-8")[:400]
        assert "wordfreq" in (DATA_FOLDER / "NOTICE.md").read_text("utf-8")


class Words(SimpleTestCase):
    """Every text has a Polish one; no English reaches a Polish page."""

    def test_levels_and_sentences_are_polish(self):
        with translation.override("pl"):
            assert [str(label) for label in passwords.LABELS] == [
                "bardzo słabe",
                "słabe",
                "umiarkowane",
                "silne",
                "bardzo silne",
            ]
            verdict = passwords.assess("Xq7!mbTe").verdict()
            assert verdict["label"] == "umiarkowane"
            assert verdict["message"] == "Siła hasła: umiarkowana (wystarczy)"
            assert verdict["enough"] is True
            assert set(verdict) == {"score", "label", "message", "enough", "rules", "advice"}
            lacking = passwords.assess("xq7!mbte9wk").verdict()
            assert lacking["message"].endswith("ale nie wszystkie warunki są spełnione")

    def test_refusals_are_one_reason_and_one_tip(self):
        longer = (
            "Możesz też je wydłużyć: silne hasło, które ma co najmniej 15 znaków, nie musi zawierać"
            " wielkich liter, cyfr ani znaków specjalnych."
        )
        cases = {
            "abc": ["Hasło jest za krótkie: użyj co najmniej 8 znaków."],
            "Kantor2026!": [
                "Hasło jest za słabe: popularne słowa i imiona łatwo odgadnąć, nawet z dopisanymi"
                " cyframi lub znakami.",
                "Dodaj jedno lub dwa słowa, których nikt się nie spodziewa.",
            ],
            "korniszonkajak": [
                "Hasło jest za słabe: popularne słowa i imiona łatwo odgadnąć, nawet z dopisanymi"
                " cyframi lub znakami.",
                "Dodaj jedno lub dwa słowa, których nikt się nie spodziewa: silne hasło, które ma"
                " co najmniej 15 znaków, nie musi zawierać wielkich liter, cyfr ani znaków"
                " specjalnych.",
            ],
            "kvmzpqgxtw": [
                "Dodaj wielką literę, cyfrę i znak specjalny, np. ! lub @.",
                longer,
            ],
            "Kvmzpqgxtw7": ["Dodaj znak specjalny, np. ! lub @.", longer],
        }
        for password, sentences in cases.items():
            with self.subTest(password=password), translation.override("pl"):
                with self.assertRaises(ValidationError) as caught:
                    passwords.validate(password)
                assert [untie(each) for each in caught.exception.messages] == sentences
                advice_given = passwords.assess(password).verdict()["advice"]
                assert [untie(each) for each in advice_given] == sentences

    def test_reason_is_what_the_password_is_made_of(self):
        cases = {
            "Warszawa2024!": advice.WORDS,
            "zdrowasmaryjolaskipelna1!": advice.PHRASE,
            "mojeDzieciPoszlySpac1!": advice.SENTENCE,
            "12.05.1987Aa": advice.PARTLY,
            "12.05.1987 1990!": advice.DATE,
            "Qwertyuiop1!": advice.KEYS,
            "85!00!37": advice.DIGITS,
            "xKasia7!": advice.PARTLY,
        }
        for password, why in cases.items():
            with self.subTest(password=password), translation.override("en"):
                assert passwords.assess(password).errors[0].messages == [why]
        with translation.override("en"):
            assert passwords.assess("Kowalski2024!", DATA).errors[0].messages == [advice.OWN]

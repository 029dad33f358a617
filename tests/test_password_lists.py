"""All known words lie in one file, which says the same as the lists that it is made of."""

import random
import tempfile
from functools import cache
from pathlib import Path
from unittest import mock

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn import frequency_lists, matching, scoring, time_estimates

from accounts import passwords
from accounts.passwords import library, listed
from accounts.passwords.data import DATA, join
from accounts.passwords.estimate import estimate
from accounts.passwords.parts import Kind, parts_of
from accounts.passwords.words import ContextWords
from tests.test_passwords import corpus

# What UTF-8 cannot write, what ends a text in C, what stands for a sign that was tamed, what is
# another number of letters in lower case.
STRANGE = ("\ud800", "\udfff", "\0", "\1", "\ue031", "\U0010fffd", "İ", "ẞ", "\u0301", "漢", "\n")


@cache
def worth() -> dict[str, tuple[int, int, int]]:
    """Return rank, cost and cost of the stem of each known word, from the lists themselves."""
    cost, stem, rank = join.costs(), join.stems(), join.ranks()
    return {
        word: (
            rank.get(word, 0),
            cost.get(word) or join.english_cost(word, rank.get(word)),
            stem.get(word, 0),
        )
        for word in {*cost, *stem, *rank}
    }


def beginnings(text: str) -> dict[int, str]:
    """Return the known words of three letters and more that a text begins with."""
    lengths = range(3, len(text) + 1)
    return {length: text[:length] for length in lengths if text[:length] in worth()}


class File(SimpleTestCase):
    def test_is_made_of_the_lists_and_of_the_library_that_is_installed(self):
        assert listed.FILE == join.FILE
        is_fresh = join.FILE.read_bytes() == join.joined()
        assert is_fresh, "make words"

    def test_has_every_word_with_what_it_is_worth(self):
        found = {
            word: (listed.RANKS[number], listed.COSTS[number], listed.STEMS[number])
            for word in worth()
            if (number := listed.beginning(word).get(len(word))) is not None
        }
        short = {word: rank for word, (rank, _, _) in worth().items() if len(word) < 3}
        assert short == listed.SHORT
        assert found == {word: values for word, values in worth().items() if word not in short}

    def test_says_whose_words_are_in_it(self):
        notice = (DATA / "NOTICE.md").read_text("utf-8")
        assert "`polish.txt`, `passphrase.txt`, `listed.bin`." in notice, "CC BY-SA 4.0"
        assert "Dropbox" in notice, "zxcvbn's lists are under its licence"

    def test_is_refused_where_its_end_is_missing(self):
        with tempfile.NamedTemporaryFile() as cut:
            cut.write(listed.FILE.read_bytes()[:-1])
            cut.flush()
            with (
                mock.patch.object(listed, "FILE", Path(cut.name)),
                self.assertRaisesMessage(ValueError, "is not whole"),
            ):
                listed._read()


class Beginning(SimpleTestCase):
    def test_of_a_text_is_each_word_that_it_begins_with_and_no_other(self):
        rng = random.Random("kantor")
        known = sorted(worth())
        texts = ["", "a", "an", "zz", "\uffff", "kantorkowalski", *rng.sample(known, 2_000)]
        texts += [word + rng.choice(known) for word in rng.sample(known, 2_000)]
        texts += [word[:-1] + chr(ord(word[-1]) - 1) for word in rng.sample(known, 2_000)]
        texts += [word + sign for word in rng.sample(known, 200) for sign in STRANGE]
        texts += [word[:3] + sign + word[3:] for word in rng.sample(known, 200) for sign in STRANGE]
        for text in texts:
            found = listed.beginning(text)
            assert {length: text[:length] for length in found} == beginnings(text), text
            assert list(found) == sorted(found), text

    @given(st.text(st.characters(codec=None, categories=None), max_size=30))
    def test_of_any_text_is_found(self, text):
        assert {length: text[:length] for length in listed.beginning(text)} == beginnings(text)


class Library(SimpleTestCase):
    def test_is_handed_all_that_it_would_have_found_in_its_own_lists(self):
        whole = {word: rank for word, (rank, _, _) in worth().items() if rank}
        texts = [line[:32] for name in ("weak.txt", "good.txt") for line in corpus(name)[:60]]
        texts += ["p4$$w0rd", "dr0w55@p", "ZXCVBN!1!", "kotekkotek", "m0nk3ym0nk3y", "1llegal|"]
        for text in texts:
            known = {"words": whole, "user_inputs": {}}
            matches = matching.omnimatch(library._tame(text), known)
            guesses = scoring.most_guessable_match_sequence(library._tame(text), matches)["guesses"]
            assert library.ask(text, []) == time_estimates.guesses_to_score(guesses), text
            asked = {match["matched_word"] for match in matches if match["pattern"] == "dictionary"}
            assert asked <= set(library._known_in(library._tame(text))), text

    def test_knows_the_words_of_repeats(self):
        words = matching.RANKED_DICTIONARIES["words"]
        assert "password" in words
        assert words["password"] == worth()["password"][0]
        assert "" not in words
        assert "xqzvkw" not in words
        for word in ("dragon", "no"):
            (repeat,) = matching.repeat_match(word * 2)
            assert repeat["base_guesses"] == worth()[word][0] + 1, word

    def test_keeps_no_lists_of_its_own_in_memory(self):
        assert not frequency_lists.FREQUENCY_LISTS
        assert set(matching.RANKED_DICTIONARIES) <= {"words", "short", "user_inputs"}


class Found(SimpleTestCase):
    """Which words `parts` finds in a password."""

    def test_are_the_customers_whole_up_to_24_letters(self):
        for word in ("xqz", "xqzvkw", "xqzvkwgrptbnmdfjhlcsyaeo"):
            found = estimate(word, ContextWords([word]))
            assert found.kinds == {Kind.OWN: len(word)}, word

    def test_are_any_part_of_the_customers_numbers(self):
        assert estimate("391728", ContextWords(["603 917 284"])).kinds == {Kind.OWN: 6}

    def test_reach_over_no_sign(self):
        for word in ("close-up", "formula_5"):
            assert word in worth()
            assert self.costs_of(word) == []

    def test_are_stems_of_five_letters_without_an_ending(self):
        assert self.costs_of("pozycz") == [worth()["pozycz"][2] + 2]
        assert worth()["nerk"][2]
        assert self.costs_of("nerk") == []

    def test_have_five_letters_where_they_are_read_backwards(self):
        assert self.costs_of("abmob") == [worth()["bomba"][1] + 3]
        assert worth()["zupa"][1]
        assert self.costs_of("apuz") == []

    def costs_of(self, text: str) -> list[int]:
        """Return what the whole text costs as a word, in each way that it is one."""
        at = parts_of(text, ContextWords([])).at
        whole = {part for part in at[0] if part.length == len(text) and part.kind is Kind.WORD}
        return sorted(part.cost for part in whole)


class Strange(SimpleTestCase):
    def test_signs_are_judged_wherever_they_stand(self):
        for sign in STRANGE:
            for text in (sign, sign * 40, f"{sign}kantor", f"kan{sign}tor", f"k4nt0r{sign}" * 2):
                with self.subTest(text=text):
                    assert passwords.assess(text, [f"Anna{sign}", sign]).score <= 4

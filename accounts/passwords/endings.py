"""Know a word in any of its Polish forms: declined, conjugated, or as a pet name.

"Zarabiam", "placki", "Tomeczek", "Warszawska" stand in no list; "zarabiać", "placek", "Tomek",
"Warszawa" do, and a guesser tries their forms too. Forms are not stored: a form is the stem of a
known word and a usual ending. A changed stem (ręka, ręce) is missed where neither form is known.
"""

from collections.abc import Iterable, Iterator

SHORTEST_STEM = 4
# So short a stem of a name: Ania, Anię; Ewa, Ewunia.
SHORTEST_STEM_OF_NAME = 3

# What is cut off base forms, whichever fits; a word is a stem by itself as well.
_BASE = (
    *("owac", "ywac", "ac", "ec", "ic", "yc"),  # verbs
    *("eczka", "eczek", "ienka", "ka", "ko", "ek", "ik", "yk", "iec", "ec"),
    *("ia", "ie", "io", "ja", "a", "e", "o", "y", "i"),
)
# By their last letter: most of them need not be tried on a word.
_BASE_BY_LETTER = {end[-1]: tuple(e for e in _BASE if e[-1:] == end[-1]) for end in _BASE}
ENDINGS = frozenset(
    {
        # nouns
        *("a", "e", "i", "o", "u", "y", "ia", "ie", "iu", "io", "ii", "em", "iem", "om", "iom"),
        *("ow", "ami", "iami", "ach", "iach", "owi", "iowi", "owie", "ze", "cie", "dzie"),
        *("ka", "ki", "ke", "ko", "ce", "ku", "kow", "kami", "kom", "ek", "kiem", "ik", "yk"),
        *("ec", "iec", "cy", "ca", "anie", "enie", "ania", "enia", "osc", "nik", "niki", "arz"),
        # adjectives
        *("ego", "emu", "ej", "ym", "im", "ych", "ich", "ymi", "imi", "iej", "iego"),
        *("owy", "owa", "owe", "owi", "owej", "ny", "na", "ne", "nej", "nego"),
        *("ski", "ska", "skie", "skiego", "skiej", "scy", "skim", "iany", "szy", "sza", "sze"),
        # verbs
        *("am", "em", "im", "ym", "asz", "esz", "isz", "ysz", "uje", "ujesz", "ujemy", "uja"),
        *("amy", "emy", "imy", "ymy", "aja", "ia", "iesz", "iemy", "aj", "ij", "jmy", "il", "yl"),
        *("al", "ala", "alem", "alam", "ali", "ila", "ilem", "ilam", "yla", "ylem", "ylam"),
        *("ac", "ec", "ic", "yc", "ajac", "ujac", "any", "ana", "ane", "ony", "ona", "one"),
        *("alo", "aly", "ilo", "ily", "ili", "ylo", "yly", "yli", "elo", "ely", "ela", "eli"),
        *("ales", "alas", "iles", "ilas", "alismy", "ilismy", "elismy", "ylismy", "aloby", "ano"),
        *("ono", "ecie", "icie", "ajemy", "ajcie", "ujcie", "ijcie", "ajmy", "uj", "my", "ien"),
        *("ajacy", "ajaca", "ajace", "ajacych", "ajacej", "ajacego", "ujacy", "ujaca", "ujace"),
        *("ujacych", "anych", "anej", "anym", "anego", "onych", "onej", "onym", "onego", "iony"),
        *("iona", "ione", "aniu", "aniem", "eniu", "eniem", "ienie", "ienia", "oscia", "osci"),
        *("zki", "zka", "zkie", "cki", "cka", "ckie", "cow", "icy", "mi"),
        # pet names
        *("us", "usia", "usiek", "unia", "unio", "enka", "ienka", "eczka", "eczek", "uszek"),
        *("ulka", "ulek", "inka", "iczek", "iczka", "aczek", "iak", "ak", "acz", "ciu", "cia"),
        *("sia", "siu", "uszka", "ina", "ini", "usie", "isko", "iatko"),
    }
)
LONGEST_ENDING = max(map(len, ENDINGS))


def stems_of(word: str, shortest: int) -> Iterator[str]:
    """Yield what of at least `shortest` letters is left of a word without its ending."""
    if len(word) >= shortest:
        yield word
    for end in _BASE_BY_LETTER.get(word[-1], ()):
        if len(word) - len(end) >= shortest and word.endswith(end):
            yield word.removesuffix(end)


def stems(words: Iterable[tuple[str, int]], shortest: int) -> dict[str, int]:
    """Return the stems of at least `shortest` letters with the least cost of their words."""
    found: dict[str, int] = {}
    for word, cost in words:
        for stem in stems_of(word, shortest):
            found[stem] = min(cost, found.get(stem, cost))
    return found

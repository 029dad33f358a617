"""Ask zxcvbn, which knows no Polish and cannot take everything that people type.

It raises on the empty string and above 72 characters, spends seconds on crafted input, and its
front door puts the words of a call into a module global, where another thread finds them. So it
sees a short, tamed copy, is told our words, and is called by its parts, which take the words of
this call as an argument.
"""

from zxcvbn import frequency_lists, matching, scoring, time_estimates

from accounts.passwords import listed

# Its cost grows faster than the square of the length and exponentially with the number of
# different l33t signs: 72 such signs take five seconds. `estimate` reads all of them by itself.
# bench/passwords.py measures what is left.
SEEN_LENGTH = 32
SEEN_SIGNS = 3

_L33T_SIGNS = frozenset(sign for signs in matching.L33T_TABLE.values() for sign in signs)


class _Ranks:
    """The ranks of all words, its own and ours, as a dictionary that zxcvbn asks about repeats."""

    def __contains__(self, text: str) -> bool:
        return self[text] > 0

    def __getitem__(self, text: str) -> int:
        number = listed.beginning(text).get(len(text))
        return 0 if number is None else listed.RANKS[number]


# Once for all, at import; read only ever after. zxcvbn looks every part of a password up in every
# dictionary, and of a word that several have only the least rank counts: so it has one, and its own
# lists, 12 MiB, are let go.
matching.RANKED_DICTIONARIES.clear()
matching.RANKED_DICTIONARIES["words"] = _Ranks()
matching.RANKED_DICTIONARIES["short"] = listed.SHORT
frequency_lists.FREQUENCY_LISTS.clear()


def ask(seen: str, context: list[str]) -> int:
    """Return zxcvbn's score, 0 to 4, of 1 to SEEN_LENGTH characters.

    `context` are the customer's words. They live in this call alone: any number of threads may
    ask at once. (A repeated part is judged without them; `estimate` sees to that.) So do the known
    words that are in `seen`, some dozens, which makes zxcvbn's thousand lookups cheap.
    """
    tamed = _tame(seen)
    known = {"words": _known_in(tamed), "user_inputs": matching.build_ranked_dict(context)}
    result = scoring.most_guessable_match_sequence(tamed, matching.omnimatch(tamed, known))
    score: int = time_estimates.guesses_to_score(result["guesses"])
    return score


def _known_in(tamed: str) -> dict[str, int]:
    """Return the rank of each word that zxcvbn may look up: it reads backwards, and signs too."""
    signs = matching.relevant_l33t_subtable(tamed, matching.L33T_TABLE)
    readings = {tamed.lower(), tamed[::-1].lower()}
    for letters in matching.enumerate_l33t_subs(signs):
        readings.add(matching.translate(tamed, letters).lower())
    known = dict(listed.SHORT)
    for reading in readings:
        for start in range(len(reading)):
            for length, number in listed.beginning(reading[start:]).items():
                if rank := listed.RANKS[number]:
                    known[reading[start : start + length]] = rank
    return known


def _tame(seen: str) -> str:
    """Leave SEEN_SIGNS different l33t signs; turn further ones into neutral characters.

    Each becomes a private-use character of its own and neighbours stay neighbours, so zxcvbn still
    sees repeats and sequences; dates it may miss are in `estimate`.
    """
    signs = [sign for sign in dict.fromkeys(seen) if sign in _L33T_SIGNS]
    return seen.translate({ord(sign): 0xE000 + ord(sign) for sign in signs[SEEN_SIGNS:]})

"""Ask zxcvbn, which knows no Polish and cannot take everything that people type.

It raises on the empty string and above 72 characters, spends seconds on crafted input, and its
front door puts the words of a call into a module global, where another thread finds them. So it
sees a short, tamed copy, is told our words, and is called by its parts, which take the words of
this call as an argument.
"""

from zxcvbn import matching, scoring, time_estimates

from accounts.passwords import words

# Its cost grows faster than the square of the length and exponentially with the number of
# different l33t signs: 72 such signs take five seconds. `estimate` reads all of them by itself.
# bench/passwords.py measures what is left.
SEEN_LENGTH = 32
SEEN_SIGNS = 3

_L33T_SIGNS = frozenset(sign for signs in matching.L33T_TABLE.values() for sign in signs)


def _merged() -> dict[str, int]:
    """Return each word of zxcvbn's lists and of ours with the least rank that a list gives it."""
    by_cost = sorted(words.COSTS, key=lambda word: (words.COSTS[word], word))
    ranks = {word: rank for rank, word in enumerate(by_cost, 1)}
    for known in matching.RANKED_DICTIONARIES.values():
        for word, rank in known.items():
            if rank < ranks.get(word, rank + 1):
                ranks[word] = rank
    return ranks


# Once for all, at import; read only ever after. zxcvbn looks every part of a password up in every
# dictionary, and of a word that several have only the least rank counts: so it has one.
ENGLISH = _merged()
matching.RANKED_DICTIONARIES.clear()
matching.RANKED_DICTIONARIES["words"] = ENGLISH


def ask(seen: str, context: list[str]) -> int:
    """Return zxcvbn's score, 0 to 4, of 1 to SEEN_LENGTH characters.

    `context` are the customer's words. They live in this call alone: any number of threads may
    ask at once. (A repeated part is judged without them; `estimate` sees to that.)
    """
    tamed = _tame(seen)
    known = {**matching.RANKED_DICTIONARIES, "user_inputs": matching.build_ranked_dict(context)}
    result = scoring.most_guessable_match_sequence(tamed, matching.omnimatch(tamed, known))
    score: int = time_estimates.guesses_to_score(result["guesses"])
    return score


def _tame(seen: str) -> str:
    """Leave SEEN_SIGNS different l33t signs; turn further ones into neutral characters.

    Each becomes a private-use character of its own and neighbours stay neighbours, so zxcvbn still
    sees repeats and sequences; dates it may miss are in `estimate`.
    """
    signs = [sign for sign in dict.fromkeys(seen) if sign in _L33T_SIGNS]
    return seen.translate({ord(sign): 0xE000 + ord(sign) for sign in signs[SEEN_SIGNS:]})

"""Bound what a guesser pays for a password that is put together from predictable parts.

zxcvbn multiplies what each part costs and so takes "ZielonyKot2024!" for strong. A guesser who
knows how people build passwords tries word, year and sign together, and whole sentences too.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from accounts.passwords.parts import Kind, Part, parts_of
from accounts.passwords.words import ContextWords

# All costs are in tenths of a power of ten.
# Grammar helps to guess a common word after another one, above all beside very common ones.
_COMMON_COST = 40
_LESS_COMMON_COST = 46
_VERY_COMMON_COST = 22
_AFTER_WORD = 1.0
_BESIDE_VERY_COMMON = 0.5
# A word after digits or signs, or a second little word, is less expected.
_RESUMED_COST = 8
# Where letters by chance stand among the rest is one more thing to guess, and nobody but a machine
# strews them about.
_BLOCK_COST = 22
_FURTHER_BLOCK_COST = 60

# What the last part was: it matters to the next one.
_NO_WORD, _OPENING, _LITTLE, _COMMON, _WORD, _CHANCE = range(6)
_OF_WORDS = frozenset((_OPENING, _LITTLE, _COMMON, _WORD))


class Estimate(NamedTuple):
    """Bound what a guesser pays, and tell what the password is made of."""

    cost: int
    kinds: dict[Kind, int]
    """How many characters belong to each kind."""


_Way = tuple[Part, "_Way"] | None


def estimate(folded: str, context: ContextWords) -> Estimate:
    """Find the cheapest way to build a folded password out of predictable parts.

    "ZielonyKot2024!" costs 33 + 23 + 20.
    """
    parts, begins = parts_of(folded, context)
    # For each place, each kind of last part, and whether there were signs for letters and letters
    # by chance: the cost so far, and the parts that led here.
    best: list[dict[tuple[int, bool, bool], tuple[int, _Way]]] = [{} for _ in [*parts, None]]
    best[0][_NO_WORD, False, False] = 0, None
    for start, onwards in enumerate(parts):
        # Where one sees where words begin, they begin nowhere else.
        torn = bool(start and begins) and start not in begins
        first = not start or start in begins
        # What a part costs after a kind of part, whichever way led there.
        after: dict[int, list[tuple[Part, int, int]]] = {}
        for (last, l33t, chance), (so_far, way) in best[start].items():
            if last not in after:
                after[last] = list(_steps(last, onwards, first=first, torn=torn))
            for part, state, step in after[last]:
                cost = step + so_far + (0 if l33t else part.l33t)
                if state == _CHANCE != last:
                    cost += _FURTHER_BLOCK_COST if chance else _BLOCK_COST
                reached = best[start + part.length]
                key = state, l33t or part.l33t > 0, chance or state == _CHANCE
                if key not in reached or cost < reached[key][0]:
                    reached[key] = cost, (part, way)
    # No sentence ends in "w" or "z".
    ends = (found for (last, *_), found in best[-1].items() if last != _OPENING)
    cost, way = min(ends, key=lambda found: found[0])
    kinds: dict[Kind, int] = {}
    while way:
        part, way = way
        kinds[part.kind] = kinds.get(part.kind, 0) + part.length
    return Estimate(cost, kinds)


def _steps(
    last: int, onwards: Iterable[Part], *, first: bool, torn: bool
) -> Iterator[tuple[Part, int, int]]:
    """Yield each part that follows the last one, what it is to the next one, and its cost."""
    for part in onwards:
        state = _state(last, part)
        cost = _cost(last, state, part, first=first, torn=torn)
        if cost is not None:
            yield part, state, cost


def _state(last: int, part: Part) -> int:
    """Return what this part is to the next one."""
    match part.kind:
        case Kind.LITTLE:
            return _OPENING if part.length == 1 or last not in _OF_WORDS else _LITTLE
        case Kind.WORD:
            return _COMMON if part.cost <= _VERY_COMMON_COST else _WORD
        case Kind.OWN | Kind.PHRASE:
            return _WORD
        case Kind.CHANCE:
            return _CHANCE
        case Kind.GAP:
            return last
    return _NO_WORD


def _cost(last: int, state: int, part: Part, *, first: bool, torn: bool) -> int | None:
    """Return what this part costs after the last one; None if it does not follow it."""
    if part.kind is Kind.GAP:
        return part.cost
    if last == _OPENING and state not in _OF_WORDS and part.kind is not Kind.DATE:
        return None
    if part.kind is Kind.LITTLE:
        if last == _OPENING or (last not in _OF_WORDS and not first):
            return None
        if last == _LITTLE:
            return part.cost + _RESUMED_COST
    if state not in _OF_WORDS:
        return part.cost
    if torn or (last == _NO_WORD and not first):
        return part.cost + _RESUMED_COST
    if last not in _OF_WORDS:
        return part.cost
    if state == last == _WORD:
        return round(part.cost * _AFTER_WORD) if part.cost <= _COMMON_COST else part.cost
    return round(part.cost * _BESIDE_VERY_COMMON) if part.cost <= _LESS_COMMON_COST else part.cost

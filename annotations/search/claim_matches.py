"""Claims that may say the same as another one: they share its rarer words. Whether they do, a person decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import log
from operator import add, or_
from typing import Any

from django.db.models import Case, Count, FloatField, Q, Value, When

from annotations.models import Claim, Membership
from annotations.text.words import Word, words
from annotations.workflow.wording_rules import spellings_by_word

from .claim_filters import ClaimFilters

MOST_WORDS = 24
"""Different words of a claim that are looked for, in their order."""
MOST_LOOKED_AT = 50
LEAST_WORDS, LEAST_SHARE = 2, 0.33
"""What a match shares at least: so many words, and so much of the weight of all words that are looked for."""
SHORTEST = 4
_IDEOGRAPHS = 0x2E80


@dataclass(frozen=True, slots=True)
class ClaimMatch:
    """A claim that may say the same, and the ground: words that both have, numbers that only one has.

    `share` is that of the weight of the words looked for, from 0 to 1; a word weighs more the fewer claims have it.
    """

    claim: Claim
    share: float
    shared: tuple[str, ...]
    numbers_here: tuple[str, ...]
    numbers_there: tuple[str, ...]
    has_same_claimant: bool


def matching_claims(claim: Claim, by: Membership, *, most: int = 5) -> list[ClaimMatch]:
    """Return claims one may see that may say the same, the likeliest first; those merged into another are left out.

    Words are compared without case and accents, in every spelling that the project counts as the same; 3 queries.
    """
    same = spellings_by_word(by.project_id)
    here = _telling(claim.text, same)
    if len(here) < LEAST_WORDS:
        return []
    rows = ClaimFilters().claims(by).exclude(pk=claim.pk)
    holds = {word: _holds(word, written, same) for word, written in here.items()}
    columns: dict[str, Any] = {f"n_{n}": Count("pk", filter=each) for n, each in enumerate(holds.values())}
    counts = rows.aggregate(n_claims=Count("pk"), **columns)
    weights = {word: log(1 + (counts["n_claims"] + 1) / (counts[f"n_{n}"] + 1)) for n, word in enumerate(holds)}
    parts = [_weighed(holds[word], weight) for n, (word, weight) in enumerate(weights.items()) if counts[f"n_{n}"]]
    if not parts:
        return []
    likely = rows.annotate(weight=reduce(add, parts)).filter(weight__gt=0).order_by("-weight", "-pk")
    found = [_match(claim, other, here, weights, same) for other in likely[:MOST_LOOKED_AT]]
    good = [each for each in found if len(each.shared) >= LEAST_WORDS and each.share >= LEAST_SHARE]
    return sorted(good, key=lambda each: (-each.share, -each.claim.pk))[:most]


def _telling(text: str, same: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the words of a claim that tell something, each by the spelling that stands for it, with how it is written.

    >>> _telling("Der Preis stieg um 4 %.", {})
    {'preis': 'Preis', 'stieg': 'stieg', '4': '4'}
    """
    found: dict[str, str] = {}
    for word in words(text):
        if _tells(word):
            found.setdefault(_leading(word.folded, same), text[word.start : word.end])
    return dict(list(found.items())[:MOST_WORDS])


def _tells(word: Word) -> bool:
    return len(word.folded) >= SHORTEST or word.folded[0].isdigit() or ord(word.folded[0]) >= _IDEOGRAPHS


def _leading(word: str, same: Mapping[str, Sequence[str]]) -> str:
    return min(same.get(word, (word,)))


def _holds(word: str, written: str, same: Mapping[str, Sequence[str]]) -> Q:
    """Match claims that may hold a word: as it is written, or in another spelling; whole words are told later."""
    ways = {written, *same.get(word, (word,))}
    return reduce(or_, (Q(text__icontains=each) for each in sorted(ways)))


def _weighed(holds: Q, weight: float) -> Case:
    return Case(When(holds, then=Value(weight)), default=Value(0.0), output_field=FloatField())


def _match(
    claim: Claim, other: Claim, here: Mapping[str, str], weights: Mapping[str, float], same: Mapping[str, Sequence[str]]
) -> ClaimMatch:
    there = _telling(other.text, same)
    shared = [word for word in here if word in there]
    return ClaimMatch(
        other,
        sum(weights[word] for word in shared) / sum(weights.values()),
        tuple(there[word] for word in shared),
        _numbers(here, there),
        _numbers(there, here),
        bool(claim.claimant) and claim.claimant.casefold() == other.claimant.casefold(),
    )


def _numbers(those: Mapping[str, str], others: Iterable[str]) -> tuple[str, ...]:
    return tuple(written for word, written in those.items() if word[0].isdigit() and word not in others)

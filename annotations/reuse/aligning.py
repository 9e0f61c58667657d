"""What two texts share: equal runs of words, extended over small edits and joined to quotations. Pure.

Every run of `LEAST` equal words or more that lies in one stretch of either text is part of what is returned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from annotations.reuse.differing import MOST_COMPARED
from annotations.reuse.words import Stretch, Words, weight
from annotations.text.fingerprints import RUN, SHARED

LEAST = SHARED
"""The fewest words of a passage."""
MOST_CHANGED = 4
"""Words that may differ between two equal runs of one passage."""
LONGEST_GAP = 16
LEAST_SHARE = 0.8
"""The share of equal words in a passage that has no LEAST equal words in a row."""
MOST_PLACES = 32
"""A run that one text repeats more often than this is compared with its first places only."""
_MOST_WORDS_BETWEEN = 12
_MOST_WORDS_CUT = 400
_FEW = 3
_GIVE_UP = 5
"""How far the count of equal words, less twice the differing ones, may fall before extending ends."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words `a_first` to `a_end` of one text and `b_first` to `b_end` of the other that say the same.

    `equal` counts the words that do, characters by half; `a_only` and `b_only` the words of either text that have no
    equal one.
    """

    a_first: int
    a_end: int
    b_first: int
    b_end: int
    equal: int
    a_only: int = 0
    b_only: int = 0

    def turned(self) -> Run:
        """Return the same seen from the other text."""
        return Run(self.b_first, self.b_end, self.a_first, self.a_end, self.equal, self.b_only, self.a_only)


@dataclass(frozen=True, slots=True)
class Passage:
    """One quotation: runs that follow one another in both texts, parted by borders only."""

    runs: tuple[Run, ...]

    @property
    def a_first(self) -> int:
        """Return its first word in the one text."""
        return self.runs[0].a_first

    @property
    def a_end(self) -> int:
        """Return the end of its words in the one text."""
        return self.runs[-1].a_end

    @property
    def b_first(self) -> int:
        """Return its first word in the other text."""
        return self.runs[0].b_first

    @property
    def b_end(self) -> int:
        """Return the end of its words in the other text."""
        return self.runs[-1].b_end

    @property
    def equal(self) -> int:
        """Count the words that are the same."""
        return sum(run.equal for run in self.runs)

    @property
    def score(self) -> float:
        """Return the share of equal words, of the longer of the two sides of its runs; from 0 to 1."""
        a = sum(run.a_end - run.a_first for run in self.runs)
        b = sum(run.b_end - run.b_first for run in self.runs)
        only = max(sum(run.a_only for run in self.runs), sum(run.b_only for run in self.runs))
        return 1 - only / max(a, b)

    @property
    def relation(self) -> str:
        """Say what kind of taking over it looks like: verbatim, trimmed, joined or altered."""
        a_only, b_only = (sum(getattr(run, name) for run in self.runs) for name in ("a_only", "b_only"))
        if a_only and b_only:
            return "altered"
        if any(self._left_out()):
            return "joined"
        return "trimmed" if a_only or b_only else "verbatim"

    def turned(self) -> Passage:
        """Return the same seen from the other text."""
        return Passage(tuple(run.turned() for run in self.runs))

    def _left_out(self) -> Iterator[int]:
        for before, after in zip(self.runs, self.runs[1:], strict=False):
            yield after.a_first - before.a_end + after.b_first - before.b_end


class _Seed(NamedTuple):
    """Equal words: their places in both texts and their number; `full` is that before an overlap was taken off."""

    i: int
    j: int
    length: int
    full: int


def shared_passages(
    a: Words,
    b: Words,
    *,
    within: tuple[int, int] | None = None,
    within_b: tuple[int, int] | None = None,
    least: int = LEAST,
) -> list[Passage]:
    """Return the passages that two texts share, in the order of the first; `within` narrows it to some of its words.

    Two texts that differ share the same passages seen from either. 8 ms for texts of 450 words that are nearly equal.
    """
    if (b.forms, b.stretches) < (a.forms, a.stretches):
        turned = shared_passages(b, a, within=within_b, within_b=within, least=least)
        return sorted((each.turned() for each in turned), key=lambda each: (each.a_first, each.b_first))
    return _joined(_shared_runs(a, b, _parts(a, within), _parts(b, within_b), least), a, b)


def _shared_runs(a: Words, b: Words, parts_a: Sequence[Stretch], parts_b: Sequence[Stretch], least: int) -> list[Run]:
    """Return the runs that two texts share, each within one stretch of either, in the order of the first."""
    found: set[Run] = set()
    for (n, m), seeds in sorted(_seeds(a, b, parts_a, parts_b).items()):
        for chain in _chains(seeds, a, b):
            found.update(_runs(chain, a, b, parts_a[n], parts_b[m], least))
    ordered = sorted(found, key=lambda run: (run.a_first, run.b_first, -run.a_end, -run.b_end))
    return list(_without_contained(ordered))


def _parts(words: Words, within: tuple[int, int] | None) -> list[Stretch]:
    if within is None:
        return list(words.stretches)
    first, end = within
    return [
        Stretch(max(first, each.first), min(end, each.end), each.zone, each.after_cut)
        for each in words.stretches
        if max(first, each.first) < min(end, each.end)
    ]


def _seeds(
    a: Words, b: Words, parts_a: Sequence[Stretch], parts_b: Sequence[Stretch]
) -> dict[tuple[int, int], list[_Seed]]:
    """Return the longest equal runs of RUN words or more, as (place, place, words), by their two stretches."""
    wanted = {a.forms[i : i + RUN] for part in parts_a for i in range(part.first, part.end - RUN + 1)}
    places: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
    for m, part in enumerate(parts_b):
        for j in range(part.first, part.end - RUN + 1):
            gram = b.forms[j : j + RUN]
            if gram in wanted and len(places[gram]) < MOST_PLACES:
                places[gram].append((j, m))
    found: dict[tuple[int, int], list[_Seed]] = defaultdict(list)
    reached: dict[tuple[int, int], int] = {}
    for n, part in enumerate(parts_a):
        for i in range(part.first, part.end - RUN + 1):
            for j, m in places.get(a.forms[i : i + RUN], ()):
                if reached.get((j - i, m), -1) > i:
                    continue
                length = RUN
                most = min(part.end - i, parts_b[m].end - j)
                while length < most and a.forms[i + length] == b.forms[j + length]:
                    length += 1
                reached[j - i, m] = i + length
                found[n, m].append(_Seed(i, j, length, length))
    return found


def _chains(seeds: list[_Seed], a: Words, b: Words) -> Iterator[list[_Seed]]:
    """Put seeds together that follow one another in both texts with few differing words between them."""
    chains: list[list[_Seed]] = []
    for seed in sorted(seeds):
        best: tuple[int, list[_Seed], _Seed] | None = None
        for chain in chains[-MOST_PLACES:]:
            end_a, end_b = chain[-1].i + chain[-1].length, chain[-1].j + chain[-1].length
            overlap = max(end_a - seed.i, end_b - seed.j, 0)
            if overlap >= seed.length:
                continue
            i, j = seed.i + overlap, seed.j + overlap
            if max(i - end_a, j - end_b) > LONGEST_GAP:
                continue
            changed = max(i - end_a, j - end_b) - _n_equal(a.forms[end_a:i], b.forms[end_b:j])
            if changed <= MOST_CHANGED and (best is None or changed < best[0]):
                best = (changed, chain, _Seed(i, j, seed.length - overlap, seed.full))
        if best is None:
            chains.append([seed])
        else:
            best[1].append(best[2])
    yield from chains


def _n_equal(one: Sequence[str], other: Sequence[str]) -> int:
    if not one or not other:
        return 0
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def _runs(chain: list[_Seed], a: Words, b: Words, part_a: Stretch, part_b: Stretch, least: int) -> Iterator[Run]:
    """Yield the run that a chain makes, extended over small edits, where it is long and alike enough."""
    first, last = chain[0], chain[-1]
    end = last.i + last.length, last.j + last.length
    a_end, b_end = _extended(a.forms, b.forms, *end, (part_a.end, part_b.end), step=1)
    before = first.i - 1, first.j - 1
    a_first, b_first = _extended(a.forms, b.forms, *before, (part_a.first - 1, part_b.first - 1), step=-1)
    whole = _run(a, b, (a_first + 1, a_end, b_first + 1, b_end), chain)
    has_long = any(
        seed.full >= least and weight(a.forms[seed.i + seed.length - seed.full : seed.i + seed.length]) >= least
        for seed in chain
    )
    longer = max(whole.a_end - whole.a_first, whole.b_end - whole.b_first)
    is_near = longer - max(whole.a_only, whole.b_only) >= LEAST_SHARE * longer
    if has_long or (whole.equal >= least and is_near):
        yield whole


def _extended(
    one: Sequence[str], other: Sequence[str], i: int, j: int, border: tuple[int, int], *, step: int
) -> tuple[int, int]:
    """Walk on from words (i, j) while enough words are equal; return where the last equal ones end."""
    best, score, reached = 0, 0, (i, j)

    def is_inside(x: int, y: int) -> bool:
        return (border[0] - x) * step > 0 and (border[1] - y) * step > 0

    while is_inside(i, j):
        if one[i] == other[j]:
            score += 1
            i, j = i + step, j + step
            if score > best:
                best, reached = score, (i, j)
            continue
        for n in range(1, 2 * _FEW + 1):
            found = _equal_again(one, other, i, j, n, step, is_inside)
            if found is not None:
                break
        else:
            break
        score -= 2 * max(found)
        if score < best - _GIVE_UP:
            break
        i, j = i + step * found[0], j + step * found[1]
    return reached


def _equal_again(
    one: Sequence[str],
    other: Sequence[str],
    i: int,
    j: int,
    n: int,
    step: int,
    is_inside: Callable[[int, int], bool],
) -> tuple[int, int] | None:
    """Return after how many words of either, `n` in all at most, two equal words follow; replaced ones first."""
    pairs = sorted(
        ((x, n - x) for x in range(max(0, n - _FEW), min(_FEW, n) + 1)), key=lambda pair: abs(pair[0] - pair[1])
    )
    for x, y in pairs:
        p, q = i + step * x, j + step * y
        if is_inside(p + step, q + step) and one[p] == other[q] and one[p + step] == other[q + step]:
            return x, y
    return None


def _run(a: Words, b: Words, place: tuple[int, int, int, int], chain: list[_Seed]) -> Run:
    """Count the equal words of a run: all in order, of a very long one those of its chain."""
    a_first, a_end, b_first, b_end = place
    one, other = a.forms[a_first:a_end], b.forms[b_first:b_end]
    if one == other:
        return Run(*place, weight(one))
    if len(one) * len(other) > MOST_COMPARED:
        blocks = [(seed.i - a_first, seed.length) for seed in chain]
    else:
        matcher = SequenceMatcher(None, one, other, autojunk=False)
        blocks = [(block.a, block.size) for block in matcher.get_matching_blocks()]
    equal = sum(size for _first, size in blocks)
    weighed = sum(weight(one[first : first + size]) for first, size in blocks)
    return Run(*place, weighed, len(one) - equal, len(other) - equal)


def _without_contained(runs: list[Run]) -> Iterator[Run]:
    """Leave out runs that lie in another one on both sides, on nearly the same diagonal."""
    kept: list[Run] = []
    for run in runs:
        is_contained = any(
            other.a_first <= run.a_first
            and run.a_end <= other.a_end
            and other.b_first <= run.b_first
            and run.b_end <= other.b_end
            for other in kept[-MOST_PLACES:]
        )
        if not is_contained:
            kept.append(run)
            yield run


def _joined(runs: list[Run], a: Words, b: Words) -> list[Passage]:
    """Join runs that follow one another in both texts with nothing but borders, or words cut out, between them."""
    made: list[list[Run]] = []
    for run in runs:
        for passage in reversed(made[-MOST_PLACES:]):
            if _goes_on(passage[-1], run, a, b):
                passage.append(run)
                break
        else:
            made.append([run])
    return [Passage(tuple(each)) for each in made]


def _goes_on(before: Run, after: Run, a: Words, b: Words) -> bool:
    gap_a, gap_b = after.a_first - before.a_end, after.b_first - before.b_end
    if gap_a < 0 or gap_b < 0 or min(gap_a, gap_b) > _FEW:
        return False
    ends = [
        (a.stretch_of(before.a_end - 1), a.stretch_of(after.a_first)),
        (b.stretch_of(before.b_end - 1), b.stretch_of(after.b_first)),
    ]
    if any(one.zone != other.zone for one, other in ends):
        return False
    if max(gap_a, gap_b) <= _MOST_WORDS_BETWEEN:
        return any(one != other for one, other in ends)
    cut_side = ends[0] if gap_a <= gap_b else ends[1]
    return cut_side[1].after_cut and cut_side[0] != cut_side[1] and max(gap_a, gap_b) <= _MOST_WORDS_CUT

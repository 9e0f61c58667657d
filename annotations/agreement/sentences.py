"""Spans as decisions on sentences: for each label, whether an annotator marked anything in the sentence.

The items of α nominal for spans. Unlike characters sentences are few and alike in size, so that what nobody marked does
not drown what somebody did.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

from .spans import Span


def marked(sentences: Sequence[tuple[int, int]], spans: Iterable[Span]) -> set[tuple[int, str]]:
    """Return which sentences (by number) an annotator's spans touch with which label.

    >>> sorted(marked([(0, 10), (11, 20)], [("claim", 8, 13), ("date", 12, 14)]))
    [(0, 'claim'), (1, 'claim'), (1, 'date')]
    """
    starts = [start for start, _end in sentences]
    found = set()
    for label, start, end in spans:
        n = max(0, bisect_right(starts, start) - 1)
        while n < len(sentences) and sentences[n][0] < end:
            if sentences[n][1] > start:
                found.add((n, label))
            n += 1
    return found


def counts_by_label(
    sentences: Sequence[tuple[int, int]], annotators: Sequence[Iterable[Span]], labels: Iterable[str]
) -> dict[str, Counter[tuple[int, ...]]]:
    """Return for each label how many sentences had so many annotators who left them and who marked them."""
    votes: Counter[tuple[int, str]] = Counter()
    for spans in annotators:
        votes.update(marked(sentences, spans))
    people = len(annotators)
    found: dict[str, Counter[tuple[int, ...]]] = {label: Counter() for label in labels}
    for (_n, label), yes in votes.items():
        if label in found:
            found[label][people - yes, yes] += 1
    for counts in found.values():
        if untouched := len(sentences) - counts.total():
            counts[people, 0] += untouched
    return found

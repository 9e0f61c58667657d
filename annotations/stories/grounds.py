"""On what ground two articles may tell one story: passages that they share, rare names, how near their dates are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from annotations.models import Article, QuoteDecision, QuoteLink

from .names import rare_names

LEAST_WORDS = 20
"""Words of one shared passage that make two articles tell one story."""
LEAST_NAMES, NEAR_DAYS = 4, 3
"""So many rare names in common do, where the dates are that near."""
RELATED_NAMES = 2
"""So many rare names make two articles related; so does any shared passage."""
FAR_DAYS = 60
"""Passages of articles further apart are taken as a quotation of the past: they are related."""
MOST_PASSAGES, MOST_NAMES = 20, 20
"""What a ground names."""


@dataclass(slots=True)
class Tie:
    """What ties two articles: passages as (key, words), names, days between the dates where both are known."""

    passages: list[tuple[str, int]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    days: int | None = None

    @property
    def longest(self) -> int:
        """Return the words of the longest passage."""
        return max((n for _key, n in self.passages), default=0)

    @property
    def joins(self) -> bool:
        """Tell whether they tell one story."""
        if self.longest >= LEAST_WORDS and (self.days is None or self.days <= FAR_DAYS):
            return True
        return len(self.names) >= LEAST_NAMES and self.days is not None and self.days <= NEAR_DAYS

    @property
    def relates(self) -> bool:
        """Tell whether they are related at least."""
        return bool(self.passages) or len(self.names) >= RELATED_NAMES

    @property
    def strength(self) -> tuple[int, int]:
        """Return what the stronger of two ties has more of."""
        return sum(n for _key, n in self.passages), len(self.names)

    def as_json(self, other: str) -> dict[str, Any]:
        """Return the ground as it is stored and shown; `other` is the uuid of the other article."""
        ranked = sorted(self.passages, key=lambda each: (-each[1], each[0]))
        return {
            "article": other,
            "passages": [{"key": key, "words": n} for key, n in ranked[:MOST_PASSAGES]],
            "words": sum(n for _key, n in self.passages),
            "names": sorted(self.names)[:MOST_NAMES],
            "days": self.days,
        }


Pair = tuple[int, int]
"""Two articles by their ids, the smaller first."""


@dataclass(frozen=True, slots=True)
class Known:
    """An article as grounds name it."""

    pk: int
    uuid: str
    version_id: int
    dated: datetime | None


def passages_between() -> QuerySet[QuoteLink]:
    """Return the passages that machines found between present texts and that nobody rejected, or somebody confirmed."""
    decided = QuoteDecision.objects.filter(link=OuterRef("pk"))
    rejected = decided.filter(state=QuoteDecision.State.REJECTED)
    confirmed = decided.filter(state=QuoteDecision.State.CONFIRMED)
    rows = QuoteLink.objects.filter(
        from_version__article__current_version=F("from_version"),
        to_version__article__current_version=F("to_version"),
        from_version__article__merged_into__isnull=True,
        to_version__article__merged_into__isnull=True,
        made_by__isnull=True,
    )
    return rows.filter(~Exists(rejected) | Exists(confirmed))


def ties_of(version_ids: Iterable[int], project_id: int) -> tuple[dict[Pair, Tie], dict[int, Known]]:
    """Return what ties the articles of some present texts to others, and who they are; about 6 queries."""
    ids = list(version_ids)
    by_texts: dict[Pair, Tie] = defaultdict(Tie)
    links = passages_between().filter(Q(from_version__in=ids) | Q(to_version__in=ids), project_id=project_id)
    for key, n, one, other in links.values_list("key", "n_words", "from_version_id", "to_version_id"):
        by_texts[_pair(one, other)].passages.append((str(key), n))
    for one, others in rare_names(ids, project_id).items():
        for other, names in others.items():
            by_texts[_pair(one, other)].names = names
    texts = sorted({pk for pair in by_texts for pk in pair})
    known: dict[int, Known] = {}
    for first in range(0, len(texts), 500):
        rows = Article.objects.filter(current_version__in=texts[first : first + 500], merged_into__isnull=True)
        for pk, uuid, version, published, posted in rows.values_list(
            "pk", "uuid", "current_version_id", "published_at", "posted_at"
        ):
            known[version] = Known(pk, str(uuid), version, published or posted)
    ties: dict[Pair, Tie] = {}
    for (one, other), tie in by_texts.items():
        if one in known and other in known:
            first_date, second_date = known[one].dated, known[other].dated
            if first_date is not None and second_date is not None:
                tie.days = abs((first_date - second_date).days)
            ties[_pair(known[one].pk, known[other].pk)] = tie
    return ties, {each.pk: each for each in known.values()}


def _pair(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)

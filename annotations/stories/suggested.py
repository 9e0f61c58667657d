"""Suggested stories with their ground, as those who decide about them read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch, QuerySet

from annotations.access import hide_outlets
from annotations.models import Article, Membership, StorySuggestion, SuggestedArticle
from annotations.workflow.stories import suggestion_rows

MOST_SHOWN = 50
State = StorySuggestion.State


@dataclass(frozen=True, slots=True)
class Ground:
    """What ties an article to another of the suggestion; `passage` is the key of the longest one they share."""

    other: Article | None
    n_words: int
    n_passages: int
    passage: str
    names: list[str]
    days: int | None


@dataclass(frozen=True, slots=True)
class SuggestedOne:
    """An article of a suggested story with its grounds, the strongest first."""

    article: Article
    is_related: bool
    grounds: list[Ground]


@dataclass(slots=True)
class Suggested:
    """A suggested story, or more for one that is there; `name` is proposed for it."""

    suggestion: StorySuggestion
    told: list[SuggestedOne] = field(default_factory=list)
    related: list[SuggestedOne] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the title of the earliest article, else of the first."""
        if not self.told:
            return ""
        dated = [each.article for each in self.told if each.article.published_at or each.article.posted_at]
        earliest = min(dated, key=lambda each: (each.published_at or each.posted_at, each.pk), default=None)
        return (earliest or self.told[0].article).title[:300]


def suggested_stories(by: Membership) -> tuple[list[Suggested], int, list[Suggested]]:
    """Return the open suggestions, how many there are, and those refused last; at most 8 queries."""
    rows = suggestion_rows(by)
    waiting = rows.filter(state=State.OPEN)
    refused = rows.filter(state=State.REFUSED).order_by("-decided_at", "-pk")
    shown = read_suggestions(list(with_articles(waiting.order_by("-pk"))[:MOST_SHOWN]), by)
    return shown, waiting.count(), read_suggestions(list(with_articles(refused)[:MOST_SHOWN]), by)


def with_articles(rows: QuerySet[StorySuggestion]) -> QuerySet[StorySuggestion]:
    """Bring the articles of suggestions along; 1 query."""
    articles = SuggestedArticle.objects.select_related("article__publisher", "article__merged_into__publisher")
    articles = articles.defer("article__metadata", "article__merged_into__metadata").order_by("pk")
    return rows.prefetch_related(Prefetch("articles", articles))


def read_suggestions(found: Iterable[StorySuggestion], by: Membership) -> list[Suggested]:
    """Put the grounds of suggestions beside the articles that they name; 1 query for those of stories."""
    found = list(found)
    listed = [each for suggestion in found for each in suggestion.articles.all()]
    for named_one in listed:
        named_one.article = (
            named_one.article.merged_into or named_one.article
        )  # it stands in the place of what is merged into it
    known = {str(each.article.uuid): each.article for each in listed}
    named = {ground["article"] for each in listed for ground in each.ground} - known.keys()
    if named:
        rows = Article.objects.filter(project_id=by.project_id, uuid__in=named).select_related("publisher")
        known |= {str(article.uuid): article for article in rows.defer("metadata")}
    hide_outlets(by, [*known.values(), *(each.article for each in listed)])
    made = []
    for suggestion in found:
        each = Suggested(suggestion)
        met: set[int] = set()
        # what tells the story first, so that of two that are one by now that one shows
        for one in sorted(suggestion.articles.all(), key=lambda one: one.is_related):
            if one.article.pk in met:
                continue
            met.add(one.article.pk)
            shown = SuggestedOne(one.article, one.is_related, [_ground(ground, known) for ground in one.ground])
            (each.related if one.is_related else each.told).append(shown)
        made.append(each)
    return made


def _ground(ground: Mapping[str, Any], known: Mapping[str, Article]) -> Ground:
    passages = ground.get("passages", [])
    return Ground(
        known.get(ground["article"]),
        int(ground.get("words", 0)),
        len(passages),
        str(passages[0]["key"]) if passages else "",
        list(ground.get("names", ())),
        ground.get("days"),
    )

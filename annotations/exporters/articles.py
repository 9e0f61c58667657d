"""The records of articles with all that lies on their texts, read batch by batch, each text checked on the way out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from annotations.models import Article, ArticleVersion, Assignment
from annotations.models.among import Many

from . import beside, spans
from .scope import MOST_SPANS, Scope, articles_in_order, spans_of
from .spans import Annotations
from .values import as_written, dated_as_written, moment, object_written
from .written import Row, Written, texts_of

WRITTEN = ("regions", "links", "annotations")
"""What stands in a record as the database wrote it, until its values are asked for."""
Earlier = dict[int, list[tuple[int, int, Any, str]]]


@dataclass(frozen=True)
class Batch:
    """The rows of some articles, in the order of `ids`, and of all that lies on their texts, which are in UTF-8."""

    ids: list[int]
    rows: dict[int, tuple[Any, ...]]
    earlier: Earlier
    texts: dict[int, bytes]
    contents: Contents


def parts(scope: Scope) -> Iterator[list[int]]:
    """Yield the ids of the articles in batches, so that neither texts nor spans have too much memory at once."""
    for ids in articles_in_order(scope):
        on_article = spans_of(Many(ids), scope)
        part: list[int] = []
        count = 0
        for pk in ids:
            if part and count + on_article[pk] > MOST_SPANS:
                yield part
                part, count = [], 0
            part.append(pk)
            count += on_article[pk]
        yield part


def read(ids: list[int], scope: Scope, *, names_are_plain: bool) -> Batch:
    """Read a batch: a query for each kind of row there is."""
    rows, earlier = _article_rows(Many(ids)), _earlier_versions(Many(ids), scope)
    versions = Many([version for pk in ids for version in (rows[pk][1], *(former[0] for former in earlier[pk]))])
    texts = texts_of(ArticleVersion.objects.filter(pk__among=versions).values_list("pk", "text"))
    return Batch(ids, rows, earlier, texts, Contents.of(versions, scope, names_are_plain=names_are_plain))


def records(batch: Batch, *, with_text: bool) -> Iterator[Row]:
    """Yield the records of a batch, their quotes checked. What is WRITTEN is `Written`, on earlier texts too."""
    for pk in batch.ids:
        (
            _pk, version, external_id, title, publisher, published_precision, posted_precision, url, language,
            direction, sha256, normaliser, n, repost_of, merged_into, published_at, posted_at, metadata,
        ) = batch.rows[pk]  # fmt: skip
        contents = batch.contents
        text = batch.texts[version].decode()
        before = [_earlier_version(row, external_id, batch, with_text=with_text) for row in batch.earlier[pk]]
        linked = {"repost_of": repost_of, "merged_into": merged_into}
        yield {
            "type": "article",
            "external_id": external_id,
            "title": title,
            "publisher": publisher,
            "published_at": dated_as_written(published_at, published_precision),
            "posted_at": dated_as_written(posted_at, posted_precision),
            "url": url,
            "language": language or None,
            "direction": direction,
            "metadata": object_written(metadata),
            **({"text": text} if with_text else {}),
            "text_sha256": bytes(sha256).hex(),
            "normaliser": normaliser,
            "version": n,
            **contents.on(version, text, external_id),
            **({"earlier_versions": before} if before else {}),
            **{name: other for name, other in linked.items() if other is not None},
        }


def with_values(article: Row) -> Row:
    """Make values, in place, of what the database wrote: for those who look into it."""
    for text in (article, *article.get("earlier_versions", ())):
        for name in WRITTEN:
            text[name] = text[name].rows
    return article


def as_json(article: Row) -> Row:
    """Have what the database wrote put in as it is, in place, when orjson writes the record."""
    for text in (article, *article.get("earlier_versions", ())):
        for name in WRITTEN:
            text[name] = text[name].as_json()
    return article


def _article_rows(ids: Many[int]) -> dict[int, tuple[Any, ...]]:
    written = [as_written(name) for name in ("published_at", "posted_at", "metadata")]
    rows = Article.objects.filter(pk__among=ids).values_list(
        "pk",
        "current_version_id",
        "external_id",
        "title",
        "publisher__name",
        "published_precision",
        "posted_precision",
        "url",
        "language",
        "direction",
        "current_version__text_sha256",
        "current_version__normaliser",
        "current_version__n",
        "repost_of__external_id",
        "merged_into__external_id",
        *written,
    )
    return {row[0]: row for row in rows}


def _earlier_versions(articles: Many[int], scope: Scope) -> Earlier:
    """Return the texts that articles had before, in their order: id, number, hash, normaliser."""
    found: Earlier = defaultdict(list)
    if not scope.holds_earlier_texts():
        return found
    rows = ArticleVersion.objects.filter(article__among=articles).exclude(pk=F("article__current_version_id"))
    for article, pk, n, sha256, normaliser in rows.order_by("article_id", "n").values_list(
        "article_id", "pk", "n", "text_sha256", "normaliser"
    ):
        found[article].append((pk, n, sha256, normaliser))
    return found


def _earlier_version(former: tuple[int, int, Any, str], external_id: str, batch: Batch, *, with_text: bool) -> Row:
    version, n, sha256, normaliser = former
    text = batch.texts[version].decode()
    return {
        "version": n,
        **({"text": text} if with_text else {}),
        "text_sha256": bytes(sha256).hex(),
        "normaliser": normaliser,
        **batch.contents.on(version, text, external_id),
    }


@dataclass(frozen=True)
class Contents:
    """What lies on the texts of a batch, by the text's id."""

    regions: dict[int, Written]
    links: dict[int, Written]
    assignments: dict[int, list[Row]]
    annotations: dict[int, Annotations]
    relations: dict[int, list[Row]]
    article_labels: dict[int, list[Row]]
    suggestions: dict[int, list[Row]]
    sentences: dict[int, list[tuple[int, int]]]
    threads: dict[int, list[Row]]

    @classmethod
    def of(cls, versions: Many[int], scope: Scope, *, names_are_plain: bool) -> Contents:
        """Fetch everything on some texts."""
        return cls(
            spans.regions_on(versions, scope),
            spans.links_on(versions, scope),
            _assignments(versions, scope),
            spans.annotations_on(versions, scope, names_are_plain=names_are_plain),
            beside.relations(versions, scope),
            beside.article_labels(versions, scope),
            beside.suggestions(versions, scope),
            beside.sentences(versions, scope),
            beside.threads(versions, scope),
        )

    def on(self, version: int, text: str, external_id: str) -> Row:
        """Return what lies on one text, its quotes checked."""
        annotations = self.annotations.get(version) or Annotations()
        annotations.check(text, external_id)
        spans.check_quotes(self.suggestions[version], text, external_id)
        others = {
            "relations": _between(annotations, self.relations[version]),
            "article_labels": self.article_labels[version],
            "suggestions": self.suggestions[version],
            "sentences": self.sentences[version],
            "threads": self.threads[version],
        }
        return {
            "regions": self.regions.get(version) or Written(),
            "links": self.links.get(version) or Written(),
            "assignments": sorted(self.assignments[version], key=lambda each: each["annotator"]),
            "annotations": annotations,
            **{name: rows for name, rows in others.items() if rows},
        }


def _between(annotations: Annotations, relations: list[Row]) -> list[Row]:
    """Order relations by their ends' places; one of which an end is not in the export is left out."""
    if not relations:
        return []
    places = {each["key"]: (each["start"], each["end"]) for each in annotations.rows}
    inside = [each for each in relations if each["from"] in places and each["to"] in places]
    return sorted(inside, key=lambda each: (*places[each["from"]], *places[each["to"]], each["key"]))


def _assignments(versions: Many[int], scope: Scope) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    if not scope.holds(Assignment):
        return found
    rows = scope.assignments_on(versions).order_by()
    for version, annotator, state, submitted_at in rows.values_list(
        "version_id", "annotator__pseudonym", "state", "submitted_at"
    ):
        found[version].append({"annotator": annotator, "state": state, "submitted_at": moment(submitted_at)})
    return found

"""The records of articles with all that lies on their texts, read batch by batch, each text checked on the way out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import F

from annotations.models import Article, ArticleVersion, Assignment, Withholding
from annotations.models.among import Many

from . import beside, spans
from .scope import MOST_SPANS, Scope, articles_in_order, spans_of
from .spans import Annotations
from .values import as_written, dated_as_written, in_hexadecimal, moment, object_written
from .written import Row, Written, as_texts

WRITTEN = ("regions", "links", "annotations")
"""What stands in a record as the database wrote it, until its values are asked for."""


class Text(NamedTuple):
    """One text of an article, in UTF-8: as a string it takes four times the memory."""

    utf8: bytes
    sha256: str
    normaliser: str
    n: int
    withheld: Row

    def facts(self, text: str, *, with_text: bool) -> Row:
        """Return what is told of the text beside its number; of one that is withheld, its length and since when."""
        told = {"text": text} if with_text and not self.withheld else {}
        return {**told, "text_sha256": self.sha256, "normaliser": self.normaliser, **self.withheld}


@dataclass(frozen=True)
class Batch:
    """The rows of some articles, in the order of `ids`, and of all that lies on their texts.

    `earlier` has the ids of earlier texts by article, `names` the external ids of articles that others name, `rounds`
    the numbers of rounds.
    """

    ids: list[int]
    rows: dict[int, tuple[Any, ...]]
    earlier: dict[int, list[int]]
    names: dict[int, str]
    rounds: dict[int, int]
    texts: dict[int, Text]
    contents: Contents
    withheld: dict[int, Row]


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
    rows, earlier = _article_rows(Many(ids)), _earlier_texts(Many(ids), scope)
    versions = Many([version for pk in ids for version in (rows[pk][1], *earlier[pk])])
    contents = Contents.of(versions, scope, names_are_plain=names_are_plain)
    texts = _texts(versions)
    asked = scope.tells_why_withheld and any(text.withheld for text in texts.values())
    withheld = _withheld(ids) if asked else {}
    return Batch(ids, rows, earlier, _names(rows), scope.round_numbers(), texts, contents, withheld)


def records(batch: Batch, *, with_text: bool) -> Iterator[Row]:
    """Yield the records of a batch, their quotes checked. What is WRITTEN is `Written`, on earlier texts too."""
    for pk in batch.ids:
        (
            _pk, version, external_id, title, publisher, published_precision, posted_precision, url, language,
            direction, repost_of, merged_into, in_round, published_at, posted_at, metadata,
        ) = batch.rows[pk]  # fmt: skip
        held = batch.texts[version]
        text = held.utf8.decode()
        before = [_earlier_version(former, external_id, batch, with_text=with_text) for former in batch.earlier[pk]]
        rulings = batch.contents.settled_on((version, *batch.earlier[pk]))
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
            **held.facts(text, with_text=with_text),
            "version": held.n,
            **batch.contents.on(version, text, external_id),
            **({"earlier_versions": before} if before else {}),
            **({"rulings": rulings} if rulings else {}),
            **({"withheld": batch.withheld[pk]} if pk in batch.withheld else {}),
            **({"in_round": batch.rounds[in_round]} if in_round is not None else {}),
            **{name: batch.names[other] for name, other in linked.items() if other is not None},
        }


def _earlier_version(version: int, external_id: str, batch: Batch, *, with_text: bool) -> Row:
    held = batch.texts[version]
    text = held.utf8.decode()
    return {
        "version": held.n,
        **held.facts(text, with_text=with_text),
        **batch.contents.on(version, text, external_id),
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
    """Return the rows by id. Other articles are not joined: for a batch the database would go through all there are."""
    written = [as_written(name) for name in ("published_at", "posted_at", "metadata")]
    rows = Article.objects.filter(pk__among=ids).order_by()
    values = rows.values_list(
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
        "repost_of_id",
        "merged_into_id",
        "round_id",
        *written,
    )
    return {row[0]: row for row in values}


def _withheld(ids: list[int]) -> dict[int, Row]:
    """Return on whose demand articles are withheld, and why; 1 query."""
    rows = Withholding.objects.filter(article__among=ids).values_list(
        "article_id", "demanded_by", "reason", "made_by__pseudonym", "created_at"
    )
    return {
        pk: {"demanded_by": name, "reason": reason, "annotator": by, "created_at": moment(at)}
        for pk, name, reason, by, at in rows
    }


def _names(rows: dict[int, tuple[Any, ...]]) -> dict[int, str]:
    """Return the external ids of the articles that these repost or are merged into; no query where there are none."""
    named = {other for row in rows.values() for other in row[10:12] if other is not None}
    found = Article.objects.filter(pk__among=sorted(named)).order_by() if named else Article.objects.none()
    return dict(found.values_list("pk", "external_id"))


def _texts(versions: Many[int]) -> dict[int, Text]:
    rows = ArticleVersion.objects.filter(pk__among=versions)
    columns = ("pk", "n", "text", "normaliser")
    found = as_texts(rows.values_list(*columns, in_hexadecimal("text_sha256")))
    texts = {
        int(pk): Text(text, sha256.decode(), normaliser.decode(), int(n), {})
        for pk, n, text, normaliser, sha256 in found
    }
    if all(text.utf8 for text in texts.values()):
        return texts
    for pk, length, at in rows.filter(withheld_at__isnull=False).values_list("pk", "length", "withheld_at"):
        texts[pk] = texts[pk]._replace(withheld={"length": length, "withheld_at": moment(at)})
    return texts


def _earlier_texts(articles: Many[int], scope: Scope) -> dict[int, list[int]]:
    """Return the ids of the texts that articles had before, in their order."""
    found: dict[int, list[int]] = defaultdict(list)
    if not scope.holds_earlier_texts():
        return found
    rows = ArticleVersion.objects.filter(article__among=articles).exclude(pk=F("article__current_version_id"))
    for article, pk in rows.order_by("article_id", "n").values_list("article_id", "pk"):
        found[article].append(pk)
    return found


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
    adjudications: dict[int, list[Row]]
    rulings: dict[int, list[Row]]

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
            beside.adjudications(versions, scope),
            beside.rulings(versions, scope),
        )

    def on(self, version: int, text: str, external_id: str) -> Row:
        """Return what lies on one text, its quotes checked."""
        annotations = self.annotations[version] if version in self.annotations else Annotations()
        annotations.check(text, external_id)
        assignments = self.assignments.get(version, [])
        return {
            "regions": self.regions[version] if version in self.regions else Written(),
            "links": self.links[version] if version in self.links else Written(),
            "assignments": sorted(assignments, key=_person_and_round),
            "annotations": annotations,
            **self._beside(annotations, version, text, external_id),
        }

    def _beside(self, annotations: Annotations, version: int, text: str, external_id: str) -> Row:
        """Return what few texts have, so far as this one has it."""
        kinds = (
            self.relations,
            self.article_labels,
            self.suggestions,
            self.sentences,
            self.threads,
            self.adjudications,
        )
        if not (any(kinds) or self.adjudications):
            return {}
        spans.check_quotes(self.suggestions.get(version, []), text, external_id)
        found = {
            "relations": _between(annotations, self.relations.get(version, [])),
            "article_labels": self.article_labels.get(version),
            "suggestions": self.suggestions.get(version),
            "sentences": self.sentences.get(version),
            "threads": self.threads.get(version),
            "adjudications": self.adjudications.get(version),
        }
        return {name: rows for name, rows in found.items() if rows}

    def settled_on(self, versions: Iterable[int]) -> list[Row]:
        """Return the rulings on an article's texts, by time and key."""
        if not self.rulings:
            return []
        found = [ruling for version in versions for ruling in self.rulings.get(version, [])]
        return sorted(found, key=lambda row: (row["created_at"], row["key"]))


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
    rounds = scope.round_numbers()
    rows = scope.assignments_on(versions).order_by()
    for version, annotator, state, submitted_at, reopened_at, of_round, past in rows.values_list(
        "version_id", "annotator__pseudonym", "state", "submitted_at", "reopened_at", "round_id", "past_round_id"
    ):
        number = rounds.get(of_round, 1)
        found[version].append(
            {
                "annotator": annotator,
                "state": state,
                "submitted_at": moment(submitted_at),
                **({"reopened_at": moment(reopened_at)} if reopened_at else {}),
                **({"round": number} if number != 1 else {}),
                **({"is_past": True} if past is not None else {}),
            }
        )
    return found


def _person_and_round(assignment: Row) -> tuple[str, int]:
    return assignment["annotator"], assignment.get("round", 1)

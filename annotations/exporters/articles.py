"""The records of articles with all that lies on their texts, read batch by batch, each text checked on the way out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import starmap
from typing import NamedTuple

import orjson
from django.db.models import F

from annotations.models import Article, ArticleVersion, Assignment, Withholding
from annotations.models.among import Ids, Many, run_or_many

from . import beside, spans
from .json_in_sql import always, dialect, number, plain
from .rulings import rulings_on
from .scope import MOST_SPANS, Scope, n_spans_on, spans_of, texts_in_order
from .spans import Annotations
from .values import as_written, in_hexadecimal, moment
from .written import Asking, Question, Row, each_row, json_of, rows_of, together

Pair = tuple[int, int]
"""An article's id and its present text's."""


class Head(NamedTuple):
    """What is told of an article before its text, as JSON, its metadata apart. `others` names other rows by id."""

    json: bytes
    metadata: bytes
    external_id: bytes
    others: bytes


class Text(NamedTuple):
    """One text of an article, in UTF-8: as a string it takes four times the memory. `facts` is what is told of it."""

    utf8: bytes
    facts: bytes
    n: bytes
    is_withheld: bytes

    def member(self, text: str) -> tuple[bytes, ...]:
        """Return the text, which was decoded, as a member of its record, with a comma; nothing if it is withheld."""
        return () if self.is_withheld else (b'"text":', orjson.dumps(text), b",")


@dataclass(frozen=True)
class Batch:
    """The rows of some articles, in the order of `ids`, and of all that lies on their texts.

    `earlier` has the ids of earlier texts by article, `names` the external ids of articles that others name, `rounds`
    the numbers of rounds.
    """

    ids: list[Pair]
    heads: dict[int, Head]
    earlier: dict[int, list[int]]
    names: dict[int, str]
    rounds: dict[int, int]
    texts: dict[int, Text]
    contents: Contents
    withheld: dict[int, Row]


NO_ANNOTATIONS = Annotations()


def parts(scope: Scope) -> Iterator[list[Pair]]:
    """Yield the ids of the articles in batches, so that neither texts nor spans have too much memory at once."""
    for batch in texts_in_order(scope):
        if (
            not scope.holds_earlier_texts()
            and n_spans_on(run_or_many([text for _pk, text in batch]), scope) <= MOST_SPANS
        ):
            yield batch
            continue
        on_article = spans_of(Many([pk for pk, _text in batch]), scope)
        part: list[Pair] = []
        count = 0
        for ids in batch:
            n = on_article[ids[0]]
            if part and count + n > MOST_SPANS:
                yield part
                part, count = [], 0
            part.append(ids)
            count += n
        yield part


def read(ids: list[Pair], scope: Scope, *, names_are_plain: bool) -> Batch:
    """Read a batch: what all articles have by one query, and by one for each kind of row that few have."""
    articles = run_or_many([pk for pk, _text in ids])
    earlier = _earlier_texts(articles, scope)
    versions = run_or_many([version for pk, present in ids for version in (present, *earlier.get(pk, ()))])
    heads, texts, regions, links, annotations = together(
        _heads(articles, scope),
        _texts(versions, scope),
        spans.regions_on(versions, scope),
        spans.links_on(versions, scope),
        spans.annotations_on(versions, scope, names_are_plain=names_are_plain),
    )
    contents = Contents.of(versions, scope, regions, links, annotations)
    asked = scope.tells_why_withheld and any(text.is_withheld for text in texts.values())
    withheld = _withheld(articles) if asked else {}
    return Batch(ids, heads, earlier, _names(heads), scope.round_numbers(), texts, contents, withheld)


def records(batch: Batch, split: Iterator[str] | None = None) -> Iterator[bytes]:
    """Yield the records of a batch as JSON, their quotes checked. `split` gives the part that each is in."""
    heads, texts, contents = batch.heads, batch.texts, batch.contents
    few_have_more = bool(batch.earlier or contents.rulings or batch.withheld)
    for pk, version in batch.ids:
        begun, metadata, external_id, others = heads[pk]
        held = texts[version]
        text = held.utf8.decode()
        on_text = contents.on(version, text, external_id)
        if metadata != b"{}":
            metadata = orjson.dumps(orjson.loads(metadata), option=orjson.OPT_SORT_KEYS)
        more = _more(batch, pk, version, external_id, others) if few_have_more or others else {}
        if split is not None:
            more["split"] = next(split)
        ended = b",%b" % orjson.dumps(more)[1:] if more else b"}"
        yield b"".join(
            (begun, metadata, b",", *held.member(text), held.facts, b',"version":', held.n, b",", *on_text, ended)
        )


def _more(batch: Batch, pk: int, version: int, external_id: bytes, others: bytes) -> Row:
    """Return what few articles have."""
    more: Row = {}
    earlier = batch.earlier.get(pk, [])
    if earlier:
        more["earlier_versions"] = [_earlier_version(former, external_id, batch) for former in earlier]
    if rulings := batch.contents.settled_on((version, *earlier)):
        more["rulings"] = rulings
    if pk in batch.withheld:
        more["withheld"] = batch.withheld[pk]
    if others:
        repost_of, merged_into, in_round = others.split(b",")
        if in_round:
            more["in_round"] = batch.rounds[int(in_round)]
        for name, other in (("repost_of", repost_of), ("merged_into", merged_into)):
            if other:
                more[name] = batch.names[int(other)]
    return more


def _earlier_version(version: int, external_id: bytes, batch: Batch) -> orjson.Fragment:
    held = batch.texts[version]
    text = held.utf8.decode()
    on_text = batch.contents.on(version, text, external_id)
    return orjson.Fragment(
        b"".join((b'{"version":', held.n, b",", *held.member(text), held.facts, b",", *on_text, b"}"))
    )


def _heads(articles: Ids, scope: Scope) -> Asking[dict[int, Head]]:
    answer = yield scope.question(Article, articles, _heads_asked_for), articles
    return dict(zip(answer, starmap(Head, answer.values()), strict=True))


def _heads_asked_for(articles: Ids) -> Question | None:
    """Ask for the heads by id. Other articles are not joined: the database would go through all there are."""
    rows = Article.objects.filter(pk__among=articles).values_list(
        *("pk", "external_id", "title", "publisher__name", "published_at", "published_precision", "posted_at"),
        *("posted_precision", "url", "language", "direction", "repost_of_id", "merged_into_id", "round_id"),
        as_written("metadata"),
    )
    return each_row(rows, _COLUMNS_OF_HEADS, _texts_of_heads())


_COLUMNS_OF_HEADS = (
    *("pk", "external_id", "title", "publisher", "published_at", "published_precision", "posted_at"),
    *("posted_precision", "url", "language", "direction", "repost_of", "merged_into", "in_round", "metadata"),
)


def _texts_of_heads() -> tuple[str, ...]:
    sql = dialect()
    json = sql.object_begun(
        ("type", always('"article"')),
        ("external_id", sql.text("external_id")),
        ("title", sql.text("title")),
        ("publisher", sql.unless_null("publisher", sql.text("publisher"))),
        ("published_at", sql.unless_null("published_at", sql.dated("published_at", "published_precision"))),
        ("posted_at", sql.unless_null("posted_at", sql.dated("posted_at", "posted_precision"))),
        ("url", sql.text("url")),
        ("language", sql.unless_empty("language", sql.text("language"))),
        ("direction", plain("direction")),
        ("metadata", ()),
    )
    others = ("repost_of", "merged_into", "in_round")
    named = " || ',' || ".join(f"coalesce(CAST({name} AS text), '')" for name in others)
    has_any = " OR ".join(f"{name} IS NOT NULL" for name in others)
    return json, "metadata", "external_id", f"CASE WHEN {has_any} THEN {named} ELSE '' END"


def _withheld(articles: Ids) -> dict[int, Row]:
    """Return on whose demand articles are withheld, and why; 1 query."""
    rows = Withholding.objects.filter(article__among=articles).values_list(
        "article_id", "demanded_by", "reason", "made_by__pseudonym", "created_at"
    )
    return {
        pk: {"demanded_by": name, "reason": reason, "annotator": by, "created_at": moment(at)}
        for pk, name, reason, by, at in rows
    }


def _names(heads: dict[int, Head]) -> dict[int, str]:
    """Return the external ids of the articles that these repost or are merged into; no query where there are none."""
    named = {int(other) for head in heads.values() if head.others for other in head.others.split(b",")[:2] if other}
    found = Article.objects.filter(pk__among=sorted(named)).order_by() if named else Article.objects.none()
    return dict(found.values_list("pk", "external_id"))


def _texts(versions: Ids, scope: Scope) -> Asking[dict[int, Text]]:
    answer = yield scope.question(ArticleVersion, versions, _texts_asked_for), versions
    return dict(zip(answer, starmap(Text, answer.values()), strict=True))


def _texts_asked_for(versions: Ids) -> Question | None:
    sql = dialect()
    rows = ArticleVersion.objects.filter(pk__among=versions)
    is_withheld = "withheld_at IS NOT NULL"
    facts = sql.members(
        ("text_sha256", plain("sha256")),
        ("normaliser", sql.text("normaliser")),
        ("length", number("CAST(length AS text)"), is_withheld),
        ("withheld_at", sql.instant("withheld_at"), is_withheld),
    )
    return each_row(
        rows.values_list("pk", "n", "text", "normaliser", "length", "withheld_at", in_hexadecimal("text_sha256")),
        ("pk", "n", "text", "normaliser", "length", "withheld_at", "sha256"),
        ("text", facts, "CAST(n AS text)", f"CASE WHEN {is_withheld} THEN '1' ELSE '' END"),
    )


def _earlier_texts(articles: Ids, scope: Scope) -> dict[int, list[int]]:
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
    """What lies on the texts of a batch, by the text's id. `counts` counts what was written of it."""

    regions: dict[int, bytes]
    links: dict[int, bytes]
    assignments: dict[int, list[Row]]
    annotations: dict[int, Annotations]
    relations: dict[int, list[Row]]
    article_labels: dict[int, list[Row]]
    suggestions: dict[int, list[Row]]
    sentences: dict[int, list[tuple[int, int]]]
    threads: dict[int, list[Row]]
    adjudications: dict[int, list[Row]]
    rulings: dict[int, list[Row]]
    counts: Counter[str]

    @classmethod
    def of(
        cls,
        versions: Ids,
        scope: Scope,
        regions: dict[int, bytes],
        links: dict[int, bytes],
        annotations: dict[int, Annotations],
    ) -> Contents:
        """Fetch what else lies on some texts."""
        return cls(
            regions,
            links,
            _assignments(versions, scope),
            annotations,
            beside.relations(versions, scope),
            beside.article_labels(versions, scope),
            beside.suggestions(versions, scope),
            beside.sentences(versions, scope),
            beside.threads(versions, scope),
            beside.adjudications(versions, scope),
            rulings_on(versions, scope),
            Counter(annotations=sum(len(each.marks) for each in annotations.values())),
        )

    def on(self, version: int, text: str, external_id: bytes) -> tuple[bytes, ...]:
        """Return the members of a record that say what lies on one text, as JSON in pieces, its quotes checked."""
        annotations = self.annotations.get(version, NO_ANNOTATIONS)
        annotations.check(text, external_id)
        assignments = self.assignments.get(version)
        return (
            b'"regions":[',
            self.regions.get(version, b""),
            b'],"links":[',
            self.links.get(version, b""),
            b'],"assignments":[',
            json_of(sorted(assignments, key=_person_and_round)) if assignments else b"",
            b'],"annotations":[',
            annotations.json,
            b"]",
            self._beside(annotations, version, text, external_id) if self._is_any_beside else b"",
        )

    @cached_property
    def _is_any_beside(self) -> bool:
        kinds = (self.relations, self.article_labels, self.suggestions, self.sentences, self.threads)
        return any(kinds) or bool(self.adjudications)

    def _beside(self, annotations: Annotations, version: int, text: str, external_id: bytes) -> bytes:
        """Return what few texts have, so far as this one has it."""
        spans.check_quotes(self.suggestions.get(version, []), text, external_id)
        about_words = [row for row in self.threads.get(version, []) if "start" in row]
        spans.check_quotes(about_words, text, external_id)
        found = {
            "relations": _between(annotations, self.relations.get(version, [])),
            "article_labels": self.article_labels.get(version),
            "suggestions": self.suggestions.get(version),
            "sentences": self.sentences.get(version),
            "threads": self.threads.get(version),
            "adjudications": self.adjudications.get(version),
        }
        there = {name: rows for name, rows in found.items() if rows}
        self.counts.update({name: len(rows) for name, rows in there.items()})
        return b",%b" % orjson.dumps(there)[1:-1] if there else b""

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
    places = {each["key"]: (each["start"], each["end"]) for each in rows_of(annotations.json)}
    inside = [each for each in relations if each["from"] in places and each["to"] in places]
    return sorted(inside, key=lambda each: (*places[each["from"]], *places[each["to"]], each["key"]))


def _assignments(versions: Ids, scope: Scope) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    if not scope.holds(Assignment):
        return found
    rounds = scope.round_numbers()
    rows = scope.assignments_on(versions).order_by()
    times = ("submitted_at", "reopened_at", "late_at")
    for version, annotator, state, submitted_at, reopened_at, late_at, of_round, past in rows.values_list(
        "version_id", "annotator__pseudonym", "state", *times, "round_id", "past_round_id"
    ):
        number = rounds.get(of_round, 1)
        found[version].append(
            {
                "annotator": annotator,
                "state": state,
                "submitted_at": moment(submitted_at),
                **({"reopened_at": moment(reopened_at)} if reopened_at else {}),
                **({"late_at": moment(late_at)} if late_at else {}),
                **({"round": number} if number != 1 else {}),
                **({"is_past": True} if past is not None else {}),
            }
        )
    return found


def _person_and_round(assignment: Row) -> tuple[str, int]:
    return assignment["annotator"], assignment.get("round", 1)

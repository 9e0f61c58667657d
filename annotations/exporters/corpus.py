"""What an export holds, as a stream of records: the one source of rows for every format that can be written.

Records have the fields of the native format, in canonical order. Every span is checked against its text on the way out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import TextField
from django.db.models.functions import Cast

from annotations.models import (
    Article,
    Claim,
    EvidenceSet,
    Fragment,
    GuidelinesVersion,
    Label,
    LabelSet,
    Membership,
    Publisher,
    Region,
    Source,
    TextLink,
)

from .losses import Losses
from .scope import Scope, ids_in_order

FORMAT = "claim-workbench"
FORMAT_VERSION = 1
Row = dict[str, Any]


class SpoiltSpan(Exception):
    """A stored span whose quote is not what stands at its place. Nothing is exported before it is looked into."""


@dataclass
class Counts:
    """What went into an export."""

    articles: int = 0
    annotations: int = 0
    sources: int = 0
    claims: int = 0
    evidence: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


class Corpus:
    """The records of one export. A writer walks each kind once, in any order, inside the export's snapshot.

    Where the format does not carry withdrawn judgements they are left out of the rows, and counted as lost.
    """

    def __init__(
        self, scope: Scope, losses: Losses, *, with_text: bool = True, tick: Callable[[int], None] = lambda done: None
    ) -> None:
        self.scope = scope
        self.losses = losses
        self.with_text = with_text
        self.counts = Counts()
        self._tick = tick

    def header(self) -> Row:
        """Return the first record: the project, its labels and guidelines, whose work is inside, what was asked for."""
        return header(self.scope)

    def articles(self) -> Iterator[Row]:
        """Yield the articles with all that lies on their present texts, by external id."""
        for ids in ids_in_order(self.scope.articles(), "external_id"):
            for article in _articles(ids, self.scope, with_text=self.with_text):
                self.losses.meet_article(article)
                self.counts.articles += 1
                self.counts.annotations += len(article["annotations"])
                yield article
            self._tick(self.counts.articles)

    def sources(self) -> Iterator[Row]:
        """Yield the sources, by canonical address."""
        for ids in ids_in_order(self.scope.sources(), "canonical_url"):
            yield from _sources(ids, self.counts)
            self._tick(self.counts.articles)

    def claims(self) -> Iterator[Row]:
        """Yield the claims with mentions, evidence and verdicts, by key."""
        for ids in ids_in_order(self.scope.claims(), "key", is_text=False):
            for claim in _claims(ids, self.scope, self.counts):
                self.losses.meet_claim(claim)
                yield claim
            self._tick(self.counts.articles)


def header(scope: Scope) -> Row:
    """Return the first record: the project, what its labels mean, whose work is inside, what was asked for."""
    project = scope.project
    label_set = LabelSet.objects.filter(project=project).order_by("-version").first()
    guidelines = GuidelinesVersion.objects.filter(project=project).order_by("-version").first()
    return {
        "type": "corpus",
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "project": {
            "slug": project.slug,
            "name": project.name,
            "language": project.language,
            "visibility": project.visibility,
        },
        "label_set": _label_set(label_set, scope) if label_set else None,
        "guidelines": {"version": guidelines.version, "text": guidelines.text} if guidelines else None,
        "verdict_scale": None,
        "annotators": [
            {"pseudonym": pseudonym, "role": role}
            for pseudonym, role in sorted(scope.annotators().values_list("pseudonym", "role"))
        ],
        "publishers": sorted(_publishers(scope), key=lambda row: row["name"]),
        "filter": {name: value for name, value in scope.filters.as_params().items() if name != "sort"},
    }


def _publishers(scope: Scope) -> list[Row]:
    rows = Publisher.objects.filter(pk__in=scope.articles().values("publisher"))
    rows |= Publisher.objects.filter(
        quoted_in__version__in=scope.articles().values("current_version"), quoted_in__withdrawn_at__isnull=True
    )
    named = rows.distinct().order_by().values_list("name", "domain", "kind")
    return [{"name": name, "domain": domain, "kind": kind} for name, domain, kind in named]


def _label_set(label_set: LabelSet, scope: Scope) -> Row:
    labels = list(Label.objects.filter(label_set=label_set).select_related("parent").order_by("position", "id"))
    keys = {label.key for label in labels}
    used = Label.objects.filter(pk__in=scope.annotations().order_by().values("label")).exclude(key__in=keys)
    former = {label.key: label for label in used.select_related("parent").order_by("label_set__version", "id")}
    return {
        "name": label_set.name,
        "version": label_set.version,
        "labels": [_label(label) for label in labels],
        "former_labels": [_label(former[key]) | {"parent": None, "shortcut": ""} for key in sorted(former)],
    }


def _label(label: Label) -> Row:
    return {
        "key": label.key,
        "name": label.name,
        "color": label.color,
        "description": label.description,
        "parent": label.parent.key if label.parent else None,
        "applies_to": label.applies_to,
        "shortcut": label.shortcut,
        "attributes": label.attributes,
    }


# Articles


def _articles(ids: list[int], scope: Scope, *, with_text: bool) -> Iterator[Row]:
    """Yield one batch of articles with all that lies on their present texts; 7 queries."""
    rows = Article.objects.filter(pk__in=ids).values_list(
        "pk",
        "current_version_id",
        "external_id",
        "title",
        "publisher__name",
        "published_at",
        "published_precision",
        "posted_at",
        "posted_precision",
        "url",
        "language",
        "direction",
        "metadata",
        "current_version__text",
        "current_version__text_sha256",
        "current_version__normaliser",
        "current_version__n",
    )
    by_id = {row[0]: row for row in rows}
    versions = [by_id[pk][1] for pk in ids]
    regions, links = _regions(versions), _links(versions)
    annotations, assignments = _annotations(versions, scope), _assignments(versions, scope)
    for pk in ids:
        row = by_id[pk]
        version, text = row[1], row[13]
        found = sorted(annotations[version], key=_place_in_order)
        for annotation in found:
            _check_quote(annotation, text, row[2])
        yield {
            "type": "article",
            "external_id": row[2],
            "title": row[3],
            "publisher": row[4],
            "published_at": _dated(row[5], row[6]),
            "posted_at": _dated(row[7], row[8]),
            "url": row[9],
            "language": row[10] or None,
            "direction": row[11],
            "metadata": row[12],
            **({"text": text} if with_text else {}),
            "text_sha256": bytes(row[14]).hex(),
            "normaliser": row[15],
            "version": row[16],
            "regions": regions[version],
            "links": links[version],
            "assignments": sorted(assignments[version], key=lambda each: each["annotator"]),
            "annotations": found,
        }


def _regions(versions: list[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    rows = Region.objects.filter(version__in=versions, withdrawn_at__isnull=True).order_by()
    for version, kind, start, end, publisher in rows.values_list(
        "version_id", "kind", "start", "end", "publisher__name"
    ):
        found[version].append({"kind": kind, "start": start, "end": end, "publisher": publisher})
    for each in found.values():
        each.sort(key=lambda row: (row["start"], -row["end"], row["kind"], row["publisher"] or ""))
    return found


def _links(versions: list[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    rows = TextLink.objects.filter(version__in=versions).order_by()
    for version, start, end, url in rows.values_list("version_id", "start", "end", "url"):
        found[version].append({"start": start, "end": end, "url": url})
    for each in found.values():
        each.sort(key=lambda row: (row["start"], row["end"], row["url"]))
    return found


def _assignments(versions: list[int], scope: Scope) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    rows = scope.assignments_on(versions).order_by()
    for version, annotator, state, submitted_at in rows.values_list(
        "version_id", "annotator__pseudonym", "state", "submitted_at"
    ):
        found[version].append({"annotator": annotator, "state": state, "submitted_at": _moment(submitted_at)})
    return found


def _annotations(versions: list[int], scope: Scope) -> dict[int, list[Row]]:
    """Read the annotations on some texts. Times, keys and attributes come as the database writes them.

    An export reads a million rows: making objects of every value only to write them again costs more than all else.
    """
    found: dict[int, list[Row]] = defaultdict(list)
    fragments = _fragments(versions)
    rows = scope.annotations_on(versions).order_by()
    columns = [as_written(name) for name in ("key", "attributes", "created_at", "updated_at", "withdrawn_at")]
    labels, people = _label_keys(scope), _pseudonyms(scope)
    for (
        version, pk, start, end, quote, prefix, suffix, label, owner, layer, note, confidence, number,
        key, attributes, created_at, updated_at, withdrawn_at,
    ) in rows.values_list(
        "version_id", "pk", "start", "end", "quote", "prefix", "suffix", "label_id", "created_by_id", "layer", "note",
        "confidence", "version_number", *columns,
    ):  # fmt: skip
        made = moment_written(created_at)
        annotation: Row = {
            "key": key if len(key) == 36 else str(UUID(key)),
            "start": start,
            "end": end,
            "quote": quote,
            "prefix": prefix,
            "suffix": suffix,
            "label": labels[label],
            "annotator": people[owner],
            "layer": layer,
            "note": note,
            "attributes": {} if attributes == "{}" else orjson.loads(attributes),
            "confidence": confidence,
            "version": number,
            "created_at": made,
            "updated_at": made if updated_at == created_at else moment_written(updated_at),
            "withdrawn_at": moment_written(withdrawn_at) if withdrawn_at else None,
        }
        if pk in fragments:
            annotation["fragments"] = fragments[pk]
        found[version].append(annotation)
    return found


def as_written(column: str) -> Cast:
    """Ask for a column's value as text, as the database itself writes it."""
    return Cast(column, TextField())


def _label_keys(scope: Scope) -> dict[int, str]:
    return dict(Label.objects.filter(project=scope.project).order_by().values_list("pk", "key"))


def _pseudonyms(scope: Scope) -> dict[int, str]:
    return dict(Membership.objects.filter(project=scope.project).order_by().values_list("pk", "pseudonym"))


def _fragments(versions: list[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    rows = Fragment.objects.filter(version__in=versions).order_by("annotation_id", "n")
    for annotation, n, start, end, quote in rows.values_list("annotation_id", "n", "start", "end", "quote"):
        found[annotation].append({"n": n, "start": start, "end": end, "quote": quote})
    return found


def _place_in_order(row: Row) -> tuple[int, int, str, str, str]:
    return row["start"], row["end"], row["label"], row["annotator"], row["key"]


def _check_quote(annotation: Row, text: str, external_id: str) -> None:
    """Compare quotes with what stands at their places; a text that was withheld has none."""
    if not text:
        return
    for part in (annotation, *annotation["fragments"]) if "fragments" in annotation else (annotation,):
        if text[part["start"] : part["end"]] != part["quote"]:
            raise SpoiltSpan(f"{external_id}, annotation {annotation['key']}: the quote is not what stands there.")


# What comes after the articles


def _sources(ids: list[int], counts: Counts) -> Iterator[Row]:
    rows = Source.objects.filter(pk__in=ids).values_list("pk", "url", "canonical_url", "title", "publisher__name")
    by_id = {row[0]: row for row in rows}
    for pk in ids:
        _pk, url, canonical_url, title, publisher = by_id[pk]
        counts.sources += 1
        yield {"type": "source", "url": url, "canonical_url": canonical_url, "title": title, "publisher": publisher}


_JUDGEMENT = ("created_by__pseudonym", "version_number", "created_at", "updated_at", "withdrawn_at")


def _judgement(row: Iterable[Any]) -> Row:
    annotator, version, created_at, updated_at, withdrawn_at = row
    return {
        "annotator": annotator,
        "version": version,
        "created_at": _moment(created_at),
        "updated_at": _moment(updated_at),
        "withdrawn_at": _moment(withdrawn_at),
    }


def _claims(ids: list[int], scope: Scope, counts: Counts) -> Iterator[Row]:
    """Yield one batch of claims with their mentions and evidence; 4 queries."""
    rows = Claim.objects.filter(pk__in=ids).values_list("pk", "key", "text", "claimant", "claim_date", *_JUDGEMENT)
    by_id = {row[0]: row for row in rows}
    mentions, sets = _mentions(ids, scope), _evidence_sets(ids, scope)
    for pk in ids:
        row = by_id[pk]
        counts.claims += 1
        counts.evidence += sum(len(each["items"]) for each in sets[pk])
        yield {
            "type": "claim",
            "key": str(row[1]),
            "text": row[2],
            "claimant": row[3],
            "claim_date": row[4].isoformat() if row[4] else None,
            **_judgement(row[5:]),
            "mentions": sorted(mentions[pk], key=lambda each: each["key"]),
            "evidence_sets": sets[pk],
        }


def _mentions(claims: list[int], scope: Scope) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    rows = scope.mentions().filter(claim__in=claims).order_by()
    for claim, key, annotation, stance, *judgement in rows.values_list(
        "claim_id", "key", "annotation__key", "stance", *_JUDGEMENT
    ):
        found[claim].append({"key": str(key), "annotation": str(annotation), "stance": stance, **_judgement(judgement)})
    return found


def _evidence_sets(claims: list[int], scope: Scope) -> dict[int, list[Row]]:
    items = _evidence_items(claims, scope)
    found: dict[int, list[Row]] = defaultdict(list)
    for pk, claim, n in (
        EvidenceSet.objects.filter(claim__in=claims).order_by("claim_id", "n").values_list("pk", "claim_id", "n")
    ):
        found[claim].append({"n": n, "items": sorted(items[pk], key=lambda each: each["key"])})
    return found


def _evidence_items(claims: list[int], scope: Scope) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    rows = scope.evidence().filter(evidence_set__claim__in=claims).order_by()
    for set_id, key, url, title, stance, quote, note, article, start, end, *judgement in rows.values_list(
        "evidence_set_id",
        "key",
        "url",
        "title",
        "stance",
        "quote",
        "note",
        "version__article__external_id",
        "start",
        "end",
        *_JUDGEMENT,
    ):
        passage = {"article": article, "start": start, "end": end} if article is not None else None
        found[set_id].append(
            {
                "key": str(key),
                "url": url,
                **({"passage": passage} if passage else {}),
                "title": title,
                "stance": stance,
                "quote": quote,
                "note": note,
                **_judgement(judgement),
            }
        )
    return found


# Values


def _moment(value: datetime | None) -> str | None:
    """Write a time in UTC with microseconds and Z.

    >>> _moment(datetime(2024, 3, 18, 8, 14, 52, tzinfo=UTC))
    '2024-03-18T08:14:52.000000Z'
    """
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment_written(text: str) -> str:
    """Write a time that a database wrote in UTC: PostgreSQL adds the zone, both leave out what is zero at the end.

    >>> moment_written("2024-03-18 08:14:52.5+00"), moment_written("2024-03-18 08:14:52")
    ('2024-03-18T08:14:52.500000Z', '2024-03-18T08:14:52.000000Z')
    """
    fraction = text[20:26].partition("+")[0] if text[19:20] == "." else ""
    return f"{text[:10]}T{text[11:19]}.{fraction:0<6}Z"


def _dated(value: datetime | None, precision: str) -> str | None:
    if value is None:
        return None
    return date.isoformat(value.astimezone(UTC).date()) if precision == Article.Precision.DAY else _moment(value)

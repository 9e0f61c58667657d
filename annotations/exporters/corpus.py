"""What an export holds, as a stream of records: the one source of rows for every format that can be written.

Records have the fields of the native format, in canonical order. Every span is checked against its text on the way out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Func, Q, QuerySet

from annotations.models import (
    AnnotationRevision,
    Article,
    ArticleLabel,
    ArticleLabelRevision,
    ArticleVersion,
    Assignment,
    Claim,
    ClaimDesk,
    ClaimRevision,
    EvidenceRevision,
    EvidenceSet,
    Fragment,
    GuidelinesVersion,
    Label,
    LabelSet,
    Membership,
    MentionRevision,
    Publication,
    Publisher,
    Region,
    RegionRevision,
    Relation,
    RelationRevision,
    Round,
    Suggestion,
    TextLink,
    Verdict,
    VerdictScale,
    VerdictValue,
)
from annotations.models.among import Many
from annotations.workflow.editions import newsroom_of
from annotations.workflow.judging import EVIDENCE_DETAILS

from . import beside
from .ahead import read_ahead
from .captured import source_ids, source_rows
from .history import put_revisions
from .losses import Losses
from .scope import MOST_SPANS, Scope, articles_in_order, ids_in_order, spans_on
from .splitting import split_articles
from .textless import take_captured_words_out, take_words_out
from .values import (
    JUDGEMENT,
    as_written,
    dated_as_written,
    in_key_order,
    judgement,
    moment,
    moment_written,
    object_unless_empty,
    object_written,
    written_if_changed,
)

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
    relations: int = 0
    article_labels: int = 0
    suggestions: int = 0
    sources: int = 0
    claims: int = 0
    evidence: int = 0
    verdicts: int = 0
    earlier_texts: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ForReaders:
    """What is told of a claim to those who know nothing of the corpus: where its page is, where it was met."""

    address: str = ""
    newsroom: str = ""
    newsroom_url: str = ""
    method_url: str = ""
    appearances: list[Row] = field(default_factory=list)


class Corpus:
    """The records of one export. A writer walks each kind once, in any order, inside the export's snapshot.

    Where the format does not carry withdrawn judgements they are left out of the rows, and counted as lost.
    """

    def __init__(
        self,
        scope: Scope,
        losses: Losses,
        *,
        with_text: bool = True,
        snapshot_name: str | None = None,
        tick: Callable[[int], None] = lambda done: None,
    ) -> None:
        self.scope = scope
        self.losses = losses
        self.with_text = with_text
        self.counts = Counts()
        self.split = split_articles(scope, lambda: tick(0)) if scope.options.split else None
        self._snapshot_name = snapshot_name
        self._tick = tick

    def header(self) -> Row:
        """Return the first record: the project, its labels and guidelines, whose work is inside, what was asked for."""
        asked = self.scope.options
        return {
            **header(self.scope),
            **({"licence": asked.licence} if asked.licence else {}),
            **({"layer": asked.layer} if asked.layer != "all" else {}),
            **({"submitted_only": True} if asked.submitted_only else {}),
            **({} if self.with_text else {"with_text": False}),
            **({"split": self.split.facts} if self.split else {}),
        }

    def articles(self) -> Iterator[Row]:
        """Yield the articles with all that lies on their present texts, by external id."""
        for batch in read_ahead(lambda: _batches(self.scope), self._snapshot_name):
            for article in _articles(batch, with_text=self.with_text):
                if self.split is not None:
                    article["split"] = self.split.part(self.counts.articles)
                if not self.with_text:
                    take_words_out(article)
                self.losses.meet_article(article)
                self._count(article)
                yield article
            self._tick(self.counts.articles)

    def sources(self) -> Iterator[Row]:
        """Yield the sources, by canonical address."""
        for ids in source_ids(self.scope):
            for source in source_rows(ids, self.scope, with_text=self.with_text):
                self.counts.sources += 1
                yield source
            self._tick(self.counts.articles)

    def claims(self) -> Iterator[Row]:
        """Yield the claims with mentions, evidence and verdicts, by key."""
        for ids in ids_in_order(self.scope.claims(), "key", is_text=False):
            for claim in _claims(ids, self.scope, self.counts):
                if not self.with_text:
                    take_captured_words_out(claim)
                self.losses.meet_claim(claim)
                yield claim
            self._tick(self.counts.articles)

    def for_readers(self, keys: list[str]) -> dict[str, ForReaders]:
        """Return what readers are told of some claims besides the claims themselves, by their keys; 2 queries."""
        return for_readers(keys, self.scope)

    def _count(self, article: Row) -> None:
        self.counts.articles += 1
        earlier = article.get("earlier_versions", ())
        self.counts.earlier_texts += len(earlier)
        for text in (article, *earlier):
            self.counts.annotations += len(text["annotations"])
            self.counts.relations += len(text.get("relations", ()))
            self.counts.article_labels += len(text.get("article_labels", ()))
            self.counts.suggestions += len(text.get("suggestions", ()))


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
        "verdict_scale": _verdict_scale(scope),
        "annotators": [
            {"pseudonym": pseudonym, "role": role}
            for pseudonym, role in sorted(scope.annotators().values_list("pseudonym", "role"))
        ],
        "publishers": sorted(_publishers(scope), key=lambda row: row["name"]),
        **_rounds(scope),
        "filter": {name: value for name, value in scope.filters.as_params().items() if name != "sort"},
    }


def _rounds(scope: Scope) -> Row:
    """Return the rounds with what each fixes, where there are others than the one that every project has."""
    rows = list(
        Round.objects.filter(project=scope.project)
        .select_related("label_set", "guidelines", "repeats")
        .order_by("number")
    )
    if not any(not each.takes_new or each.closed_at for each in rows):
        return {}
    return {"rounds": [_round(each) for each in rows]}


def _round(each: Round) -> Row:
    fixed = list(
        Label.objects.filter(label_set=each.label_set_id).select_related("parent").order_by("position", "id")
        if each.label_set_id
        else ()
    )
    return {
        "number": each.number,
        "kind": each.kind,
        "name": each.name,
        "takes_new": each.takes_new,
        "annotators_per_article": each.annotators_per_article,
        "label_set": {
            "name": each.label_set.name,
            "version": each.label_set.version,
            "labels": [_label(label) for label in fixed],
        }
        if each.label_set
        else None,
        "guidelines": {"version": each.guidelines.version, "text": each.guidelines.text} if each.guidelines else None,
        "repeats": each.repeats.number if each.repeats else None,
        "n_articles": each.n_articles,
        "opened_at": moment(each.opened_at),
        "closed_at": moment(each.closed_at),
    }


def _publishers(scope: Scope) -> list[Row]:
    rows = Publisher.objects.filter(pk__in=scope.articles().values("publisher"))
    versions = ArticleVersion.objects.filter(article__in=scope.articles().values("pk"))
    zones = Region.objects.filter(version__in=versions.values("pk"))
    if scope.tells_who_marked_zones and scope.holds(RegionRevision):
        former = RegionRevision.objects.filter(region__in=zones.values("pk"))
        rows |= Publisher.objects.filter(pk__in=former.order_by().values("publisher"))
    else:
        zones = zones.filter(withdrawn_at__isnull=True)
    rows |= Publisher.objects.filter(pk__in=zones.order_by().values("publisher"))
    named = rows.distinct().order_by().values_list("name", "domain", "kind")
    return [{"name": name, "domain": domain, "kind": kind} for name, domain, kind in named]


def _label_set(label_set: LabelSet, scope: Scope) -> Row:
    labels = list(Label.objects.filter(label_set=label_set).select_related("parent").order_by("position", "id"))
    keys = {label.key for label in labels}
    used = _labels_used(scope).exclude(key__in=keys)
    former = {label.key: label for label in used.select_related("parent").order_by("label_set__version", "id")}
    return {
        "name": label_set.name,
        "version": label_set.version,
        "labels": [_label(label) for label in labels],
        "former_labels": [_label(former[key]) | {"parent": None, "shortcut": ""} for key in sorted(former)],
    }


def _labels_used(scope: Scope) -> QuerySet[Label]:
    used = Q(pk__in=scope.annotations().order_by().values("label"))
    for model, rows in (
        (Relation, scope.relations()),
        (ArticleLabel, scope.article_labels()),
        (Suggestion, scope.suggestions()),
        *((each, scope.revisions(each)) for each in (AnnotationRevision, RelationRevision, ArticleLabelRevision)),
    ):
        if scope.holds(model):
            used |= Q(pk__in=rows.order_by().values("label"))
    return Label.objects.filter(used)


def _label(label: Label) -> Row:
    return {
        "key": label.key,
        "name": label.name,
        "color": label.color,
        "description": label.description,
        "parent": label.parent.key if label.parent else None,
        "applies_to": label.applies_to,
        "shortcut": label.shortcut,
        "attributes": in_key_order(label.attributes),
    }


def _verdict_scale(scope: Scope) -> Row | None:
    """Return the scale in force, and the values of earlier versions that verdicts of the export still have."""
    scale = VerdictScale.objects.filter(project=scope.project).order_by("-version").first()
    if scale is None:
        return None
    former = VerdictValue.objects.filter(pk__in=scope.verdicts().order_by().values("value")).exclude(scale=scale)
    return {
        "name": scale.name,
        "version": scale.version,
        "values": [_value(value) for value in scale.values.order_by("position", "id")],
        "former_values": [
            _value(value) | {"scale": value.scale.version}
            for value in former.select_related("scale").order_by("scale__version", "position", "id")
        ]
        if scope.holds(Verdict)
        else [],
    }


def _value(value: VerdictValue) -> Row:
    stated = {name: getattr(value, name) for name in ("key", "name", "description", "rating")}
    return stated | {"maps": in_key_order(value.maps)}


# Articles


@dataclass(frozen=True)
class _Batch:
    """The rows of some articles, in the order of `ids`, and of all that lies on their texts."""

    ids: list[int]
    rows: dict[int, tuple[Any, ...]]
    earlier: Earlier
    contents: _Contents


def _batches(scope: Scope) -> Iterator[_Batch]:
    """Read the articles in batches: a query for each kind of row there is, more where very much lies on their texts."""
    for ids in articles_in_order(scope):
        rows = _article_rows(Many(ids))
        earlier = _earlier_versions(Many(ids), scope)
        texts = {pk: [rows[pk][1], *(version[0] for version in earlier[pk])] for pk in ids}
        for part in _parts(texts, scope):
            contents = _Contents.of(Many([version for pk in part for version in texts[pk]]), scope)
            yield _Batch(part, rows, earlier, contents)


def _parts(texts: dict[int, list[int]], scope: Scope) -> Iterator[list[int]]:
    """Cut a batch, of articles with the ids of their texts, so that not too many spans are in memory at once."""
    on_text = spans_on(Many([version for versions in texts.values() for version in versions]), scope)
    part: list[int] = []
    spans = 0
    for pk, versions in texts.items():
        more = sum(on_text[version] for version in versions)
        if part and spans + more > MOST_SPANS:
            yield part
            part, spans = [], 0
        part.append(pk)
        spans += more
    if part:
        yield part


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
        "current_version__text",
        "current_version__text_sha256",
        "current_version__normaliser",
        "current_version__n",
        "repost_of__external_id",
        "merged_into__external_id",
        "round__number",
        *written,
    )
    return {row[0]: row for row in rows}


def _articles(batch: _Batch, *, with_text: bool) -> Iterator[Row]:
    """Yield the records of one batch, their quotes checked."""
    for pk in batch.ids:
        (
            _pk, version, external_id, title, publisher, published_precision, posted_precision, url, language,
            direction, text, sha256, normaliser, n, repost_of, merged_into, in_round, published_at, posted_at, metadata,
        ) = batch.rows[pk]  # fmt: skip
        contents = batch.contents
        before = [_earlier_version(row, external_id, contents, with_text=with_text) for row in batch.earlier[pk]]
        rulings = contents.settled_on([version, *(row[0] for row in batch.earlier[pk])])
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
            **({"rulings": rulings} if rulings else {}),
            **({"in_round": in_round} if in_round is not None else {}),
            **{name: other for name, other in linked.items() if other is not None},
        }


def _earlier_version(
    row: tuple[int, int, str, Any, str], external_id: str, contents: _Contents, *, with_text: bool
) -> Row:
    version, n, text, sha256, normaliser = row
    return {
        "version": n,
        **({"text": text} if with_text else {}),
        "text_sha256": bytes(sha256).hex(),
        "normaliser": normaliser,
        **contents.on(version, text, external_id),
    }


Earlier = dict[int, list[tuple[int, int, str, Any, str]]]


def _earlier_versions(articles: Many[int], scope: Scope) -> Earlier:
    """Return the texts that articles had before, in their order: id, number, text, hash, normaliser."""
    found: Earlier = defaultdict(list)
    if not scope.holds_earlier_texts():
        return found
    rows = ArticleVersion.objects.filter(article__among=articles).exclude(pk=F("article__current_version_id"))
    for article, pk, n, text, sha256, normaliser in rows.order_by("article_id", "n").values_list(
        "article_id", "pk", "n", "text", "text_sha256", "normaliser"
    ):
        found[article].append((pk, n, text, sha256, normaliser))
    return found


@dataclass(frozen=True)
class _Contents:
    """What lies on the texts of a batch, by the text's id."""

    regions: dict[int, list[Row]]
    links: dict[int, list[Row]]
    assignments: dict[int, list[Row]]
    annotations: dict[int, list[Row]]
    relations: dict[int, list[Row]]
    article_labels: dict[int, list[Row]]
    suggestions: dict[int, list[Row]]
    sentences: dict[int, list[tuple[int, int]]]
    threads: dict[int, list[Row]]
    adjudications: dict[int, list[Row]]
    rulings: dict[int, list[Row]]

    @classmethod
    def of(cls, versions: Many[int], scope: Scope) -> _Contents:
        """Fetch everything on some texts."""
        return cls(
            _regions(versions, scope),
            _links(versions, scope),
            _assignments(versions, scope),
            _annotations(versions, scope),
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
        annotations = sorted(self.annotations[version], key=_PLACE_IN_ORDER)
        _check_quotes(annotations, text, external_id)
        _check_quotes(self.suggestions[version], text, external_id)
        others = {
            "relations": _between(annotations, self.relations[version]),
            "article_labels": self.article_labels[version],
            "suggestions": self.suggestions[version],
            "sentences": self.sentences[version],
            "threads": self.threads[version],
            "adjudications": self.adjudications[version],
        }
        return {
            "regions": self.regions[version],
            "links": self.links[version],
            "assignments": sorted(self.assignments[version], key=_person_and_round),
            "annotations": annotations,
            **{name: rows for name, rows in others.items() if rows},
        }

    def settled_on(self, versions: Iterable[int]) -> list[Row]:
        """Return the rulings on an article's texts, by time and key."""
        if not self.rulings:
            return []
        found = [ruling for version in versions for ruling in self.rulings[version]]
        return sorted(found, key=lambda row: (row["created_at"], row["key"]))


def _between(annotations: list[Row], relations: list[Row]) -> list[Row]:
    """Order relations by their ends' places; one of which an end is not in the export is left out."""
    if not relations:
        return []
    places = {each["key"]: (each["start"], each["end"]) for each in annotations}
    inside = [each for each in relations if each["from"] in places and each["to"] in places]
    return sorted(inside, key=lambda each: (*places[each["from"]], *places[each["to"]], each["key"]))


def _regions(versions: Many[int], scope: Scope) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    if not scope.holds(Region):
        return found
    rows = Region.objects.filter(version__among=versions).order_by()
    if not scope.tells_who_marked_zones:
        rows = rows.filter(withdrawn_at__isnull=True)
    touched: dict[int, Row] = {}
    for pk, version, kind, start, end, publisher, url, key, by, n, created_at, withdrawn_at in rows.values_list(
        *("pk", "version_id", "kind", "start", "end", "publisher__name", "url", "uuid"),
        *("created_by__pseudonym", "version_number", "created_at", "withdrawn_at"),
    ):
        row = {"kind": kind, "start": start, "end": end, "publisher": publisher, **({"url": url} if url else {})}
        found[version].append(row)
        if scope.tells_who_marked_zones and (by is not None or n > 1 or withdrawn_at is not None):
            touched[pk] = row
            row |= {
                "key": str(key),
                **({"marked_by": by} if by is not None else {}),
                "version": n,
                "created_at": moment(created_at),
                **({"withdrawn_at": moment(withdrawn_at)} if withdrawn_at is not None else {}),
            }
    put_revisions(RegionRevision, touched, scope)
    for each in found.values():
        each.sort(key=_zone_in_order)
    return found


def _zone_in_order(row: Row) -> tuple[Any, ...]:
    return (row["start"], -row["end"], row["kind"], row["publisher"] or "", row.get("url", ""), row.get("key", ""))


def _links(versions: Many[int], scope: Scope) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    if not scope.holds(TextLink):
        return found
    rows = TextLink.objects.filter(version__among=versions).order_by()
    for version, start, end, url in rows.values_list("version_id", "start", "end", "url"):
        found[version].append({"start": start, "end": end, "url": url})
    for each in found.values():
        each.sort(key=lambda row: (row["start"], row["end"], row["url"]))
    return found


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


def _annotations(versions: Many[int], scope: Scope) -> dict[int, list[Row]]:
    """Read the annotations on some texts. Times, keys and attributes come as the database writes them.

    An export reads a million rows: making objects of every value only to write them again costs more than all else.
    """
    found: dict[int, list[Row]] = defaultdict(list)
    by_id: dict[int, Row] = {}
    fragments = _fragments(versions, scope)
    rows = scope.annotations_on(versions).order_by()
    columns: list[Func] = [as_written("key"), *(as_written(name) for name in ("created_at", "withdrawn_at"))]
    columns += [written_if_changed("updated_at", since="created_at"), object_unless_empty("attributes")]
    labels, people, rounds = _label_keys(scope), _pseudonyms(scope), scope.round_numbers()
    last = made = ""  # what came in one import has one time: it is written once
    for (
        version, pk, start, end, quote, prefix, suffix, label, owner, layer, note, confidence, number, past,
        key, created_at, withdrawn_at, updated_at, attributes,
    ) in rows.values_list(
        "version_id", "pk", "start", "end", "quote", "prefix", "suffix", "label_id", "created_by_id", "layer", "note",
        "confidence", "version_number", "past_round_id", *columns,
    ):  # fmt: skip
        if created_at != last:
            last, made = created_at, moment_written(created_at)
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
            "attributes": object_written(attributes) if attributes else {},
            "confidence": confidence,
            "version": number,
            "created_at": made,
            "updated_at": moment_written(updated_at) if updated_at else made,
            "withdrawn_at": moment_written(withdrawn_at) if withdrawn_at else None,
        }
        if past is not None:
            annotation["past_round"] = rounds[past]
        if pk in fragments:
            annotation["fragments"] = fragments[pk]
        by_id[pk] = annotation
        found[version].append(annotation)
    put_revisions(AnnotationRevision, by_id, scope)
    return found


def _label_keys(scope: Scope) -> dict[int, str]:
    return dict(Label.objects.filter(project=scope.project).order_by().values_list("pk", "key"))


def _person_and_round(assignment: Row) -> tuple[str, int]:
    return assignment["annotator"], assignment.get("round", 1)


def _pseudonyms(scope: Scope) -> dict[int, str]:
    return dict(Membership.objects.filter(project=scope.project).order_by().values_list("pk", "pseudonym"))


def _fragments(versions: Many[int], scope: Scope) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    if not scope.holds(Fragment):
        return found
    rows = Fragment.objects.filter(version__among=versions).order_by("annotation_id", "n")
    for annotation, n, start, end, quote in rows.values_list("annotation_id", "n", "start", "end", "quote"):
        found[annotation].append({"n": n, "start": start, "end": end, "quote": quote})
    return found


_PLACE_IN_ORDER = itemgetter("start", "end", "label", "annotator", "key")


def _check_quotes(spans: list[Row], text: str, external_id: str) -> None:
    """Compare quotes with what stands at their places; a text that was withheld has none."""
    if not text:
        return
    for span in spans:
        if text[span["start"] : span["end"]] == span["quote"] and "fragments" not in span:
            continue
        for part in (span, *span.get("fragments", ())):
            if text[part["start"] : part["end"]] != part["quote"]:
                raise SpoiltSpan(f"{external_id}, annotation {span['key']}: the quote is not what stands there.")


# What comes after the articles


def _claims(ids: list[int], scope: Scope, counts: Counts) -> Iterator[Row]:
    """Yield one batch of claims with their mentions, evidence, verdicts and desks; at most 10 queries."""
    rows = Claim.objects.filter(pk__among=ids).values_list(
        "pk", "key", "text", "claimant", "claim_date", "metadata", *JUDGEMENT
    )
    mentions, sets, verdicts = _mentions(ids, scope), _evidence_sets(ids, scope), _verdicts(ids, scope)
    desks = _desks(ids, scope)
    by_id: dict[int, Row] = {}
    for pk, key, text, claimant, claim_date, metadata, *common in rows:
        by_id[pk] = {
            "type": "claim",
            "key": str(key),
            "text": text,
            "claimant": claimant,
            "claim_date": claim_date.isoformat() if claim_date else None,
            **({"metadata": in_key_order(metadata)} if metadata else {}),
            **judgement(common),
            "mentions": sorted(mentions[pk], key=lambda each: each["key"]),
            "evidence_sets": sets[pk],
            **({"verdicts": verdicts[pk]} if verdicts[pk] else {}),
            **({"desk": desks[pk]} if pk in desks else {}),
        }
    put_revisions(ClaimRevision, by_id, scope)
    for pk in ids:
        counts.claims += 1
        counts.evidence += sum(len(each["items"]) for each in sets[pk])
        counts.verdicts += len(verdicts[pk])
        yield by_id[pk]


def _mentions(claims: list[int], scope: Scope) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    by_id: dict[int, Row] = {}
    rows = scope.mentions().filter(claim__among=claims).order_by()
    for pk, claim, key, annotation, stance, *common in rows.values_list(
        "pk", "claim_id", "key", "annotation__key", "stance", *JUDGEMENT
    ):
        by_id[pk] = {"key": str(key), "annotation": str(annotation), "stance": stance, **judgement(common)}
        found[claim].append(by_id[pk])
    put_revisions(MentionRevision, by_id, scope)
    return found


def _evidence_sets(claims: list[int], scope: Scope) -> dict[int, list[Row]]:
    items = _evidence_items(claims, scope)
    found: dict[int, list[Row]] = defaultdict(list)
    for pk, claim, n in (
        EvidenceSet.objects.filter(claim__among=claims).order_by("claim_id", "n").values_list("pk", "claim_id", "n")
    ):
        if n > 1 and not items[pk] and not scope.tells_of_others_work:
            continue  # somebody else's evidence may lie in it
        found[claim].append({"n": n, "items": sorted(items[pk], key=lambda each: each["key"])})
    return found


def _evidence_items(claims: list[int], scope: Scope) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    by_id: dict[int, Row] = {}
    rows = scope.evidence().filter(evidence_set__claim__among=claims).order_by()
    n_details = len(EVIDENCE_DETAILS)
    for pk, set_id, key, url, title, stance, quote, note, metadata, *more in rows.values_list(
        "pk",
        "evidence_set_id",
        "key",
        "url",
        "title",
        "stance",
        "quote",
        "note",
        "metadata",
        *EVIDENCE_DETAILS,
        "version__article__external_id",
        "version__article__current_version__n",
        "version__n",
        "start",
        "end",
        "capture__fetched_at",
        "capture__sha256",
        *JUDGEMENT,
    ):
        details, rest = dict(zip(EVIDENCE_DETAILS, more[:n_details], strict=True)), more[n_details:]
        passage = _passage(*rest[:5]) or _captured_passage(*rest[3:7])
        by_id[pk] = {
            "key": str(key),
            "url": url,
            **({"passage": passage} if passage else {}),
            "title": title,
            "stance": stance,
            "quote": quote,
            "note": note,
            **{name: _day_or_words(value) for name, value in details.items() if value},
            **({"metadata": in_key_order(metadata)} if metadata else {}),
            **judgement(rest[7:]),
        }
        found[set_id].append(by_id[pk])
    put_revisions(EvidenceRevision, by_id, scope)
    return found


def _day_or_words(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _passage(article: str | None, present: int, n: int, start: int, end: int) -> Row | None:
    """Return where the passage stands; the text is numbered where it is not the article's present one."""
    if article is None:
        return None
    return {"article": article, **({"version": n} if n != present else {}), "start": start, "end": end}


def _captured_passage(start: int, end: int, fetched_at: datetime | None, sha256: bytes | None) -> Row | None:
    """Return where the passage stands in a capture of the source that `url` names."""
    if fetched_at is None or sha256 is None:
        return None
    return {"capture": {"fetched_at": moment(fetched_at), "sha256": bytes(sha256).hex()}, "start": start, "end": end}


def _desks(claims: list[int], scope: Scope) -> dict[int, Row]:
    """Return where the work on claims stands; at most 1 query."""
    if not scope.holds(ClaimDesk):
        return {}
    rows = scope.desks().filter(claim__among=claims).order_by()
    return {
        claim: {
            "state": state,
            "assignee": assignee,
            "due_on": due_on.isoformat() if due_on else None,
            **({"merged_into": str(merged_into)} if merged_into else {}),
            "version": version,
            "changed_by": changed_by,
            "changed_at": moment(changed_at),
        }
        for claim, state, assignee, due_on, merged_into, version, changed_by, changed_at in rows.values_list(
            "claim_id",
            "state",
            "assignee__pseudonym",
            "due_on",
            "merged_into",
            "version_number",
            "changed_by__pseudonym",
            "changed_at",
        )
    }


def _verdicts(claims: list[int], scope: Scope) -> dict[int, list[Row]]:
    """Return the verdicts on claims in the order in which they were reached; at most 2 queries."""
    found: dict[int, list[Row]] = defaultdict(list)
    if not scope.holds(Verdict):
        return found
    seen = scope.verdicts().filter(claim__among=claims).order_by()
    sets: dict[int, list[int]] = defaultdict(list)
    through = Verdict.evidence_sets.through.objects.filter(verdict__in=seen.values("pk"))
    for verdict, n in through.values_list("verdict_id", "evidenceset__n"):
        sets[verdict].append(n)
    for pk, claim, key, value, scale, rationale, supersedes, published_at, note, *common in seen.values_list(
        "pk",
        "claim_id",
        "key",
        "value__key",
        "value__scale__version",
        "rationale",
        "supersedes__key",
        "published_at",
        "correction_note",
        *JUDGEMENT,
    ):
        found[claim].append(
            {
                "key": str(key),
                "value": value,
                "scale": scale,
                "rationale": rationale,
                "evidence_sets": sorted(sets[pk]),
                "supersedes": str(supersedes) if supersedes is not None else None,
                "published_at": moment(published_at),
                "correction_note": note,
                **judgement(common),
            }
        )
    for each in found.values():
        shown = {row["key"] for row in each}
        for row in each:  # a verdict that the requester may not see is not named either
            row["supersedes"] = row["supersedes"] if row["supersedes"] in shown else None
        each.sort(key=lambda row: (row["created_at"], row["key"]))
    return found


def for_readers(keys: list[str], scope: Scope) -> dict[str, ForReaders]:
    """Return where the pages of some claims are, and in which articles they were met; at most 2 queries."""
    project, base = scope.project, settings.PUBLIC_URL
    pages = Publication.objects.filter(project=project, claim__key__in=keys, state=Publication.State.STANDS)
    addresses = {str(key): f"{base}/published/{uuid}/" for key, uuid in pages.values_list("claim__key", "uuid")}
    shows = bool(base) and project.publishes and scope.tells_of_others_work
    met: dict[str, dict[int, Row]] = defaultdict(dict)
    rows = scope.mentions().filter(claim__key__in=keys, withdrawn_at__isnull=True).order_by("pk")
    at = "annotation__version__article"
    for key, pk, title, url, publisher, day, precision in rows.values_list(
        "claim__key",
        *(f"{at}__{name}" for name in ("pk", "title", "url", "publisher__name", "published_at", "published_precision")),
    ):
        date = dated_as_written(moment(day), precision) if day else None
        met[str(key)].setdefault(pk, {"title": title, "url": url, "publisher": publisher, "date": date})
    newsroom = newsroom_of(project)
    site = project.published_from or (f"{base}/published/by/{project.uuid}/" if shows else "")
    method = f"{base}/published/by/{project.uuid}/method/" if shows else ""
    return {
        key: ForReaders(addresses.get(key, "") if shows else "", newsroom, site, method, list(met[key].values()))
        for key in keys
    }

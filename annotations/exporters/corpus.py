"""What an export holds, as a stream of records: the one source of rows for every format that can be written.

Records have the fields of the native format, in canonical order. Every span is checked against its text on the way out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from itertools import count
from typing import Any, BinaryIO

import orjson
from django.conf import settings
from django.db.models import Q, QuerySet

from annotations.models import (
    AnnotationRevision,
    ArticleLabel,
    ArticleLabelRevision,
    ArticleVersion,
    Claim,
    ClaimDesk,
    ClaimRevision,
    EvidenceRevision,
    EvidenceSet,
    GuidelinesVersion,
    Label,
    LabelSet,
    MentionRevision,
    Publication,
    Publisher,
    Region,
    RegionRevision,
    Relation,
    RelationRevision,
    Round,
    Suggestion,
    Verdict,
    VerdictScale,
    VerdictValue,
)
from annotations.reuse.grouping import groups_among
from annotations.text.spans import Span
from annotations.workflow.editions import newsroom_of
from annotations.workflow.judging import CLAIM_DETAILS, EVIDENCE_DETAILS

from .ahead import read_ahead
from .articles import Batch, parts, read, records
from .beside import claim_threads
from .captured import files_of, source_ids, source_rows
from .history import put_revisions
from .losses import Losses
from .passages import passage_records, quotation_records
from .rulings import ruling_records
from .scope import Scope, ids_in_order
from .spans import are_plain
from .speech import attribution_records, speaker_records
from .splitting import split_articles
from .stories import story_records
from .textless import take_cited_words_out, take_words_out
from .values import (
    JUDGEMENT,
    dated,
    in_key_order,
    judgement,
    moment,
)
from .wording import boilerplate_records, spelling_records

FORMAT = "claim-workbench"
FORMAT_VERSION = 1
Row = dict[str, Any]


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
    stories: int = 0
    speakers: int = 0
    attributions: int = 0
    shared_passages: int = 0
    quotations: int = 0
    spellings: int = 0
    boilerplate: int = 0
    capture_files: int = 0
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


@dataclass(frozen=True, slots=True)
class Shared:
    """A passage in several articles: their external ids with where it stands in each.

    `sources` says which took it from which others, as far as that is known; `boilerplate_share` what another tool said.
    """

    places: list[tuple[str, Span]]
    sources: dict[str, list[str]]
    boilerplate_share: float | None = None


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
        """Yield the articles with all that lies on their present texts, by external id.

        One whose text is withheld has no place in a format that cannot say so.
        """
        for json in self._articles():
            article = orjson.loads(json)
            if "withheld_at" in article and "withheld" not in self.losses.carried:
                self.losses.lose("withheld", 1)
                continue
            if not self.with_text:
                self.losses.lose("metadata", take_words_out(article) > 0)
            self.losses.meet_article(article)
            yield article

    def articles_as_json(self) -> Iterator[bytes]:
        """Yield the same as JSON: as it was written by the database, where all of it is wanted."""
        if self.with_text and self.losses.carries_everything:
            yield from self._articles()
        else:
            yield from map(orjson.dumps, self.articles())

    def _articles(self) -> Iterator[bytes]:
        scope = self.scope
        reading = partial(read, scope=scope, names_are_plain=are_plain(scope))
        split = map(self.split.part, count()) if self.split is not None else None
        for batch in read_ahead(parts(scope), reading, self._snapshot_name):
            yield from records(batch, split)
            self._count(batch)
            self._tick(self.counts.articles)
            del batch  # it would be in memory until the next has come

    def sources(self) -> Iterator[Row]:
        """Yield the sources, by canonical address."""
        for ids in source_ids(self.scope):
            for source in source_rows(ids, self.scope, with_text=self.with_text):
                self.counts.sources += 1
                yield source
            self._tick(self.counts.articles)

    def captured_files(self) -> Iterator[tuple[bytes, BinaryIO]]:
        """Yield the bytes of captures, each once, by their hash; those that are withheld or not there are lost."""
        n_withheld = self.scope.captures().filter(raw_file__isnull=False, withheld_at__isnull=False).count()
        self.losses.lose("capture_files", n_withheld)
        for sha256, stream in files_of(self.scope):
            if stream is None:
                self.losses.lose("capture_files")
                continue
            self.counts.capture_files += 1
            yield sha256, stream
            self._tick(self.counts.articles)

    def claims(self) -> Iterator[Row]:
        """Yield the claims with mentions, evidence and verdicts, by key."""
        for ids in ids_in_order(self.scope.claims(), "key"):
            for claim in _claims(ids, self.scope, self.counts):
                if not self.with_text:
                    take_cited_words_out(claim)
                self.losses.meet_claim(claim)
                yield claim
            self._tick(self.counts.articles)

    def stories(self) -> Iterator[Row]:
        """Yield the stories with their matrices, then suggested ones, each by key."""
        for story in story_records(self.scope, with_text=self.with_text):
            self.counts.stories += story["type"] == "story"
            yield story
        self._tick(self.counts.articles)

    def rulings(self) -> Iterator[Row]:
        """Yield how differences of claims and evidence were settled, by key."""
        return ruling_records(self.scope)

    def attached(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """Yield, by the name of its list, each kind of record that comes last: on annotations, passages and words."""
        scope, with_text = self.scope, self.with_text
        for name, rows in (
            ("speakers", speaker_records(scope)),
            ("attributions", attribution_records(scope, with_text=with_text)),
            ("shared_passages", passage_records(scope, with_text=with_text)),
            ("quotations", quotation_records(scope, with_text=with_text)),
            ("spellings", spelling_records(scope)),
            ("boilerplate", boilerplate_records(scope, self.losses, with_text=with_text)),
        ):
            yield name, self._counted(name, rows)
            self._tick(self.counts.articles)

    def _counted(self, name: str, records: Iterator[Row]) -> Iterator[Row]:
        for record in records:
            setattr(self.counts, name, getattr(self.counts, name) + 1)
            yield record

    def shared_passages(self) -> list[Shared]:
        """Return the passages that several of the articles share; 4 queries.

        Ordered by the articles. A pair that leads to an article which is not in the export is counted as lost.
        """
        scope = self.scope
        texts = scope.articles().order_by().values("current_version")
        groups, n_outside = groups_among(texts, scope.membership)
        self.losses.lose("passages", n_outside)
        names = dict(ArticleVersion.objects.filter(pk__in=texts).values_list("pk", "article__external_id"))
        shared = [
            Shared(
                sorted((names[pk], span) for pk, span in group.places.items()),
                {names[pk]: sorted(names[source] for source in found) for pk, found in group.sources.items()},
                group.boilerplate_share,
            )
            for group in groups
        ]
        return sorted(shared, key=lambda each: each.places)

    def for_readers(self, keys: list[str]) -> dict[str, ForReaders]:
        """Return what readers are told of some claims besides the claims themselves, by their keys; 2 queries."""
        return for_readers(keys, self.scope)

    def _count(self, batch: Batch) -> None:
        self.counts.articles += len(batch.ids)
        self.counts.earlier_texts += sum(map(len, batch.earlier.values()))
        on_texts = batch.contents.counts
        self.counts.annotations += on_texts["annotations"]
        self.counts.relations += on_texts["relations"]
        self.counts.article_labels += on_texts["article_labels"]
        self.counts.suggestions += on_texts["suggestions"]


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
        .select_related("label_set", "guidelines", "repeats", "created_by")
        .order_by("number")
    )
    if not any(not each.takes_new or each.closed_at for each in rows):
        return {}
    return {"rounds": [_round(each, scope) for each in rows]}


def _round(each: Round, scope: Scope) -> Row:
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
        **({"opened_by": each.created_by.pseudonym} if each.created_by and scope.tells_of_others_work else {}),
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


# What comes after the articles


def _claims(ids: list[int], scope: Scope, counts: Counts) -> Iterator[Row]:
    """Yield one batch of claims with their mentions, evidence, verdicts, desks and talk; at most 13 queries."""
    rows = Claim.objects.filter(pk__among=ids).values_list(
        "pk", "key", "text", "claimant", "claim_date", *CLAIM_DETAILS, "metadata", *JUDGEMENT
    )
    mentions, sets, verdicts = _mentions(ids, scope), _evidence_sets(ids, scope), _verdicts(ids, scope)
    desks, talk = _desks(ids, scope), claim_threads(ids, scope)
    by_id: dict[int, Row] = {}
    for pk, key, text, claimant, claim_date, claim_type, worth, cutoff, metadata, *common in rows:
        by_id[pk] = {
            "type": "claim",
            "key": str(key),
            "text": text,
            "claimant": claimant,
            "claim_date": claim_date.isoformat() if claim_date else None,
            **({"claim_type": claim_type} if claim_type else {}),
            **({"check_worthiness": worth} if worth else {}),
            **({"evidence_cutoff": cutoff.isoformat()} if cutoff else {}),
            **({"metadata": in_key_order(metadata)} if metadata else {}),
            **judgement(common),
            "mentions": sorted(mentions[pk], key=lambda each: each["key"]),
            "evidence_sets": sets[pk],
            **({"verdicts": verdicts[pk]} if verdicts[pk] else {}),
            **({"desk": desks[pk]} if pk in desks else {}),
            **({"threads": talk[pk]} if talk[pk] else {}),
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
    for pk, set_id, key, url, own_name, title, stance, quote, note, metadata, *more in rows.values_list(
        "pk",
        "evidence_set_id",
        "key",
        "url",
        "source__canonical_url",
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
            "url": url or own_name or "",
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


def _merged_sets(named: Iterable[tuple[str, int]]) -> Row:
    """Return the sets of claims merged into its own on which a verdict rests, where there are some."""
    found = [{"claim": key, "n": n} for key, n in sorted(named)]
    return {"merged_sets": found} if found else {}


def _verdicts(claims: list[int], scope: Scope) -> dict[int, list[Row]]:
    """Return the verdicts on claims in the order in which they were reached; at most 3 queries."""
    found: dict[int, list[Row]] = defaultdict(list)
    if not scope.holds(Verdict):
        return found
    seen = scope.verdicts().filter(claim__among=claims).order_by()
    sets: dict[int, list[int]] = defaultdict(list)
    merged: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
    through = Verdict.evidence_sets.through.objects.filter(verdict__in=seen.values("pk"))
    for verdict, on, n, of, named in through.values_list(
        "verdict_id", "verdict__claim_id", "evidenceset__n", "evidenceset__claim_id", "evidenceset__claim__key"
    ):
        if of == on:
            sets[verdict].append(n)
        elif scope.tells_of_others_work:
            merged[verdict].append((of, str(named), n))
    others = {of for rows in merged.values() for of, _key, _n in rows}
    held = (
        set(scope.claims().filter(pk__among=list(others)).order_by().values_list("pk", flat=True)) if others else set()
    )
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
                **_merged_sets((key, n) for of, key, n in merged[pk] if of in held),
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
        date = dated(day, precision)
        met[str(key)].setdefault(pk, {"title": title, "url": url, "publisher": publisher, "date": date})
    newsroom = newsroom_of(project)
    site = project.published_from or (f"{base}/published/by/{project.uuid}/" if shows else "")
    method = f"{base}/published/by/{project.uuid}/method/" if shows else ""
    return {
        key: ForReaders(addresses.get(key, "") if shows else "", newsroom, site, method, list(met[key].values()))
        for key in keys
    }

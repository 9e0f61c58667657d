"""How judgements look in JSON, for the API and for the data of the article page alike.

Functions rather than serializers: they run thousands of times per page. `shapes.py` describes the
same shapes for the OpenAPI document, and the tests hold every reply against that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import F, Prefetch, QuerySet

from annotations.access import hide_outlets, sees_all_work, visible_to
from annotations.access.outlets import links_shown, zones_shown
from annotations.models import (
    AccountCell,
    AccountRow,
    Annotation,
    AnnotationRevision,
    Article,
    ArticleLabel,
    ArticleVersion,
    Assignment,
    Claim,
    ClaimDesk,
    ClaimMention,
    Comment,
    CommentMention,
    CommentThread,
    EvidenceItem,
    Fragment,
    Judgement,
    Membership,
    Region,
    RegionRevision,
    Relation,
    Story,
    StorySuggestion,
    Suggestion,
    SuggestionDecision,
    TextLink,
    Verdict,
    VerdictScale,
)
from annotations.workflow.claiming import claim_rows
from annotations.workflow.judging import EVIDENCE_DETAILS
from annotations.workflow.verdicts import verdict_rows
from annotations.workflow.zoning import zones_on

MOST_ANNOTATIONS = 20_000
Json = dict[str, Any]


def work_of(
    version: ArticleVersion, by: Membership, *, start: int = 0, most: int = MOST_ANNOTATIONS, brief: bool = False
) -> Json:
    """Return the work on a stretch of a text, as far as the membership may see it; 6 queries, rarely 8.

    These are the annotations that begin at `start` (code points) or later, own withdrawn ones included, about `most`
    of them, and the claims they express. `next` is the offset at which the following stretch begins, or None.
    In brief they come as `brief_annotation_json` writes them.
    """
    represent = brief_annotation_json if brief else annotation_json
    shown = visible_to(by, Annotation.objects.filter(version=version, start__gte=start))
    rows, following = _stretch(shown.defer("quote", "prefix", "suffix") if brief else shown, most)
    mentions = ClaimMention.objects.filter(annotation__version=version, annotation__start__gte=start)
    if following is not None:
        mentions = mentions.filter(annotation__start__lt=following)
    claims = claim_rows(by).filter(pk__in=visible_to(by, mentions).values("claim_id")).order_by("created_at", "key")
    return {
        "annotations": [represent(row, by, fragments=row.parts) for row in rows if is_shown(row, by)],
        "claims": [claim_json(row, by) for row in claims if is_shown(row, by)],
        "next": following,
    }


def _stretch(shown: QuerySet[Annotation], most: int) -> tuple[list[Any], int | None]:
    """Return whole groups of annotations that begin at one place, about `most`, and where the next group begins."""
    fragments = Prefetch("fragments", Fragment.objects.order_by("n"), to_attr="parts")
    # two columns instead of four objects a row: a long article has thousands of them
    rows = shown.annotate(label_key=F("label__key"), annotator=F("created_by__pseudonym")).prefetch_related(fragments)
    rows = rows.order_by("start", "end", "created_at", "key")
    found = list(rows[: most + 1])
    if len(found) <= most:
        return found, None
    place = found[most].start
    if found[0].start == place:
        return list(rows.filter(start=place)), place + 1
    return [row for row in found if row.start < place], place


def relations_of(version: ArticleVersion, by: Membership) -> list[Json]:
    """Return the relations on a version that the membership may see; 1 query."""
    rows = visible_to(by, Relation.objects.filter(version=version))
    rows = rows.select_related("label", "created_by", "from_annotation", "to_annotation").order_by("created_at", "key")
    return [relation_json(row, by) for row in rows[:MOST_ANNOTATIONS] if is_shown(row, by)]


def article_labels_of(version: ArticleVersion, by: Membership) -> list[Json]:
    """Return the labels on the whole version that the membership may see; 1 query."""
    rows = visible_to(by, ArticleLabel.objects.filter(version=version))
    rows = rows.select_related("label", "created_by").order_by("created_at", "key")
    return [article_label_json(row, by) for row in rows if is_shown(row, by)]


def is_shown(judgement: Judgement, by: Membership) -> bool:
    """Tell whether a row is shown: what others withdrew is not, what one withdrew oneself can be brought back."""
    return judgement.withdrawn_at is None or judgement.created_by_id == by.pk


def annotation_json(annotation: Annotation, by: Membership, *, fragments: Iterable[Fragment] = ()) -> Json:
    """Represent an annotation; its label, owner and fragments are loaded already."""
    return {
        "key": str(annotation.key),
        "start": annotation.start,
        "end": annotation.end,
        "quote": annotation.quote,
        "prefix": annotation.prefix,
        "suffix": annotation.suffix,
        "label": getattr(annotation, "label_key", None) or annotation.label.key,
        "note": annotation.note,
        "attributes": annotation.attributes,
        "confidence": annotation.confidence,
        "layer": annotation.layer,
        **_common(annotation, by),
        "fragments": [{"n": part.n, "start": part.start, "end": part.end, "quote": part.quote} for part in fragments],
    }


def brief_annotation_json(annotation: Annotation, by: Membership, *, fragments: Iterable[Fragment] = ()) -> Json:
    """Represent an annotation for a reader who has the text: without its words and times, and what is as usual.

    A long article has thousands, which a page has to fetch, read and keep.
    """
    is_mine = annotation.created_by_id == by.pk
    found: Json = {
        "key": str(annotation.key),
        "start": annotation.start,
        "end": annotation.end,
        "label": getattr(annotation, "label_key", None) or annotation.label.key,
        "annotator": by.pseudonym if is_mine else _annotator_of(annotation),
        "version": annotation.version_number,
    }
    told = {
        "is_mine": is_mine,
        "note": annotation.note,
        "attributes": annotation.attributes,
        "confidence": annotation.confidence,
        "layer": annotation.layer if annotation.layer != Annotation.Layer.ANNOTATOR else "",
        "withdrawn_at": utc(annotation.withdrawn_at),
        "fragments": [{"n": part.n, "start": part.start, "end": part.end} for part in fragments],
    }
    return found | {name: value for name, value in told.items() if value or (name == "confidence" and value == 0)}


def claim_json(claim: Claim, by: Membership, *, shows: Callable[[Judgement, Membership], bool] = is_shown) -> Json:
    """Represent a claim from `claim_rows`, with the mentions and the evidence that are shown."""
    items = [(each.n, item) for each in claim.evidence_sets.all() for item in each.items.all()]
    key = str(claim.key)
    return {
        "key": key,
        "text": claim.text,
        "claimant": claim.claimant,
        "claim_date": claim.claim_date.isoformat() if claim.claim_date else None,
        "claim_type": claim.claim_type,
        "check_worthiness": claim.check_worthiness,
        "evidence_cutoff": claim.evidence_cutoff.isoformat() if claim.evidence_cutoff else None,
        **_common(claim, by),
        "mentions": [mention_json(row, by, claim=key) for row in claim.mentions.all() if shows(row, by)],
        "evidence": [evidence_json(row, by, claim=key, n=n) for n, row in items if shows(row, by)],
    }


def mention_json(mention: ClaimMention, by: Membership, *, claim: str | None = None) -> Json:
    """Represent where a claim is expressed."""
    return {
        "key": str(mention.key),
        "claim": claim or str(mention.claim.key),
        "annotation": str(mention.annotation.key),
        "stance": mention.stance,
        **_common(mention, by),
    }


def whole_claims_json(claims: Iterable[Claim], by: Membership) -> list[Json]:
    """Represent claims with verdicts and desks as far as one may see them; 9 queries, however many claims."""
    ids = [claim.pk for claim in claims]
    rows = {claim.pk: claim for claim in claim_rows(by).select_related("desk__assignee").filter(pk__in=ids)}
    verdicts: dict[int, list[Json]] = defaultdict(list)
    for verdict in visible_to(by, verdict_rows().filter(claim__in=ids)):
        verdicts[verdict.claim_id].append(verdict_json(verdict, by))
    sees_desk = sees_all_work(by)
    return [
        claim_json(rows[pk], by)
        | {
            "verdicts": verdicts[pk],
            "desk": desk_json(getattr(rows[pk], "desk", None) or ClaimDesk(version_number=0)) if sees_desk else None,
        }
        for pk in ids
        if pk in rows
    ]


def verdict_json(verdict: Verdict, by: Membership) -> Json:
    """Represent a verdict from `verdict_rows`."""
    return {
        "key": str(verdict.key),
        "claim": str(verdict.claim.key),
        "value": verdict.value.key,
        "scale": verdict.value.scale.version,
        "rationale": verdict.rationale,
        "evidence_sets": sorted(each.n for each in verdict.evidence_sets.all() if each.claim_id == verdict.claim_id),
        "merged_sets": [
            {"claim": str(each.claim.key), "n": each.n}
            for each in verdict.evidence_sets.all()
            if each.claim_id != verdict.claim_id
        ],
        "supersedes": str(verdict.supersedes.key) if verdict.supersedes else None,
        "published_at": utc(verdict.published_at),
        "correction_note": verdict.correction_note,
        **_common(verdict, by),
    }


def desk_json(desk: ClaimDesk) -> Json:
    """Represent where the work on a claim stands; its assignee is loaded already."""
    assignee = desk.assignee
    return {
        "state": desk.state,
        "assignee": {"uuid": str(assignee.uuid), "pseudonym": assignee.pseudonym} if assignee else None,
        "due_on": desk.due_on.isoformat() if desk.due_on else None,
        "merged_into": str(desk.merged_into) if desk.merged_into else None,
        "version": desk.version_number,
    }


def evidence_json(evidence: EvidenceItem, by: Membership, *, claim: str | None = None, n: int = 0) -> Json:
    """Represent a piece of evidence of the evidence set `n`; the set is loaded where it is not given."""
    version = evidence.version
    return {
        "key": str(evidence.key),
        "claim": claim or str(evidence.evidence_set.claim.key),
        "evidence_set": n or evidence.evidence_set.n,
        "url": evidence.url,
        "passage": {
            "article": str(version.article.uuid) if version is not None else None,
            "capture": str(evidence.capture.uuid) if evidence.capture is not None else None,
            "start": evidence.start,
            "end": evidence.end,
        }
        if evidence.start is not None
        else None,
        "source": str(evidence.source.uuid) if evidence.source is not None else None,
        "title": evidence.title,
        "stance": evidence.stance,
        "quote": evidence.quote,
        "note": evidence.note,
        **{name: _day_or_words(getattr(evidence, name)) for name in EVIDENCE_DETAILS},
        **_common(evidence, by),
    }


def _day_or_words(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def relation_json(relation: Relation, by: Membership) -> Json:
    """Represent a link between two annotations; its label, owner and ends are loaded already."""
    return {
        "key": str(relation.key),
        "from": str(relation.from_annotation.key),
        "to": str(relation.to_annotation.key),
        "label": relation.label.key,
        "note": relation.note,
        "attributes": relation.attributes,
        "layer": relation.layer,
        **_common(relation, by),
    }


def article_label_json(article_label: ArticleLabel, by: Membership) -> Json:
    """Represent a label on a whole text; its label and owner are loaded already."""
    return {
        "key": str(article_label.key),
        "label": article_label.label.key,
        "note": article_label.note,
        "attributes": article_label.attributes,
        "confidence": article_label.confidence,
        "layer": article_label.layer,
        **_common(article_label, by),
    }


def suggestion_json(suggestion: Suggestion, by: Membership, decisions: Iterable[SuggestionDecision]) -> Json:
    """Represent a proposal, what one decided about it oneself, and what others did, where one may see their work."""
    seen = [each for each in decisions if sees_all_work(by) or each.decided_by_id == by.pk]
    own = next((each for each in seen if each.decided_by_id == by.pk), None)
    return {
        "key": str(suggestion.key),
        "start": suggestion.start,
        "end": suggestion.end,
        "quote": suggestion.quote,
        "label": suggestion.label.key,
        "attributes": suggestion.attributes,
        "suggested_by": suggestion.suggested_by,
        "score": suggestion.score,
        "state": own.state if own else SuggestionDecision.State.OPEN.value,
        "version": own.version_number if own else 0,
        "annotation": str(own.annotation.key) if own and own.annotation else None,
        "decisions": [
            {
                "decided_by": each.decided_by.pseudonym if each.decided_by else None,
                "state": each.state,
                "annotation": str(each.annotation.key) if each.annotation else None,
                "decided_at": utc(each.decided_at),
            }
            for each in seen
            if each.state != SuggestionDecision.State.OPEN
        ],
        "created_at": utc(suggestion.created_at),
    }


def thread_json(thread: CommentThread, by: Membership) -> Json:
    """Represent a thread from `thread_rows` with its comments; removed ones keep their place, without words."""
    return {
        "key": str(thread.key),
        "annotation": str(thread.annotation.key) if thread.annotation else None,
        "span": _words_of(thread),
        "claim": str(thread.claim.key) if thread.claim else None,
        "is_question": thread.is_question,
        "announced_in": thread.announced_in.version if thread.announced_in else None,
        "version": thread.version_number,
        "created_at": utc(thread.created_at),
        "resolved_at": utc(thread.resolved_at),
        "resolved_by": thread.resolved_by.pseudonym if thread.resolved_by else None,
        "comments": [comment_json(comment, by, thread=str(thread.key)) for comment in thread.comments.all()],
    }


def _words_of(thread: CommentThread) -> Json | None:
    """Return the words that a thread is about, and whether they stand in an earlier wording only."""
    if thread.start is None:
        return None
    is_earlier = not thread.is_on_present_text
    return {"start": thread.start, "end": thread.end, "quote": thread.quote, "is_earlier": is_earlier}


def comment_json(comment: Comment, by: Membership, *, thread: str | None = None) -> Json:
    """Represent a comment from `comment_rows`; `is_unread` says that it calls the reader, who has not read it yet."""
    calls = list(comment.mentions.all())
    return {
        "key": str(comment.key),
        "thread": thread or str(comment.thread.key),
        "text": comment.text,
        "calls": [call.member.pseudonym for call in calls if call.member_id == by.pk or sees_all_work(by)],
        "is_unread": any(call.member_id == by.pk and call.read_at is None for call in calls),
        **_common(comment, by),
    }


def call_json(call: CommentMention) -> Json:
    """Represent where one is called, with the place it is about."""
    comment, thread = call.comment, call.comment.thread
    article, claim = thread.article, thread.claim
    return {
        "project": call.project.slug,
        "comment": str(comment.key),
        "thread": str(thread.key),
        "article": str(article.uuid) if article else None,
        "claim": str(claim.key) if claim else None,
        "title": article.title if article else claim.text if claim else "",
        "annotation": str(thread.annotation.key) if thread.annotation else None,
        "quote": thread.annotation.quote if thread.annotation else thread.quote,
        "text": comment.text,
        "by": comment.created_by.pseudonym,
        "created_at": utc(comment.created_at),
        "read_at": utc(call.read_at),
    }


def assignment_json(assignment: Assignment | None) -> Json | None:
    """Represent how far a person is with an article."""
    if assignment is None:
        return None
    if assignment.is_late:  # its annotator has given it out of their hands; what that comes to, a manager says
        late = {"state": Assignment.State.SUBMITTED.value, "submitted_at": utc(assignment.late_at), "is_late": True}
        return late | {"version": assignment.state_number}
    submitted_at = utc(assignment.submitted_at)
    is_returned = assignment.state == Assignment.State.RETURNED
    note: Json = {"return_note": assignment.return_note} if is_returned else {}
    note |= {"reopened_at": utc(assignment.reopened_at)} if assignment.reopened_at else {}
    return {"state": assignment.state, "submitted_at": submitted_at, "version": assignment.state_number, **note}


def round_of(article: Article) -> str | None:
    """Name the round that an article is in, null for the one that takes what is new; 1 query unless it is loaded."""
    return str(article.round.uuid) if article.round else None


def represent(row: Any, by: Membership) -> Json | None:
    """Represent what a conflict names as the present state; reads what is missing."""
    match row:
        case Annotation():
            return annotation_json(row, by, fragments=row.fragments.order_by("n"))
        case Claim():
            return claim_json(claim_rows(by).get(pk=row.pk), by)
        case ClaimMention():
            return mention_json(row, by)
        case EvidenceItem():
            return evidence_json(row, by)
        case Verdict():
            return verdict_json(row, by)
        case ClaimDesk():
            return desk_json(row)
        case VerdictScale():
            return scale_json(row)
        case Relation():
            return relation_json(row, by)
        case ArticleLabel():
            return article_label_json(row, by)
        case Region():
            return region_json(row, by)
        case CommentThread():
            return thread_json(row, by)
        case Comment():
            return comment_json(row, by)
        case Article():
            return article_head(row)
        case Assignment():
            return assignment_json(row)
        case Suggestion():
            return suggestion_json(row, by, row.decisions.select_related("decided_by", "annotation"))
        case Story() | AccountRow() | AccountCell() | StorySuggestion():
            return {"key": str(row.key), "version": row.version_number}
    return None


def scale_json(scale: VerdictScale | None) -> Json:
    """Represent a verdict scale with its values; at most 1 query."""
    return {
        "name": scale.name if scale else "",
        "version": scale.version if scale else 0,
        "values": [
            {
                "key": value.key,
                "name": value.name,
                "description": value.description,
                "rating": value.rating,
                "maps": value.maps,
            }
            for value in (scale.values.all() if scale else ())
        ],
    }


def article_head(article: Article) -> Json:
    """Represent what is known of an article, without its text; publisher and version are loaded already."""
    publisher = article.publisher
    return {
        "uuid": str(article.uuid),
        "external_id": article.external_id,
        "title": article.title,
        "outlet_hidden": article.outlet_hidden,
        "publisher": {"uuid": str(publisher.uuid), "name": publisher.name} if publisher else None,
        "url": article.url,
        "published_at": dated(article.published_at, article.published_precision),
        "posted_at": dated(article.posted_at, article.posted_precision),
        "language": article.language,
        "direction": article.direction,
        "revision": article.revision,
        "created_at": utc(article.created_at),
    }


def article_detail(
    article: Article, version: ArticleVersion | None, assignment: Assignment | None, by: Membership
) -> Json:
    """Represent an article with its text, zones and links; offsets are code points; 2 queries."""
    hide_outlets(by, [article])
    return {
        **article_head(article),
        "repost_of": str(article.repost_of.uuid) if article.repost_of else None,
        "merged_into": str(article.merged_into.uuid) if article.merged_into else None,
        "metadata": article.metadata,
        "version": version_json(version) | {"text": version.text} if version else None,
        "regions": [region_json(region, by) for region in zones_shown(article, zones_on(version))] if version else [],
        "links": [link_json(link) for link in links_shown(article, version.links.all())] if version else [],
        "assignment": assignment_json(assignment),
    }


def version_json(version: ArticleVersion) -> Json:
    """Represent what identifies a text, without the text."""
    return {
        "uuid": str(version.uuid),
        "n": version.n,
        "length": version.length,
        "text_sha256": bytes(version.text_sha256).hex(),
        "normaliser": version.normaliser,
        "withheld_at": utc(version.withheld_at),
    }


def region_json(region: Region, by: Membership) -> Json:
    """Represent a zone of a text; its publisher and who marked it are loaded already."""
    publisher = region.publisher.name if region.publisher else None
    tells_who = region.created_by is not None and (region.created_by_id == by.pk or sees_all_work(by))
    return {
        "key": str(region.uuid),
        "kind": region.kind,
        "start": region.start,
        "end": region.end,
        "publisher": publisher,
        "url": region.url,
        "marked_by": region.created_by.pseudonym if region.created_by and tells_who else None,
        "version": region.version_number,
        "created_at": utc(region.created_at),
        "withdrawn_at": utc(region.withdrawn_at),
    }


def zone_state_json(revision: RegionRevision, by: Membership) -> Json:
    """Represent a superseded state of a zone; its publisher and who replaced it are loaded already."""
    tells_who = revision.replaced_by_id == by.pk or sees_all_work(by)
    return {
        "version": revision.version_number,
        "kind": revision.kind,
        "start": revision.start,
        "end": revision.end,
        "publisher": revision.publisher.name if revision.publisher else None,
        "url": revision.url,
        "withdrawn_at": utc(revision.withdrawn_at),
        "replaced_at": utc(revision.replaced_at),
        "replaced_by": revision.replaced_by.pseudonym if tells_who else None,
    }


def link_json(link: TextLink) -> Json:
    """Represent a link of the original."""
    return {"start": link.start, "end": link.end, "url": link.url}


def revision_json(revision: AnnotationRevision) -> Json:
    """Represent a superseded state of an annotation; its label and who replaced it are loaded already."""
    return {
        "version": revision.version_number,
        "label": revision.label.key,
        "label_set_version": revision.label_set_version,
        "start": revision.start,
        "end": revision.end,
        "quote": revision.quote,
        "note": revision.note,
        "attributes": revision.attributes,
        "confidence": revision.confidence,
        "withdrawn_at": utc(revision.withdrawn_at),
        "replaced_at": utc(revision.replaced_at),
        "replaced_by": revision.replaced_by.pseudonym,
    }


def dated(value: datetime | None, precision: str) -> str | None:
    """Write a date as precisely as it is known: `2024-02-29` or a time in UTC."""
    if value is None:
        return None
    return value.astimezone(UTC).date().isoformat() if precision == Article.Precision.DAY else utc(value)


def utc(value: datetime | None) -> str | None:
    """Write a time in UTC with microseconds and Z.

    >>> utc(datetime(2024, 2, 29, 12, 0, tzinfo=UTC))
    '2024-02-29T12:00:00.000000Z'
    """
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z") if value else None


def _common(judgement: Judgement, by: Membership) -> Json:
    is_mine = judgement.created_by_id == by.pk
    return {
        "annotator": by.pseudonym if is_mine else _annotator_of(judgement),
        "is_mine": is_mine,
        "version": judgement.version_number,
        "created_at": utc(judgement.created_at),
        "updated_at": utc(judgement.updated_at),
        "withdrawn_at": utc(judgement.withdrawn_at),
    }


def _annotator_of(judgement: Judgement) -> str:
    return getattr(judgement, "annotator", None) or judgement.created_by.pseudonym

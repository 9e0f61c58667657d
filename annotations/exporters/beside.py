"""What lies on texts beside annotations: relations, labels on the whole, suggestions, stated sentences.

Every function takes the ids of a batch of texts and returns rows by text; what a project has none of costs no query.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import QuerySet

from annotations.access import visible_to
from annotations.models import (
    Adjudication,
    ArticleLabel,
    ArticleLabelRevision,
    Comment,
    CommentMention,
    CommentThread,
    Relation,
    RelationRevision,
    Sentence,
    Suggestion,
    SuggestionDecision,
)
from annotations.models.among import Ids

from .history import put_revisions
from .scope import Scope
from .values import JUDGEMENT, in_key_order, judgement, moment

Row = dict[str, Any]
Found = dict[int, list[Row]]


def relations(versions: Ids, scope: Scope) -> Found:
    """Return the relations; those whose ends are not in the export are sorted out with the annotations at hand."""
    found: Found = defaultdict(list)
    if not scope.holds(Relation):
        return found
    by_id: dict[int, Row] = {}
    for pk, version, key, start, end, label, layer, note, attributes, past, *common in (
        scope.relations()
        .filter(version__among=versions)
        .order_by()
        .values_list(
            "pk",
            "version_id",
            "key",
            "from_annotation__key",
            "to_annotation__key",
            "label__key",
            "layer",
            "note",
            "attributes",
            "past_round__number",
            *JUDGEMENT,
        )
    ):
        owner = judgement(common) | ({"past_round": past} if past is not None else {})
        by_id[pk] = {
            "key": str(key),
            "from": str(start),
            "to": str(end),
            "label": label,
            "annotator": owner.pop("annotator"),
            "layer": layer,
            "note": note,
            "attributes": in_key_order(attributes),
            **owner,
        }
        found[version].append(by_id[pk])
    put_revisions(RelationRevision, by_id, scope)
    return found


def article_labels(versions: Ids, scope: Scope) -> Found:
    """Return the labels on whole texts, by label, annotator, key."""
    found: Found = defaultdict(list)
    if not scope.holds(ArticleLabel):
        return found
    by_id: dict[int, Row] = {}
    for pk, version, key, label, layer, note, attributes, confidence, past, *common in (
        scope.article_labels()
        .filter(version__among=versions)
        .order_by()
        .values_list(
            *("pk", "version_id", "key", "label__key", "layer", "note", "attributes", "confidence"),
            *("past_round__number", *JUDGEMENT),
        )
    ):
        owner = judgement(common) | ({"past_round": past} if past is not None else {})
        by_id[pk] = {
            "key": str(key),
            "label": label,
            "annotator": owner.pop("annotator"),
            "layer": layer,
            "note": note,
            "attributes": in_key_order(attributes),
            "confidence": confidence,
            **owner,
        }
        found[version].append(by_id[pk])
    put_revisions(ArticleLabelRevision, by_id, scope)
    for rows in found.values():
        rows.sort(key=lambda row: (row["label"], row["annotator"], row["key"]))
    return found


def threads(versions: Ids, scope: Scope) -> Found:
    """Return what was said, by the time a thread was begun and its key; who has read it is nobody else's matter."""
    found: Found = defaultdict(list)
    if not scope.holds(CommentThread):
        return found
    return _threads(scope.threads().filter(version__among=versions), "version_id", scope)


def claim_threads(claims: list[int], scope: Scope) -> Found:
    """Return what was said about some claims, by their ids, in the same order."""
    if not scope.holds(CommentThread):
        return defaultdict(list)
    return _threads(scope.claim_threads().filter(claim__among=claims), "claim_id", scope)


def _threads(rows: QuerySet[CommentThread], about: str, scope: Scope) -> Found:
    """Return threads by what they are about, a column, with their comments; 3 queries."""
    found: Found = defaultdict(list)
    by_id: dict[int, Row] = {}
    told = (about, "key", "annotation__key", "start", "end", "quote")
    begun = ("created_by__pseudonym", "version_number", "created_at", "resolved_at", "resolved_by__pseudonym")
    for row in rows.order_by("created_at", "key").values_list("pk", *told, *begun, "is_question"):
        pk, of, key, annotation, start, end, quote, begun_by, number, created_at, resolved_at, resolved_by, asks = row
        by_id[pk] = {
            "key": str(key),
            **({"annotation": str(annotation)} if annotation is not None else {}),
            **({"start": start, "end": end, "quote": quote} if start is not None else {}),
            **({"question": True} if asks else {}),
            "annotator": begun_by,
            "version": number,
            "created_at": moment(created_at),
            "resolved_at": moment(resolved_at),
            "resolved_by": resolved_by,
            "comments": [],
        }
        found[of].append(by_id[pk])
    _put_comments(by_id, scope)
    return found


def _put_comments(threads: dict[int, Row], scope: Scope) -> None:
    """Give threads, by their ids, what was said in them, in order; 2 queries."""
    calls: dict[int, list[str]] = defaultdict(list)
    called = visible_to(scope.membership, CommentMention.objects.filter(comment__thread__among=list(threads)))
    for comment, pseudonym in called.values_list("comment_id", "member__pseudonym"):
        calls[comment].append(pseudonym)
    rows = Comment.objects.filter(thread__among=list(threads)).order_by("created_at", "key")
    for pk, thread, key, text, *common in rows.values_list("pk", "thread_id", "key", "text", *JUDGEMENT):
        said = judgement(common)
        row = {"key": str(key), "annotator": said.pop("annotator"), "text": text, "calls": sorted(calls[pk]), **said}
        threads[thread]["comments"].append(row)


def adjudications(versions: Ids, scope: Scope) -> Found:
    """Return how far the settling of the texts is, that of past rounds first, by their numbers."""
    found: Found = defaultdict(list)
    if not scope.holds(Adjudication):
        return found
    rows = scope.adjudications().filter(version__among=versions).order_by()
    for version, begun_by, state, number, created_at, finished_at, finished_by, past in rows.values_list(
        *("version_id", "created_by__pseudonym", "state", "state_number", "created_at"),
        *("finished_at", "finished_by__pseudonym", "past_round__number"),
    ):
        found[version].append(
            {
                "annotator": begun_by,
                "state": state,
                "version": number,
                "created_at": moment(created_at),
                "finished_at": moment(finished_at),
                "finished_by": finished_by,
                **({"past_round": past} if past is not None else {}),
            }
        )
    for each in found.values():
        each.sort(key=lambda row: ("past_round" not in row, row.get("past_round", 0)))
    return found


def suggestions(versions: Ids, scope: Scope) -> Found:
    """Return what was proposed, by start, end, label, tool, key.

    What was decided stands with it, by person. It is a judgement: who does not see others' work reads only their own.
    """
    found: Found = defaultdict(list)
    if not scope.holds(Suggestion):
        return found
    decided = _decisions(versions, scope)
    for pk, version, *values, offered_to in (
        scope.suggestions()
        .filter(version__among=versions)
        .order_by()
        .values_list(
            "pk",
            "version_id",
            "key",
            "start",
            "end",
            "quote",
            "label__key",
            "attributes",
            "suggested_by",
            "score",
            "created_at",
            "offered_to__pseudonym",
        )
    ):
        row = dict(zip(_SUGGESTION, values, strict=True))
        row |= {"key": str(row["key"]), "created_at": moment(row["created_at"])}
        row["attributes"] = in_key_order(row["attributes"])
        if offered_to is not None:
            row["offered_to"] = offered_to
        if pk in decided:
            row["decisions"] = decided[pk]
        found[version].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row["start"], row["end"], row["label"], row["suggested_by"], row["key"]))
    return found


_SUGGESTION = (
    "key",
    "start",
    "end",
    "quote",
    "label",
    "attributes",
    "suggested_by",
    "score",
    "created_at",
)


def _decisions(versions: Ids, scope: Scope) -> Found:
    """Return what was decided, by suggestion; each by who decided, then by time."""
    found: Found = defaultdict(list)
    if not scope.holds(SuggestionDecision):
        return found
    rows = scope.decisions().filter(suggestion__version__among=versions).order_by()
    columns = ("suggestion_id", "decided_by__pseudonym", "state", "version_number", "decided_at", "annotation__key")
    for pk, by, state, number, decided_at, annotation, past in rows.values_list(*columns, "past_round__number"):
        row = {"decided_by": by, "state": state, "version": number, "decided_at": moment(decided_at)}
        row |= {"annotation": str(annotation)} if annotation is not None else {}
        found[pk].append(row | ({"past_round": past} if past is not None else {}))
    for decisions in found.values():
        decisions.sort(key=_decided_in_order)
    return found


def _decided_in_order(row: Row) -> tuple[str, bool, int, str, str]:
    """By who decided, what was decided in past rounds first."""
    by = row["decided_by"] or ""
    return by, "past_round" not in row, row.get("past_round", 0), row["decided_at"] or "", row["state"]


def sentences(versions: Ids, scope: Scope) -> dict[int, list[tuple[int, int]]]:
    """Return the sentences of the texts, as (start, end)."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    if scope.holds(Sentence):
        rows = Sentence.objects.filter(version__among=versions).order_by("version_id", "n")
        for version, start, end in rows.values_list("version_id", "start", "end"):
            found[version].append((start, end))
    return found

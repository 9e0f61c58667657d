"""Stories as records: their articles, questions and answers; and what was said to suggested ones.

Articles are named by their external ids, everywhere. What is said of an article outside of the export stays outside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from annotations.models import (
    AccountCellRevision,
    AccountRow,
    AccountRowRevision,
    Statement,
    Story,
    StoryRevision,
    StorySuggestion,
    SuggestedArticle,
)

from .history import put_revisions
from .scope import Scope, ids_in_order
from .values import JUDGEMENT, in_key_order, judgement, moment

Row = dict[str, Any]
_OF_STATEMENTS = ("voice", "said_by", "as_of", "text", "value")


def story_records(scope: Scope, *, with_text: bool) -> Iterator[Row]:
    """Yield the stories by key, then suggested ones by key; no query where there are none."""
    if scope.holds(Story):
        for ids in ids_in_order(scope.stories(), "key"):
            for story in _stories(ids, scope):
                if not with_text:
                    take_story_words_out(story)
                yield story
    if scope.holds(StorySuggestion):
        for ids in ids_in_order(scope.story_suggestions(), "key"):
            yield from _suggestions(ids)


def take_story_words_out(story: Row) -> None:
    """Take the words of articles out of a story's record, in place; what people wrote stays."""
    for row in story["rows"]:
        for cell in row["cells"]:
            for state in (cell, *cell.get("revisions", ())):
                for statement in state["statements"]:
                    quote = statement.pop("quote", "")
                    if quote and statement["text"].strip() == " ".join(quote.split()):
                        statement.pop("text")
                        statement.pop("value", None)


def _stories(ids: list[int], scope: Scope) -> Iterator[Row]:
    """Yield one batch of stories with everything in them; at most 9 queries."""
    by_id: dict[int, Row] = {}
    for pk, key, name, note, merged_into, *common in Story.objects.filter(pk__in=ids).values_list(
        "pk", "key", "name", "note", "merged_into", *JUDGEMENT
    ):
        by_id[pk] = {
            "type": "story",
            "key": str(key),
            "name": name,
            "note": note,
            **({"merged_into": str(merged_into)} if merged_into else {}),
            **judgement(common),
            "articles": [],
            "rows": [],
        }
    put_revisions(StoryRevision, by_id, scope)
    told = scope.story_articles().filter(story__in=ids).order_by()
    for story, article, is_related, added_by, created_at, withdrawn_at in told.values_list(
        "story_id", "article__external_id", "is_related", "added_by__pseudonym", "created_at", "withdrawn_at"
    ):
        by_id[story]["articles"].append(
            {
                "article": article,
                "related": is_related,
                "annotator": added_by,
                "created_at": moment(created_at),
                "withdrawn_at": moment(withdrawn_at),
            }
        )
    for story, row in _rows(ids, scope):
        by_id[story]["rows"].append(row)
    for pk in ids:
        by_id[pk]["articles"].sort(key=lambda each: each["article"])
        by_id[pk]["rows"].sort(key=lambda each: (each["position"], each["key"]))
        yield by_id[pk]


def _rows(stories: list[int], scope: Scope) -> Iterator[tuple[int, Row]]:
    by_id: dict[int, Row] = {}
    of: dict[int, int] = {}
    for pk, story, key, position, kind, text, cues, *common in AccountRow.objects.filter(story__in=stories).values_list(
        "pk", "story_id", "key", "position", "kind", "text", "cues", *JUDGEMENT
    ):
        of[pk] = story
        head = {"key": str(key), "position": position, "kind": kind, "text": text, "cues": cues}
        by_id[pk] = {**head, **judgement(common), "cells": []}
    put_revisions(AccountRowRevision, by_id, scope)
    for row, cell in _cells(list(by_id), scope):
        by_id[row]["cells"].append(cell)
    for pk, written in by_id.items():
        written["cells"].sort(key=lambda each: each["article"])
        yield of[pk], written


def _cells(rows: list[int], scope: Scope) -> Iterator[tuple[int, Row]]:
    by_id: dict[int, Row] = {}
    of: dict[int, int] = {}
    seen = scope.account_cells().filter(row__in=rows).order_by()
    for pk, row, key, article, state, note, proposed_by, *common in seen.values_list(
        "pk", "row_id", "key", "article__external_id", "state", "note", "proposed_by", *JUDGEMENT
    ):
        of[pk] = row
        by_id[pk] = {
            "key": str(key),
            "article": article,
            "state": state,
            "note": note,
            **({"proposed_by": proposed_by} if proposed_by else {}),
            **judgement(common),
            "statements": [],
        }
    put_revisions(AccountCellRevision, by_id, scope)
    for cell, statement in _statements(list(by_id), scope):
        by_id[cell]["statements"].append(statement)
    for pk, written in by_id.items():
        yield of[pk], written


def _statements(cells: list[int], scope: Scope) -> Iterator[tuple[int, Row]]:
    rows = Statement.objects.filter(cell__among=cells).order_by("cell_id", "n")
    written = scope.annotations().filter(pk__in=rows.filter(annotation__isnull=False).order_by().values("annotation"))
    keys = dict(written.order_by().values_list("pk", "key"))
    for cell, voice, said_by, as_of, text, value, n, present, start, end, quote, annotation in rows.values_list(
        "cell_id",
        *_OF_STATEMENTS,
        "version__n",
        "cell__article__current_version__n",
        "start",
        "end",
        "quote",
        "annotation_id",
    ):
        yield (
            cell,
            {
                "voice": voice,
                "said_by": said_by,
                "as_of": as_of,
                "text": text,
                "value": in_key_order(value),
                **({"version": n} if n is not None and n != present else {}),
                **({"start": start, "end": end, "quote": quote} if start is not None else {}),
                **({"annotation": str(keys[annotation])} if annotation in keys else {}),
            },
        )


def _suggestions(ids: list[int]) -> Iterator[Row]:
    """Yield one batch of suggested stories with their ground; 3 queries."""
    articles: dict[int, list[Row]] = defaultdict(list)
    rows = SuggestedArticle.objects.filter(suggestion__in=ids).order_by()
    found = list(rows.values_list("suggestion_id", "article__external_id", "article__uuid", "is_related", "ground"))
    names = {str(uuid): external_id for _suggestion, external_id, uuid, _related, _ground in found}
    for suggestion, external_id, _uuid, is_related, ground in found:
        articles[suggestion].append({"article": external_id, "related": is_related, "ground": _ground(ground, names)})
    for pk in ids:
        articles[pk].sort(key=lambda each: each["article"])
    kept = {
        pk: {
            "type": "story_suggestion",
            "key": str(key),
            "story": str(story) if story else None,
            "state": state,
            "found_by": found_by,
            "created_at": moment(created_at),
            "decided_by": decided_by,
            "decided_at": moment(decided_at),
            "version": version,
            "articles": articles[pk],
        }
        for pk, key, story, state, found_by, created_at, decided_by, decided_at, version in (
            StorySuggestion.objects.filter(pk__in=ids).values_list(
                *("pk", "key", "story__key", "state", "found_by", "created_at", "decided_by__pseudonym"),
                *("decided_at", "version_number"),
            )
        )
    }
    yield from (kept[pk] for pk in ids)


def _ground(ground: list[Row], names: dict[str, str]) -> list[Row]:
    """Name the articles of a ground by their external ids; keys of passages are of one installation."""
    return [
        {
            "article": names[each["article"]],
            "passages": [passage["words"] for passage in each.get("passages", ())],
            "words": each.get("words", 0),
            "names": each.get("names", []),
            "days": each.get("days"),
        }
        for each in ground
        if each.get("article") in names
    ]


def n_stories(scope: Scope) -> int:
    """Count the stories and the suggested ones; at most 2 queries."""
    stories = scope.stories().count() if scope.holds(Story) else 0
    return stories + (scope.story_suggestions().count() if scope.holds(StorySuggestion) else 0)

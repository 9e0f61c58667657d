"""Where somebody is named in what people wrote: a list with links, for managers, who ask the writer or withdraw it.

Free text of others is never altered silently, not for erasing either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Model, Q, QuerySet
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import Refused
from annotations.models import (
    AccountCell,
    AccountRow,
    Annotation,
    Article,
    ArticleLabel,
    Assignment,
    Attribution,
    Claim,
    Comment,
    EvidenceItem,
    GuidelinesVersion,
    Membership,
    QuotationDecision,
    QuoteDecision,
    Relation,
    Ruling,
    Speaker,
    Statement,
    Story,
    Verdict,
)

LEAST, MOST = 3, 200
"""Characters of the shortest name that is looked for, and the most places of one kind that are listed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A text that names somebody: what it is, its words, its key, and where it is to be found."""

    kind: str
    words: str
    key: str
    article: str = ""
    claim: str = ""
    story: str = ""
    by: str = ""


def places_naming(name: str, *, by: Membership) -> list[Place]:
    """Return the texts of a project that hold a name, in any letters; one query for each kind of text.

    Raises `Forbidden`, and `Refused` for a name that is too short to be looked for.
    """
    require(by, Act.MANAGE_MEMBERS)
    wanted = " ".join(name.split())
    if len(wanted) < LEAST:
        message = _("Write at least %(least)s characters of the name.")
        raise Refused("name_too_short", message % {"least": LEAST}, field="name")
    return [place for kind in _KINDS for place in _found(kind, wanted, by.project_id)]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A table with words of people: the columns of words, and those that lead to key, place and owner."""

    name: str
    model: type[Model]
    words: tuple[str, ...]
    key: str = "key"
    article: str = ""
    claim: str = ""
    story: str = ""
    owner: str = "created_by__pseudonym"


_WHERE = ("article", "claim", "story")
_ON_TEXT = "version__article__uuid"
_KINDS = (
    _Kind("annotation", Annotation, ("note",), article=_ON_TEXT),
    _Kind("article_label", ArticleLabel, ("note",), article=_ON_TEXT),
    _Kind("relation", Relation, ("note",), article=_ON_TEXT),
    _Kind("comment", Comment, ("text",), article="thread__version__article__uuid", claim="thread__claim__key"),
    _Kind("claim", Claim, ("text", "claimant"), claim="key"),
    _Kind(
        "evidence", EvidenceItem, ("note", "title", "question", "asked_whom", "quote"), claim="evidence_set__claim__key"
    ),
    _Kind("verdict", Verdict, ("rationale", "correction_note"), claim="claim__key"),
    _Kind("ruling", Ruling, ("note",)),
    _Kind(
        "passage",
        QuoteDecision,
        ("note",),
        "link__key",
        "link__from_version__article__uuid",
        owner="decided_by__pseudonym",
    ),
    _Kind("assignment", Assignment, ("skip_note", "return_note"), "uuid", _ON_TEXT, owner="annotator__pseudonym"),
    _Kind("guidelines", GuidelinesVersion, ("text", "announcement"), "version"),
    _Kind("article", Article, ("title",), "uuid", "uuid", owner=""),
    _Kind("story", Story, ("name", "note"), story="key"),
    _Kind("account_row", AccountRow, ("text", "cues"), story="story__key"),
    _Kind("account_cell", AccountCell, ("note",), story="row__story__key"),
    _Kind(
        "statement",
        Statement,
        ("text", "said_by"),
        "cell__key",
        story="cell__row__story__key",
        owner="cell__created_by__pseudonym",
    ),
    _Kind("attribution", Attribution, ("note", "speaker_name", "voice_name"), article=_ON_TEXT),
    _Kind("speaker", Speaker, ("name", "note"), owner=""),
    _Kind(
        "quotation_place",
        QuotationDecision,
        ("note",),
        "match__key",
        "match__quotation__version__article__uuid",
        owner="decided_by__pseudonym",
    ),
)


def _found(kind: _Kind, name: str, project_id: int) -> Iterator[Place]:
    holds = Q()
    for column in kind.words:
        holds |= Q(**{f"{column}__icontains": name})
    rows: QuerySet[Any] = kind.model._base_manager.filter(holds, project=project_id).order_by("pk")
    named = {
        f"at_{part}": F(path)
        for part in ("key", *_WHERE, "by")
        if (path := kind.owner if part == "by" else getattr(kind, part))
    }
    for row in rows.values(*kind.words, **named)[:MOST]:
        words = next(row[column] for column in kind.words if name.casefold() in row[column].casefold())
        others = {part: str(row.get(f"at_{part}") or "") for part in ("key", *_WHERE, "by")}
        yield Place(kind.name, words, **others)

"""Search across claims, evidence, verdicts, sources, captures and notes, by the words and rules of search in texts.

Rows are few beside texts: the newest LOOKED_AT of a kind that one may see are read and compared word by word here, so
that both databases find the same. Articles are found by their index (`article_filters.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from annotations.access import hide_outlets, sees_all_work, visible_to
from annotations.errors import Refused
from annotations.models import (
    Annotation,
    Article,
    Capture,
    Claim,
    ClaimDesk,
    ClaimMention,
    EvidenceItem,
    Membership,
    Source,
    Verdict,
)
from annotations.workflow.desk import standing
from annotations.workflow.wording_rules import spellings_by_word

from .article_filters import NONE, ArticleFilters
from .captured import captures_holding
from .claim_filters import ClaimFilters
from .query import Node, Term, parse, wanted_terms, with_spellings
from .snippets import Snippet, holds, marked, snippets
from .source_lists import SourceFilters

ALL = "all"
KINDS = ("articles", "claims", "evidence", "verdicts", "sources", "captures", "notes")
OWN = ("what", "label", "person", "in_state")
"""What a search asks beside the filters of articles."""
SHARED = frozenset({"text", "publisher", "published_after", "published_before", "sort"})
"""Filters of articles that are asked of the other kinds too; with any other one, only articles are looked for."""
LOOKED_AT = 5_000
LONGEST_VALUE = 200
MOST_SNIPPETS = 2


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """What is looked for and where: `what` is one of KINDS or ALL; the words are `articles.text`."""

    articles: ArticleFilters = field(default_factory=ArticleFilters)
    what: str = ALL
    label: str = ""
    person: str = ""
    in_state: str = ""

    @classmethod
    def parse(cls, params: Mapping[str, Any]) -> SearchFilters:
        """Read parameters; raise `Refused` at the first that is unknown or has an unknown value."""
        own = {name: str(params.get(name) or "").strip() for name in OWN}
        for name, value in own.items():
            if len(value) > LONGEST_VALUE or "\x00" in value:
                message = _("%(name)s: write at most %(most)s characters.")
                raise Refused("filter_value", message % {"name": name, "most": LONGEST_VALUE}, field=name)
        found = cls(ArticleFilters.parse({name: value for name, value in params.items() if name not in OWN}), **own)
        found = replace(found, what=found.what or ALL)
        if found.what not in (ALL, *KINDS):
            _refuse_value("what", found.what, (ALL, *KINDS))
        if found.in_state:
            states = states_of(found.what)
            if states is not None and found.in_state not in states:
                _refuse_value("in_state", found.in_state, states)
        return found

    @classmethod
    def parse_kindly(cls, params: Mapping[str, Any], by: Membership) -> tuple[SearchFilters, list[str]]:
        """Read parameters and leave out what cannot be read or asked; return a sentence for each left out."""
        left = dict(params)
        sentences: list[str] = []
        while True:
            try:
                found = cls.parse(left)
                found.check(by)
                return found, sentences
            except Refused as refusal:
                sentences.append(refusal.message)
                left = {name: value for name, value in left.items() if name[:80] != refusal.field}

    def check(self, by: Membership) -> None:
        """Raise `Refused` where the person may not ask for it."""
        self.articles.articles(by)
        if not sees_all_work(by):
            tells = {"person": self.person, "in_state": self.in_state if self.what in ("claims", "verdicts") else ""}
            for name, value in tells.items():
                if value:
                    raise Refused("filter_not_allowed", _("You see your own work only."), field=name)

    def as_params(self) -> dict[str, str]:
        """Return the parameters as an address has them and a saved search keeps them; `what` is always there."""
        own = {name: getattr(self, name) for name in OWN if getattr(self, name)}
        return own | self.articles.as_params()

    def as_query(self, **changes: str) -> str:
        """Return them as the query part of an address, with some changed; that all is looked for only if said."""
        params = self.as_params() | changes
        kept_as_is = {"what"} if "what" in changes else set()
        written = {name: value for name, value in params.items() if value and (name in kept_as_is or value != ALL)}
        return f"?{urlencode(written)}" if written else ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds that are looked for, in their order."""
        if self.what != ALL:
            return (self.what,)
        return KINDS if not set(self.articles.as_params()) - SHARED else ("articles",)

    def found_articles(self, by: Membership) -> QuerySet[Article]:
        """Return the articles that match; label and person are those of the annotations that one may see."""
        rows = self.articles.articles(by)
        if not (self.label or self.person):
            return rows
        marked_by = visible_to(by, Annotation.objects.filter(withdrawn_at__isnull=True))
        marked_by = _by_person(marked_by, self.person)
        if self.label:
            marked_by = marked_by.filter(label__key=self.label)
        return rows.filter(Exists(marked_by.filter(version_id=OuterRef("current_version_id"))))


def states_of(what: str) -> tuple[str, ...] | None:
    """Return the states that a kind can be asked for; None where each project has its own (its verdicts)."""
    known = {"claims": ClaimDesk.State.values, "sources": Source.State.values, "evidence": EvidenceItem.Stance.values}
    return None if what == "verdicts" else tuple(known.get(what, ()))


def _refuse_value(name: str, value: str, choices: Sequence[str]) -> None:
    message = _("%(name)s: “%(value)s” is not known. Choose one of: %(all)s.")
    if not choices:
        message = _("Say first what is looked for: claims, evidence, verdicts or sources.")
    raise Refused("filter_value", message % {"name": name, "value": value[:40], "all": ", ".join(choices)}, field=name)


# Rows of each kind that one may see and asks for


def _claims(asked: SearchFilters, by: Membership) -> QuerySet[Any]:
    rows = ClaimFilters(state=asked.in_state if asked.what == "claims" else "").claims(by)
    wanted = Q()
    if asked.label:
        wanted &= Q(annotation__label__key=asked.label)
    if asked.articles.publisher:
        wanted &= _published_by("annotation__version__article__publisher", asked)
    if wanted:
        met = visible_to(by, ClaimMention.objects.filter(wanted, withdrawn_at__isnull=True))
        rows = rows.filter(Exists(met.filter(claim=OuterRef("pk"))))
    return _made(rows, asked)


def _evidence(asked: SearchFilters, by: Membership) -> QuerySet[Any]:
    rows = visible_to(by, EvidenceItem.objects.filter(withdrawn_at__isnull=True))
    rows = rows.filter(evidence_set__claim__in=_on_visible(by))
    if asked.in_state and asked.what == "evidence":
        rows = rows.filter(stance=asked.in_state)
    if asked.articles.publisher:
        found = _published_by("version__article__publisher", asked) & Q(version__isnull=False)
        if sees_all_work(by):
            found |= _published_by("source__publisher", asked) & Q(source__isnull=False)
        rows = rows.filter(found)
    return rows.none() if asked.label else _made(rows, asked)


def _verdicts(asked: SearchFilters, by: Membership) -> QuerySet[Any]:
    rows = standing(visible_to(by, Verdict.objects.filter(claim__in=_on_visible(by)))).order_by()
    if asked.in_state and asked.what == "verdicts":
        rows = rows.filter(value__key=asked.in_state)
    if asked.label or asked.articles.publisher:
        rows = rows.filter(claim__in=_claims(SearchFilters(_only_publisher(asked), label=asked.label), by).values("pk"))
    return _made(rows, asked)


def _sources(asked: SearchFilters, by: Membership) -> QuerySet[Any]:
    """Return sources; they have no date of their own, and whose they are is told to those who see everybody's work."""
    dated = asked.articles.published_after or asked.articles.published_before
    if asked.label or dated or (asked.articles.publisher and not sees_all_work(by)):
        return Source.objects.none()
    rows = SourceFilters(state=asked.in_state if asked.what == "sources" else "").sources(by)
    if asked.articles.publisher:
        rows = rows.filter(_published_by("publisher", asked))
    if asked.person:
        cited = EvidenceItem.objects.filter(created_by__pseudonym=asked.person, withdrawn_at__isnull=True)
        rows = rows.filter(Exists(cited.filter(source=OuterRef("pk"))))
    return rows


def _captures(asked: SearchFilters, by: Membership) -> QuerySet[Any]:
    """Return captures that one may see; whose page it is may be known from what others did with the source."""
    rows = visible_to(by, Capture.objects.all())
    if asked.label or (asked.articles.publisher and not sees_all_work(by)):
        return rows.none()
    if asked.articles.publisher:
        rows = rows.filter(_published_by("source__publisher", asked))
    if asked.person:
        rows = rows.filter(requested_by__pseudonym=asked.person)
    if asked.articles.published_after:
        rows = rows.filter(fetched_at__date__gte=asked.articles.published_after)
    if asked.articles.published_before:
        rows = rows.filter(fetched_at__date__lte=asked.articles.published_before)
    return rows


def _notes(asked: SearchFilters, by: Membership) -> QuerySet[Any]:
    rows = visible_to(by, Annotation.objects.filter(withdrawn_at__isnull=True)).exclude(note="")
    rows = rows.filter(version__article__current_version=F("version"), version__article__merged_into__isnull=True)
    if asked.label:
        rows = rows.filter(label__key=asked.label)
    if asked.articles.publisher:
        rows = rows.filter(_published_by("version__article__publisher", asked))
    return _made(rows, asked)


def _on_visible(by: Membership) -> QuerySet[Any]:
    return visible_to(by, Claim.objects.filter(withdrawn_at__isnull=True)).order_by().values("pk")


def _only_publisher(asked: SearchFilters) -> ArticleFilters:
    return ArticleFilters(publisher=asked.articles.publisher)


def _published_by(path: str, asked: SearchFilters) -> Q:
    publisher = asked.articles.publisher
    return Q(**{f"{path}__isnull": True}) if publisher == NONE else Q(**{f"{path}__uuid": publisher})


def _made(rows: QuerySet[Any], asked: SearchFilters) -> QuerySet[Any]:
    """Narrow judgements to a person's, and to the days on which they were made."""
    rows = _by_person(rows, asked.person)
    if asked.articles.published_after:
        rows = rows.filter(created_at__date__gte=asked.articles.published_after)
    if asked.articles.published_before:
        rows = rows.filter(created_at__date__lte=asked.articles.published_before)
    return rows.order_by("-pk")


def _by_person(rows: QuerySet[Any], person: str) -> QuerySet[Any]:
    return rows.filter(created_by__pseudonym=person) if person else rows


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind is read: the rows, the columns whose words count, what a hit shows of a row."""

    rows: Callable[[SearchFilters, Membership], QuerySet[Any]]
    columns: tuple[str, ...]
    related: tuple[str, ...]
    hit: Callable[[Any], Hit]
    others_columns: tuple[str, ...] = ()
    """Columns that others may have written of a row that several share: for those alone who see everybody's work."""


@dataclass(slots=True)
class Hit:
    """What was found, in words and where it opens; `snippets` are (name of the field, its part around the places)."""

    kind: str
    key: str
    heading: str
    claim: str = ""
    article: str = ""
    source: str = ""
    span: tuple[int, int] | None = None
    facts: tuple[str, ...] = ()
    who: str = ""
    made_at: Any = None
    title: Snippet = field(default_factory=lambda: Snippet(0, "", ()))
    snippets: list[tuple[str, Snippet]] = field(default_factory=list)

    @property
    def shown_facts(self) -> list[str]:
        """Return what is known of it, and who made it."""
        return [fact for fact in (*self.facts, self.who) if fact]


@dataclass(frozen=True, slots=True)
class FoundRows:
    """A page of what was found of one kind: how many in all, among the newest alone where `is_cut`."""

    kind: str
    hits: list[Hit]
    total: int
    next: str = ""
    is_cut: bool = False


def looked_for(asked: SearchFilters, by: Membership) -> Node:
    """Return the words that are looked for, in every spelling that the project counts as the same; 1 query."""
    return with_spellings(parse(asked.articles.text), spellings_by_word(by.project_id))


def find_rows(
    kind: str, asked: SearchFilters, by: Membership, *, after: str = "", size: int = 20, node: Node | None = None
) -> FoundRows:
    """Return a page of the rows of a kind that hold the words, the newest first; at most 5 queries.

    `after` is the key of the last one seen; one that is not found again means the first page. Raises `Refused` for what
    is asked wrongly. Whoever looks for several kinds gives what `looked_for` returned.
    """
    node = looked_for(asked, by) if node is None else node
    if kind == "captures":
        return _find_captures(asked, by, after, size, node)
    spec = _KINDS[kind]
    columns = spec.columns + (spec.others_columns if sees_all_work(by) else ())
    key = "uuid" if kind == "sources" else "key"
    found: list[tuple[int, str]] = []
    looked_at = list(spec.rows(asked, by).values_list("pk", key, *columns)[: LOOKED_AT + 1])
    for pk, name, *texts in looked_at[:LOOKED_AT]:
        if holds(node, [text for text in texts if text]):
            found.append((pk, str(name)))
    start = next((n + 1 for n, (_pk, name) in enumerate(found) if name == after), 0) if after else 0
    shown = found[start : start + size]
    has_more = len(found) > start + size
    hits = _hits(spec, [pk for pk, _name in shown], by, node, columns)
    return FoundRows(kind, hits, len(found), shown[-1][1] if has_more else "", len(looked_at) > LOOKED_AT)


def _find_captures(asked: SearchFilters, by: Membership, after: str, size: int, node: Node) -> FoundRows:
    """Return a page of captures, each with the places in its text; their spelling rules are those of other rows."""
    found, is_cut = captures_holding(node, _captures(asked, by))
    start = next((n + 1 for n, each in enumerate(found) if str(each.uuid) == after), 0) if after else 0
    shown = found[start : start + size]
    terms = list(wanted_terms(node))
    hits = [_capture_hit(each, terms) for each in shown]
    following = str(shown[-1].uuid) if len(found) > start + size else ""
    return FoundRows("captures", hits, len(found), following, is_cut)


def _capture_hit(row: Capture, terms: list[Term]) -> Hit:
    """Show a capture by what it says of itself."""
    places = snippets(row.text, terms)[:MOST_SNIPPETS]
    heading = row.name
    return Hit(
        "captures",
        str(row.uuid),
        heading,
        source=str(row.source.uuid),
        span=places[0].hits[0] if places else None,
        facts=(row.source.url,) if row.source.url != heading else (),
        who=row.requested_by.pseudonym if row.requested_by else "",
        made_at=row.fetched_at,
        title=marked(heading, terms),
        snippets=[("text", each) for each in places],
    )


def _hits(spec: _Kind, pks: list[int], by: Membership, node: Node, columns: tuple[str, ...]) -> list[Hit]:
    if not pks:
        return []
    model = spec.rows(SearchFilters(), by).model
    rows = model._base_manager.select_related(*spec.related).filter(pk__in=pks).in_bulk()
    if model is Annotation:
        hide_outlets(by, [row.version.article for row in rows.values()])
    terms = list(wanted_terms(node))
    return [_filled(spec.hit(rows[pk]), rows[pk], columns, terms, by) for pk in pks if pk in rows]


def _filled(hit: Hit, row: Any, columns: tuple[str, ...], terms: list[Term], by: Membership) -> Hit:
    if hit.kind == "sources" and not sees_all_work(by):
        hit.heading, hit.facts = row.url or row.title, ()
    hit.title = marked(hit.heading, terms)
    for column in columns:
        text = row
        for name in column.split("__"):
            text = getattr(text, name, None)
        if text and text != hit.heading:
            hit.snippets += [(column, one) for one in snippets(str(text), terms)[:1]]
    hit.snippets = hit.snippets[:MOST_SNIPPETS]
    return hit


def _claim_hit(row: Claim) -> Hit:
    return Hit("claims", str(row.key), row.text, str(row.key), facts=(row.claimant,), **_by(row))


def _evidence_hit(row: EvidenceItem) -> Hit:
    claim = row.evidence_set.claim
    where = row.title or row.url
    return Hit(
        "evidence", str(row.key), claim.text, str(claim.key), facts=(row.get_stance_display(), where), **_by(row)
    )


def _verdict_hit(row: Verdict) -> Hit:
    return Hit("verdicts", str(row.key), row.claim.text, str(row.claim.key), facts=(row.value.name,), **_by(row))


def _source_hit(row: Source) -> Hit:
    facts = (row.canonical_url, row.publisher.name if row.publisher else "")
    return Hit("sources", str(row.uuid), row.title or row.url, facts=facts if row.url else facts[1:])


def _note_hit(row: Annotation) -> Hit:
    article = row.version.article
    span = (row.start, row.end)
    return Hit(
        "notes", str(row.key), article.title, article=str(article.uuid), span=span, facts=(row.label.name,), **_by(row)
    )


def _by(row: Any) -> dict[str, Any]:
    return {"who": row.created_by.pseudonym, "made_at": row.created_at}


_KINDS = {
    "claims": _Kind(_claims, ("text", "claimant"), ("created_by",), _claim_hit),
    "evidence": _Kind(
        _evidence,
        ("quote", "note", "question", "title", "asked_whom"),
        ("created_by", "evidence_set__claim"),
        _evidence_hit,
    ),
    "verdicts": _Kind(
        _verdicts, ("rationale", "value__name", "correction_note"), ("created_by", "claim", "value"), _verdict_hit
    ),
    "sources": _Kind(
        _sources, ("url",), ("publisher",), _source_hit, others_columns=("title", "author", "publisher__name")
    ),
    "notes": _Kind(_notes, ("note",), ("created_by", "label", "version__article__publisher"), _note_hit),
}

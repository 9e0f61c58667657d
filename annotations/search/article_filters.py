"""The one filter and order of articles. Page, API, bulk acts and exports read the same parameters here.

Only the parameters named in `FIELDS` exist; none of them ever becomes an ORM keyword. What a filter
tells about judgements and assignments it asks through `visible_to`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext as _

from annotations.access import hides_outlets, sees_all_work, visible_to
from annotations.access.outlets import has_handed_in, title_alias, title_holds
from annotations.errors import Refused
from annotations.models import Annotation, Article, Assignment, Membership, Round
from annotations.workflow.suggesting import open_for
from annotations.workflow.wording_rules import spellings_by_word

from .matching import texts_matching
from .query import parse as parse_query
from .query import with_spellings

NONE = "none"
SORTS = ("-added", "added", "title", "-title", "published", "-published", "publisher", "-publisher")
STATES = ("unassigned", "open", "submitted")
MINE = (NONE, *Assignment.State.values)
LONGEST_QUERY = 200
MOST_ARTICLES = 1000


@dataclass(frozen=True, slots=True)
class ArticleFilters:
    """What is looked for. Empty means "any"; `sort` is one of SORTS."""

    q: str = ""
    text: str = ""
    publisher: str = ""
    language: str = ""
    state: str = ""
    mine: str = ""
    published_after: str = ""
    published_before: str = ""
    has_annotations: str = ""
    open_suggestions: str = ""
    articles_named: str = ""
    round: str = ""
    sort: str = SORTS[0]

    @classmethod
    def parse(cls, params: Mapping[str, Any]) -> ArticleFilters:
        """Read parameters; raise `Refused` at the first that is unknown or has an unknown value."""
        known = {name: str(value).strip() for name, value in params.items() if name in FIELDS}
        unknown = sorted(set(params) - set(FIELDS))
        if unknown:
            message = _("“%(name)s” is no filter of articles. There are: %(all)s.")
            values = {"name": unknown[0][:80], "all": ", ".join(FIELDS)}
            raise Refused("filter_unknown", message % values, field=unknown[0][:80])
        found = cls(**{name: value for name, value in known.items() if value})
        for name, read in _CHECKS.items():
            if getattr(found, name):
                read(name, getattr(found, name))
        return found

    @classmethod
    def parse_kindly(cls, params: Mapping[str, Any], by: Membership) -> tuple[ArticleFilters, list[str]]:
        """Read parameters and leave out what cannot be read, or what the person may not ask.

        Return the filter and a sentence for each that was left out.
        """
        left = dict(params)
        sentences: list[str] = []
        while True:
            try:
                found = cls.parse(left)
                found.articles(by)
                return found, sentences
            except Refused as refusal:
                sentences.append(refusal.message)
                left = {name: value for name, value in left.items() if name[:80] != refusal.field}

    def as_params(self) -> dict[str, str]:
        """Return the parameters that differ from the default, as they stand in an address or a job."""
        values = {name: getattr(self, name) for name in FIELDS}
        return {name: value for name, value in values.items() if value != _DEFAULTS[name]}

    def as_query(self, **changes: str) -> str:
        """Return them as the query part of an address, with "?" where there are any."""
        params = replace(self, **changes).as_params()
        return f"?{urlencode(params)}" if params else ""

    @property
    def narrows(self) -> bool:
        """Tell whether anything but the order is asked for."""
        return bool(set(self.as_params()) - {"sort"})

    def articles(self, by: Membership) -> QuerySet[Article]:
        """Return the articles that match, unordered and without any text; one that was merged is in no list."""
        return self._matching(by).filter(merged_into__isnull=True).order_by()

    def exported_articles(self, by: Membership) -> QuerySet[Article]:
        """Return the same with those merged ones that keep a text, and judgements, of their own."""
        emptied = Article.objects.filter(
            project_id=by.project_id,
            merged_into__isnull=False,
            current_version__text_sha256=F("merged_into__current_version__text_sha256"),
        )
        rows = self._matching(by).exclude(pk__in=emptied.values("pk")).order_by()
        # the records of an export name each other by external ids, which often are addresses: what hides is not in it
        return rows.filter(has_handed_in(by)) if hides_outlets(by) else rows

    def _matching(self, by: Membership) -> QuerySet[Article]:
        rows = Article.objects.filter(project_id=by.project_id)
        if self.q and hides_outlets(by):
            rows = rows.alias(title_shown=title_alias())
        return rows.filter(self._condition(by))

    def _condition(self, by: Membership) -> Q:
        self._refuse_hidden(by)
        condition = Q()
        for word in self.q.split()[:10]:
            named = Q(title__icontains=word) | Q(url__icontains=word) | Q(external_id__icontains=word)
            condition &= (named & Q(has_handed_in(by))) | title_holds(word) if hides_outlets(by) else named
        if self.text:
            condition &= self._words_condition(by)
        if self.publisher:
            condition &= Q(publisher__isnull=True) if self.publisher == NONE else Q(publisher__uuid=self.publisher)
        if self.language:
            condition &= Q(language="" if self.language == NONE else self.language)
        if self.published_after:
            condition &= Q(published_at__gte=datetime.combine(date.fromisoformat(self.published_after), time.min, UTC))
        if self.published_before:
            condition &= Q(published_at__lte=datetime.combine(date.fromisoformat(self.published_before), time.max, UTC))
        if self.state:
            condition &= _state_condition(self.state, by)
        if self.mine:
            condition &= _mine_condition(self.mine, by)
        if self.round:
            condition &= _round_condition(self.round, by)
        if self.articles_named:
            condition &= Q(uuid__in=self.articles_named.split(","))
        if self.has_annotations:
            mine = visible_to(by, Annotation.objects.filter(version_id=OuterRef("current_version_id")))
            there = Q(Exists(mine.filter(withdrawn_at__isnull=True)))
            condition &= there if self.has_annotations == "yes" else ~there
        if self.open_suggestions:
            there = Q(Exists(open_for(by).filter(version_id=OuterRef("current_version_id"))))
            condition &= there if self.open_suggestions == "yes" else ~there
        return condition

    def _words_condition(self, by: Membership) -> Q:
        """Match the words in texts and titles; the titles of articles that hide their outlet are not looked at."""
        query = with_spellings(parse_query(self.text), spellings_by_word(by.project_id))
        everywhere = texts_matching(query, by.project_id)
        if not hides_outlets(by):
            return everywhere
        return (everywhere & Q(has_handed_in(by))) | texts_matching(query, by.project_id, with_titles=False)

    def _refuse_hidden(self, by: Membership) -> None:
        """Refuse to sort and filter by what the project keeps from the person."""
        if not hides_outlets(by):
            return
        for name in ("publisher", "published_after", "published_before", "sort"):
            asked = getattr(self, name)
            if asked and (name != "sort" or "publish" in asked):
                message = _("This project hides publishers and dates until an article is handed in.")
                raise Refused("filter_not_allowed", message, field=name)


FIELDS = tuple(field.name for field in fields(ArticleFilters))
_DEFAULTS = {field.name: field.default for field in fields(ArticleFilters)}


def _state_condition(state: str, by: Membership) -> Q:
    """Where the work on an article stands: only for those who see everybody's work."""
    if not sees_all_work(by):
        raise Refused("filter_not_allowed", _("You may filter by your own state only."), field="state")
    given = Assignment.objects.filter(version_id=OuterRef("current_version_id"))
    if state == "unassigned":
        return ~Q(Exists(given))
    unfinished = Q(Exists(given.exclude(state__in=Assignment.HANDED_IN)))
    return unfinished if state == "open" else Q(Exists(given)) & ~unfinished


def _round_condition(uuid: str, by: Membership) -> Q:
    """Which are in a round now, or were worked on in it: by anybody for who sees everybody's work, else by oneself."""
    found = Round.objects.filter(project_id=by.project_id, uuid=uuid).first()
    if found is None:
        raise Refused("filter_value", _("There is no such round in this project."), field="round")
    worked = visible_to(by, Assignment.every.filter(round=found, version__article=OuterRef("pk")))
    return (Q(round__isnull=True) if found.takes_new else Q(round=found)) | Q(Exists(worked))


def _mine_condition(mine: str, by: Membership) -> Q:
    own = Assignment.objects.filter(version_id=OuterRef("current_version_id"), annotator=by)
    return ~Q(Exists(own)) if mine == NONE else Q(Exists(own.filter(state=mine)))


def _check_choice(name: str, value: str) -> None:
    choices = {"sort": SORTS, "state": STATES, "mine": MINE}.get(name, ("yes", "no"))
    if value not in choices:
        message = _("%(name)s: “%(value)s” is not known. Choose one of: %(all)s.")
        values = {"name": name, "value": value[:40], "all": ", ".join(choices)}
        raise Refused("filter_value", message % values, field=name)


def _check_day(name: str, value: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError:
        message = _("%(name)s: “%(value)s” is not a date. Write YYYY-MM-DD.")
        raise Refused("filter_value", message % {"name": name, "value": value[:40]}, field=name) from None


def _check_publisher(name: str, value: str) -> None:
    if value == NONE:
        return
    try:
        UUID(value)
    except ValueError:
        message = _("publisher: “%(value)s” names no publisher. Give its UUID, or “none”.")
        raise Refused("filter_value", message % {"value": value[:40]}, field=name) from None


def _check_round(name: str, value: str) -> None:
    try:
        UUID(value)
    except ValueError:
        message = _("round: “%(value)s” names no round. Give its UUID.")
        raise Refused("filter_value", message % {"value": value[:40]}, field=name) from None


def _check_articles(name: str, value: str) -> None:
    uuids = value.split(",")
    try:
        for uuid in uuids:
            UUID(uuid)
    except ValueError:
        message = _("%(name)s: “%(value)s” is no list of articles. Give their UUIDs with commas between.")
        raise Refused("filter_value", message % {"name": name, "value": value[:40]}, field=name) from None
    if len(uuids) > MOST_ARTICLES:
        message = _("%(name)s: name at most %(most)s articles.")
        raise Refused("filter_value", message % {"name": name, "most": MOST_ARTICLES}, field=name)


def _check_length(name: str, value: str) -> None:
    if len(value) > LONGEST_QUERY or "\x00" in value:
        message = _("%(name)s: write at most %(most)s characters.")
        raise Refused("filter_value", message % {"name": name, "most": LONGEST_QUERY}, field=name)


def _check_text(name: str, value: str) -> None:
    parse_query(value)


_CHECKS = {
    "q": _check_length,
    "text": _check_text,
    "publisher": _check_publisher,
    "language": _check_length,
    "state": _check_choice,
    "mine": _check_choice,
    "published_after": _check_day,
    "published_before": _check_day,
    "has_annotations": _check_choice,
    "open_suggestions": _check_choice,
    "articles_named": _check_articles,
    "round": _check_round,
    "sort": _check_choice,
}


@dataclass(frozen=True, slots=True)
class ArticleOrder:
    """An order of articles with keyset steps: after this article, before that one. Unknown values stand last."""

    sort: str

    _COLUMNS = {"added": "id", "title": "title", "published": "published_at", "publisher": "publisher__name"}

    @property
    def column(self) -> str:
        """Return the column that is sorted by."""
        return self._COLUMNS[self.sort.lstrip("-")]

    @property
    def is_descending(self) -> bool:
        """Tell whether the largest comes first."""
        return self.sort.startswith("-")

    def sorted(self, rows: QuerySet[Article], *, backwards: bool = False) -> QuerySet[Article]:
        """Put the rows in order, or in the opposite order."""
        return rows.order_by(*self._terms(backwards))

    def after(self, rows: QuerySet[Article], article: Article) -> QuerySet[Article]:
        """Return, in order, the rows that come after an article."""
        return self.sorted(rows.filter(self._beyond(article, backwards=False)))

    def before(self, rows: QuerySet[Article], article: Article) -> QuerySet[Article]:
        """Return, nearest first, the rows that come before an article."""
        return self.sorted(rows.filter(self._beyond(article, backwards=True)), backwards=True)

    def _terms(self, backwards: bool) -> list[OrderBy]:
        descending = self.is_descending != backwards
        by_id = F("pk").desc() if descending else F("pk").asc()
        if self.column == "id":
            return [by_id]
        nulls: dict[str, Any] = {"nulls_first": True} if backwards else {"nulls_last": True}
        if self.column == "title":
            nulls = {}
        column = F(self.column)
        return [column.desc(**nulls) if descending else column.asc(**nulls), by_id]

    def _beyond(self, article: Article, *, backwards: bool) -> Q:
        step = "lt" if self.is_descending != backwards else "gt"
        by_id = Q(**{f"pk__{step}": article.pk})
        if self.column == "id":
            return by_id
        value = self._value(article)
        unknown = Q(**{f"{self.column}__isnull": True})
        if value is None:
            return (unknown & by_id) | ~unknown if backwards else unknown & by_id
        beyond = Q(**{f"{self.column}__{step}": value}) | (Q(**{self.column: value}) & by_id)
        return beyond if backwards or self.column == "title" else beyond | unknown

    def _value(self, article: Article) -> Any:
        if self.column == "publisher__name":
            return article.publisher.name if article.publisher else None
        return getattr(article, self.column)


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A page of a list and what lies on either side of it."""

    articles: list[Article]
    previous: UUID | None
    next: UUID | None


def article_page(
    filters: ArticleFilters,
    by: Membership,
    *,
    rows: QuerySet[Article] | None = None,
    after: str = "",
    before: str = "",
    size: int = 50,
) -> ArticlePage:
    """Return one page by keyset; 2 queries. A place that is gone, or not in the project, means the first page.

    `rows` may bring further columns; it must come from `filters.articles(by)`.
    """
    rows = filters.articles(by) if rows is None else rows
    order = ArticleOrder(filters.sort)
    place = find_place(by, after or before)
    if place is None:
        found = list(order.sorted(rows)[: size + 1])
        return ArticlePage(found[:size], None, found[size - 1].uuid if len(found) > size else None)
    if after:
        found = list(order.after(rows, place)[: size + 1])
        first = found[0].uuid if found else None
        return ArticlePage(found[:size], first, found[size - 1].uuid if len(found) > size else None)
    nearest = list(order.before(rows, place)[: size + 1])
    found = nearest[:size][::-1]
    return ArticlePage(
        found, found[0].uuid if len(nearest) > size and found else None, found[-1].uuid if found else None
    )


def find_place(by: Membership, uuid: str) -> Article | None:
    """Find the article that a page starts after or ends before; at most one query."""
    try:
        wanted = UUID(uuid)
    except ValueError:
        return None
    rows = Article.objects.select_related("publisher").defer("metadata", "candidates")
    return rows.filter(project_id=by.project_id, uuid=wanted).first()


def neighbours(filters: ArticleFilters, by: Membership, article: Article) -> tuple[UUID | None, UUID | None]:
    """Return the articles before and after one in the list's order; 2 queries."""
    rows, order = filters.articles(by), ArticleOrder(filters.sort)
    previous = order.before(rows, article).values_list("uuid", flat=True).first()
    return previous, article_after(filters, by, article)


def article_after(filters: ArticleFilters, by: Membership, article: Article) -> UUID | None:
    """Return the article after one in the list's order, which itself need not be in the list; 1 query."""
    order = ArticleOrder(filters.sort)
    return order.after(filters.articles(by), article).values_list("uuid", flat=True).first()

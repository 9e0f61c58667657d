"""Search across a project: articles by texts and titles, and everything else that has words, with the places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from annotations.access import Act, hide_outlets, hides_outlets, sees_all_work, visible_to
from annotations.models import (
    Article,
    ClaimDesk,
    EvidenceItem,
    Label,
    Membership,
    Publisher,
    Source,
    VerdictValue,
)
from annotations.search.article_filters import ArticleFilters, article_page
from annotations.search.everywhere import ALL, KINDS, FoundRows, Hit, SearchFilters, find_rows, looked_for
from annotations.search.indexing import is_behind
from annotations.search.query import LONGEST_QUERY, parse, wanted_terms, with_spellings
from annotations.search.saved_filters import saved_searches
from annotations.search.snippets import Snippet, marked, snippets_of
from annotations.workflow.wording_rules import spellings_by_word
from workbench.statement_limit import was_too_slow

from .articles import PAGING
from .doors import page, project_page

PAGE_SIZE = 20
OF_EACH_KIND = 5
"""So many of a kind are shown where all are looked for."""
MOST_CHOICES = 200
MOST_COUNTED = 1_000
"""More are not counted: the newest are found at once, but a count goes through all articles that hold the words."""
NAMES = {
    "articles": gettext_lazy("Articles"),
    "claims": gettext_lazy("Claims"),
    "evidence": gettext_lazy("Evidence"),
    "verdicts": gettext_lazy("Verdicts"),
    "sources": gettext_lazy("Sources"),
    "captures": gettext_lazy("Captures"),
    "notes": gettext_lazy("Notes"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """An article that was found, with the places to show and its title, in which there may be some."""

    article: Article
    title: Snippet
    snippets: list[Snippet]


@dataclass(frozen=True, slots=True)
class Shown:
    """Something else that was found, and where it opens."""

    hit: Hit
    address: str


@dataclass(frozen=True, slots=True)
class Section:
    """What was found of one kind, and the address of all of it where the page shows some."""

    kind: str
    name: Any
    found: FoundRows
    rows: list[Shown]
    all_query: str


@require_safe
@project_page(Act.VIEW)
def search(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show a page of what was found; at most 30 queries. What takes too long is said, not shown as a fault."""
    params = {name: value for name, value in request.GET.items() if name not in PAGING and value}
    asked, sentences = SearchFilters.parse_kindly(params, member)
    for sentence in sentences:
        messages.warning(request, sentence)
    filters = asked.articles
    now = asked.as_params()
    saved = list(saved_searches(member))
    context: dict[str, Any] = {
        "text": request.GET.get("text", "")[:LONGEST_QUERY],
        "asked": asked,
        "filters": filters,
        "others": {name: value for name, value in filters.as_params().items() if name not in _IN_THE_FORM},
        "narrows": set(asked.as_params()) - {"text", "what"},
        "query": filters.as_query(),
        "search_query": asked.as_query(what=asked.what),
        "is_behind": is_behind(member.project_id),
        "was_asked": bool(filters.text),
        "saved": [(one, SearchFilters.parse(one.filters).as_query(), one.filters == now) for one in saved],
        "can_be_saved": bool(filters.text) and all(one.filters != now for one in saved),
        **_choices(asked, member),
    }
    if not filters.text:
        return page(request, "search.html", member, context)
    try:
        context |= _found(request, member, asked)
    except OperationalError as error:
        if not was_too_slow(error):
            raise
        message = _(
            "This took longer than %(most)s seconds and was stopped. Look for rarer words, or for more of them."
        )
        messages.error(request, message % {"most": settings.WORKBENCH_STATEMENT_SECONDS})
        return page(request, "search.html", member, context | {"was_asked": False}, status=503)
    return page(request, "search.html", member, context)


_IN_THE_FORM = ("text", "publisher", "published_after", "published_before")


def _choices(asked: SearchFilters, member: Membership) -> dict[str, Any]:
    """Return what the form offers; at most 4 queries."""
    sees_all, hides = sees_all_work(member), hides_outlets(member)
    labels = Label.objects.filter(label_set__project_id=member.project_id).order_by("name", "key")
    people = Membership.objects.filter(project_id=member.project_id).order_by("pseudonym")
    publishers = Publisher.objects.none() if hides else visible_to(member, Publisher.objects.order_by("name"))
    states: list[tuple[str, Any]] = []
    if asked.what == "evidence":
        states = [*EvidenceItem.Stance.choices]
    elif asked.what == "sources":
        states = [*Source.State.choices]
    elif asked.what == "claims" and sees_all:
        states = [*ClaimDesk.State.choices]
    elif asked.what == "verdicts" and sees_all:
        values = VerdictValue.objects.filter(scale__project_id=member.project_id).order_by("position", "pk")
        states = list(dict(values.values_list("key", "name")).items())
    return {
        "kinds": [(kind, NAMES[kind]) for kind in KINDS],
        "states": states,
        "labels": list(dict(labels.values_list("key", "name")).items())[:MOST_CHOICES],
        "people": list(people.values_list("pseudonym", flat=True)[:MOST_CHOICES]) if sees_all else [],
        "publishers": list(publishers[:MOST_CHOICES]),
        "hides_outlets": hides,
    }


def _found(request: HttpRequest, member: Membership, asked: SearchFilters) -> dict[str, Any]:
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    is_all = asked.what == ALL
    node = looked_for(asked, member)
    sections = []
    for kind in asked.kinds:
        if kind != "articles" and not (is_all and (after or before)):
            size = OF_EACH_KIND if is_all else PAGE_SIZE
            found_rows = find_rows(kind, asked, member, after="" if is_all else after, size=size, node=node)
            sections.append(_section(found_rows, asked, member))
    found: dict[str, Any] = {"sections": [each for each in sections if each.found.total], "has_articles": False}
    if "articles" in asked.kinds:
        found |= _found_articles(member, asked, after, before) | {"has_articles": True}
    else:
        [section] = sections
        following = section.found.next
        found |= {"next_query": f"{asked.as_query()}&after={following}" if following else ""}
    found["nothing"] = not (found.get("results") or found["sections"])
    return found


def _section(found: FoundRows, asked: SearchFilters, member: Membership) -> Section:
    kind = found.kind
    rows = [Shown(hit, _address(hit, member)) for hit in found.hits]
    has_more = asked.what == ALL and found.total > len(rows)
    return Section(kind, NAMES[kind], found, rows, asked.as_query(what=kind) if has_more else "")


def _address(hit: Hit, member: Membership) -> str:
    slug = member.project.slug
    if hit.article and hit.span:
        return reverse("annotations:annotate", args=[slug, hit.article]) + "#at={}-{}".format(*hit.span)
    if hit.claim:
        part = {"evidence": "#evidence", "verdicts": "#verdict"}.get(hit.kind, "")
        return reverse("annotations:claim", args=[slug, hit.claim]) + part
    if hit.source:
        place = "#at={}-{}".format(*hit.span) if hit.span else ""
        return reverse("annotations:capture", args=[slug, hit.source, hit.key]) + place
    return reverse("annotations:source", args=[slug, hit.key])


def _found_articles(member: Membership, asked: SearchFilters, after: str, before: str) -> dict[str, Any]:
    filters = asked.articles
    rows = asked.found_articles(member).select_related("publisher").defer("metadata", "candidates")
    shown = article_page(filters, member, rows=rows, after=after, before=before, size=PAGE_SIZE)
    hide_outlets(member, shown.articles)
    results = found_in(shown.articles, member, filters)
    is_all = not (after or before or shown.next)
    step = asked.as_query() + "&"
    return {
        "results": results,
        "total": len(results) if is_all else asked.found_articles(member)[: MOST_COUNTED + 1].count(),
        "most": MOST_COUNTED,
        "previous_query": f"{step}before={shown.previous}" if shown.previous else "",
        "next_query": f"{step}after={shown.next}" if shown.next else "",
    }


def found_in(articles: list[Article], member: Membership, filters: ArticleFilters) -> list[Found]:
    """Put beside each article the places that are looked for; 2 queries."""
    spelled = with_spellings(parse(filters.text), spellings_by_word(member.project_id))
    terms = list(wanted_terms(spelled))
    versions = [each.current_version_id for each in articles if each.current_version_id is not None]
    snippets = snippets_of(terms, member.project_id, versions)
    return [Found(each, marked(each.title, terms), snippets.get(each.current_version_id or 0, [])) for each in articles]

"""Search across the texts and titles of a project: the articles that hold what is looked for, each with the places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotations.access import Act, hide_outlets
from annotations.models import Article, Membership
from annotations.search.article_filters import ArticleFilters, article_page
from annotations.search.indexing import is_behind
from annotations.search.query import LONGEST_QUERY, parse, wanted_terms, with_spellings
from annotations.search.snippets import Snippet, marked, snippets_of
from annotations.workflow.wording_rules import spellings_by_word
from workbench.statement_limit import was_too_slow

from .articles import read_filters
from .doors import page, project_page

PAGE_SIZE = 20
MOST_COUNTED = 1_000
"""More are not counted: the newest are found at once, but a count goes through all articles that hold the words."""


@dataclass(frozen=True, slots=True)
class Found:
    """An article that was found, with the places to show and its title, in which there may be some."""

    article: Article
    title: Snippet
    snippets: list[Snippet]


@require_safe
@project_page(Act.VIEW)
def search(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show a page of what was found; at most 9 queries. What takes too long is said, not shown as a fault."""
    filters, sentences = read_filters(request, member)
    for sentence in sentences:
        messages.warning(request, sentence)
    context: dict[str, Any] = {
        "text": request.GET.get("text", "")[:LONGEST_QUERY],
        "filters": filters,
        "others": {name: value for name, value in filters.as_params().items() if name != "text"},
        "query": filters.as_query(),
        "is_behind": is_behind(member.project_id),
        "was_asked": bool(filters.text),
    }
    if not filters.text:
        return page(request, "search.html", member, context)
    try:
        context |= _found(request, member, filters)
    except OperationalError as error:
        if not was_too_slow(error):
            raise
        message = _(
            "This took longer than %(most)s seconds and was stopped. Look for rarer words, or for more of them."
        )
        messages.error(request, message % {"most": settings.WORKBENCH_STATEMENT_SECONDS})
        return page(request, "search.html", member, context | {"was_asked": False}, status=503)
    return page(request, "search.html", member, context)


def _found(request: HttpRequest, member: Membership, filters: ArticleFilters) -> dict[str, Any]:
    rows = filters.articles(member).select_related("publisher").defer("metadata", "candidates")
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    shown = article_page(filters, member, rows=rows, after=after, before=before, size=PAGE_SIZE)
    hide_outlets(member, shown.articles)
    results = found_in(shown.articles, member, filters)
    is_all = not (after or before or shown.next)
    step = filters.as_query() + "&"
    return {
        "results": results,
        "total": len(results) if is_all else count_found(filters, member),
        "most": MOST_COUNTED,
        "previous_query": f"{step}before={shown.previous}" if shown.previous else "",
        "next_query": f"{step}after={shown.next}" if shown.next else "",
    }


def count_found(filters: ArticleFilters, member: Membership) -> int:
    """Count what was found, up to one more than MOST_COUNTED; 1 query."""
    return filters.articles(member)[: MOST_COUNTED + 1].count()


def found_in(articles: list[Article], member: Membership, filters: ArticleFilters) -> list[Found]:
    """Put beside each article the places that are looked for; 2 queries."""
    spelled = with_spellings(parse(filters.text), spellings_by_word(member.project_id))
    terms = list(wanted_terms(spelled))
    versions = [each.current_version_id for each in articles if each.current_version_id is not None]
    snippets = snippets_of(terms, member.project_id, versions)
    return [Found(each, marked(each.title, terms), snippets.get(each.current_version_id or 0, [])) for each in articles]

"""Calling words boilerplate, or not, for all texts of a project that hold them."""

from __future__ import annotations

from annotations.access import Act, require
from annotations.access.requests import Request
from annotations.models import Article, BoilerplateRuling, Membership
from annotations.search.matching import texts_holding
from annotations.text.passages import LONGEST_PHRASE
from annotations.text.words import words
from annotations.workflow.wording_rules import rule_boilerplate


def rule(
    quote: str, is_boilerplate: bool | None, *, by: Membership, request: Request | None = None
) -> BoilerplateRuling:
    """Say of words whether they are boilerplate; the texts that hold their beginning are compared anew; 10 queries."""
    require(by, Act.MARK_ZONES_EVERYWHERE)
    return rule_boilerplate(quote, is_boilerplate, texts_that_hold(quote, by.project_id), by=by, request=request)


def texts_that_hold(quote: str, project_id: int) -> list[int]:
    """Return the ids of the current texts that hold the beginning of words; 1 query."""
    forms = [word.folded for word in words(quote[:5_000])][:LONGEST_PHRASE]
    if not forms:
        return []
    rows = Article.objects.filter(texts_holding(forms, [], project_id), project_id=project_id)
    return [pk for pk in rows.values_list("current_version_id", flat=True) if pk is not None]

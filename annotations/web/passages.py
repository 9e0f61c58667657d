"""Passages that articles share: those of an article, side by side and to be decided, and those of a project."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from annotations.access import Act, require
from annotations.errors import Forbidden, NotThere, TooMany, WorkbenchError
from annotations.jobs.starting import start_once
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import Article, Job, Membership, QuoteDecision, QuoteLink
from annotations.reuse.finding import start_finding
from annotations.reuse.grouping import MOST_LINKS, NAMED, fill, groups_in
from annotations.reuse.originals import missing_originals
from annotations.reuse.showing import Shown, SideBySide, passages_of, side_by_side, stretches_of
from annotations.workflow.passages import PassageDecision, decide_passage

from .doors import page, project_page, say
from .forms.fields import FormKeyField, put_refusal
from .once import request_of
from .problems import page_number
from .reading import find_article

PASSAGES_A_PAGE = 20
State, Direction, Ground = QuoteDecision.State, QuoteLink.Direction, QuoteLink.Ground
TURNED = {Direction.FORWARD: Direction.BACKWARD, Direction.BACKWARD: Direction.FORWARD}
#: who took it from whom, as it is said beside the two texts; “forward” is from this text to the other
DIRECTIONS = {
    Direction.UNKNOWN: gettext_lazy("not known who took it from whom"),
    Direction.FORWARD: gettext_lazy("the other took it from this article"),
    Direction.BACKWARD: gettext_lazy("this article took it from the other"),
    Direction.COMMON: gettext_lazy("both took it from elsewhere"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A shared passage on the page: what is known, its two wordings, and the form's choices and what is chosen."""

    shown: Shown
    pair: SideBySide
    relation: str
    direction: str
    ground: str
    others: list[tuple[QuoteDecision, str]]
    relations: list[tuple[str, str, bool]]
    directions: list[tuple[str, str, bool]]


class DecisionForm(forms.Form):
    """What somebody thinks of a shared passage."""

    passage = forms.UUIDField()
    base_version = forms.IntegerField(min_value=0)
    state = forms.ChoiceField(choices=State.choices)
    relation = forms.ChoiceField(choices=QuoteLink.Relation.choices, required=False)
    direction = forms.ChoiceField(choices=Direction.choices, required=False)
    note = forms.CharField(required=False, strip=True)


class FindForm(forms.Form):
    """Finding shared passages: in what is new, or in all articles again."""

    form_key = FormKeyField()
    again = forms.BooleanField(required=False, label=gettext_lazy("Compare all articles again"))


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def article_passages(request: HttpRequest, member: Membership, *, article: UUID) -> HttpResponse:
    """Show what an article shares with others, side by side; take a decision about one. At most 12 queries."""
    found = find_article(member, article, "current_version")
    if request.method == "POST":
        return _decide(request, member, found)
    shown = passages_of(found, member)
    ordered = sorted(shown, key=lambda each: each.state == State.REJECTED)
    number, last = _page(request, [str(each.link.key) for each in ordered])
    here = ordered[(number - 1) * PASSAGES_A_PAGE : number * PASSAGES_A_PAGE]
    rows = [_row(each, pair, found) for each, pair in zip(here, side_by_side(here), strict=True)]
    standing = [each for each in shown if each.state != State.REJECTED]
    context = {
        "article": found,
        "kept": [row for row in rows if row.shown.state != State.REJECTED],
        "rejected": [row for row in rows if row.shown.state == State.REJECTED],
        "missing": missing_originals([stretches_of(shown)], member)[0],
        "total": len(shown),
        "n_articles": len({each.article.pk for each in standing if each.article}),
        "n_sources": len({each.capture.source_id for each in standing if each.capture}),
        **_steps(number, last),
    }
    return page(request, "article_passages.html", member, context)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def passages(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the passages that stand in most articles; start finding them and go to the job. At most 12 queries."""
    form = FindForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(member, Act.ADD_ARTICLES)
        if form.is_valid():
            start = partial(start_finding, member, again=form.cleaned_data["again"])
            try:
                job = start_once(member, request_of(request), start)
                return redirect("annotations:job", member.project.slug, job.uuid)
            except (Forbidden, TooMany):
                raise
            except WorkbenchError as refusal:
                put_refusal(form, refusal)
    groups, is_cut = groups_in(member)
    last = max(1, -(-len(groups) // PASSAGES_A_PAGE))
    number = min(page_number(request), last)
    shown = groups[(number - 1) * PASSAGES_A_PAGE : number * PASSAGES_A_PAGE]
    fill(shown, member)
    context = {
        "form": form,
        "groups": shown,
        "total": len(groups),
        "most": MOST_LINKS if is_cut else None,
        "named": f":{NAMED}",
        "latest": Job.objects.filter(project_id=member.project_id, kind=Job.Kind.REUSE).order_by("-pk").first(),
        "worker_is_alive": a_worker_is_alive(),
        **_steps(number, last),
    }
    return page(request, "passages.html", member, context, status=422 if form.errors else 200)


def _decide(request: HttpRequest, member: Membership, article: Article) -> HttpResponse:
    """Take the decision and go back to the passage; a refusal is said there."""
    form = DecisionForm(request.POST)
    address = reverse("annotations:article_passages", args=[member.project.slug, article.uuid])
    require(member, Act.ANNOTATE)
    if not form.is_valid():
        raise NotThere("passage_not_found", _("There is no such shared passage, or you may not see it."))
    sent: dict[str, Any] = form.cleaned_data
    key = sent.pop("passage")
    try:
        decide_passage(key, PassageDecision(**sent), by=member)
    except (Forbidden, NotThere, TooMany):
        raise
    except WorkbenchError as refusal:
        say(request, refusal)
    return redirect(f"{address}?passage={key}#p-{key}")


def _row(shown: Shown, pair: SideBySide, article: Article) -> Row:
    direction = _seen(shown.direction, shown)
    relations = [(value, str(name), value == shown.relation) for value, name in QuoteLink.Relation.choices]
    # what is sent is as it is stored, seen from the first text of the two
    directions = [(_seen(value, shown), str(name), value == direction) for value, name in DIRECTIONS.items()]
    others = [
        (each, str(DIRECTIONS[Direction(_seen(each.direction, shown))]) if each.direction else "")
        for each in shown.others
    ]
    return Row(
        shown,
        pair,
        str(QuoteLink.Relation(shown.relation).label),
        str(DIRECTIONS[Direction(direction)]),
        _ground(shown, article),
        others,
        relations,
        directions,
    )


def _seen(direction: str, shown: Shown) -> str:
    """Turn a direction round where this text is the second of the two."""
    return direction if shown.is_source else TURNED.get(Direction(direction), direction)


def _ground(shown: Shown, article: Article) -> str:
    """Say what the direction rests on; the words name whom or what they mean."""
    if shown.direction == Direction.UNKNOWN:
        return ""
    if shown.direction != shown.link.direction or shown.link.ground == Ground.PERSON:
        return _("a person said so")
    source = article if _seen(shown.direction, shown) == Direction.FORWARD else shown.article
    if source is not None:
        title, publisher = source.title, source.publisher.name if source.publisher else source.title
    else:
        assert shown.capture is not None
        title = shown.capture.name
        publisher = shown.capture.publisher_name or title
    if shown.link.ground == Ground.CITATION:
        return _("the excerpt names %(publisher)s") % {"publisher": f"\u2068{publisher}\u2069"}
    if shown.link.ground == Ground.LINK:
        return _("it links to “%(title)s”") % {"title": f"\u2068{title}\u2069"}
    return str(Ground(shown.link.ground).label)


def _page(request: HttpRequest, keys: list[str]) -> tuple[int, int]:
    """Return the page that is asked for, by its number or by a passage on it, and how many there are."""
    last = max(1, -(-len(keys) // PASSAGES_A_PAGE))
    wanted = request.GET.get("passage", "")
    if wanted in keys:
        return keys.index(wanted) // PASSAGES_A_PAGE + 1, last
    return min(page_number(request), last), last


def _steps(number: int, last: int) -> dict[str, int | None]:
    return {
        "number": number,
        "last": last,
        "previous": number - 1 if number > 1 else None,
        "next": number + 1 if number < last else None,
    }

"""The article: the page where it is annotated, the plain view with marks, and the history of one annotation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from annotations.access import Act, allows, has_role_for, hide_outlets, visible_to
from annotations.access.outlets import links_shown, zones_shown
from annotations.api.live import now_for, states_on
from annotations.api.representations import assignment_json, claim_json, dated, round_of, work_of
from annotations.errors import NotThere
from annotations.models import (
    Annotation,
    Article,
    ArticleVersion,
    Assignment,
    ClaimMention,
    EvidenceItem,
    Label,
    Membership,
    Region,
)
from annotations.removing.withholding import withholding_of
from annotations.search.article_filters import NONE, ArticleFilters, article_after, neighbours
from annotations.text.blocks import Block, blocks, sections
from annotations.workflow.claiming import claim_rows
from annotations.workflow.labels import retired_labels
from annotations.workflow.placing import count_waiting
from annotations.workflow.projects import current_label_set, current_labels, guidelines_on, labels_on
from annotations.workflow.queueing import own_open, take_next, takes_from_queue
from annotations.workflow.suggesting import suggestions_on
from annotations.workflow.zoning import zones_on
from workbench.headers import enforce_trusted_types

from .doors import page, project_page
from .label_styles import stylesheet
from .marking import Heads, Marked, heads_of_blocks, marked_blocks, zones_of_blocks
from .words import words_url

USUAL_GAP = "\n\n"
NIL = UUID(int=0)
WRITABLE = (Assignment.State.OPEN, Assignment.State.RETURNED, Assignment.State.LAPSED)
MOST_AT_ONCE = 500
"""So many annotations come with the page; those further down are fetched while the person reads."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A block with its text."""

    n: int
    text: str
    heads: Heads


@enforce_trusted_types
@require_safe
@project_page(Act.VIEW)
def annotate(request: HttpRequest, member: Membership, *, article: UUID) -> HttpResponse:
    """Show an article to be read and annotated; at most 20 queries, whatever its length."""
    found = find_article(member, article, "current_version", "merged_into", "round")
    if found.merged_into is not None:
        return HttpResponseRedirect(article_address(member, found.merged_into.uuid))
    version = version_of(found)
    if version.withheld_at is not None:
        return _withheld_page(request, member, found)
    filters, _sentences = ArticleFilters.parse_kindly(request.GET.dict(), member)
    parts, zones = blocks(version.text), list(zones_shown(found, zones_on(version)))
    unplaced, unplaced_zones = count_waiting(found, by=member)
    data = _page_data(member, found, version, parts, filters, zones) | {"waiting": unplaced + unplaced_zones}
    context = {
        "article": found,
        "sections": sections(_paragraphs(version.text, parts, zones)),
        "data": data,
        "script_data": _for_script(data),
        "hands_in": _hands_in(data),
        "guidelines": guidelines_on(found, member.project),
        "unplaced": unplaced,
        "unplaced_zones": unplaced_zones,
        "labels_css_url": labels_css_url(member),
        "words_url": words_url(),
    }
    return page(request, "annotate.html", member, context)


@require_safe
@project_page(Act.VIEW)
def marks(request: HttpRequest, member: Membership, *, article: UUID) -> HttpResponse:
    """Show an article with its spans as marks in the markup: for reading, printing, and browsers without scripts."""
    found = find_article(member, article, "current_version")
    version = version_of(found)
    if version.withheld_at is not None:
        return _withheld_page(request, member, found)
    rows = visible_to(member, Annotation.objects.filter(version=version, withdrawn_at__isnull=True))
    annotations = list(rows.select_related("label", "created_by").order_by("start", "-end", "pk"))
    spans = [
        Marked(row.start, row.end, row.label.key, row.label.name, number)
        for number, row in enumerate(annotations, start=1)
    ]
    sources = _sources_by_annotation(version, member)
    parts, zones = blocks(version.text), zones_shown(found, zones_on(version))
    context = {
        "article": found,
        "version": version,
        "paragraphs": zip(
            zones_of_blocks(version.text, parts, zones), marked_blocks(version.text, parts, spans), strict=True
        ),
        "annotations": [
            (span, row, sources.get(str(row.key), [])) for span, row in zip(spans, annotations, strict=True)
        ],
        "labels_css_url": labels_css_url(member),
        "query": request.GET.urlencode(),
    }
    return page(request, "marks.html", member, context)


@require_safe
@project_page(Act.VIEW)
def annotation_history(request: HttpRequest, member: Membership, *, key: UUID) -> HttpResponse:
    """Show every state an annotation had, the present one first."""
    rows = visible_to(member, Annotation.every.all()).select_related(
        "label", "created_by", "version__article__publisher"
    )
    annotation = rows.defer("version__text").filter(key=key).first()
    if annotation is None:
        raise NotThere("annotation_not_found", _("There is no such annotation, or you may not see it."))
    hide_outlets(member, [annotation.version.article])
    revisions = annotation.revisions.select_related("label", "replaced_by").order_by("-version_number")
    context = {
        "annotation": annotation,
        "article": annotation.version.article,
        "revisions": revisions,
        "labels_css_url": labels_css_url(member),
    }
    return page(request, "annotation_history.html", member, context)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def next_article(request: HttpRequest, member: Membership) -> HttpResponseBase:
    """Go to the first article that is open for oneself; a form gets one from the queue where none is."""
    found = take_next(by=member) if request.method == "POST" else own_open(member).first()
    if found is None:
        messages.info(request, _("Nothing is open for you here. You can open any article of the list."))
        return HttpResponseRedirect(reverse("annotations:articles", args=[member.project.slug]))
    return HttpResponseRedirect(article_address(member, found.version.article.uuid))


@require_safe
@project_page(Act.VIEW)
def label_css(request: HttpRequest, member: Membership) -> HttpResponse:
    """Send the colours of all labels, retired ones too; under an address with its version they never change."""
    labels = current_labels(member.project)
    former = [each.label for each in retired_labels(member.project, labels, {})]
    response = HttpResponse(stylesheet([*labels, *former]), content_type="text/css; charset=utf-8")
    if request.GET.get("v") == str(label_set_version(member)):
        response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def _withheld_page(request: HttpRequest, member: Membership, article: Article) -> HttpResponse:
    """Show what is kept of an article whose text is withheld: what is known of it, and the places of judgements."""
    version = article.current_version
    rows = visible_to(member, Annotation.objects.filter(version=version, withdrawn_at__isnull=True))
    tells = has_role_for(member, Act.WITHHOLD)
    context = {
        "article": article,
        "version": version,
        "sha256": bytes(version.text_sha256).hex() if version else "",
        "annotations": rows.select_related("label", "created_by").order_by("start", "end", "pk")[:MOST_AT_ONCE],
        "count": rows.count(),
        "withholding": withholding_of(article) if tells else None,
        "labels_css_url": labels_css_url(member),
    }
    return page(request, "withheld.html", member, context)


def find_article(member: Membership, uuid: UUID, *related: str) -> Article:
    """Find an article of the project with its publisher and what else is named, or raise `NotThere`; 1 query."""
    rows = Article.objects.select_related("publisher", *related).filter(project_id=member.project_id)
    found = rows.filter(uuid=uuid).first()
    if found is None:
        raise NotThere("article_not_found", _("There is no such article in this project."))
    hide_outlets(member, [found])
    return found


def version_of(article: Article) -> ArticleVersion:
    """Return the present text of an article, or raise `NotThere`; 1 query unless it is loaded."""
    if article.current_version is None:
        raise NotThere("version_not_found", _("This article has no text yet."))
    return article.current_version


def article_address(member: Membership, uuid: UUID, query: str = "") -> str:
    """Return where an article is annotated."""
    return reverse("annotations:annotate", args=[member.project.slug, uuid]) + query


def labels_css_url(member: Membership) -> str:
    """Return the address of the stylesheet of the labels in force; 1 query."""
    address = reverse("annotations:label_css", args=[member.project.slug])
    return f"{address}?v={label_set_version(member)}"


def label_set_version(member: Membership) -> int:
    """Return the number of the label set in force, which stands in the address of its stylesheet; 1 query."""
    current = current_label_set(member.project)
    return current.version if current else 0


def _sources_by_annotation(version: ArticleVersion, member: Membership) -> dict[str, list[dict[str, Any]]]:
    """Return the evidence that stands for each annotation's claims, as far as the person may see; 4 queries."""
    found: dict[str, list[dict[str, Any]]] = {}
    mentions = visible_to(member, ClaimMention.objects.filter(annotation__version=version))
    rows = claim_rows(member).filter(pk__in=mentions.values("claim_id"), withdrawn_at__isnull=True)
    for row in rows.order_by("created_at", "key"):
        claim = claim_json(row, member)
        standing = [item for item in claim["evidence"] if not item["withdrawn_at"]]
        for item in standing:
            item["stance_name"] = EvidenceItem.Stance(item["stance"]).label
        for mention in claim["mentions"]:
            if not mention["withdrawn_at"]:
                found.setdefault(mention["annotation"], []).extend(standing)
    return found


def _page_data(
    member: Membership,
    article: Article,
    version: ArticleVersion,
    parts: list[Block],
    filters: ArticleFilters,
    zones: list[Region],
) -> dict[str, Any]:
    """Return what the script of the page needs, in the shapes of the API; offsets are code points."""
    own = Assignment.objects.filter(version=version, annotator=member).first()
    return {
        "project": {"slug": member.project.slug, "name": member.project.name},
        "article": {
            "uuid": str(article.uuid),
            "title": article.title,
            "publisher": article.publisher.name if article.publisher else None,
            "published_at": dated(article.published_at, article.published_precision),
            "url": article.url,
            "outlet_hidden": article.outlet_hidden,
            "language": article.language,
            "direction": article.direction,
        },
        "version": {
            "uuid": str(version.uuid),
            "text_sha256": bytes(version.text_sha256).hex(),
            "length": version.length,
        },
        "lead": version.text[: parts[0].start] if parts else version.text,
        "gaps": _unusual_gaps(version.text, parts),
        "me": {
            "user_uuid": str(member.user.uuid) if member.user else "",
            "pseudonym": member.pseudonym,
            "role": member.role,
            "can_annotate": allows(member, Act.ANNOTATE),
            "marks_zones": allows(member, Act.MARK_ZONES),
            "marks_everywhere": allows(member, Act.MARK_ZONES_EVERYWHERE),
            "keys": member.user.shortcuts if member.user else {},
        },
        "suggestions": suggestions_on(version, member).count(),
        **_labels(member, article),
        "live_since": now_for(member),
        "has_streams": connection.vendor == "postgresql",
        **work_of(version, member, most=MOST_AT_ONCE, brief=True),
        "regions": [_zone_json(zone) for zone in zones],
        "links": [
            {"start": link.start, "end": link.end, "url": link.url}
            for link in links_shown(article, version.links.all())
        ],
        "assignment": assignment_json(own),
        "round": round_of(article),
        "states": states_on(version, member),
        "urls": _addresses(member, article, filters, own),
    }


def _for_script(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data without what only the markup shows: a page travels each time that it is opened."""
    article, urls = data["article"], data["urls"]
    return data | {
        "project": {"slug": data["project"]["slug"]},
        "article": {name: article[name] for name in ("uuid", "title", "publisher", "language")},
        "urls": {name: urls[name] for name in ("api", "list", "after_submit", "queue", "history", "job")},
        "labels": [
            {name: value for name, value in label.items() if value is not None and name not in ("color", "description")}
            for label in data["labels"]
        ],
    }


def _hands_in(data: dict[str, Any]) -> bool:
    """Tell whether the page offers to hand the article in, as its script does (`Desk.mayHandIn`)."""
    me, own = data["me"], data["assignment"]
    if not me["can_annotate"] or (own and own["state"] not in WRITABLE):
        return False
    return bool(own) or me["role"] == "annotator" or any(item.get("is_mine") for item in data["annotations"])


def _zone_json(zone: Region) -> dict[str, Any]:
    """Return what the page shows of a zone and needs to change it, in the shape of the API."""
    return {
        "key": str(zone.uuid),
        "version": zone.version_number,
        "kind": zone.kind,
        "start": zone.start,
        "end": zone.end,
        "publisher": zone.publisher.name if zone.publisher else None,
        "url": zone.url,
    }


def _labels(member: Membership, article: Article) -> dict[str, Any]:
    """Return the labels that hold on an article by what they can be put on; at most 2 queries."""
    labels = labels_on(article, member.project)
    places = {"labels": "span", "labels_of_articles": "article", "labels_of_relations": "relation"}
    return {
        name: [
            _label_json(label, depth) for label, depth in as_tree([each for each in labels if each.applies_to == at])
        ]
        for name, at in places.items()
    }


def as_tree(labels: list[Label]) -> Iterator[tuple[Label, int]]:
    """Yield labels, each followed by those that stand below it, with how many stand above it among these."""
    below: dict[int | None, list[Label]] = {}
    known = {label.pk for label in labels}
    for label in labels:
        below.setdefault(label.parent_id if label.parent_id in known else None, []).append(label)
    waiting = [(label, 0) for label in reversed(below.get(None, []))]
    while waiting:
        label, depth = waiting.pop()
        yield label, depth
        waiting += [(child, depth + 1) for child in reversed(below.pop(label.pk, []))]
    below.pop(None, None)
    yield from ((label, 0) for ring in below.values() for label in ring)  # labels that stand below each other in a ring


def _label_json(label: Label, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "key": label.key,
        "name": label.name,
        "color": label.color,
        "shortcut": label.shortcut or None,
        "description": label.description,
        "parent": label.parent.key if label.parent else None,
    }
    if depth and label.parent:
        made |= {"depth": depth, "parent_name": label.parent.name}
    if label.attributes:
        made["attributes"] = label.attributes
    return made


def _addresses(
    member: Membership, article: Article, filters: ArticleFilters, own: Assignment | None
) -> dict[str, str | None]:
    slug, query = member.project.slug, filters.as_query()
    before, after = neighbours(filters, member, article)
    to_do = _next_to_do(member, article, filters, own) if allows(member, Act.ANNOTATE) else None
    queue = reverse("annotations:next_article", args=[slug]) if takes_from_queue(member) and not to_do else None
    return {
        "api": f"/api/v1/projects/{slug}/",
        "list": reverse("annotations:articles", args=[slug]) + query,
        "previous": article_address(member, before, query) if before else None,
        "next": article_address(member, after, query) if after else None,
        "after_submit": article_address(member, to_do, query) if to_do else queue,
        "queue": queue,
        "guidelines": reverse("annotations:guidelines", args=[slug]),
        "history": reverse("annotations:annotation_history", args=[slug, NIL]).replace(str(NIL), "KEY"),
        "job": reverse("annotations:job", args=[slug, NIL]).replace(str(NIL), "KEY"),
        "marks": reverse("annotations:marks", args=[slug, article.uuid]) + query,
    }


def _next_to_do(member: Membership, article: Article, filters: ArticleFilters, own: Assignment | None) -> UUID | None:
    """Return the article to go on with once this one is submitted, or None; at most 3 queries.

    Open ones further down the list come first, then any open one, then the queue, which is asked when it comes to it.
    Where there is no queue, who chose the article freely goes on with one that nobody gave them either.
    """
    following = article_after(replace(filters, mine=Assignment.State.OPEN), member, article)
    if following:
        return following
    others = own_open(member).exclude(version__article=article)
    given = others.values_list("version__article__uuid", flat=True).first()
    if takes_from_queue(member):
        return given
    return given if given or own else article_after(replace(filters, mine=NONE), member, article)


def _unusual_gaps(text: str, parts: list[Block]) -> dict[str, str]:
    """Return the text after each block that is not one empty line; blocks and gaps are the whole text."""
    ends = [*(block.start for block in parts[1:]), len(text)]
    gaps = {str(block.n): text[block.end : end] for block, end in zip(parts, ends, strict=True)}
    return {n: gap for n, gap in gaps.items() if gap != USUAL_GAP}


def _paragraphs(text: str, parts: list[Block], zones: list[Region]) -> list[Paragraph]:
    found = heads_of_blocks(text, parts, zones)
    return [Paragraph(block.n, text[block.start : block.end], heads) for block, heads in zip(parts, found, strict=True)]

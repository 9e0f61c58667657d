"""Reviews: the articles that wait, by how much people differ, and the screen on which one is settled.

Every act works as a plain form; the page's script sends the same acts through the API, and keys press its buttons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import reduce
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from annotations.access import Act, allows, require
from annotations.errors import Forbidden, Refused, WorkbenchError
from annotations.models import Article, Assignment, Label, Membership, Ruling
from annotations.text.blocks import blocks
from annotations.text.spans import BadSpan, Span
from annotations.text.units import SPAN
from annotations.workflow.adjudicating import (
    GoldSpan,
    NewRuling,
    finish,
    reopen_adjudication,
    settle,
    take_over,
    undo_take_over,
    withdraw_ruling,
)
from annotations.workflow.gold_claims import GoldClaim
from annotations.workflow.gold_labels import GoldLabel
from annotations.workflow.projects import labels_on
from annotations.workflow.returning import LONGEST_NOTE, return_work
from annotations.workflow.reviewing import (
    CLAIM,
    EVIDENCE,
    Review,
    note_opened,
    review_of,
    text_to_review,
)
from annotations.workflow.waiting import articles_of, waiting
from workbench.headers import enforce_trusted_types

from .doors import page, project_page, say
from .marking import Marked, Piece, marked_blocks
from .once import request_of
from .problems import page_number
from .reading import find_article, labels_css_url
from .review_cards import Card, card_of

ROWS_A_PAGE = 50
SPOT = "spot"
"""What stands for a lane where a claim is, that has no line of its own."""
LANES = 4
"""So many annotators have a line of their own under the words; those after them share the last one."""
STATES = {
    "new": gettext_lazy("not begun"),
    "open": gettext_lazy("under review"),
    "finished": gettext_lazy("adjudicated"),
}
WORDS = {
    "n-of": gettext_lazy("{n} of {all}"),
    "settled-of": gettext_lazy("{n} of {all} settled"),
    "saving": gettext_lazy("Saving…"),
    "saved": gettext_lazy("Saved"),
    "not-saved": gettext_lazy("This was not saved: {why}"),
    "load-again": gettext_lazy("Load the page again to go on."),
    "no-answer": gettext_lazy("the server does not answer"),
    "undone": gettext_lazy("Taken back"),
    "nothing-to-undo": gettext_lazy("There is nothing to take back."),
    "all-settled": gettext_lazy("Everything is settled. Press F to finish."),
    "take-back": gettext_lazy("Take back {n} taken over"),
    "settled": gettext_lazy("settled"),
    "open": gettext_lazy("open"),
}


@require_safe
@project_page(Act.SEE_REVIEWS)
def review_list(request: HttpRequest, member: Membership) -> HttpResponse:
    """List what two or more people handed in, the articles first on which they differ most; at most 10 queries."""
    with_finished = request.GET.get("finished") == "1"
    queue = waiting(member.project, with_finished=with_finished)
    total = len(queue)
    last = max(1, -(-total // ROWS_A_PAGE))
    number = min(page_number(request), last)
    shown = queue.between((number - 1) * ROWS_A_PAGE, number * ROWS_A_PAGE)
    articles = articles_of(shown)
    context = {
        "rows": [
            (row, articles[row.version_id], STATES[row.state], round(100 * row.share))
            for row in shown
            if row.version_id in articles
        ],
        "total": total,
        "uncounted": queue.n_uncounted,
        "with_finished": with_finished,
        "number": number,
        "last": last,
        "previous": number - 1 if number > 1 else None,
        "next": number + 1 if number < last else None,
    }
    return page(request, "reviews.html", member, context)


@enforce_trusted_types
@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.SEE_REVIEWS)
def review(request: HttpRequest, member: Membership, *, article: UUID) -> HttpResponseBase:
    """Show one article with what its annotators marked, and settle it; about 20 queries, whatever its length."""
    found = find_article(member, article, "current_version", "merged_into")
    version = text_to_review(found)
    if request.method == "POST":
        return _act(request, member, found)
    if request.method == "GET":
        note_opened(version, by=member)
    read = review_of(version)
    every_label = labels_on(found, member.project)
    labels = [label for label in every_label if label.applies_to == Label.AppliesTo.SPAN]
    cards = [card_of(n, read, state, every_label) for n, state in enumerate(read.differing, start=1)]
    handed_in = Assignment.objects.filter(version=version, state__in=Assignment.HANDED_IN)
    is_own = any(person.pk == member.pk for person in read.people)
    may_settle = allows(member, Act.ADJUDICATE) and not is_own
    counted = read.counted()
    context = {
        "article": found,
        "version": version,
        "review": read,
        "cards": cards,
        "counted": counted,
        "to_take_over": counted["agreed"] - counted["taken_over"],
        "baseless": len(read.baseless),
        "is_settled": counted["settled"] == counted["differing"] and counted["taken_over"] == counted["agreed"],
        "is_own": is_own,
        "may_settle": may_settle,
        "can_settle": may_settle and not read.is_finished and bool(read.people),
        "paragraphs": _paragraphs(read, cards, labels),
        "people": [(n, min(n, LANES), person) for n, person in enumerate(read.people, start=1)],
        "assignments": handed_in.exclude(annotator=member).select_related("annotator").order_by("annotator__pseudonym"),
        "labels": labels,
        "categories": [choice for choice in Ruling.ErrorCategory.choices if choice[0]],
        "longest_note": LONGEST_NOTE,
        "form_key": uuid4(),
        "labels_css_url": labels_css_url(member),
        "data": {
            "api": reverse("api:project", args=[member.project.slug]),
            "article": str(found.uuid),
            "pending": read.pending,
            "words": {name: str(word) for name, word in WORDS.items()},
        },
    }
    return page(request, "review.html", member, context)


# What is drawn


def _paragraphs(read: Review, cards: Sequence[Card], labels: Sequence[Label]) -> Iterator[tuple[int, SafeString]]:
    """Yield where each paragraph starts, and its words with a line under them for each annotator who marked them."""
    text = read.version.text
    lanes = {person.pk: min(n, LANES) for n, person in enumerate(read.people, start=1)}
    numbers = {card.state.unit.name: card.n for card in cards}
    looks: list[tuple[str, int]] = []
    spans = []
    for state in read.units:
        unit, number = state.unit, numbers.get(state.unit.name, 0)
        if unit.kind in (CLAIM, EVIDENCE) and number:
            spans.append(Marked(unit.start, unit.end, "", "", len(looks)))
            looks.append((SPOT, number))
        for span in unit.spans[: 1 if unit.is_agreed else None] if unit.kind == SPAN else ():
            lane = "agreed" if unit.is_agreed else f"lane-{lanes[span.person]}"
            row = read.rows[span.key]
            spans.append(Marked(span.start, span.end, span.label, row.label.name, len(looks)))  # type: ignore[union-attr]
            looks.append((lane, number))
    parts = blocks(text)
    for block, pieces in zip(parts, marked_blocks(text, parts, spans), strict=True):
        yield block.start, format_html_join("", "{}", ((_drawn(piece, looks),) for piece in pieces))


def _drawn(piece: Piece, looks: list[tuple[str, int]]) -> SafeString:
    """Draw a run of text within an element for each span over it, so that each draws its own line."""
    if not piece.spans:
        return format_html("{}", piece.text)
    return reduce(lambda inner, span: _around(inner, span, *looks[span.number]), reversed(piece.spans), piece.text)  # type: ignore[return-value]


def _around(inner: str | SafeString, span: Marked, lane: str, number: int) -> SafeString:
    if lane == SPOT:
        return format_html('<span data-spot="{}">{}</span>', number, inner)
    unit = format_html(' data-unit="{}"', number) if number else ""
    return format_html(
        '<span class="seen {} label-{}" title="{}"{}>{}</span>', lane, span.label, span.name, unit, inner
    )


# What is done


def _act(request: HttpRequest, member: Membership, article: Article) -> HttpResponse:
    """Carry out what a form of the page asks for, and go back to the page."""
    require(member, Act.ADJUDICATE)
    once, act, anchor = request_of(request), request.POST.get("act", ""), ""
    try:
        match act:
            case "take_over":
                take_over(article, by=member, request=once)
            case "undo_take_over":
                undo_take_over(article, by=member, request=once)
            case "finish":
                finish(article, by=member, request=once)
                messages.success(request, _("This article is adjudicated."))
            case "reopen":
                reopen_adjudication(article, by=member, request=once)
            case "return":
                returned = return_work(
                    _uuid(request, "assignment"), request.POST.get("note", ""), by=member, request=once
                )
                messages.success(
                    request, _("The article is %(name)s’s again.") % {"name": returned.annotator.pseudonym}
                )
            case "undo":
                base_version = int(request.POST.get("base_version", "1").strip()[:9] or 1)
                withdraw_ruling(_uuid(request, "ruling_key"), by=member, base_version=base_version, request=once)
            case "":
                # what is edited without the script goes on to the next that is open
                anchor = "" if _goes_on(request) else f"#unit-{_number(request, 'n')}"
                settle(article, _ruling_of(request, once.key if once else uuid4()), by=member, request=once)
            case _:
                raise Refused("act_unknown", _("This page cannot do that."))
    except Forbidden:
        raise
    except (WorkbenchError, ValueError) as error:
        refusal = error if isinstance(error, WorkbenchError) else Refused("invalid", _("The form is not complete."))
        say(request, refusal)
    return redirect(reverse("annotations:review", args=[member.project.slug, article.uuid]) + anchor)


def _goes_on(request: HttpRequest) -> bool:
    return any(name in request.POST for name in ("gold_label", "gold_stance", "claim_text"))


def _ruling_of(request: HttpRequest, key: UUID) -> NewRuling:
    """Read a ruling from its form; raise `ValueError` for what nobody can send who uses the page."""
    sent = request.POST
    outcome, _colon, person = sent.get("ruling", "").partition(":")
    span = given = claim = None
    is_edited = outcome == Ruling.Outcome.EDITED
    if "claim_text" in sent:
        day = sent.get("claim_date", "").strip()
        said = (sent["claim_text"].strip(), sent.get("claimant", "").strip(), _day(day), sent.get("stance", ""))
        claim = GoldClaim(*said) if is_edited else None
    elif "gold_stance" in sent:
        pass
    elif "gold_label" in sent:
        given = GoldLabel(sent["gold_label"], _attributes(request)) if is_edited else None
    elif outcome in (Ruling.Outcome.EDITED, Ruling.Outcome.MERGED):
        names = ("start", "end") if outcome == Ruling.Outcome.EDITED else ("merged_start", "merged_end")
        try:
            place = Span(*(_number(request, name) for name in names))
        except BadSpan as error:
            raise Refused("span_empty", str(error), field="end") from None
        span = GoldSpan(place, sent.get("label", ""))
    return NewRuling(
        key=key,
        unit=sent.get("unit", ""),
        outcome=outcome,
        person=UUID(person) if person else None,
        span=span,
        given=given,
        claim=claim,
        stance=sent.get("gold_stance", "") if is_edited else "",
        error_category=sent.get("error_category", ""),
        guideline_unclear=bool(sent.get("guideline_unclear")),
        note=sent.get("note", ""),
        replaces=UUID(sent["replaces"]) if sent.get("replaces") else None,
    )


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        message = _("“%(value)s” is not a date. Write YYYY-MM-DD.")
        raise Refused("date_invalid", message % {"value": written[:40]}, field="claim_date") from None


def _attributes(request: HttpRequest) -> dict[str, Any] | None:
    """Read the attributes that a form holds; None where another label was taken than the one they are of."""
    sent = request.POST
    if sent.get("gold_label") != sent.get("label_before"):
        return None
    found: dict[str, Any] = {}
    for name in sent:
        kind, _colon, key = name.removeprefix("attribute-").partition(":")
        if not name.startswith("attribute-") or not any(sent.getlist(name)):
            continue
        value = sent[name].strip()
        match kind:
            case "many":
                found[key] = [each for each in sent.getlist(name) if each]
            case "yes_no":
                found[key] = value == _("yes")
            case "number":
                number = float(value.replace(",", "."))
                found[key] = int(number) if number.is_integer() else number
            case _:
                found[key] = value
    return found


def _uuid(request: HttpRequest, name: str) -> UUID:
    return UUID(request.POST.get(name, ""))


def _number(request: HttpRequest, name: str) -> int:
    sent: Any = request.POST.get(name, "")
    if not (sent.isascii() and sent.isdecimal() and len(sent) <= 9):
        raise ValueError(name)
    return int(sent)

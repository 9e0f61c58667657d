"""Agreement: start a run, read its figures, open each to its matrix, to the texts, and to two people's spans."""

from __future__ import annotations

import csv
import io
from collections import Counter
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from annotations.access import Act, allows
from annotations.agreement.counting import GOLD
from annotations.agreement.results import (
    figure_json,
    find_figure,
    find_run,
    hardest_texts,
    name_of,
    open_text,
    pair_address,
    pair_numbered,
    people_of,
    runs_of,
    whole_json,
)
from annotations.agreement.running import MOST_SEED, start_measuring
from annotations.agreement.texts import scope_of
from annotations.errors import Forbidden, NotThere, TooMany, WorkbenchError
from annotations.jobs.starting import start_once
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import AgreementFigure, AgreementText, Membership
from annotations.text.cells import neutralise
from annotations.workflow.rounds import rounds_of

from .doors import page, project_page
from .forms.fields import FormKeyField, put_refusal
from .once import request_of
from .problems import page_number

LISTED_RUNS = 50
TEXTS_A_PAGE = 50
MOST_ALIGNED = 500
MOST_PAIRS_OFFERED = 200
COLUMNS = ("measure", "unit", "scope", "value", "low", "high", "observed", "expected", "n_items", "n_annotators")
MEASURES = {
    "alpha_nominal": gettext_lazy("Krippendorff’s α, nominal (sentence × label)"),
    "alpha_u": gettext_lazy("Krippendorff’s α_u (where units begin and end)"),
    "f1_exact": gettext_lazy("F1 of spans, exact"),
    "f1_overlap": gettext_lazy("F1 of spans, overlapping"),
    "f1_character": gettext_lazy("F1 of labelled characters"),
    "cohen_kappa": gettext_lazy("Cohen’s κ (sentence × label)"),
}
REASONS = {
    "no_pairs": gettext_lazy("undefined: nobody decided on anything that another decided on"),
    "no_variation": gettext_lazy("undefined: everybody always chose the same"),
}
LEFT_OUT = {
    "spans_not_handed_in": gettext_lazy("spans of work that is not handed in"),
    "texts_of_one_annotator": gettext_lazy("texts that one person alone handed in"),
    "spans_made_after_reveal": gettext_lazy("spans made after the reveal"),
    "changes_after_reveal": gettext_lazy("changes of spans after the reveal; measured as they were before"),
    "texts_handed_in_after_reveal": gettext_lazy("times that somebody handed a text in only after the reveal"),
    "spans_in_boilerplate": gettext_lazy("spans in boilerplate"),
    "gaps_of_discontinuous_spans": gettext_lazy("spans in several parts, measured with their gaps"),
    "overlapping_units_merged": gettext_lazy("spans that overlap another of the same person and label, merged for α_u"),
    "spans_of_people_not_chosen": gettext_lazy("spans of people who were not chosen"),
    "spans_of_labels_not_chosen": gettext_lazy("spans of labels that were not chosen"),
    "gold_of_other_labels": gettext_lazy("gold spans of labels that nobody else used, or that were not chosen"),
}
STATES = {
    "same": gettext_lazy("the same"),
    "bounds": gettext_lazy("other bounds"),
    "label": gettext_lazy("another label"),
    "both": gettext_lazy("other bounds and label"),
    "one": gettext_lazy("the first only"),
    "other": gettext_lazy("the second only"),
}
KINDS = ("all", "label", "pair", "gold", "time")


class AgreementForm(forms.Form):
    """Which labels and people; none chosen means all."""

    form_key = FormKeyField()
    labels = forms.MultipleChoiceField(label=gettext_lazy("Labels"), required=False)
    people = forms.MultipleChoiceField(label=gettext_lazy("People"), required=False)
    of_round = forms.ChoiceField(label=gettext_lazy("Round"), required=False)
    seed = forms.IntegerField(label=gettext_lazy("Seed"), min_value=0, max_value=MOST_SEED, initial=1)

    def __init__(self, *args: Any, member: Membership) -> None:
        """Offer what was used."""
        super().__init__(*args)
        whole = scope_of(member.project)
        self.fields["labels"].choices = [(label, label) for label in whole.labels]  # type: ignore[attr-defined]
        self.fields["people"].choices = [(one.uuid, one.pseudonym) for one in whole.people]  # type: ignore[attr-defined]
        rounds = [(str(each.uuid), each.name) for each in rounds_of(member.project)]
        choices = [("", _("All work that stands")), *rounds]
        self.fields["of_round"].choices = choices  # type: ignore[attr-defined]
        self.fields["labels"].widget.attrs["aria-describedby"] = "labels_help"
        self.fields["people"].widget.attrs["aria-describedby"] = "people_help"


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.SEE_AGREEMENT)
def agreement(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the runs; start one and go to its job."""
    form = AgreementForm(request.POST or None, member=member)
    if request.method == "POST" and form.is_valid():
        sent = {name: form.cleaned_data[name] or None for name in ("labels", "people", "of_round")}
        try:
            start = partial(start_measuring, member, seed=form.cleaned_data["seed"], **sent)
            job = start_once(member, request_of(request), start)
            return redirect("annotations:job", member.project.slug, job.uuid)
        except (Forbidden, TooMany):
            raise
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        "form": form,
        "runs": runs_of(member)[:LISTED_RUNS],
        "may_measure": allows(member, Act.MEASURE_AGREEMENT),
        "worker_is_alive": a_worker_is_alive(),
    }
    return page(request, "agreement.html", member, context, status=422 if form.errors else 200)


@require_safe
@project_page(Act.SEE_AGREEMENT)
def run_page(request: HttpRequest, member: Membership, *, run: UUID) -> HttpResponse:
    """Show the figures of a run, and the articles on which people agree least."""
    found = find_run(member, run)
    groups: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for figure in found.figures.defer("matrix").order_by("n"):
        groups[figure.scope.partition(":")[0]].append(_row(figure))
    left_out = [(LEFT_OUT.get(name, name), n) for name, n in found.left_out.items()]
    context = {"run": found, "groups": groups, "left_out": left_out, **_texts(request, hardest_texts(found))}
    return page(request, "agreement_run.html", member, context)


@require_safe
@project_page(Act.SEE_AGREEMENT)
def figure_page(request: HttpRequest, member: Membership, *, run: UUID, figure: UUID) -> HttpResponse:
    """Show one figure: what it was computed from, its matrix, and the texts it rests on, hardest first."""
    found = find_run(member, run)
    one = find_figure(found, figure)
    pair = people_of(found, one.scope)
    context = {
        "run": found,
        "figure": one,
        **_row(one),
        "matrix": _matrix(one),
        "is_of_sentences": one.unit == "sentence",
        "sides": [name_of(found, number) for number in pair] or [_("one person"), _("the other")],
        "query": f"?pair={pair_address(pair)}" if pair else "",
        **_texts(request, hardest_texts(found, of=one)),
    }
    return page(request, "agreement_figure.html", member, context)


@require_safe
@project_page(Act.SEE_AGREEMENT)
def text_page(request: HttpRequest, member: Membership, *, run: UUID, article: UUID) -> HttpResponse:
    """Show two people's spans of one article side by side; each opens the article at its place."""
    found, sent = find_run(member, run), request.GET.get("pair", "")
    pair = pair_numbered(sent) if sent else None
    if sent and pair is None:
        raise NotThere("agreement_pair_not_found", _("These two were not compared on this text."))
    opened = open_text(found, article, pair)
    names = [name_of(found, number) for number in opened.pair]
    counted = Counter(each.state for each in opened.aligned)
    context = {
        "run": found,
        "opened": opened,
        "article": opened.row.version.article,
        "names": names,
        "pairs": [
            (pair_address(each), " · ".join(name_of(found, number) for number in each))
            for each in opened.pairs[:MOST_PAIRS_OFFERED]
        ],
        "chosen": pair_address(opened.pair),
        "rows": [(each, STATES[each.state]) for each in opened.aligned[:MOST_ALIGNED]],
        "counted": [(STATES[state], counted[state]) for state in STATES if counted[state]],
        "is_with_gold": GOLD in opened.pair,
    }
    return page(request, "agreement_text.html", member, context)


@require_safe
@project_page(Act.SEE_AGREEMENT)
def figures_csv(request: HttpRequest, member: Membership, *, run: UUID) -> HttpResponse:
    """Send the figures as CSV, in which no cell is a formula."""
    found, buffer = find_run(member, run), io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([*COLUMNS, "undefined", "run", "code_version", "seed"])
    for figure in found.figures.defer("matrix").order_by("n"):
        row = figure_json(figure)
        cells = [row[name] for name in COLUMNS] + [row.get("undefined"), found.uuid, found.code_version, found.seed]
        writer.writerow([_cell(value) for value in cells])
    reply = HttpResponse("\ufeff" + buffer.getvalue(), content_type="text/csv; charset=utf-8")
    return _as_file(reply, f"agreement-{found.uuid}.csv")


@require_safe
@project_page(Act.SEE_AGREEMENT)
def figures_json(request: HttpRequest, member: Membership, *, run: UUID) -> HttpResponse:
    """Send the run with all its figures and matrices as JSON: what the API answers."""
    found = find_run(member, run)
    return _as_file(JsonResponse(whole_json(found)), f"agreement-{found.uuid}.json")


def _as_file(reply: HttpResponse, name: str) -> HttpResponse:
    reply["Content-Disposition"] = f'attachment; filename="{name}"'
    reply["Content-Security-Policy"] = "sandbox; default-src 'none'"
    reply["X-Content-Type-Options"] = "nosniff"
    reply["Cache-Control"] = "private, no-store"
    return reply


def _cell(value: Any) -> Any:
    """Return numbers as they are, and neutralise words."""
    return value if isinstance(value, int | float) else neutralise("" if value is None else str(value))


def _row(figure: AgreementFigure) -> dict[str, Any]:
    kind, _colon, name = figure.scope.partition(":")
    return {
        "figure": figure,
        "measure": MEASURES.get(figure.measure, figure.measure),
        "kind": kind,
        "of": name,
        "reason": REASONS.get(figure.why, figure.why),
    }


def _matrix(figure: AgreementFigure) -> dict[str, Any] | None:
    """Return the matrix as a table: the labels of the columns, and the rows with their counts."""
    if not figure.matrix:
        return None
    cells = {(own, other): n for own, other, n in figure.matrix}
    rows = sorted({own for own, _other in cells}, key=lambda label: (label == "", label))
    columns = sorted({other for _own, other in cells}, key=lambda label: (label == "", label))
    table = [(own, [(cells.get((own, other), 0), own == other) for other in columns]) for own in rows]
    return {"columns": columns, "rows": table}


def _texts(request: HttpRequest, rows: QuerySet[AgreementText]) -> dict[str, Any]:
    total = rows.count()
    last = max(1, -(-total // TEXTS_A_PAGE))
    number = min(page_number(request), last)
    return {
        "texts": rows[(number - 1) * TEXTS_A_PAGE : number * TEXTS_A_PAGE],
        "total": total,
        "number": number,
        "last": last,
        "previous": number - 1 if number > 1 else None,
        "next": number + 1 if number < last else None,
    }

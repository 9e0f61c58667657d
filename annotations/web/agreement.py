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
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from annotations.access import Act, allows
from annotations.agreement.counting import GOLD
from annotations.agreement.naming import answer_key, pair_address
from annotations.agreement.questions import BINARY, Question, written
from annotations.agreement.results import (
    figure_json,
    find_figure,
    find_run,
    hardest_answers,
    hardest_texts,
    name_of,
    open_text,
    pair_numbered,
    people_of,
    question_of,
    runs_of,
    whole_json,
)
from annotations.agreement.running import MOST_SEED, questions_of_run, start_measuring
from annotations.agreement.texts import scope_of
from annotations.errors import Forbidden, NotThere, TooMany, WorkbenchError
from annotations.jobs.starting import start_once
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import AgreementAnswer, AgreementFigure, AgreementRun, Membership
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
MOST_PAIRS_OPEN = 20
"""Beyond so many rows, a table of pairs, or of questions over time, is folded."""
MOST_OVER_TIME = 400
"""Beyond so many rows, questions over time are on their own pages alone."""
COLUMNS = ("measure", "unit", "scope", "value", "low", "high", "observed", "expected", "n_items", "n_annotators")
MEASURES = {
    "alpha_nominal": gettext_lazy("Krippendorff’s α, nominal (sentence × label)"),
    "alpha_u": gettext_lazy("Krippendorff’s α_u (where units begin and end)"),
    "f1_exact": gettext_lazy("F1 of spans, exact"),
    "f1_overlap": gettext_lazy("F1 of spans, overlapping"),
    "f1_character": gettext_lazy("F1 of labelled characters"),
    "cohen_kappa": gettext_lazy("Cohen’s κ (sentence × label)"),
}
OF_QUESTIONS = {
    "alpha_nominal": gettext_lazy("Krippendorff’s α, nominal"),
    "alpha_ordinal": gettext_lazy("Krippendorff’s α, ordinal"),
    "alpha_interval": gettext_lazy("Krippendorff’s α, interval"),
    "fleiss_kappa": gettext_lazy("Fleiss’ κ"),
    "gwet_ac1": gettext_lazy("Gwet’s AC1"),
    "cohen_kappa": gettext_lazy("Cohen’s κ"),
}
QUESTION_KINDS = {
    "label": gettext_lazy("label: yes or no"),
    "one": gettext_lazy("one of"),
    "many": gettext_lazy("many of: chosen or not"),
    "yes_no": gettext_lazy("yes or no"),
}
"""Of ranks and numbers the measure says it."""
REASONS = {
    "no_pairs": gettext_lazy("undefined: nobody decided on anything that another decided on"),
    "no_variation": gettext_lazy("undefined: everybody always chose the same"),
    "unequal_numbers": gettext_lazy("undefined: not every article has as many answers; α copes with that"),
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
    "article_labels_not_handed_in": gettext_lazy("labels on articles in work that is not handed in"),
    "article_labels_of_people_not_chosen": gettext_lazy("labels on articles by people who were not chosen"),
    "article_labels_not_chosen": gettext_lazy("labels on articles that were not chosen"),
    "article_labels_made_after_reveal": gettext_lazy("labels put on articles after the reveal"),
    "article_label_changes_after_reveal": gettext_lazy(
        "changes of labels on articles after the reveal; measured as they were before"
    ),
    "answers_in_words": gettext_lazy("answers in free text, which is not measured"),
    "answers_that_do_not_fit": gettext_lazy("answers that their question does not have"),
    "answers_of_one_person": gettext_lazy("answers that nobody else gave on the same article"),
    "questions_without_pairs": gettext_lazy("questions without figures of pairs, as there would be too many"),
}
STATES = {
    "same": gettext_lazy("the same"),
    "bounds": gettext_lazy("other bounds"),
    "label": gettext_lazy("another label"),
    "both": gettext_lazy("other bounds and label"),
    "answer": gettext_lazy("another answer"),
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
        self.fields["labels"].choices = [(label, label) for label in whole.keys]  # type: ignore[attr-defined]
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
    for figure in found.figures.filter(question__isnull=True).defer("matrix").order_by("n"):
        groups[figure.scope.partition(":")[0]].append(_row(figure))
    of_questions = found.figures.filter(question__isnull=False).defer("matrix").order_by("n")
    over_time = list(of_questions.filter(scope__startswith="time:")[: MOST_OVER_TIME + 1])
    questions = questions_of_run(found)
    context = {
        "run": found,
        "groups": groups,
        "by_pair": _by_name(groups["pair"]),
        "by_person": _by_name(groups["gold"]),
        "questions": [_row(figure) for figure in of_questions.filter(scope="all")],
        "questions_over_time": [_row_over_time(figure) for figure in over_time[:MOST_OVER_TIME]],
        "is_long_over_time": len(over_time) > MOST_PAIRS_OPEN,
        "has_more_over_time": len(over_time) > MOST_OVER_TIME,
        "not_measured": [each.name for each in questions if each.metric is None],
        "left_out": [(LEFT_OUT.get(name, name), n) for name, n in found.left_out.items()],
        **_texts(request, hardest_texts(found)),
    }
    return page(request, "agreement_run.html", member, context)


@require_safe
@project_page(Act.SEE_AGREEMENT)
def figure_page(request: HttpRequest, member: Membership, *, run: UUID, figure: UUID) -> HttpResponse:
    """Show one figure: what it was computed from, its matrix, and the texts it rests on, hardest first."""
    found = find_run(member, run)
    one = find_figure(found, figure)
    pair, question = people_of(found, one.scope), question_of(one)
    context = {
        "run": found,
        "figure": one,
        **_row(one),
        "matrix": _matrix(one, question),
        "is_of_sentences": one.unit == "sentence",
        "sides": [name_of(found, number) for number in pair] or [_("one person"), _("the other")],
        "pair": pair,
        "query": f"?pair={pair_address(pair)}" if pair else "",
    }
    if question is None:
        return page(request, "agreement_figure.html", member, context | _texts(request, hardest_texts(found, of=one)))
    others = found.figures.filter(question=one.question).exclude(scope="all").defer("matrix").order_by("n")
    rows = [_row(each) for each in others] if one.scope == "all" else []
    context |= _texts(request, hardest_answers(found, one))
    context |= {
        "question": question,
        "is_no_or_yes": question.kind in BINARY,
        "question_kind": QUESTION_KINDS.get(question.kind, ""),
        "by_pair": _by_name([row for row in rows if row["kind"] == "pair"]),
        "by_person": _by_name([row for row in rows if row["kind"] == "gold"]),
        "over_time": [row for row in rows if row["kind"] == "time"],
        "answered": [(row, _said(found, question, row, pair)) for row in context["texts"]],
    }
    return page(request, "agreement_question.html", member, context)


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
        "answers": [(each, STATES[each.state]) for each in opened.answers],
        "is_with_gold": GOLD in opened.pair,
    }
    return page(request, "agreement_text.html", member, context)


@require_safe
@project_page(Act.SEE_AGREEMENT)
def figures_csv(request: HttpRequest, member: Membership, *, run: UUID) -> HttpResponse:
    """Send the figures as CSV, in which no cell is a formula."""
    found, buffer = find_run(member, run), io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([*COLUMNS, "undefined", "run", "code_version", "seed", "question"])
    for figure in found.figures.defer("matrix").order_by("n"):
        row = figure_json(figure)
        cells = [row[name] for name in COLUMNS] + [row.get("undefined"), found.uuid, found.code_version, found.seed]
        cells.append(row["question"])
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
    question = question_of(figure)
    names = MEASURES if question is None else OF_QUESTIONS
    return {
        "figure": figure,
        "measure": names.get(figure.measure, figure.measure),
        "kind": kind,
        "of": question.name if question is not None and kind == "all" else name,
        "reason": REASONS.get(figure.why, figure.why),
    }


def _row_over_time(figure: AgreementFigure) -> dict[str, Any]:
    """Name the question beside the period."""
    row, question = _row(figure), question_of(figure)
    return row if question is None else row | {"of": f"{question.name} · {row['of']}"}


def _by_name(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return figures as a table: the measures as columns, and a row for each two people, or each person."""
    named: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        named.setdefault(row["of"], []).append(row)
    if not named:
        return None
    columns = [row["measure"] for row in next(iter(named.values()))]
    return {"columns": columns, "rows": list(named.items()), "is_long": len(named) > MOST_PAIRS_OPEN}


def _matrix(figure: AgreementFigure, question: Question | None) -> dict[str, Any] | None:
    """Return the matrix as a table: the labels of the columns, and the rows with their counts.

    Answers are in the order that their question has them.
    """
    if not figure.matrix:
        return None
    cells = {(own, other): n for own, other, n in figure.matrix}
    order = {each: n for n, each in enumerate(question.values if question is not None else ())}
    rows, columns = (
        sorted(found, key=lambda label: (label == "", order.get(label, 0), label))
        for found in ({own for own, _other in cells}, {other for _own, other in cells})
    )
    table = [(own, [(cells.get((own, other), 0), own == other) for other in columns]) for own in rows]
    return {"columns": columns, "rows": table}


def _said(run: AgreementRun, question: Question, row: AgreementAnswer, pair: tuple[int, ...]) -> list[tuple[str, str]]:
    """Return what was answered on a text: of two people each one's answer, else each answer and how often, and gold."""
    if pair:
        found = ((number, row.answers.get(answer_key(number))) for number in pair)
        return [(name_of(run, number), "" if each is None else _worded(question, each)) for number, each in found]
    times = Counter(answer for key, answer in row.answers.items() if key != answer_key(GOLD))
    said = [(_worded(question, answer), f"× {times[answer]}") for answer in sorted(times)]
    gold = row.answers.get(answer_key(GOLD))
    return said if gold is None else [*said, (_worded(question, gold), _("gold"))]


def _worded(question: Question, answer: int) -> str:
    """Write an answer for people: a no or a yes in their language."""
    if question.kind in BINARY:
        return _("yes") if answer else _("no")
    words = written(question, answer)
    return number_format(words) if question.kind == "number" else words


def _texts(request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
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

"""Stories: the list with what is suggested, one with its matrix, and one answer beside the texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from annotations.access import Act, allows, hide_outlets, require, sees_all_work, visible_to
from annotations.errors import Forbidden, NotThere, TooMany, WorkbenchError
from annotations.jobs.starting import start_once
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import (
    AccountCell,
    AccountRow,
    Annotation,
    Article,
    AuditEvent,
    Job,
    Membership,
    Story,
)
from annotations.stories.asking import beside, language_without_rules, pane_of, whole_row
from annotations.stories.finding import start_finding_stories
from annotations.stories.reading import SIGNS, Cell, StoryView, articles_of, questions_of, story_view
from annotations.stories.suggested import suggested_stories
from annotations.stories.table import matrix_csv
from annotations.workflow.answering import NewAnswer, answer, find_row
from annotations.workflow.stories import (
    Decision,
    counted_stories,
    decide_suggestion,
    find_story,
    ids_of,
    make_story,
    story_rows,
)

from .acts import tell
from .doors import STATUS, page, project_page
from .forms.claims import KeyedForm
from .forms.fields import put_refusal
from .forms.stories import CellForm, RowForm, StoryForm, statement_forms
from .jobs import is_by_htmx
from .once import request_of
from .problems import page_number
from .story_acts import Refused, carry_out
from .story_matrix import drawn_rows, find_cell, place_of_cell
from .story_picture import lines_of, taking_picture

STORIES_A_PAGE = 50
MOST_FOUND = 20
MOST_ANNOTATIONS = 100
MOST_ACTS = 50


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def stories(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the stories and what is suggested; make one, decide, start the job. At most 20 queries."""
    form = StoryForm(request.POST if request.POST.get("act") == "new" else None, auto_id="new-%s")
    status = 200
    if request.method == "POST":
        require(member, Act.EDIT_STORIES)
        try:
            done = _act_on_list(request, member, form)
            if done is not None:
                return done
            status = 422
        except (Forbidden, NotThere, TooMany):
            raise
        except WorkbenchError as refusal:
            status = next((code for kind, code in STATUS.items() if isinstance(refusal, kind)), 422)
            messages.error(request, refusal.message)
    rows = story_rows(member)
    total = rows.count()
    last = max(1, -(-total // STORIES_A_PAGE))
    number = min(page_number(request), last)
    suggested, n_open, refused = suggested_stories(member)
    context = {
        "form": form,
        "stories": counted_stories(member)[(number - 1) * STORIES_A_PAGE : number * STORIES_A_PAGE],
        "total": total,
        "suggested": suggested,
        "n_suggested": n_open,
        "refused": refused,
        "key_form": KeyedForm(auto_id=""),
        "sees_stories": sees_all_work(member),
        "latest": _latest(member),
        "worker_is_alive": a_worker_is_alive(),
        "number": number,
        "last": last,
        "previous": number - 1 if number > 1 else None,
        "next": number + 1 if number < last else None,
    }
    return page(request, "stories.html", member, context, status=status)


def _latest(member: Membership) -> Job | None:
    if not allows(member, Act.EDIT_STORIES):
        return None
    return Job.objects.filter(project_id=member.project_id, kind=Job.Kind.STORIES).order_by("-pk").first()


def _act_on_list(request: HttpRequest, member: Membership, form: StoryForm) -> HttpResponse | None:
    """Carry out what was sent; None where the form has to be filled again."""
    act, once = request.POST.get("act", ""), request_of(request)
    slug = member.project.slug
    if act == "new":
        if not form.is_valid():
            return None
        key = once.key if once else uuid4()
        made = make_story(key, form.cleaned_data["name"], by=member, note=form.cleaned_data["note"], request=once)
        return redirect("annotations:story", slug, made.key)
    if act == "find":
        start = partial(start_finding_stories, member, again="again" in request.POST)
        return redirect("annotations:job", slug, start_once(member, once, start).uuid)
    if act in ("confirm", "refuse", "reopen"):
        return _decide(request, member, act)
    raise NotThere("act_unknown", _("There is no such act on a story."))


def _decide(request: HttpRequest, member: Membership, act: str) -> HttpResponse:
    post, once = request.POST, request_of(request)
    key, base = _uuid(post.get("suggestion")), post.get("base", "")
    if not base.isdecimal():
        raise NotThere("suggestion_not_found", _("There is no such suggested story, or you may not see it."))
    state = {"confirm": "confirmed", "refuse": "refused", "reopen": "open"}[act]
    decision = Decision(
        state=state,
        base_version=int(base),
        key=once.key if once else uuid4(),
        name=post.get("name", ""),
        articles=tuple(_uuid(each) for each in post.getlist("article")),
        related=tuple(_uuid(each) for each in post.getlist("related")),
    )
    decided = decide_suggestion(key, decision, by=member, request=once)
    if decided.story is not None and act == "confirm":
        return redirect("annotations:story", member.project.slug, decided.story.key)
    messages.success(request, _("Refused. It is not suggested again.") if act == "refuse" else _("It is open again."))
    return redirect("annotations:stories", member.project.slug)


def _uuid(sent: Any) -> UUID:
    try:
        return UUID(str(sent))
    except ValueError:
        raise NotThere("not_found", _("There is nothing under this key, or you may not see it.")) from None


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def story(request: HttpRequest, member: Membership, *, key: UUID) -> HttpResponse:
    """Show one story; carry out one act on it. What is refused is said beside the form, as it was filled.

    `cell` leads from the short name of a cell to its answer, `question` opens the forms of one question, for htmx
    these alone; at most 10 queries each.
    """
    found = find_story(member, key)
    if request.method != "POST" and "cell" in request.GET:
        told, _related = articles_of(ids_of(found), member)
        rows = questions_of(ids_of(found), member)
        row, article = find_cell(request.GET["cell"], rows, [each.article for each in told])
        return redirect("annotations:story_cell", member.project.slug, row, article)
    if request.method != "POST" and "question" in request.GET and is_by_htmx(request):
        return page(request, "_story_question.html", member, _question(request, found, member))
    refused: Refused | None = None
    status = 200
    if request.method == "POST":
        refused = carry_out(request, found, member)
        if refused is None:
            return redirect(f"{request.path}#{_PLACES.get(request.POST.get('act', ''), 'matrix')}")
        status = next((code for kind, code in STATUS.items() if isinstance(refused.error, kind)), 422)
        found.refresh_from_db()
    return page(request, "story.html", member, story_context(request, found, member, refused), status=status)


def _question(request: HttpRequest, found: Story, member: Membership) -> dict[str, Any]:
    """Gather the forms of one question, which its place in the list is exchanged for; 2 queries."""
    require(member, Act.EDIT_STORIES)
    rows = questions_of(ids_of(found), member)
    for place, row in enumerate(rows, start=1):
        if str(row.key) == request.GET["question"]:
            form = _row_form(row, None)
            form.fields["text"].widget.attrs["autofocus"] = True
            forms = {"form": form, "key_form": KeyedForm(auto_id="")}
            return {"question": row, "place": place, "n_questions": len(rows), "is_asked_for": True, **forms}
    raise NotThere("row_not_found", _("There is no such question, or you may not see it."))


_PLACES = {
    "story-change": "story",
    "articles-add": "articles",
    "articles-relate": "articles",
    "articles-remove": "articles",
    "same-merge": "same",
    "same-part": "same",
}


def story_context(request: HttpRequest, found: Story, member: Membership, refused: Refused | None) -> dict[str, Any]:
    """Gather the page; at most 20 queries, however many articles and questions there are."""
    view = story_view(found, member)
    is_open = found.withdrawn_at is None and found.merged_into is None
    may_edit = allows(member, Act.EDIT_STORIES) and is_open
    forms: dict[str, Any] = {
        "story": StoryForm(story=found, auto_id="story-%s"),
        "row": RowForm(auto_id="row-%s"),
    }
    if refused is not None and refused.act == "story-change":
        forms["story"] = refused.form
    if refused is not None and refused.act == "row-add":
        forms["row"] = refused.form
    opened = refused.key if refused is not None and refused.act == "row-change" else request.GET.get("question", "")
    rows = [
        (each, _row_form(each.row.row, refused) if may_edit and str(each.row.row.key) == opened else None)
        for each in drawn_rows(view, member.project.slug, request.GET.get("at", ""))
    ]
    gone = []
    if may_edit:
        ids = [found.pk, *(each.pk for each in view.merged)]
        gone = list(visible_to(member, AccountRow.objects.filter(story__in=ids, withdrawn_at__isnull=False)))
    return {
        "story": found,
        "view": view,
        "rows": rows,
        "gone_rows": gone,
        "forms": forms,
        "refused": refused,
        "is_open": is_open,
        "may_edit": may_edit,
        "may_steer": allows(member, Act.EDIT_STORIES),
        "kept": visible_to(member, Story.objects.filter(key=found.merged_into)).first() if found.merged_into else None,
        "key_form": KeyedForm(initial={"base": found.version_number}, auto_id=""),
        "picture": taking_picture(view),
        "takings": list(lines_of(view)),
        "states": [(value, name, SIGNS[AccountCell.State(value)]) for value, name in AccountCell.State.choices],
        "acts": _acts(found, view, member),
        **_looked_for(request, found, view, member),
    }


def _row_form(row: AccountRow, refused: Refused | None) -> RowForm:
    if refused is not None and refused.act == "row-change" and refused.key == str(row.key):
        assert isinstance(refused.form, RowForm)
        return refused.form
    return RowForm(row=row, auto_id=f"{row.key}-%s")


def _looked_for(request: HttpRequest, found: Story, view: StoryView, member: Membership) -> dict[str, Any]:
    """Look for articles to add, and for stories to merge with; at most 3 queries."""
    find = request.GET.get("find", "").strip()[:200].replace("\x00", "")
    same = request.GET.get("same", "").strip()[:200].replace("\x00", "")
    context: dict[str, Any] = {"find": find, "same": same}
    if not allows(member, Act.EDIT_STORIES):
        return context
    if find:
        there = [each.article.pk for each in view.told]
        rows = Article.objects.filter(project_id=member.project_id, merged_into__isnull=True).exclude(pk__in=there)
        for word in find.split()[:10]:
            rows = rows.filter(Q(title__icontains=word) | Q(external_id__icontains=word))
        context["found"] = list(rows.select_related("publisher").defer("metadata").order_by("-pk")[:MOST_FOUND])
        hide_outlets(member, context["found"])
    if same:
        others = story_rows(member).exclude(pk=found.pk)
        for word in same.split()[:10]:
            others = others.filter(name__icontains=word)
        context["similar"] = list(others[:MOST_FOUND])
    return context


def _acts(found: Story, view: StoryView, member: Membership) -> Any:
    """Return the newest acts on what is shown; at most 4 queries."""
    if not sees_all_work(member):
        return []
    rows = [str(row.row.key) for row in view.rows]
    cells = [str(cell.cell.key) for row in view.rows for cell in row.cells if cell.cell is not None]
    which = Q(object_type="story", object_key=str(found.key)) | Q(object_type="account_row", object_key__in=rows)
    events = AuditEvent.objects.filter(project_id=member.project_id).filter(
        which | Q(object_type="account_cell", object_key__in=cells)
    )
    return tell(events.select_related("actor", "text").order_by("-pk")[:MOST_ACTS])


@require_safe
@project_page(Act.VIEW)
def story_csv(request: HttpRequest, member: Membership, *, key: UUID) -> HttpResponse:
    """Send the matrix of a story as CSV, in which no cell is a formula."""
    found = find_story(member, key)
    reply = HttpResponse(matrix_csv(story_view(found, member)), content_type="text/csv; charset=utf-8")
    reply["Content-Disposition"] = f'attachment; filename="story-{found.key}.csv"'
    return reply


@dataclass(frozen=True, slots=True)
class _Filled:
    """An answer's form with the forms of its statements."""

    form: CellForm
    statements: Any


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def story_cell(request: HttpRequest, member: Membership, *, row: UUID, article: UUID) -> HttpResponse:
    """Show what an article says to a question beside another's text; save an answer. At most 24 queries."""
    found = find_row(member, row)
    whole = whole_row(found, member)
    cell = next((each for each in whole.cells if each.article.uuid == article), None)
    if cell is None:
        raise NotThere("article_not_found", _("This article does not belong to the story."))
    may_edit = allows(member, Act.EDIT_STORIES) and found.withdrawn_at is None
    status, filled = 200, None
    if request.method == "POST":
        require(member, Act.EDIT_STORIES)
        filled = _filled(request.POST, cell, member)
        if filled.form.is_valid() and filled.statements.is_valid():
            try:
                _save(request, filled, cell, member)
                return redirect(_after(request, whole.cells, cell, member))
            except (Forbidden, NotThere, TooMany):
                raise
            except WorkbenchError as refusal:
                put_refusal(filled.form, refusal)
                status = next((code for kind, code in STATUS.items() if isinstance(refusal, kind)), 422)
        else:
            status = 422
    elif may_edit:
        filled = _filled(None, cell, member)
    other = beside(whole, cell, request.GET.get("with", ""))
    history = []
    if cell.cell is not None:
        history = list(cell.cell.revisions.select_related("replaced_by").order_by("-version_number"))
    names = dict(AccountCell.State.choices)
    context = {
        "row": found,
        "whole": whole,
        "cell": cell,
        "place": place_of_cell(member.project.slug, found, cell.article),
        "no_rules": "" if cell.statements else language_without_rules(cell, member),
        "here": pane_of(cell, member),
        "other": pane_of(other, member) if other is not None else None,
        "filled": filled if may_edit or request.method == "POST" else None,
        "history": [(each, names.get(each.state, each.state)) for each in history],
    }
    return page(request, "story_cell.html", member, context, status=status)


def _filled(data: Any, cell: Cell, member: Membership) -> _Filled:
    rows = visible_to(member, Annotation.objects.filter(version_id=cell.article.current_version_id))
    standing = rows.filter(withdrawn_at__isnull=True).select_related("label").order_by("start", "pk")
    annotations = list(standing[:MOST_ANNOTATIONS])
    now = cell.cell
    state = now.state if now is not None and cell.is_checked else cell.proposed_state
    initial = {"state": state, "note": now.note if now else "", "base": now.version_number if now else 0}
    form = CellForm(data, initial=initial, auto_id="cell-%s")
    return _Filled(form, statement_forms(data, cell.statements, annotations))


def _save(request: HttpRequest, filled: _Filled, cell: Cell, member: Membership) -> None:
    values = filled.form.cleaned_data
    statements = [made for each in filled.statements if (made := each.statement()) is not None]
    new = NewAnswer(
        state=values["state"],
        base_version=filled.form.base_or(cell.cell.version_number if cell.cell else 0),
        statements=statements,
        note=values["note"],
    )
    answer(cell.row.key, cell.article.uuid, new, by=member, request=request_of(request))
    messages.success(request, _("Saved."))


def _after(request: HttpRequest, cells: list[Cell], cell: Cell, member: Membership) -> str:
    """Go on with the next article of the question where that was asked, else back to the matrix."""
    slug = member.project.slug
    if request.POST.get("then") == "next":
        place = next(n for n, each in enumerate(cells) if each.article.pk == cell.article.pk)
        following = cells[(place + 1) % len(cells)].article
        return reverse("annotations:story_cell", args=[slug, cell.row.key, following.uuid])
    return place_of_cell(slug, cell.row, cell.article)

"""The start page (one's projects, next articles, running jobs) and making a project."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Case, Count, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from annotations.access import hide_outlets, may_create, present_parts_of
from annotations.access.creating import require_creation_of_projects
from annotations.errors import WorkbenchError
from annotations.jobs.starting import start_import
from annotations.models import Article, Assignment, Job, Membership
from annotations.workflow.announcing import count_unread_announcements
from annotations.workflow.articles import NewArticle, add_article
from annotations.workflow.inbox import claims_awaiting, inbox_of
from annotations.workflow.projects import create_project, starters
from annotations.workflow.queueing import takes_from_queue

from .doors import person, refused
from .forms.fields import LANGUAGES, put_refusal
from .forms.projects import NewProjectForm

MOST_OPEN, MOST_JOBS, MOST_NEWS = 8, 5, 5


@dataclass(frozen=True, slots=True)
class ProjectCard:
    """A project as its member sees it on the start page."""

    member: Membership
    article_count: int
    open_count: int
    submitted_count: int

    @property
    def has_queue(self) -> bool:
        """Tell whether the next article may come from the queue."""
        return bool(self.article_count) and takes_from_queue(self.member)


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what a person can go on with; 13 queries at most, however many projects."""
    parts = _memberships(request)
    members = [part for part in parts if part.project.archived_at is None]
    cards = _cards(members)
    claims = claims_awaiting(members, most=MOST_OPEN)
    listed = {desk.claim.key for desk in claims}  # a claim that waits is shown once
    news = [item for item in inbox_of(members, most=MOST_NEWS, is_unread=True) if item.about not in listed]
    context = {
        "cards": cards,
        "has_queue": any(card.has_queue for card in cards),
        "has_projects": bool(parts),
        "archived": [part.project for part in parts if part.project.archived_at is not None],
        "open_assignments": _open_assignments(members),
        "running_jobs": _running_jobs(members),
        "may_create": may_create(person(request)),
        "claims": claims,
        "inbox": news,
        "unread_announcements": count_unread_announcements(members),
    }
    return render(request, "annotations/home.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_project(request: HttpRequest) -> HttpResponse:
    """Make a project with its starter label set and, if given, its first text or files."""
    try:
        require_creation_of_projects(person(request))
    except WorkbenchError as refusal:
        return refused(request, refusal)
    form = NewProjectForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            manager = create_project(form.new_project(), user=person(request))
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
        else:
            return HttpResponseRedirect(_bring_first_texts(request, form, manager))
    context = {"form": form, "starters": starters(), "languages_by_name": LANGUAGES}
    return render(request, "annotations/project_new.html", context, status=422 if form.errors else 200)


def _bring_first_texts(request: HttpRequest, form: NewProjectForm, manager: Membership) -> str:
    """Add what came with the form; return where to go on. A text that cannot be stored does not undo the project."""
    slug = manager.project.slug
    messages.success(request, _("The project “%(name)s” is ready.") % {"name": manager.project.name})
    try:
        text = form.cleaned_data["text"]
        if text.strip():
            add_article(
                NewArticle(title=form.title_of_text(), text=text, language=manager.project.language), by=manager
            )
        files = form.cleaned_data["uploads"]
        if files:
            job = start_import(manager, [(file.name, file) for file in files])
            return reverse("annotations:job", args=[slug, job.uuid])
    except WorkbenchError as refusal:
        messages.error(request, refusal.message)
        return reverse("annotations:import", args=[slug])
    return reverse("annotations:articles", args=[slug])


def _memberships(request: HttpRequest) -> list[Membership]:
    return list(present_parts_of(person(request)).order_by("project__name", "pk"))


def _cards(members: list[Membership]) -> list[ProjectCard]:
    projects = [member.project_id for member in members]
    counts = (
        Article.objects.filter(project_id__in=projects, merged_into__isnull=True).order_by().values_list("project_id")
    )
    articles = dict(counts.annotate(n=Count("pk")))
    own = Assignment.objects.filter(annotator__in=members).order_by().values_list("annotator_id", "state")
    states = {(annotator, state): n for annotator, state, n in own.annotate(n=Count("pk"))}
    return [
        ProjectCard(
            member,
            articles.get(member.project_id, 0),
            sum(states.get((member.pk, state), 0) for state in Assignment.WRITABLE),
            states.get((member.pk, Assignment.State.SUBMITTED), 0),
        )
        for member in members
    ]


def _open_assignments(members: list[Membership]) -> list[Assignment]:
    rows = Assignment.objects.filter(annotator__in=members, state__in=Assignment.WRITABLE, late_at__isnull=True)
    rows = rows.select_related("version__article__publisher", "project").defer("version__text")
    given_back = Case(When(state=Assignment.State.RETURNED, then=0), default=1)
    found = list(rows.order_by(given_back, "pk")[:MOST_OPEN])
    for member in members:
        hide_outlets(member, [row.version.article for row in found if row.annotator_id == member.pk])
    return found


def _running_jobs(members: list[Membership]) -> list[Job]:
    rows = Job.objects.filter(requested_by__in=members).exclude(state__in=Job.ENDED)
    return list(rows.select_related("project").order_by("-pk")[:MOST_JOBS])

"""The acts on articles chosen in the list: assign, set what is known, export. Each asks on a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.errors import Refused, WorkbenchError
from annotations.models import Article, Membership, Project
from annotations.removing.withholding import reach_of_article, withhold_article
from annotations.search.article_filters import MOST_ARTICLES
from annotations.web.articles import said_of_assigning, said_of_setting
from annotations.web.forms.articles import BulkMetadataForm
from annotations.web.forms.exports import ExportForm
from annotations.web.forms.fields import put_refusal
from annotations.web.forms.removing import WithholdForm
from annotations.workflow.articles import set_metadata
from annotations.workflow.assigning import assign
from annotations.workflow.merging import article_named, merge_articles

from . import exchange
from .addresses import chosen_names
from .sight import Sight, sight_of

MOST_ASSIGNED = 10_000
MOST_MERGED = 100
WORKING = (Membership.Role.ANNOTATOR, Membership.Role.REVIEWER, Membership.Role.MANAGER)


class AssignForm(forms.Form):
    """Whom to give the articles to: members of their project who work."""

    annotators = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Give to"),
        queryset=Membership.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose whom to give the articles to.")},
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Membership.objects.filter(project=project, ended_at__isnull=True, user__isnull=False)
        members = members.filter(role__in=WORKING).select_related("user").order_by("user__username")
        field = self.fields["annotators"]
        field.queryset = members  # type: ignore[attr-defined]
        field.label_from_instance = _name_of  # type: ignore[attr-defined]


def assign_form(data: Any, project: Project) -> forms.Form:
    """Ask whom to give them to."""
    return AssignForm(data, project=project)


def metadata_form(data: Any, project: Project) -> forms.Form:
    """Ask what to set for all of them."""
    return BulkMetadataForm(data)


class MergeForm(forms.Form):
    """Which of the articles is kept."""

    into = forms.CharField(
        label=gettext_lazy("External id of the article to keep"),
        max_length=500,
        help_text=gettext_lazy("The others chosen are merged into it. Judgements of an equal text move there."),
    )


def merge_form(data: Any, project: Project) -> forms.Form:
    """Ask which one to keep."""
    return MergeForm(data)


def export_form(data: Any, project: Project) -> forms.Form:
    """Ask how to write them."""
    return ExportForm(data)


def withhold_form(data: Any, project: Project) -> forms.Form:
    """Ask on whose demand, why, and for the title."""
    return WithholdForm(data)


def carry_withhold(request: HttpRequest, by: Membership, articles: QuerySet[Article], form: Any) -> None:
    """Withhold the one article chosen."""
    if articles.count() != 1:
        raise Refused("one_only", _("Withhold one article at a time: its title is typed."))
    withhold_article(articles.get(), form.demand(), by=by)
    messages.success(request, _("The article is withheld. Its words are gone; what was judged is kept."))


FormOf = Callable[[Any, Project], forms.Form]
Carry = Callable[[HttpRequest, Membership, QuerySet[Article], Any], HttpResponse | None]


def reach_of_chosen(articles: QuerySet[Article]) -> dict[str, Any]:
    """Tell what withholding the one article chosen would reach; of several nothing, as it is refused for them."""
    chosen = list(articles[:2])
    return {"reach": reach_of_article(chosen[0])} if len(chosen) == 1 else {}


def ask_then(
    request: HttpRequest,
    articles: QuerySet[Article],
    form_of: FormOf,
    carry: Carry,
    *,
    title: Any,
    tell: Callable[[QuerySet[Article]], dict[str, Any]] = lambda articles: {},
) -> HttpResponse | None:
    """Show the form for the articles chosen, with what `tell` says of them; filled in, carry it out and go back."""
    sight = sight_of(request)
    articles = sight.inside(Article.objects.filter(pk__in=articles.order_by().values("pk")), "project")
    project = _one_project(request, sight, articles)
    if project is None:
        return None
    is_filled_in = "apply" in request.POST
    form = form_of(request.POST if is_filled_in else None, project)
    if is_filled_in and form.is_valid():
        try:
            return carry(request, sight.part_in(project), articles, form)
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        **admin.site.each_context(request),
        "title": title,
        "opts": Article._meta,
        "form": form,
        "project": project,
        "count": articles.count(),
        "examples": articles.order_by("pk").values_list("title", flat=True)[:5],
        "action": request.POST.get("action", ""),
        "chosen": chosen_names(request),
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "select_across": request.POST.get("select_across", "0"),
        **tell(articles),
    }
    return TemplateResponse(request, "admin/action_page.html", context, status=422 if form.errors else 200)


def carry_assign(request: HttpRequest, by: Membership, articles: QuerySet[Article], form: Any) -> None:
    """Give the articles to the people chosen."""
    if articles.count() > MOST_ASSIGNED:
        message = _("At most %(most)s articles can be given at once. Narrow the list by a filter.")
        raise Refused("too_many", message % {"most": MOST_ASSIGNED})
    rows = articles.only("pk", "current_version_id").order_by("pk")
    messages.success(request, said_of_assigning(assign(rows, form.cleaned_data["annotators"], by=by)))


def carry_metadata(request: HttpRequest, by: Membership, articles: QuerySet[Article], form: Any) -> None:
    """Set publisher, date or language of the articles."""
    messages.success(request, said_of_setting(set_metadata(articles, form.change(), by=by)))


def carry_merge(request: HttpRequest, by: Membership, articles: QuerySet[Article], form: Any) -> None:
    """Merge the articles into the one named, all or none."""
    if articles.count() > MOST_MERGED:
        message = _("At most %(most)s articles can be merged at once.")
        raise Refused("too_many", message % {"most": MOST_MERGED})
    keep = article_named(form.cleaned_data["into"], by=by)
    others = list(articles.exclude(pk=keep.pk).order_by("pk"))
    with transaction.atomic():
        for other in others:
            merge_articles(keep, other, by=by)
    sentence = ngettext("%d article is merged.", "%d articles are merged.", len(others)) % len(others)
    messages.success(request, sentence)


def carry_export(request: HttpRequest, by: Membership, articles: QuerySet[Article], form: Any) -> HttpResponse:
    """Start the export of the articles; where all of the project are meant, of the project."""
    if articles.count() == Article.objects.filter(project=by.project).count():
        return exchange.after_export(request, [exchange.export_articles(request, by, [], form)])
    uuids = [str(uuid) for uuid in articles.order_by("pk").values_list("uuid", flat=True)[: MOST_ARTICLES + 1]]
    if len(uuids) > MOST_ARTICLES:
        message = _("At most %(most)s articles can be named. Export the whole project, or narrow the list.")
        raise Refused("too_many", message % {"most": MOST_ARTICLES})
    return exchange.after_export(request, [exchange.export_articles(request, by, uuids, form)])


def _one_project(request: HttpRequest, sight: Sight, articles: QuerySet[Article]) -> Project | None:
    found = list(articles.order_by().values_list("project", flat=True).distinct()[:2])
    if len(found) == 1:
        return sight.projects().get(pk=found[0])
    message = _("Choose articles of one project. The filter by project helps.") if found else _("No article is left.")
    messages.warning(request, message)
    return None


def _name_of(member: Membership) -> str:
    person = member.user.get_full_name() if member.user else ""
    return f"{person} · {member.pseudonym} · {member.get_role_display()}"

"""The list of articles, acts on many of them, adding one by hand, and what is known of one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, F, QuerySet, UUIDField, Value
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.access import Act, allows, hide_outlets, hides_outlets, require, sees_all_work, visible_to
from annotations.errors import Conflict, Forbidden, Refused, TooMany, WorkbenchError
from annotations.jobs.starting import start_once
from annotations.models import Annotation, Article, Assignment, Membership, Publisher
from annotations.search.article_filters import ArticleFilters, article_page
from annotations.text.zones import Zone, find_zones
from annotations.workflow.articles import MetadataChange, add_article, edit_article, frozen_text, set_metadata
from annotations.workflow.assigning import REACHED, TooManyPeople, assign
from annotations.workflow.merging import article_named, merge_articles, split_articles
from annotations.workflow.sources import start_article_by_address

from .candidates import Candidate, candidates_of
from .doors import page, project_page, say
from .forms.articles import ArticleForm, BulkAssignForm, BulkMetadataForm, DetailsForm, assignable
from .forms.fields import parse_published, put_refusal
from .forms.sources import AddressForm
from .once import request_of
from .preview import frozen_pieces
from .reading import find_article
from .saved_filters import shown_filters

PAGE_SIZE = 50
MOST_CHOICES = 500
PAGING = ("after", "before")


@dataclass(slots=True)
class ArticleRow:
    """An article as its line in the list shows it."""

    article: Article
    my_state: str = ""
    states: Counter[str] = field(default_factory=Counter)
    annotation_count: int = 0

    @property
    def given(self) -> int:
        """Count the people who have it."""
        return sum(self.states.values())

    @property
    def handed_in(self) -> int:
        """Count those who have handed it in."""
        return sum(self.states[state] for state in Assignment.HANDED_IN)

    @property
    def candidates(self) -> dict[str, list[Candidate]]:
        """Return what was found where nothing is known."""
        return candidates_of(self.article)

    @property
    def my_state_name(self) -> str:
        """Name one's own state."""
        return str(Assignment.State(self.my_state).label) if self.my_state else ""


@require_safe
@project_page(Act.VIEW)
def article_list(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show a page of the articles that match; at most 12 queries, and no text is loaded."""
    filters, sentences = read_filters(request, member)
    for sentence in sentences:
        messages.warning(request, sentence)
    rows = filters.articles(member).select_related("publisher").defer("metadata")
    rows = rows.annotate(withheld_at=F("current_version__withheld_at"))
    shown = article_page(
        filters,
        member,
        rows=rows,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    hide_outlets(member, shown.articles)
    hides = hides_outlets(member)
    sees_all = sees_all_work(member)
    saved = shown_filters(member, filters)
    publishers, languages = _publishers_and_languages(member)
    context = {
        "filters": filters,
        "query": filters.as_query(),
        "rows": article_rows(shown.articles, member),
        "total": filters.articles(member).count(),
        "previous_query": _with_place(filters, "before", shown.previous),
        "next_query": _with_place(filters, "after", shown.next),
        "columns": _columns(filters, hides=hides),
        "hides_outlets": hides,
        "publishers": publishers,
        "languages": languages,
        "sees_all": sees_all,
        "my_states": _my_states(filters),
        "sorts": [each for each in _sorts() if not (hides and "publish" in each[0])],
        "saved": saved,
        "can_be_saved": bool(filters.as_params()) and not any(one.is_current for one in saved),
    }
    if allows(member, Act.ASSIGN):
        context |= {"assignable": assignable(member), "metadata_form": BulkMetadataForm()}
    return page(request, "articles.html", member, context)


@require_POST
@project_page(Act.EDIT_ARTICLES)
def bulk(request: HttpRequest, member: Membership) -> HttpResponse:
    """Set metadata of, or assign, the chosen articles or all that match the filter in the address."""
    filters, _sentences = read_filters(request, member)
    back = reverse("annotations:articles", args=[member.project.slug]) + filters.as_query()
    try:
        chosen = _chosen(request, member, filters)
        form = _bulk_form(request, member)
        if request.POST.get("choice") == "matching" and "confirmed" not in request.POST:
            return _ask_first(request, member, filters, form)
        messages.success(request, _carry_out(form, member, chosen, goes_beyond="goes_beyond" in request.POST))
    except TooManyPeople as refusal:
        return _ask_first(request, member, filters, form, warning=refusal)
    except WorkbenchError as refusal:
        say(request, refusal)
    return HttpResponseRedirect(back)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.ADD_ARTICLES)
def add(request: HttpRequest, member: Membership) -> HttpResponse:
    """Add a pasted text, first shown as it will be frozen; or have a page fetched and imported by its address."""
    if request.method == "POST" and "fetch" in request.POST:
        return _add_by_address(request, member)
    form = ArticleForm(request.POST or None, initial={"language": member.project.language})
    preview: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if "save" in request.POST:
                made = add_article(form.new_article(), by=member)
                messages.success(request, _("“%(title)s” is added.") % {"title": made.title})
                return redirect("annotations:articles", member.project.slug)
            preview = _preview(form)
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {"form": form, "preview": preview, "publishers": _publishers(member), "by_address": _address_form()}
    return page(request, "article_add.html", member, context, status=422 if form.errors else 200)


def _address_form() -> AddressForm | None:
    """Return an empty form for an address, where this server fetches pages."""
    return AddressForm(auto_id="address-%s") if settings.WORKBENCH_FETCHING else None


def _add_by_address(request: HttpRequest, member: Membership) -> HttpResponse:
    """Have the page fetched; go to the job that says what became of it."""
    by_address = AddressForm(request.POST, auto_id="address-%s")
    if by_address.is_valid():
        try:
            start = partial(start_article_by_address, by_address.cleaned_data["url"], by=member)
            job = start_once(member, request_of(request), start)
            return redirect("annotations:job", member.project.slug, job.uuid)
        except (Forbidden, TooMany):
            raise
        except WorkbenchError as refusal:
            put_refusal(by_address, refusal)
    form = ArticleForm(initial={"language": member.project.language})
    context = {"form": form, "preview": None, "publishers": _publishers(member), "by_address": by_address}
    return page(request, "article_add.html", member, context, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.EDIT_ARTICLES)
def details(request: HttpRequest, member: Membership, *, article: UUID) -> HttpResponse:
    """Show and change what is known of an article, then go back to the list as it was filtered.

    A button in the list sends one candidate only.
    """
    found = find_article(member, article, "merged_into", "repost_of")
    query = read_filters(request, member)[0].as_query()
    if request.method == "POST" and "candidate" in request.POST:
        return _take_candidate(request, member, found)
    form = DetailsForm(request.POST or None, initial=DetailsForm.initial_of(found))
    theirs = None
    if request.method == "POST" and form.is_valid():
        try:
            edit_article(found, form.change(), by=member, base_revision=form.cleaned_data["revision"])
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(reverse("annotations:articles", args=[member.project.slug]) + query)
        except Conflict as conflict:
            put_refusal(form, conflict)
            theirs = found
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        "article": found,
        "form": form,
        "theirs": theirs,  # who saves again has read them
        "revision": found.revision if theirs or not form.is_bound else form["revision"].value(),
        "query": query,
        "candidates": candidates_of(found),
        "metadata": sorted(found.metadata.items()) if isinstance(found.metadata, dict) else [],
        "publishers": _publishers(member),
    }
    status = 409 if theirs else 422 if form.errors else 200
    return page(request, "article_details.html", member, context, status=status)


@require_POST
@project_page(Act.EDIT_ARTICLES)
def merge(request: HttpRequest, member: Membership, *, article: UUID) -> HttpResponse:
    """Merge an article into the one that is named, or part it from that one again."""
    found = find_article(member, article)
    here = reverse("annotations:details", args=[member.project.slug, found.uuid])
    try:
        if "split" in request.POST:
            split_articles(found, by=member)
            messages.success(request, _("The two are articles of their own again."))
            return HttpResponseRedirect(here)
        kept = merge_articles(article_named(request.POST.get("into", ""), by=member), found, by=member)
    except WorkbenchError as refusal:
        say(request, refusal)
        return HttpResponseRedirect(here)
    messages.success(request, _("“%(other)s” is merged into “%(kept)s”.") % {"other": found.title, "kept": kept.title})
    return HttpResponseRedirect(reverse("annotations:details", args=[member.project.slug, kept.uuid]))


def read_filters(request: HttpRequest, member: Membership) -> tuple[ArticleFilters, list[str]]:
    """Read the filter in an address; what it may not ask is left out, with a sentence."""
    params = {name: value for name, value in request.GET.items() if name not in PAGING and value}
    return ArticleFilters.parse_kindly(params, member)


def article_rows(articles: list[Article], member: Membership) -> list[ArticleRow]:
    """Put beside each article what the member may know of the work on it; 2 queries."""
    rows = {article.current_version_id: ArticleRow(article) for article in articles}
    versions = [version for version in rows if version is not None]
    given = visible_to(member, Assignment.objects.filter(version_id__in=versions))
    for version, annotator, state in given.order_by().values_list("version_id", "annotator_id", "state"):
        rows[version].states[state] += 1
        if annotator == member.pk:
            rows[version].my_state = state
    seen = visible_to(member, Annotation.objects.filter(version_id__in=versions, withdrawn_at__isnull=True))
    for version, count in seen.order_by().values_list("version_id").annotate(n=Count("pk")):
        rows[version].annotation_count = count
    return [rows.get(article.current_version_id) or ArticleRow(article) for article in articles]


def _with_place(filters: ArticleFilters, name: str, place: UUID | None) -> str:
    if place is None:
        return ""
    query = filters.as_query()
    return f"{query}{'&' if query else '?'}{name}={place}"


def _columns(filters: ArticleFilters, *, hides: bool) -> list[dict[str, Any]]:
    """Return the columns that sort, each with the address that sorts by it, or turns its order round."""
    names = {"title": _("Title"), "publisher": _("Publisher"), "published": _("Published")}
    current = filters.sort.lstrip("-")
    columns = []
    for key, name in names.items():
        is_current, is_descending = current == key, filters.sort.startswith("-")
        first = "-published" if key == "published" else key
        turned = key if is_descending else f"-{key}"
        sort = "none" if not is_current else "descending" if is_descending else "ascending"
        query = filters.as_query(sort=turned if is_current else first)
        columns.append({"name": name, "query": query, "sort": sort, "sorts": key == "title" or not hides})
    return columns


def _my_states(filters: ArticleFilters) -> list[Assignment.State]:
    """Return the states that can be, and the one asked for: a link may name one that a file brought along."""
    return [state for state in Assignment.State if state in REACHED or state == filters.mine]


def _sorts() -> list[tuple[str, str]]:
    return [
        ("-added", _("last added first")),
        ("added", _("first added first")),
        ("title", _("title, A to Z")),
        ("-title", _("title, Z to A")),
        ("-published", _("last published first")),
        ("published", _("first published first")),
        ("publisher", _("publisher, A to Z")),
        ("-publisher", _("publisher, Z to A")),
    ]


def _publishers(member: Membership) -> list[Publisher]:
    return list(visible_to(member, Publisher.objects.all()).order_by("name")[:MOST_CHOICES])


def _publishers_and_languages(member: Membership) -> tuple[list[Publisher], list[str]]:
    """Return what the filter of the list offers to choose from, with one query for both: the page has many others."""
    tags = Article.objects.filter(project_id=member.project_id).exclude(language="").order_by().distinct()
    languages = tags.values_list(Value(0), F("language"), Cast(Value(None), UUIDField()))
    publishers = visible_to(member, Publisher.objects.all()).order_by()
    both = publishers.annotate(rank=Value(1)).values_list("rank", "name", "uuid").union(languages, all=True)
    found = list(both.order_by("rank", "name")[: 2 * MOST_CHOICES])
    named = [Publisher(name=name, uuid=uuid) for _rank, name, uuid in found if uuid is not None]
    return named, [name for _rank, name, uuid in found if uuid is None]


def _chosen(request: HttpRequest, member: Membership, filters: ArticleFilters) -> QuerySet[Article]:
    if request.POST.get("choice") == "matching":
        return filters.articles(member)
    wanted = [value for value in request.POST.getlist("article") if _is_uuid(value)][:PAGE_SIZE]
    if not wanted:
        raise Refused("nothing_chosen", _("Choose at least one article first."))
    return Article.objects.filter(project_id=member.project_id, uuid__in=wanted)


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _ask_first(
    request: HttpRequest,
    member: Membership,
    filters: ArticleFilters,
    form: BulkAssignForm | BulkMetadataForm,
    warning: TooManyPeople | None = None,
) -> HttpResponse:
    """Show what is about to happen to all articles that match, or to chosen ones where that wants a second look."""
    kept = [(name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"]
    chosen = _chosen(request, member, filters)
    context = {
        "warning": warning,
        "count": chosen.count(),
        "kept": kept,
        "query": filters.as_query(),
        "act": request.POST.get("act", ""),
        "said": form.said(),
    }
    return page(request, "bulk_confirm.html", member, context)


def _bulk_form(request: HttpRequest, member: Membership) -> BulkAssignForm | BulkMetadataForm:
    """Read what is to be done with the articles, or refuse."""
    act = request.POST.get("act", "")
    form: BulkAssignForm | BulkMetadataForm
    if act == "assign":
        require(member, Act.ASSIGN)
        form = BulkAssignForm(request.POST, by=member)
    elif act == "metadata":
        form = BulkMetadataForm(request.POST)
    else:
        raise Refused("act_unknown", _("Choose what to do with the articles."))
    _refuse_invalid(form)
    return form


def _carry_out(
    form: BulkAssignForm | BulkMetadataForm, member: Membership, chosen: QuerySet[Article], *, goes_beyond: bool
) -> str:
    """Do it; return the sentence that says what was done."""
    if isinstance(form, BulkAssignForm):
        articles = chosen.only("pk", "current_version_id")
        return said_of_assigning(assign(articles, form.cleaned_data["annotators"], by=member, goes_beyond=goes_beyond))
    return said_of_setting(set_metadata(chosen, form.change(), by=member))


def said_of_assigning(count: int) -> str:
    """Say how many assignments are new."""
    if not count:
        return _("Nothing is new: these people have these articles already.")
    return ngettext("%(n)d new assignment is made.", "%(n)d new assignments are made.", count) % {"n": count}


def said_of_setting(count: int) -> str:
    """Say how many articles changed."""
    if not count:
        return _("Nothing is changed: the articles have these values already.")
    return ngettext("%(n)d article is changed.", "%(n)d articles are changed.", count) % {"n": count}


def _refuse_invalid(form: Any) -> None:
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise Refused("invalid", f"{form.fields[name].label}: {errors[0]}", field=name)


def _take_candidate(request: HttpRequest, member: Membership, article: Article) -> HttpResponse:
    """Set a publisher or a date that was found in the text or the page, and only such a one."""
    back = reverse("annotations:articles", args=[member.project.slug]) + read_filters(request, member)[0].as_query()
    name, _separator, value = request.POST["candidate"].partition("=")
    offered = [one.value for one in candidates_of(article).get(name, [])]
    try:
        if value not in offered:
            raise Refused("candidate_unknown", _("This is known already, or was never proposed."))
        change = MetadataChange(publisher=value) if name == "publisher" else _dated_change(value)
        edit_article(article, change, by=member, base_revision=article.revision)
        messages.success(request, _("“%(title)s”: %(value)s is set.") % {"title": article.title, "value": value})
    except WorkbenchError as refusal:
        say(request, refusal)
    return HttpResponseRedirect(back)


def _dated_change(value: str) -> MetadataChange:
    return MetadataChange(published_at=parse_published(value))


def _preview(form: ArticleForm) -> dict[str, Any]:
    """Return the text as it would be frozen, with the zones found in it."""
    text = frozen_text(form.cleaned_data["text"])
    zones: list[Zone] = find_zones(text, title=form.cleaned_data["title"])
    return {"length": len(text), "blocks": frozen_pieces(text, zones), "zone_count": len(zones)}

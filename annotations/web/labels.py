"""The labels of a project: the list, the editor, and merging one into another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from annotations.access import Act, allows
from annotations.colours import NEAR, ON_DARK
from annotations.errors import Conflict, TooMany, WorkbenchError
from annotations.jobs.starting import start_once
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import AuditEvent, Job, Label, LabelSet, Membership
from annotations.text.attributes import name_of
from annotations.workflow.label_checks import SHORTCUTS
from annotations.workflow.labels import Retired, changes_between, near_labels, retired_labels, use_of_labels
from annotations.workflow.merging_labels import MergeCount, count_label_merge, start_merging_labels
from annotations.workflow.projects import current_label_set, current_labels, revise_label_set

from .doors import page, project_page
from .forms.labels import COLOURS, KINDS, BaseLabelFormSet, LabelFormSet, MergeForm, rows_of
from .once import request_of
from .reading import as_tree, labels_css_url
from .settings_pages import base_of, has_errors

SPARE_LABELS = 1
MOST_PAIRS = 4
"""So many pairs of near colours are named."""


@dataclass(frozen=True, slots=True)
class Row:
    """A label as the list shows it: how deep it stands, the names of its attributes, and for managers its use."""

    label: Label
    depth: int
    attributes: list[str]
    used: int


@dataclass(frozen=True, slots=True)
class Theirs:
    """What somebody else put in force meanwhile."""

    label_set: LabelSet
    by: str
    changes: list[str]


@require_safe
@project_page(Act.VIEW)
def labels(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the labels in force; for managers with their use, near colours and what was retired."""
    found = current_labels(member.project)
    may_edit = allows(member, Act.EDIT_LABELS)
    used = use_of_labels(member.project) if may_edit else {}
    context: dict[str, Any] = {
        "rows": [_row(label, depth, used) for label, depth in as_tree(found)],
        "labels": found,
        "labels_css_url": labels_css_url(member),
        "near": _near_sentences(found) if may_edit else [],
        "retired": _retired(member, found, used) if may_edit else [],
    }
    return page(request, "labels.html", member, context)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.EDIT_LABELS)
def edit_labels(request: HttpRequest, member: Membership) -> HttpResponse:
    """Change the labels; saving puts a new version of the set in force."""
    found = current_labels(member.project)
    stored = {label.key: label for label in found}
    label_set = current_label_set(member.project)
    now = label_set.version if label_set else 0
    base, theirs = base_of(request, now), None
    back = _brought_back(request, member, found)
    formset = cast(
        BaseLabelFormSet,
        LabelFormSet(
            request.POST or None,
            initial=rows_of([*found, *back], SPARE_LABELS),
            prefix="labels",
            form_kwargs={"parents": [(label.key, label.name) for label in [*found, *back]]},
        ),
    )
    if request.method == "POST" and "more" not in request.POST and formset.is_valid():
        try:
            made = revise_label_set(formset.new_labels(stored), by=member, base_version=base)
            messages.success(request, _("Version %(n)s of the label set is in force.") % {"n": made.version})
            return redirect("annotations:labels", member.project.slug)
        except Conflict:
            theirs = _theirs(member, base)
            base = now  # who saves again has read that there is another version
        except WorkbenchError as refusal:
            formset.put_refusal(refusal)
    context = {
        "formset": formset,
        "labels_css_url": labels_css_url(member),
        "base": base,
        "theirs": theirs,
        "brought_back": {label.key for label in back},
        "kinds": KINDS,
        "colours": list(COLOURS.items()),
        "editor": {"partners": ON_DARK, "near": NEAR, "shortcuts": SHORTCUTS},
    }
    status = 409 if theirs else 422 if has_errors(formset) else 200
    return page(request, "labels_edit.html", member, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.EDIT_LABELS)
def merge(request: HttpRequest, member: Membership) -> HttpResponse:
    """Choose two labels, look at what merging would do, start it; go to the job's page."""
    found = current_labels(member.project)
    label_set = current_label_set(member.project)
    now = label_set.version if label_set else 0
    retired = retired_labels(member.project, found, {})
    initial = {"from_label": request.GET.get("from", "")}
    form = MergeForm(request.POST or None, labels=found, retired=retired, initial=initial)
    count: MergeCount | None = None
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            if "confirmed" in request.POST:
                start = partial(start_merging_labels, form.merge(), by=member, base_version=base_of(request, now))
                job = start_once(member, request_of(request), start)
                return redirect("annotations:job", member.project.slug, job.uuid)
            count = count_label_merge(form.merge(), by=member)
        except TooMany:
            raise
        except Conflict as conflict:
            form.put_refusal(conflict)
            status = 409
        except WorkbenchError as refusal:
            form.put_refusal(refusal)
    names = {label.key: label for label in [*(each.label for each in retired), *found]}
    context = {
        "form": form,
        "count": count,
        "said": what_merging_does(count) if count else [],
        "from": names.get(form["from_label"].value() or ""),
        "into": names.get(form["into_label"].value() or ""),
        "base": now,
        "form_key": uuid4(),
        "labels_css_url": labels_css_url(member),
        "worker_is_alive": a_worker_is_alive(),
    }
    return page(request, "labels_merge.html", member, context, status=422 if form.errors and status == 200 else status)


def _retired(member: Membership, in_force: list[Label], used: dict[str, int]) -> list[tuple[Retired, Job | None]]:
    """List what was retired, each with the last merge of it that was not undone; 2 queries."""
    rows = Job.objects.filter(project=member.project, kind=Job.Kind.LABELS, undoes__isnull=True, undone_by__isnull=True)
    merges = {job.parameters["from"]: job for job in rows.order_by("pk")}
    return [(each, merges.get(each.label.key)) for each in retired_labels(member.project, in_force, used)]


def _row(label: Label, depth: int, used: dict[str, int]) -> Row:
    names = [name_of(each) for each in label.attributes if isinstance(each, dict)]
    return Row(label, depth, names, used.get(label.key, 0))


def _near_sentence(one: Label, other: Label) -> str:
    message = _("“%(one)s” and “%(other)s” have colours that are hard to tell apart.")
    return message % {"one": one.name, "other": other.name}


def _near_sentences(labels: list[Label]) -> list[str]:
    """Say which colours are hard to tell apart, the first few of them, and how many more there are."""
    near = near_labels(labels)
    said = [_near_sentence(one, other) for one, other in near[:MOST_PAIRS]]
    more = len(near) - MOST_PAIRS
    if more > 0:
        message = ngettext("%(n)s further pair is as near.", "%(n)s further pairs are as near.", more)
        said.append(message % {"n": more})
    return said


def _brought_back(request: HttpRequest, member: Membership, in_force: list[Label]) -> list[Label]:
    """Return the retired labels that the address names, to stand at the end again; without a taken shortcut."""
    wanted = request.GET.getlist("back")
    if not wanted or request.method == "POST":
        return []
    taken = {label.shortcut.upper() for label in in_force}
    back = [each.label for each in retired_labels(member.project, in_force, {}) if each.label.key in wanted]
    keys = {label.key for label in in_force}
    for label in back:
        label.shortcut = "" if label.shortcut.upper() in taken else label.shortcut
        label.parent = label.parent if label.parent and label.parent.key in keys else None
    return back


def _theirs(member: Membership, base: int) -> Theirs | None:
    """Say who put which version in force since, and what it changed."""
    current = current_label_set(member.project)
    if current is None:
        return None
    acts = AuditEvent.objects.filter(project=member.project, verb="label_set.revised", object_key=str(current.version))
    act = acts.select_related("actor").order_by("-pk").first()
    earlier = Label.objects.filter(label_set__project=member.project, label_set__version=base)
    before, after = list(earlier.select_related("parent")), current_labels(member.project)
    names = {label.key: label.name for label in [*after, *before]}
    said = {"added": _("added: %(names)s"), "retired": _("retired: %(names)s"), "changed": _("changed: %(names)s")}
    found = changes_between(before, after)
    changes = [said[kind] % {"names": ", ".join(names[key] for key in keys)} for kind, keys in found.items()]
    return Theirs(current, act.actor.pseudonym if act and act.actor else "", changes or [_("their order")])


def what_merging_does(count: MergeCount) -> Iterable[str]:
    """Say what a merge would do, one sentence a matter; what does not occur is not mentioned."""
    numbers = (
        (count.annotations, ngettext("%(n)s annotation", "%(n)s annotations", count.annotations)),
        (count.relations, ngettext("%(n)s relation", "%(n)s relations", count.relations)),
        (count.article_labels, ngettext("%(n)s label on an article", "%(n)s labels on articles", count.article_labels)),
        (count.withdrawn, _("%(n)s of them withdrawn")),
        (count.articles, ngettext("in %(n)s article", "in %(n)s articles", count.articles)),
        (count.people, ngettext("by %(n)s person", "by %(n)s people", count.people)),
    )
    matters = (
        (
            count.unfitting,
            ngettext(
                "%(n)s has a value of an attribute that the other label does not allow; it stays in the history.",
                "%(n)s have a value of an attribute that the other label does not allow; it stays in the history.",
                count.unfitting,
            ),
        ),
        (
            count.doubled,
            ngettext(
                "%(n)s would stand on words that the same person gave the other label already.",
                "%(n)s would stand on words that the same person gave the other label already.",
                count.doubled,
            ),
        ),
        (
            count.already,
            ngettext(
                "%(n)s article has the other label from the same person already: the merged one is withdrawn there.",
                "%(n)s articles have the other label from the same person already: the merged one is withdrawn there.",
                count.already,
            ),
        ),
        (
            count.suggestions,
            ngettext(
                "%(n)s suggestion proposes the other label then.",
                "%(n)s suggestions propose the other label then.",
                count.suggestions,
            ),
        ),
        (
            count.children,
            ngettext(
                "%(n)s label below it comes below the other.",
                "%(n)s labels below it come below the other.",
                count.children,
            ),
        ),
    )
    if count.total:
        yield ", ".join(text % {"n": n} for n, text in numbers if n)
    else:
        yield _("Nothing stands under this label.")
    yield from (text % {"n": n} for n, text in matters if n)

"""Filters of the lists. Each offers a bounded number of choices, taken from what the person may see."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import Annotation, Article, Assignment, ClaimDesk, Membership, Publisher
from annotations.workflow.assigning import REACHED

from .addresses import NOWHERE, name_of, number_of
from .sight import sight_of

MOST_CHOICES = 200
NONE = "none"
DONE_WITH = (ClaimDesk.State.PUBLISHED, ClaimDesk.State.CORRECTED, ClaimDesk.State.DROPPED)


class ProjectFilter(SimpleListFilter):
    """By project."""

    title = gettext_lazy("project")
    parameter_name = "project"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: ModelAdmin) -> None:
        self.path = getattr(model_admin, "project_path", "project")
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, str]]:
        """Offer the projects the person may see."""
        return list(sight_of(request).projects().order_by("name").values_list("pk", "name")[:MOST_CHOICES])

    def has_output(self) -> bool:
        """Stay on the page with a single project too, so that one learns where one is."""
        return bool(self.lookup_choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow to the project chosen."""
        chosen = number(self.value())
        return queryset if chosen is None else queryset.filter(**{self.path: chosen})


class InProjectFilter(SimpleListFilter):
    """By a row that belongs to a project, so that one is chosen first; rows are named without their numbers."""

    model: type[Model]
    column: str
    none: Any
    """What it is called where there is none."""

    def offered(self, request: HttpRequest, project: int) -> Iterable[tuple[int, str]]:
        """Return the ids and names of the rows of a project that the person may see; each kind of row says which."""
        return ()

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, str]]:
        """Offer none, and the rows of the project chosen."""
        project = number(request.GET.get(ProjectFilter.parameter_name))
        found = self.offered(request, project) if project is not None else ()
        return [(NONE, str(self.none)), *((name_of(self.model, pk), name) for pk, name in found)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow to the row chosen, or to none."""
        if self.value() == NONE:
            return queryset.filter(**{f"{self.column}__isnull": True})
        chosen = number_of(self.model, self.value() or "")
        return queryset if chosen == NOWHERE else queryset.filter(**{self.column: chosen})


class PublisherFilter(InProjectFilter):
    """By publisher."""

    title = gettext_lazy("publisher")
    parameter_name = column = "publisher"
    model, none = Publisher, gettext_lazy("not known")

    def offered(self, request: HttpRequest, project: int) -> Iterable[tuple[int, str]]:
        """Return its publishers by name."""
        rows = sight_of(request).judgements(Publisher.objects.filter(project=project))
        return rows.order_by("name").values_list("pk", "name")[:MOST_CHOICES]


class LanguageFilter(SimpleListFilter):
    """By language tag."""

    title = gettext_lazy("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, str]]:
        """Offer the languages there are, and none."""
        rows = sight_of(request).inside(Article.objects.exclude(language=""), "project").order_by("language")
        project = number(request.GET.get(ProjectFilter.parameter_name))
        if project is not None:
            rows = rows.filter(project=project)
        tags = rows.values_list("language", flat=True).distinct()[:MOST_CHOICES]
        return [(NONE, _("not known")), *((tag, tag) for tag in tags)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow to the language chosen."""
        if self.value() is None:
            return queryset
        return queryset.filter(language="" if self.value() == NONE else self.value())


class YesNoFilter(SimpleListFilter):
    """A question with two answers."""

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, str]]:
        """Offer both."""
        return [("yes", _("yes")), ("no", _("no"))]


class HasAnnotationsFilter(YesNoFilter):
    """Whether the current text of an article carries annotations that the person may see."""

    title = gettext_lazy("annotations")
    parameter_name = "has_annotations"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow to articles with or without annotations."""
        if self.value() not in ("yes", "no"):
            return queryset
        rows = Annotation.objects.filter(version=OuterRef("current_version"), withdrawn_at__isnull=True)
        there = Exists(sight_of(request).judgements(rows))
        return queryset.filter(there if self.value() == "yes" else ~there)


class WithdrawnFilter(YesNoFilter):
    """Whether a judgement was withdrawn."""

    title = gettext_lazy("withdrawn")
    parameter_name = "withdrawn"
    column = "withdrawn_at"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow to withdrawn ones, or to those in force."""
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(**{f"{self.column}__isnull": self.value() == "no"})


class LeftFilter(WithdrawnFilter):
    """Whether a member has left."""

    title = gettext_lazy("left")
    parameter_name = "left"
    column = "ended_at"


class ArchivedFilter(WithdrawnFilter):
    """Whether a project is archived."""

    title = gettext_lazy("archived")
    parameter_name = "archived"
    column = "archived_at"


class RevokedFilter(WithdrawnFilter):
    """Whether a key was revoked."""

    title = gettext_lazy("revoked")
    parameter_name = "revoked"
    column = "revoked_at"


class EndedFilter(YesNoFilter):
    """Whether the time of a link is over."""

    title = gettext_lazy("over")
    parameter_name = "ended"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow to links that ended by themselves, or to those that go on."""
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(**{"expires_at__lte" if self.value() == "yes" else "expires_at__gt": timezone.now()})


class DeskStateFilter(SimpleListFilter):
    """By where the work on a claim stands."""

    title = gettext_lazy("work on the claim")
    parameter_name = "desk"
    MERGED = "merged"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, str]]:
        """Offer all states, and claims that another one stands for."""
        return [
            *((state.value, str(state.label)) for state in ClaimDesk.State),
            (self.MERGED, _("merged into another")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow to one state; a claim without a desk is new."""
        if self.value() == self.MERGED:
            return queryset.filter(of_desk_merged__isnull=False)
        if self.value() not in ClaimDesk.State.values:
            return queryset
        condition = Q(of_desk_state=self.value())
        if self.value() == ClaimDesk.State.NEW:
            condition |= Q(of_desk_state__isnull=True)
        return queryset.filter(condition, of_desk_merged__isnull=True)


class AssigneeFilter(InProjectFilter):
    """By who has a claim."""

    title = gettext_lazy("assignee")
    parameter_name, column = "assignee", "of_desk_assignee"
    model, none = Membership, gettext_lazy("nobody")

    def offered(self, request: HttpRequest, project: int) -> Iterable[tuple[int, str]]:
        """Return those who have claims of it."""
        desks = sight_of(request).judgements(ClaimDesk.objects.filter(project=project, assignee__isnull=False))
        people = desks.order_by("assignee__pseudonym").values_list("assignee", "assignee__pseudonym").distinct()
        return people[:MOST_CHOICES]


class DueFilter(SimpleListFilter):
    """By the day until which a claim is to be done."""

    title = gettext_lazy("due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, str]]:
        """Offer what is late, what comes next, and what is due at no time."""
        return [("late", _("late")), ("week", _("within seven days")), (NONE, _("at no time"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow by the day; what is done with is not late."""
        today = timezone.localdate()
        if self.value() == NONE:
            return queryset.filter(of_desk_due_on__isnull=True)
        if self.value() == "week":
            return queryset.filter(of_desk_due_on__gte=today, of_desk_due_on__lte=today + timedelta(days=7))
        if self.value() == "late":
            return queryset.filter(of_desk_due_on__lt=today).exclude(of_desk_state__in=DONE_WITH)
        return queryset


class ResolvedFilter(WithdrawnFilter):
    """Whether a thread is settled."""

    title = gettext_lazy("resolved")
    parameter_name = "resolved"
    column = "resolved_at"


class AboutFilter(SimpleListFilter):
    """By what a thread is about."""

    title = gettext_lazy("about")
    parameter_name = "about"
    ABOUT = {
        "claim": Q(claim__isnull=False),
        "annotation": Q(annotation__isnull=False),
        "words": Q(start__isnull=False),
        "article": Q(version__isnull=False, annotation__isnull=True, start__isnull=True),
    }

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, str]]:
        """Offer all of them."""
        names = (_("claim"), _("annotation"), _("words"), _("article"))
        return list(zip(self.ABOUT, names, strict=True))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow to one."""
        return queryset.filter(self.ABOUT.get(self.value() or "", Q()))


class DeletedFilter(WithdrawnFilter):
    """Whether a project is deleted and can be restored."""

    title = gettext_lazy("deleted")
    parameter_name = "deleted"
    column = "deleted_at"


class AskedToBeErasedFilter(WithdrawnFilter):
    """Whether a person asked to be erased."""

    title = gettext_lazy("asked to be erased")
    parameter_name = "asked"
    column = "erasure_asked_at"


class StateFilter(SimpleListFilter):
    """By the state of an assignment."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, str]]:
        """Offer the states that can be, and the one asked for: a file may bring others along."""
        asked = request.GET.get(self.parameter_name)
        return [(state.value, str(state.label)) for state in Assignment.State if state in REACHED or state == asked]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow to one state."""
        return queryset.filter(state=self.value()) if self.value() else queryset


class ObjectTypeFilter(SimpleListFilter):
    """By what was acted on. The list is fixed: to look it up in the audit would read all of it."""

    title = gettext_lazy("what")
    parameter_name = "what"
    TYPES = (
        ("annotation", gettext_lazy("annotation")),
        ("claim", gettext_lazy("claim")),
        ("mention", gettext_lazy("mention of a claim")),
        ("evidence", gettext_lazy("evidence")),
        ("assignment", gettext_lazy("assignment")),
        ("article", gettext_lazy("article")),
        ("publisher", gettext_lazy("publisher")),
        ("project", gettext_lazy("project")),
        ("membership", gettext_lazy("membership")),
        ("label_set", gettext_lazy("label set")),
        ("guidelines", gettext_lazy("guidelines")),
        ("job", gettext_lazy("job")),
        ("user", gettext_lazy("account")),
        ("token", gettext_lazy("API token")),
        ("login_throttle", gettext_lazy("log-in wait")),
    )

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, str]]:
        """Offer all kinds of objects."""
        return [(key, str(name)) for key, name in self.TYPES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow to one kind of object."""
        return queryset.filter(object_type=self.value()) if self.value() else queryset


def number(value: Any) -> int | None:
    """Read a primary key from an address; anything else is nothing."""
    return int(value) if value and str(value).isascii() and str(value).isdecimal() and len(str(value)) < 19 else None

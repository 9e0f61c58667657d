"""What people decided: annotations, claims, mentions, evidence, assignments. To be looked at, with every earlier state.

Nothing can be added, changed or deleted here: a judgement is its owner's. Rows come through `visible_to`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Left
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from annotations.errors import WorkbenchError
from annotations.models import (
    Annotation,
    AnnotationRevision,
    Assignment,
    Claim,
    ClaimDesk,
    ClaimMention,
    ClaimRevision,
    EvidenceItem,
    EvidenceRevision,
    Fragment,
    MentionRevision,
    Publication,
    TimeSpent,
    Verdict,
)
from annotations.workflow.assigning import confirm_late
from annotations.workflow.judging import CLAIM_DETAILS, EVIDENCE_DETAILS

from .base import ReadOnlyInline, WorkbenchAdmin, as_json, as_link
from .filters import AssigneeFilter, DeskStateFilter, DueFilter, ProjectFilter, StateFilter, WithdrawnFilter
from .sight import Sight, sight_of

SHORT = 120
MOST_SHOWN = 200
HEAD = ("key", "project", "created_by", "version_number", "created_at", "updated_at", "withdrawn_at")
EARLIER = ("version_number", "replaced_by", "replaced_at", "after_reveal", "withdrawn_at")
LONG_OF_VERSION = ("version__text", "version__article__metadata", "version__article__candidates")


class RevisionInline(ReadOnlyInline):
    """The earlier states of a judgement."""

    verbose_name_plural = _("Earlier states")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring along who replaced the state."""
        return super().get_queryset(request).select_related("replaced_by").order_by("-version_number")


class JudgementAdmin(WorkbenchAdmin):
    """Rows that only their owners change."""

    list_filter: ClassVar[Any] = (ProjectFilter, WithdrawnFilter)
    ordering = ("-id",)
    audit_key = "key"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule of who sees what."""
        return sight.judgements(rows)

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show earlier states where there are any."""
        return self.inlines if obj is not None and obj.version_number > 1 else ()


class AnnotationRevisionInline(RevisionInline):
    """The earlier states of an annotation."""

    model = AnnotationRevision
    fields = (*EARLIER, "label", "start", "end", "quote", "note")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring the label along."""
        return super().get_queryset(request).select_related("label")


class FragmentInline(ReadOnlyInline):
    """The parts of a discontinuous annotation."""

    model = Fragment
    fields = ("n", "start", "end", "quote")
    fk_name = "annotation"
    verbose_name_plural = _("Fragments")


@admin.register(Annotation)
class AnnotationAdmin(JudgementAdmin):
    """Labels on spans."""

    list_display = ("short_quote", "label", "article", "created_by", "layer", "span", "version_number", "updated_at")
    list_filter = (ProjectFilter, WithdrawnFilter, "layer")
    list_select_related = ("label", "created_by", "version__article", "project")
    search_fields = ("quote", "label__name", "created_by__pseudonym")
    fields = (*HEAD, "label", "layer", "article", "span", "in_context", "note", "attributes_shown", "confidence")
    readonly_fields = fields
    inlines = (AnnotationRevisionInline,)
    audit_type = "annotation"

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show fragments where there are any."""
        fragments = (FragmentInline,) if obj is not None and obj.fragments.exists() else ()
        return (*fragments, *super().get_inlines(request, obj))

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Cut quotes in the database and leave out all other text."""
        long = ("quote", "prefix", "suffix", "note", "attributes", "label__description", "project__description")
        return rows.annotate(quote_start=Left("quote", SHORT)).defer(*long, *LONG_OF_VERSION)

    @admin.display(description=_("quote"))
    def short_quote(self, annotation: Any) -> str:
        """Show how the quote begins."""
        return begun(annotation.quote_start)

    @admin.display(description=_("article"))
    def article(self, annotation: Annotation) -> str:
        """Name the article."""
        return annotation.version.article.title[:SHORT]

    @admin.display(description=_("span"), ordering="start")
    def span(self, annotation: Annotation) -> str:
        """Show the place in code points."""
        return f"{annotation.start}–{annotation.end}"

    @admin.display(description=_("quote in its context"))
    def in_context(self, annotation: Annotation) -> str:
        """Show the words with those around them."""
        parts = (annotation.prefix, annotation.quote, annotation.suffix)
        return format_html('<p class="passage" dir="auto">{}<mark>{}</mark>{}</p>', *parts)

    @admin.display(description=_("attributes"))
    def attributes_shown(self, annotation: Annotation) -> str:
        """Show the attributes."""
        return as_json(annotation.attributes)


class ClaimRevisionInline(RevisionInline):
    """The earlier states of a claim."""

    model = ClaimRevision
    fields = (*EARLIER, "text", "claimant", "claim_date", *CLAIM_DETAILS)


@admin.register(Claim)
class ClaimAdmin(JudgementAdmin):
    """Checkable statements."""

    list_display = (
        *("short_text", "desk_state", "desk_assignee", "desk_due", "project", "created_by", "updated_at"),
        "withdrawn_at",
    )
    list_filter = (ProjectFilter, DeskStateFilter, AssigneeFilter, DueFilter, WithdrawnFilter)
    list_select_related = ("project", "created_by")
    search_fields = ("text", "claimant", "created_by__pseudonym")
    fields = (
        *HEAD,
        *("text", "claimant", "claim_date", *CLAIM_DETAILS),
        *("desk_state", "desk_assignee", "desk_due", "desk_kept", "desk_page"),
        *("verdicts", "mentions", "evidence"),
    )
    inlines = (ClaimRevisionInline,)
    audit_type = "claim"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show all; remember who looks, for what hangs on the claim."""
        if obj is not None:
            obj.sight = sight_of(request)
        return self.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring along where the work on the claim stands, as far as one may know of it."""
        desks = sight_of(request).judgements(ClaimDesk.objects.filter(claim=OuterRef("pk")))
        columns = {"state": "state", "assignee": "assignee", "assignee_name": "assignee__pseudonym", "due_on": "due_on"}
        columns["merged"] = "merged_into"
        found = {f"of_desk_{name}": Subquery(desks.values(column)[:1]) for name, column in columns.items()}
        return super().get_queryset(request).annotate(**found)

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Cut texts in the database."""
        return rows.annotate(text_start=Left("text", SHORT)).defer("text", "claimant", "project__description")

    @admin.display(description=_("state"), ordering="of_desk_state")
    def desk_state(self, claim: Any) -> str:
        """Say where the work on it stands; a claim that nobody touched is new."""
        if claim.of_desk_merged is not None:
            return str(_("merged into another"))
        return str(ClaimDesk.State(claim.of_desk_state or ClaimDesk.State.NEW).label)

    @admin.display(description=_("assignee"), ordering="of_desk_assignee_name")
    def desk_assignee(self, claim: Any) -> str:
        """Name who has it."""
        return claim.of_desk_assignee_name or "–"

    @admin.display(description=_("due"), ordering="of_desk_due_on")
    def desk_due(self, claim: Any) -> str:
        """Say until when."""
        return formats.date_format(claim.of_desk_due_on, "SHORT_DATE_FORMAT") if claim.of_desk_due_on else "–"

    @admin.display(description=_("merged into"))
    def desk_kept(self, claim: Any) -> str:
        """Link to the claim that stands for it."""
        kept = Claim.objects.filter(project_id=claim.project_id, key=claim.of_desk_merged).first()
        if kept is None:
            return "–"
        address = reverse("admin:annotations_claim_change", args=[kept.pk])
        return format_html('<a href="{}" dir="auto">{}</a>', address, kept.text[:200])

    @admin.display(description=_("page for readers"))
    def desk_page(self, claim: Any) -> str:
        """Link to its page, where it has one that one may know of."""
        page = claim.sight.judgements(Publication.objects.filter(claim=claim)).first()
        if page is None:
            return "–"
        here = reverse("admin:annotations_publication_change", args=[page.pk])
        return format_html('<a href="{}">{}</a>', here, page.get_state_display())

    @admin.display(description=_("verdicts"))
    def verdicts(self, claim: Any) -> str:
        """List the verdicts, the newest first, as far as one may see."""
        rows = claim.sight.judgements(Verdict.objects.filter(claim=claim)).select_related("value", "created_by")
        lines = [
            (row.value.name, row.created_by.pseudonym, formats.date_format(row.created_at, "SHORT_DATETIME_FORMAT"))
            for row in rows.order_by("-pk")[:MOST_SHOWN]
        ]
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · <bdi>{}</bdi>, {}</li>", lines)) or "–"

    @admin.display(description=_("claim"))
    def short_text(self, claim: Any) -> str:
        """Show how the claim begins."""
        return begun(claim.text_start)

    @admin.display(description=_("mentions"))
    def mentions(self, claim: Any) -> str:
        """List where articles express it, as far as one may see."""
        rows = ClaimMention.objects.filter(claim=claim).select_related("annotation")
        rows = claim.sight.judgements(rows)[:MOST_SHOWN]
        found = ((row, row.get_stance_display(), row.annotation.quote) for row in rows)
        return _links("annotations_claimmention", found)

    @admin.display(description=_("evidence"))
    def evidence(self, claim: Any) -> str:
        """List the evidence, as far as one may see."""
        rows = EvidenceItem.objects.filter(evidence_set__claim=claim).select_related("source")
        rows = claim.sight.judgements(rows)[:MOST_SHOWN]
        return _links("annotations_evidenceitem", ((row, row.get_stance_display(), _place_of(row)) for row in rows))


class MentionRevisionInline(RevisionInline):
    """The earlier states of a mention."""

    model = MentionRevision
    fields = (*EARLIER, "stance")


@admin.register(ClaimMention)
class ClaimMentionAdmin(JudgementAdmin):
    """Which annotation expresses which claim."""

    list_display = ("short_claim", "stance", "short_quote", "project", "created_by", "updated_at", "withdrawn_at")
    list_filter = (ProjectFilter, WithdrawnFilter, "stance")
    list_select_related = ("project", "created_by")
    search_fields = ("claim__text", "annotation__quote")
    fields = (*HEAD, "claim", "annotation", "stance")
    inlines = (MentionRevisionInline,)
    audit_type = "mention"

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Fetch the beginnings only."""
        starts = {"claim_start": Left("claim__text", SHORT), "quote_start": Left("annotation__quote", SHORT)}
        return rows.annotate(**starts).defer("project__description")

    @admin.display(description=_("claim"))
    def short_claim(self, mention: Any) -> str:
        """Show how the claim begins."""
        return begun(mention.claim_start)

    @admin.display(description=_("quote"))
    def short_quote(self, mention: Any) -> str:
        """Show how the quote begins."""
        return begun(mention.quote_start)


class EvidenceRevisionInline(RevisionInline):
    """The earlier states of evidence."""

    model = EvidenceRevision
    fields = (*EARLIER, "address", "title", "stance", "quote", "note", *EVIDENCE_DETAILS)

    @admin.display(description=_("address"))
    def address(self, revision: EvidenceRevision) -> str:
        """Link to the source."""
        return as_link(revision.url)


@admin.register(EvidenceItem)
class EvidenceAdmin(JudgementAdmin):
    """What supports or refutes claims."""

    list_display = ("place", "stance", "short_claim", "project", "created_by", "updated_at", "withdrawn_at")
    list_filter = (ProjectFilter, WithdrawnFilter, "stance")
    list_select_related = ("project", "created_by", "source")
    search_fields = ("title", "url", "quote", "evidence_set__claim__text")
    fields = (*HEAD, "claim", "stance", "title", "address", "source", "quote", "note", *EVIDENCE_DETAILS)
    readonly_fields = ("claim", "address")
    inlines = (EvidenceRevisionInline,)
    audit_type = "evidence"

    @admin.display(description=_("address"))
    def address(self, item: EvidenceItem) -> str:
        """Link to the source."""
        return as_link(item.url)

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Fetch the beginning of the claim only."""
        rows = rows.annotate(claim_start=Left("evidence_set__claim__text", SHORT))
        return rows.defer("quote", "note", "project__description")

    @admin.display(description=_("source"))
    def place(self, item: EvidenceItem) -> str:
        """Name the page it points to."""
        return begun(_place_of(item))

    @admin.display(description=_("claim"))
    def short_claim(self, item: Any) -> str:
        """Show how the claim begins."""
        return begun(item.claim_start)

    @admin.display(description=_("claim"))
    def claim(self, item: EvidenceItem) -> str:
        """Link to the claim."""
        claim = item.evidence_set.claim
        address = reverse("admin:annotations_claim_change", args=[claim.pk])
        return format_html('<a href="{}">{}</a>', address, claim.text)


class TimeInline(ReadOnlyInline):
    """The seconds of each visit and day."""

    model = TimeSpent
    fields = ("day", "seconds")
    verbose_name_plural = _("Time spent")
    ordering = ("day", "pk")


@admin.register(Assignment)
class AssignmentAdmin(WorkbenchAdmin):
    """Which version is given to whom. Articles are assigned from their list."""

    list_display = ("article", "annotator", "state", "project", "created_at", "submitted_at", "seconds_spent")
    inlines = (TimeInline,)
    list_filter = (ProjectFilter, StateFilter)
    list_select_related = ("version__article", "annotator", "project")
    search_fields = ("version__article__title", "annotator__pseudonym")
    ordering = ("-id",)
    fields = (
        "project",
        "article",
        "annotator",
        "round",
        "state",
        "created_at",
        "lease_until",
        "submitted_at",
        "late_at",
        "reopened_at",
        "skipped_at",
        "skip_reason",
        "skip_note",
        "seconds_spent",
        "uuid",
    )
    readonly_fields = fields
    audit_type = "assignment"
    actions = ("take_in_late",)
    change_list_template = "admin/annotations/assignment/change_list.html"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule of who sees what."""
        return sight.judgements(rows)

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave the texts out."""
        return rows.defer(*LONG_OF_VERSION, "project__description")

    @admin.action(description=_("Take in what was handed in late"))
    def take_in_late(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> None:
        """Let the work chosen count, though its articles have one annotator more than asked for then."""
        done = 0
        for assignment in queryset.select_related("project")[:MOST_SHOWN]:
            try:
                confirm_late(assignment.uuid, by=sight_of(request).part_in(assignment.project))
                done += 1
            except WorkbenchError as refusal:
                self.message_refused(request, refusal)
        if done:
            self.message_done(request, ngettext("%d article is taken in.", "%d articles are taken in.", done) % done)

    @admin.display(description=_("article"), ordering="version__article__title")
    def article(self, assignment: Assignment) -> str:
        """Name the article and its version."""
        return f"{assignment.version.article.title[:SHORT]} · {assignment.version.n}"


def begun(text: str) -> str:
    """Show how a text begins that was cut in the database."""
    return f"{text[: SHORT - 1]}…" if len(text) >= SHORT else text or "–"


def _place_of(item: EvidenceItem) -> str:
    return item.title or item.url or (str(item.source) if item.source else "") or str(item.key)


def _links(model: str, rows: Any) -> str:
    items = format_html_join(
        "",
        '<li><b>{}</b> <a href="{}" dir="auto">{}</a></li>',
        ((name, reverse(f"admin:{model}_change", args=[row.pk]), text[:200]) for row, name, text in rows),
    )
    return format_html('<ul class="passages">{}</ul>', items) if items else "–"

"""What an export holds: the articles asked for, and of the judgements on them what its requester may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import CharField, Count, Exists, F, Model, OuterRef, Q, QuerySet, TextField
from django.db.models.constants import LOOKUP_SEP
from django.db.models.functions import Collate

from annotations.access import Act, has_role_for, hides_outlets, sees_all_work, visible_to
from annotations.access.visibility import work_with
from annotations.jobs.export_options import ExportOptions
from annotations.models import (
    AccountCell,
    AccountCellRevision,
    AccountRow,
    AccountRowRevision,
    Adjudication,
    Annotation,
    AnnotationRevision,
    Article,
    ArticleLabel,
    ArticleLabelRevision,
    ArticleVersion,
    Assignment,
    Attribution,
    AttributionRevision,
    BoilerplateRuling,
    Capture,
    Claim,
    ClaimDesk,
    ClaimMention,
    ClaimRevision,
    Comment,
    CommentMention,
    CommentThread,
    EvidenceItem,
    EvidenceRevision,
    Membership,
    MentionRevision,
    Project,
    Publication,
    Quotation,
    QuotationDecision,
    QuotationMatch,
    QuoteDecision,
    QuoteLink,
    Region,
    RegionRevision,
    Relation,
    RelationRevision,
    Revision,
    Round,
    Ruling,
    RulingSource,
    Source,
    SourceCheck,
    Speaker,
    SpeakerRevision,
    Spelling,
    Story,
    StoryArticle,
    StoryRevision,
    StorySuggestion,
    Suggestion,
    SuggestionDecision,
    Verdict,
)
from annotations.models.among import GAP, Ids, Many, gap_for
from annotations.search.article_filters import ArticleFilters

from .written import Question

M = TypeVar("M", bound=Model)
BATCH = 800
MOST_CODE_POINTS = 4_000_000
"""So many rows are read at once, and fewer where their texts are long: what is in memory has a bound of its own.

Larger batches take less of the processor and more memory: three are there at once, and two as results beside.
"""
MOST_SPANS = 12_000
"""Of so many annotations and suggestions, all that lies on some texts is read at once; one article is never cut."""
_KINDS_OF_SPANS: tuple[type[Model], ...] = (Annotation, Suggestion)
OWNER_OF_REVISION: dict[type[Revision], str] = {
    AnnotationRevision: "annotation",
    RelationRevision: "relation",
    ArticleLabelRevision: "article_label",
    ClaimRevision: "claim",
    MentionRevision: "mention",
    EvidenceRevision: "evidence",
    RegionRevision: "region",
    StoryRevision: "story",
    AccountRowRevision: "row",
    AccountCellRevision: "cell",
    AttributionRevision: "attribution",
}
"""Earlier states are seen with the judgement whose states they are: the field that leads to it."""


@dataclass(frozen=True)
class Scope:
    """One requester's view of the articles of one export. Judgements are read through `visible_to` alone."""

    membership: Membership
    filters: ArticleFilters
    options: ExportOptions = field(default_factory=ExportOptions)
    _held: dict[type[Model], bool] = field(default_factory=dict, repr=False, compare=False)
    _ids: dict[type[Model], list[int]] = field(default_factory=dict, repr=False, compare=False)
    _rounds: dict[int, int] = field(default_factory=dict, repr=False, compare=False)
    _questions: dict[tuple[type[Model], bool], Question | None] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(
        cls, project: Project, by: Membership | None, filters: dict[str, Any], options: ExportOptions | None = None
    ) -> Scope:
        """Read the filters. Without a membership it is the operator's view: everything. Raises `Refused`."""
        operator = Membership(project=project, role=Membership.Role.MANAGER)
        return cls(by or operator, ArticleFilters.parse(filters), options or ExportOptions())

    @property
    def project(self) -> Project:
        """Return the project."""
        return self.membership.project

    @property
    def narrows(self) -> bool:
        """Tell whether not all articles of the project are in it."""
        return self.filters.narrows or hides_outlets(self.membership)

    def articles(self) -> QuerySet[Article]:
        """Return the articles that have a text."""
        return self.filters.exported_articles(self.membership).filter(current_version__isnull=False)

    def earlier_versions(self) -> QuerySet[ArticleVersion]:
        """Return the earlier texts of these articles."""
        rows = ArticleVersion.objects.filter(project=self.project).exclude(pk=F("article__current_version_id"))
        return rows.filter(article__in=self.articles().values("pk")) if self.narrows else rows

    def annotations(self) -> QuerySet[Annotation]:
        """Return the annotations on all texts of these articles, withdrawn ones too."""
        return self._asked_for(self._on_texts(Annotation.every.all()))

    def relations(self) -> QuerySet[Relation]:
        """Return the relations between these annotations."""
        return self._asked_for(self._on_texts(Relation.every.all()))

    def article_labels(self) -> QuerySet[ArticleLabel]:
        """Return the labels on these articles as a whole."""
        return self._asked_for(self._on_texts(ArticleLabel.every.all()))

    def threads(self) -> QuerySet[CommentThread]:
        """Return what was said about these articles, and about these annotations."""
        rows = self._on_texts(CommentThread.objects.all())
        if not self.options.narrows:
            return rows
        inside = self.annotations().filter(pk=OuterRef("annotation_id"))
        return rows.filter(Q(annotation__isnull=True) | Exists(inside))

    def claim_threads(self) -> QuerySet[CommentThread]:
        """Return what was said about these claims; an export of a part of the judgements goes without."""
        rows = visible_to(self.membership, CommentThread.objects.filter(claim__isnull=False))
        if self.options.narrows:
            return rows.none()
        return rows.filter(claim__in=self.claims().order_by().values("pk"))

    def comments(self) -> QuerySet[Comment]:
        """Return the comments of these threads."""
        on_texts, on_claims = (rows.order_by().values("pk") for rows in (self.threads(), self.claim_threads()))
        return Comment.objects.filter(Q(thread__in=on_texts) | Q(thread__in=on_claims))

    def adjudications(self) -> QuerySet[Adjudication]:
        """Return how far the settling of these texts is; of a part of the judgements alone it tells nothing."""
        rows = self._on_texts(Adjudication.every.all())
        return rows.none() if self.options.narrows else rows

    def rulings(self) -> QuerySet[Ruling]:
        """Return how differences in these texts were settled, rulings that were taken back too."""
        rows = visible_to(self.membership, Ruling.objects.all())
        if self.options.narrows:
            return rows.none()
        if not self.narrows:
            return rows
        articles = self.articles().values("pk")
        of_one = RulingSource.objects.filter(ruling=OuterRef("pk"))
        inside = Q()
        for text in RulingSource.TEXTS.values():
            inside |= Q(Exists(of_one.filter(**{f"{text}__article__in": articles})))
        return rows.filter(inside)

    def calls(self) -> QuerySet[CommentMention]:
        """Return whom these comments call, as far as the requester is shown it."""
        rows = visible_to(self.membership, CommentMention.objects.all())
        return rows.filter(comment__in=self.comments().values("pk"))

    def suggestions(self) -> QuerySet[Suggestion]:
        """Return what was proposed for these texts, decided or not."""
        return self._on_texts(Suggestion.objects.all())

    def decisions(self) -> QuerySet[SuggestionDecision]:
        """Return what was decided about these suggestions: of the layer asked for, and by whom has handed it in."""
        rows = visible_to(self.membership, SuggestionDecision.every.filter(suggestion__in=self.suggestions()))
        if self.options.narrows:
            inside = self.annotations().filter(pk=OuterRef("annotation_id"))
            rows = rows.filter(Q(annotation__isnull=True) | Exists(inside))
        if self.options.submitted_only:
            work = Assignment.every.filter(
                version_id=OuterRef("suggestion__version_id"), annotator_id=OuterRef("decided_by_id")
            )
            handed_in = Exists(work.filter(state__in=Assignment.HANDED_IN))
            rows = rows.filter(Q(decided_by__isnull=True) | handed_in)
        return rows

    def assignments(self) -> QuerySet[Assignment]:
        """Return the assignments of these texts, those of past rounds too; where a round is asked for, its own."""
        return self._handed_in_if_asked(self._on_texts(Assignment.every.all()))

    def round_numbers(self) -> dict[int, int]:
        """Return the numbers of the project's rounds by their ids; at most 1 query for all batches."""
        if Round not in self._held:
            self._rounds.update(Round.objects.filter(project=self.project).values_list("pk", "number"))
            self._held[Round] = bool(self._rounds)
        return self._rounds

    def _asked_for(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Narrow judgements on texts to the layer asked for, and to what their owners have handed in."""
        rows = self._of_the_round(rows)
        gold = Q(layer=Annotation.Layer.GOLD)
        if self.options.layer != "all":
            rows = rows.filter(gold if self.options.layer == "gold" else ~gold)
        return rows.filter(gold | Exists(_handed_in("created_by_id"))) if self.options.submitted_only else rows

    def _of_the_round(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Narrow judgements to those of the round that is asked for: set aside when it was past, or present in it."""
        if not self.filters.round:
            return rows
        present = Q(past_round__isnull=True, version__article__round__uuid=self.filters.round)
        if Round.objects.filter(project=self.project, uuid=self.filters.round, takes_new=True).exists():
            present = Q(past_round__isnull=True, version__article__round__isnull=True)
        return rows.filter(present | Q(past_round__uuid=self.filters.round))

    def _on_texts(self, rows: QuerySet[M]) -> QuerySet[M]:
        seen = visible_to(self.membership, rows)
        return seen.filter(version__article__in=self.articles().values("pk")) if self.narrows else seen

    def annotations_on(self, versions: Ids) -> QuerySet[Annotation]:
        """Return the annotations on some of these texts; their versions are known, so that nothing is joined."""
        rows = visible_to(self.membership, Annotation.every.filter(version__among=versions))
        return self._asked_for(rows)

    def assignments_on(self, versions: Ids) -> QuerySet[Assignment]:
        """Return the assignments of some of these texts."""
        return self._handed_in_if_asked(visible_to(self.membership, Assignment.every.filter(version__among=versions)))

    def _handed_in_if_asked(self, rows: QuerySet[Assignment]) -> QuerySet[Assignment]:
        rows = rows.filter(round__uuid=self.filters.round) if self.filters.round else rows
        return rows.filter(state__in=Assignment.HANDED_IN) if self.options.submitted_only else rows

    @property
    def tells_of_others_work(self) -> bool:
        """Tell whether the requester may learn that others worked on what is their own."""
        return sees_all_work(self.membership)

    @property
    def tells_who_marked_zones(self) -> bool:
        """Tell whether the requester may learn who marked a zone, and what it was before: whose work it is."""
        return sees_all_work(self.membership)

    @property
    def tells_why_withheld(self) -> bool:
        """Tell whether the requester may learn on whose demand something is withheld, and why."""
        return has_role_for(self.membership, Act.WITHHOLD)

    def zones(self) -> QuerySet[Region]:
        """Return the zones on these texts, those taken back too; of none where nobody is to learn whose they are."""
        rows = Region.objects.filter(project=self.project)
        if not self.tells_who_marked_zones:
            return rows.none()
        return rows.filter(version__article__in=self.articles().values("pk")) if self.narrows else rows

    def mentions(self) -> QuerySet[ClaimMention]:
        """Return the mentions of claims by these annotations."""
        rows = visible_to(self.membership, ClaimMention.objects.all())
        return rows.filter(annotation__in=self.annotations().values("pk"))

    def claims(self) -> QuerySet[Claim]:
        """Return the claims these annotations express; with no filter, also those that no annotation expresses."""
        rows = visible_to(self.membership, Claim.objects.all())
        expressed = Exists(self.mentions().filter(claim=OuterRef("pk")))
        if self.narrows:
            return rows.filter(expressed)
        if self.options.narrows:
            return rows.filter(expressed | ~Exists(ClaimMention.objects.filter(claim=OuterRef("pk"))))
        return rows

    def evidence(self) -> QuerySet[EvidenceItem]:
        """Return the evidence on these claims."""
        rows = visible_to(self.membership, EvidenceItem.objects.all())
        if hides_outlets(self.membership):  # a passage names its article as the files do, often by its address
            rows = rows.filter(Q(version__isnull=True) | Q(version__article__in=self.articles().values("pk")))
        return self._on_claims(rows, "evidence_set__claim")

    def verdicts(self) -> QuerySet[Verdict]:
        """Return the verdicts on these claims, superseded ones too."""
        rows = visible_to(self.membership, Verdict.objects.all())
        return self._on_claims(rows, "claim")

    def desks(self) -> QuerySet[ClaimDesk]:
        """Return where the work on these claims stands."""
        rows = visible_to(self.membership, ClaimDesk.objects.all())
        return self._on_claims(rows, "claim")

    def _on_claims(self, rows: QuerySet[M], path: str) -> QuerySet[M]:
        """Narrow rows to those of these claims; `path` leads to the claim.

        Where the claims are some, they are looked up first: SQLite reads no statement in which the filters of articles,
        annotations, claims and evidence stand in one another.
        """
        if not (self.narrows or self.options.narrows):
            return rows.filter(**{f"{path}__in": self.claims().order_by().values("pk")})
        if Claim not in self._ids:
            self._ids[Claim] = list(self.claims().order_by().values_list("pk", flat=True))
        return rows.filter(**{f"{path}__among": Many(self._ids[Claim])})

    def stories(self) -> QuerySet[Story]:
        """Return the stories that have any of these articles; of a part of the judgements alone it tells of none."""
        rows = visible_to(self.membership, Story.objects.all())
        if self.options.narrows:
            return rows.none()
        if not self.narrows:
            return rows
        told = StoryArticle.objects.filter(story=OuterRef("pk"), article__in=self.articles().values("pk"))
        return rows.filter(Exists(told))

    def story_articles(self) -> QuerySet[StoryArticle]:
        """Return which of these articles are in these stories."""
        rows = StoryArticle.objects.filter(story__in=self.stories().order_by().values("pk"))
        return self._of_articles(rows)

    def account_rows(self) -> QuerySet[AccountRow]:
        """Return the questions of these stories."""
        return AccountRow.objects.filter(story__in=self.stories().order_by().values("pk"))

    def account_cells(self) -> QuerySet[AccountCell]:
        """Return what these articles say to the questions of these stories."""
        return self._of_articles(AccountCell.objects.filter(row__in=self.account_rows().order_by().values("pk")))

    def story_suggestions(self) -> QuerySet[StorySuggestion]:
        """Return the suggested stories; of some articles alone it tells of none."""
        rows = visible_to(self.membership, StorySuggestion.objects.all())
        return rows.none() if self.narrows or self.options.narrows or self._hides_outlets else rows

    def _of_articles(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Narrow rows that name an article: files do so by its external id, which often is its address."""
        if not (self.narrows or self._hides_outlets):
            return rows
        return rows.filter(article__in=self.articles().order_by().values("pk"))

    @property
    def _hides_outlets(self) -> bool:
        return hides_outlets(self.membership)

    def attributions(self) -> QuerySet[Attribution]:
        """Return who says what these annotations mark; where work that was handed in is asked for, of those who did."""
        rows = visible_to(self.membership, Attribution.objects.all())
        if not (self.narrows or self.options.narrows):
            return rows
        rows = rows.filter(annotation__in=self.annotations().order_by().values("pk"))
        if self.options.submitted_only:
            handed_in = work_with(past="annotation__past_round_id").filter(state__in=Assignment.HANDED_IN)
            rows = rows.filter(Q(annotation__layer=Annotation.Layer.GOLD) | Exists(handed_in))
        return rows

    def shared_passages(self) -> QuerySet[QuoteLink]:
        """Return the passages that these articles share; of a part of the judgements alone it tells of none."""
        rows = visible_to(self.membership, QuoteLink.objects.all())
        if self.narrows:
            captures = self.captures().order_by().values("pk")
            rows = rows.filter(Q(to_capture__isnull=True) | Q(to_capture__in=captures))
        return self._between_texts(rows, "from_version", "to_version")

    def passage_decisions(self) -> QuerySet[QuoteDecision]:
        """Return what was decided about these passages."""
        rows = visible_to(self.membership, QuoteDecision.objects.all())
        if self.narrows:
            captures = self.captures().order_by().values("pk")
            rows = rows.filter(Q(link__to_capture__isnull=True) | Q(link__to_capture__in=captures))
        return self._between_texts(rows, "link__from_version", "link__to_version")

    def places(self) -> QuerySet[QuotationMatch]:
        """Return the places of quotations that somebody showed or decided about; what was only found is found again."""
        decided = Exists(self.place_decisions().filter(match=OuterRef("pk")))
        rows = visible_to(self.membership, QuotationMatch.objects.all())
        rows = rows.filter(Q(made_by__isnull=False) | decided)
        if self.narrows:
            captures = self.captures().order_by().values("pk")
            rows = rows.filter(Q(capture__isnull=True) | Q(capture__in=captures))
        return self._between_texts(rows, "quotation__version", "version")

    def place_decisions(self) -> QuerySet[QuotationDecision]:
        """Return what was decided about places of quotations."""
        rows = visible_to(self.membership, QuotationDecision.objects.all())
        return self._between_texts(rows, "match__quotation__version", "match__version")

    def quotations(self) -> QuerySet[Quotation]:
        """Return the quotations that these places are of."""
        return Quotation.objects.filter(pk__in=self.places().order_by().values("quotation"))

    def _between_texts(self, rows: QuerySet[M], one: str, other: str) -> QuerySet[M]:
        """Narrow rows that lie between two texts to those of these articles; the second may be none."""
        if self.options.narrows:
            return rows.none()
        if not self.narrows:
            return rows
        inside = self.articles().values("pk")
        here = Q(**{f"{one}__article__in": inside})
        return rows.filter(here, Q(**{f"{other}__isnull": True}) | Q(**{f"{other}__article__in": inside}))

    def spellings(self) -> QuerySet[Spelling]:
        """Return the spellings that the project counts as one, those taken back too."""
        return Spelling.objects.filter(project=self.project)

    def boilerplate_rulings(self) -> QuerySet[BoilerplateRuling]:
        """Return what was said of boilerplate; it holds words of any article, so that an export of some has none."""
        rows = BoilerplateRuling.objects.filter(project=self.project)
        return rows.none() if self.narrows else rows

    def without_a_place(self) -> dict[str, int]:
        """Count what few formats or none have a place for, by the names of `losses.APART`; 9 queries."""
        work = self.assignments().order_by()
        pages = visible_to(self.membership, Publication.objects.order_by())
        return {
            "passages": self.shared_passages().filter(made_by__isnull=False).count(),
            "passage_decisions": self.passage_decisions().count(),
            "attributions": self.attributions().count(),
            "quotation_decisions": self.place_decisions().count(),
            "wording_rules": self.spellings().count() + self.boilerplate_rulings().count(),
            "assignment_notes": work.exclude(skip_reason="", skip_note="", return_note="").count(),
            "times": work.filter(seconds_spent__gt=0).count(),
            "capture_files": self.captures().filter(raw_file__isnull=False).count(),
            "publications": self._on_claims(pages, "claim").count(),
        }

    def revisions(self, model: type[Revision]) -> QuerySet[Any]:
        """Return the earlier states of these judgements."""
        owned: dict[type[Revision], QuerySet[Any]] = {
            AnnotationRevision: self.annotations(),
            RelationRevision: self.relations(),
            ArticleLabelRevision: self.article_labels(),
            ClaimRevision: self.claims(),
            MentionRevision: self.mentions(),
            EvidenceRevision: self.evidence(),
            RegionRevision: self.zones(),
            StoryRevision: self.stories(),
            AccountRowRevision: self.account_rows(),
            AccountCellRevision: self.account_cells(),
            AttributionRevision: self.attributions(),
        }
        owner = OWNER_OF_REVISION[model]
        return model._default_manager.filter(**{f"{owner}__in": owned[model].order_by().values("pk")})

    def question(self, model: type[Model], ids: Ids, compiled: Callable[[Ids], Question | None]) -> Question | None:
        """Return the question for rows of a kind, compiled once for all batches of ids like these."""
        gap = gap_for(ids)
        if (model, gap is GAP) not in self._questions:
            self._questions[model, gap is GAP] = compiled(gap)
        return self._questions[model, gap is GAP]

    def holds(self, model: type[Model]) -> bool:
        """Tell whether the project has any row of this kind: what it has none of is not asked for batch by batch."""
        if model not in self._held:
            owner = OWNER_OF_REVISION[model] if issubclass(model, Revision) else None
            condition = {f"{owner}__project" if owner else "project": self.project}
            self._held[model] = model._base_manager.filter(**condition).exists()
        return self._held[model]

    def holds_earlier_texts(self) -> bool:
        """Tell whether any article has a text that is not its present one: whether there are more texts than those."""
        if ArticleVersion not in self._held:
            texts = ArticleVersion.objects.filter(project=self.project).count()
            present = Article.objects.filter(project=self.project, current_version__isnull=False).count()
            self._held[ArticleVersion] = texts > present and self.earlier_versions().exists()
        return self._held[ArticleVersion]

    def sources(self) -> QuerySet[Source]:
        """Return the sources this evidence cites; with no filter, also those that none cites any more."""
        rows = visible_to(self.membership, Source.objects.all())
        if not self.narrows and not self.options.narrows:
            return rows
        cited = Exists(self.evidence().filter(source=OuterRef("pk")))
        return rows.filter(cited | Exists(self.revisions(EvidenceRevision).filter(source=OuterRef("pk"))))

    def captures(self) -> QuerySet[Capture]:
        """Return what was captured of these sources."""
        return self._of_sources(visible_to(self.membership, Capture.objects.all()))

    def looks(self) -> QuerySet[SourceCheck]:
        """Return the looks at these sources."""
        return self._of_sources(visible_to(self.membership, SourceCheck.objects.all()))

    def _of_sources(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Narrow rows to these sources; by their ids, as SQLite reads no query of so many within one another."""
        if not self.filters.narrows and not self.options.narrows:
            return rows
        return rows.filter(source__among=list(self.sources().order_by().values_list("pk", flat=True)))

    def annotators(self) -> QuerySet[Membership]:
        """Return the people whose work is in the export."""
        work_of: tuple[tuple[type[Model], QuerySet[Any], tuple[str, ...]], ...] = (
            (Annotation, self.annotations(), ("created_by",)),
            (Relation, self.relations(), ("created_by",)),
            (ArticleLabel, self.article_labels(), ("created_by",)),
            (Suggestion, self.suggestions(), ("offered_to",)),
            (SuggestionDecision, self.decisions(), ("decided_by",)),
            (ClaimMention, self.mentions(), ("created_by",)),
            (Claim, self.claims(), ("created_by",)),
            (EvidenceItem, self.evidence(), ("created_by",)),
            (Verdict, self.verdicts(), ("created_by",)),
            (ClaimDesk, self.desks(), ("assignee", "changed_by")),
            (Assignment, self.assignments(), ("annotator",)),
            (Region, self.zones().filter(created_by__isnull=False), ("created_by",)),
            (Capture, self.captures(), ("requested_by",)),
            (SourceCheck, self.looks(), ("requested_by",)),
            (CommentThread, self.threads(), ("created_by", "resolved_by")),
            (CommentThread, self.claim_threads(), ("created_by", "resolved_by")),
            (Comment, self.comments(), ("created_by",)),
            (Adjudication, self.adjudications(), ("created_by", "finished_by")),
            (Ruling, self.rulings(), ("created_by", "chosen")),
            (CommentMention, self.calls(), ("member",)),
            (Story, self.stories(), ("created_by",)),
            (StoryArticle, self.story_articles(), ("added_by",)),
            (AccountRow, self.account_rows(), ("created_by",)),
            (AccountCell, self.account_cells(), ("created_by",)),
            (StorySuggestion, self.story_suggestions(), ("decided_by",)),
            (Attribution, self.attributions(), ("created_by",)),
            (QuoteLink, self.shared_passages(), ("made_by",)),
            (QuoteDecision, self.passage_decisions(), ("decided_by",)),
            (QuotationMatch, self.places(), ("made_by",)),
            (QuotationDecision, self.place_decisions(), ("decided_by",)),
            *((model, self.revisions(model), ("replaced_by",)) for model in OWNER_OF_REVISION),
        )
        # a query a kind: SQLite reads no statement in which so many are nested
        found: set[int | None] = set()
        if self.tells_of_others_work:
            found.update(Round.objects.filter(project=self.project).values_list("created_by", flat=True))
            found.update(self.boilerplate_rulings().values_list("decided_by", flat=True))
            if self.holds(Speaker):
                changes = SpeakerRevision.objects.filter(speaker__in=speakers_of(self))
                found.update(changes.order_by().values_list("replaced_by", flat=True).distinct())
        for model, rows, owners in work_of:
            for owner in owners if self.holds(model) else ():
                found.update(self._owners(rows.order_by(), owner))
        return Membership.objects.filter(project=self.project, pk__in=[pk for pk in found if pk is not None])

    def _owners(self, rows: QuerySet[Any], owner: str) -> QuerySet[Any, int | None]:
        """Return the ids of people who have any of some rows.

        Of a whole project each person is looked for in the index, as its rows may be a million.
        """
        if self.narrows or self.options.narrows:
            return rows.values_list(owner, flat=True).distinct()
        people = Membership.objects.filter(project=self.project)
        return people.filter(Exists(rows.filter(**{owner: OuterRef("pk")}))).order_by().values_list("pk", flat=True)


def speakers_of(scope: Scope) -> list[int]:
    """Return the ids of the speakers of these attributions, and of those who stand for them.

    A query for each step from one to the next. Of none where nobody is to learn what others named them.
    """
    if not scope.tells_of_others_work or not scope.holds(Speaker):
        return []
    rows = Speaker.objects.filter(project=scope.project)
    if not (scope.narrows or scope.options.narrows):
        return list(rows.values_list("pk", flat=True))
    said = scope.attributions().order_by()
    former = AttributionRevision.objects.filter(attribution__in=said.values("pk"))
    found: set[int] = set(said.filter(speaker__isnull=False).values_list("speaker_id", flat=True))
    found |= set(former.filter(speaker__isnull=False).values_list("speaker_id", flat=True))
    step = found
    while step:
        behind = Q(merged__in=step) | Q(pk__in=SpeakerRevision.objects.filter(speaker__in=step).values("merged_into"))
        step = set(rows.filter(behind).values_list("pk", flat=True)) - found
        found |= step
    return sorted(found)


def _handed_in(owner: str) -> QuerySet[Assignment]:
    """Return the assignments by which somebody has handed a judgement in; `owner` names the row's column."""
    return work_with(owner).filter(state__in=Assignment.HANDED_IN)


def articles_in_order(scope: Scope) -> Iterator[list[int]]:
    """Yield the ids of the articles in batches, by external id; texts of a batch have a bound on their whole length."""
    return ids_in_order(scope.articles(), "external_id", length="current_version__length")


def texts_in_order(scope: Scope) -> Iterator[list[tuple[int, int]]]:
    """Yield the same with the ids of the articles' present texts."""
    rows = _in_order(scope.articles(), ["external_id"], "current_version_id", length="current_version__length")
    for batch in rows:
        yield [(pk, version) for pk, version, _length in batch]


def spans_of(articles: Many[int], scope: Scope) -> Counter[int]:
    """Count what lies on all texts of each of some articles, seen or not; a query for each kind there is."""
    found: Counter[int] = Counter()
    for model in _KINDS_OF_SPANS:
        if scope.holds(model):
            rows = model._base_manager.filter(version__article__among=articles).order_by()
            found.update(dict(rows.values_list("version__article").annotate(n=Count("*"))))
    return found


def n_spans_on(versions: Ids, scope: Scope) -> int:
    """Count what lies on some texts, seen or not; a query for each kind there is, which costs half of the other."""
    kinds = [model for model in _KINDS_OF_SPANS if scope.holds(model)]
    return sum(model._base_manager.filter(version__among=versions).count() for model in kinds)


def ids_in_order(rows: QuerySet[M], *by: str, length: str = "") -> Iterator[list[int]]:
    """Yield the ids in batches, ordered by columns, those of texts by their code points on either database.

    `length` names the column that says how long a row's text is, in code points.
    """
    for batch in _in_order(rows, by, length=length):
        yield [pk for pk, *_columns in batch]


def _in_order(rows: QuerySet[M], by: Sequence[str], *columns: str, length: str = "") -> Iterator[list[tuple[Any, ...]]]:
    """Yield the ids with further columns, the length last.

    One sort by the database for the whole export, read through a cursor: memory stays flat.
    """
    if connection.vendor == "postgresql":
        rows = rows.order_by(*(Collate(name, "C") if _is_text(rows.model, name) else name for name in by), "pk")
    else:
        rows = rows.order_by(*by, "pk")
    batch: list[tuple[Any, ...]] = []
    code_points = 0
    for row in rows.values_list("pk", *columns, *([length] if length else ())).iterator(chunk_size=BATCH):
        n = row[-1] if length else 0
        code_points += n
        if batch and (len(batch) == BATCH or code_points > MOST_CODE_POINTS):
            yield batch
            batch, code_points = [], n
        batch.append(row)
    if batch:
        yield batch


def _is_text(model: type[Model], path: str) -> bool:
    for name in path.split(LOOKUP_SEP):
        field = model._meta.get_field(name)
        model = field.related_model or model
    return isinstance(field, CharField | TextField)


@contextmanager
def snapshot(name: str | None = None) -> Iterator[str | None]:
    """Show one state of the database to everything inside, while others go on writing.

    On PostgreSQL the snapshot has a name, by which another connection sees the same state as long as this lasts.
    """
    if connection.in_atomic_block:  # the caller's transaction is the snapshot
        yield None
    elif connection.vendor == "sqlite":
        with _reading_only_on_sqlite(), transaction.atomic():
            yield None
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            if name is None:
                cursor.execute("SELECT pg_export_snapshot()")
                yield str(cursor.fetchone()[0])
            else:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", [name])
                cursor.execute("SET LOCAL jit = off")  # compiling a statement takes longer than a batch of it
                yield name


@contextmanager
def _reading_only_on_sqlite() -> Iterator[None]:
    """Begin the transaction as a reader: IMMEDIATE would keep everybody from writing for as long as the export."""
    mode = connection.transaction_mode  # type: ignore[attr-defined]
    connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]
    try:
        yield
    finally:
        connection.transaction_mode = mode  # type: ignore[attr-defined]

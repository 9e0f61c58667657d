"""`visible_to`: the one place that decides which judgements a membership may see.

In a blind project an annotator sees their own work only; a viewer sees submitted work only;
reviewers and managers see everything. In an open project everybody sees everything.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import BigIntegerField, Exists, Model, OuterRef, Q, QuerySet, SlugField
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from annotations.errors import NotThere
from annotations.models import (
    AccountCell,
    AccountRow,
    Adjudication,
    Annotation,
    Article,
    ArticleLabel,
    Assignment,
    Attribution,
    Capture,
    Claim,
    ClaimDesk,
    ClaimMention,
    Comment,
    CommentMention,
    CommentThread,
    EvidenceItem,
    EvidenceSet,
    Membership,
    Presence,
    PreviewLink,
    Project,
    Publication,
    Publisher,
    Quotation,
    QuotationDecision,
    QuotationMatch,
    QuoteDecision,
    QuoteLink,
    Region,
    Relation,
    RemovedRow,
    Ruling,
    RulingSource,
    Source,
    SourceCheck,
    Speaker,
    Story,
    StoryArticle,
    StorySuggestion,
    Suggestion,
    SuggestionDecision,
    User,
    Verdict,
)
from workbench.ready_query import Given, ReadyQuery

from .outlets import has_handed_in, hides_outlets
from .rules import ROLES, Act, allows

M = TypeVar("M", bound=Model)
_PART = ReadyQuery(
    lambda: (
        Membership.objects.select_related("project")
        .filter(
            user_id=Given("user", BigIntegerField()), project__slug=Given("slug", SlugField()), ended_at__isnull=True
        )
        .filter(project__deleted_at__isnull=True)
    )
)


def projects_of(user: User) -> QuerySet[Project]:
    """Return the projects in which the person has a part that has not ended."""
    return Project.objects.filter(memberships__user=user, memberships__ended_at__isnull=True, deleted_at__isnull=True)


def present_parts_of(user: User) -> QuerySet[Membership]:
    """Return the person's parts that have not ended, in projects that are there, with the projects."""
    rows = Membership.objects.filter(user=user, ended_at__isnull=True, project__deleted_at__isnull=True)
    return rows.select_related("project")


def membership_of(user: User, slug: str) -> Membership:
    """Find the person's part in a project, or raise `NotThere`; one query."""
    found = _PART.first(user=user.pk, slug=slug)
    if found is None:
        raise NotThere("project_not_found", _("There is no such project, or you have no part in it."))
    found.user = user
    return found


def sees_all_work(membership: Membership) -> bool:
    """Tell whether the membership may see everybody's judgements, submitted or not."""
    return not membership.project.is_blind or allows(membership, Act.SEE_ALL_WORK)


def who_talk(project: Project) -> QuerySet[Membership]:
    """Return the members who take part in what is said about work: those who see everybody's."""
    roles = ROLES[Act.SEE_ALL_WORK] if project.is_blind else ROLES[Act.VIEW]
    return Membership.objects.filter(project=project, role__in=roles, user__isnull=False, ended_at__isnull=True)


def visible_to(membership: Membership, rows: QuerySet[M]) -> QuerySet[M]:
    """Narrow rows of judgements, or of what is known through them, to what the membership may see."""
    return rows.filter(may_see(membership, rows.model))


def may_see(membership: Membership, model: type[Model]) -> Q:
    """Return the same as a condition, for lists that join what several memberships of one person may see."""
    inside = Q(project_id=membership.project_id)
    if model is Publisher and hides_outlets(membership):
        return inside & _named_by_articles(membership)
    return inside if sees_all_work(membership) else inside & _RULES[model](membership)


def is_handed_in(owner: str = "created_by_id") -> Exists:
    """Match judgements on a text that their owner, named by a column, has handed in: those a viewer may see.

    What belongs to a past round was handed in with the work of that round.
    """
    return Exists(work_with(owner).filter(state__in=Assignment.HANDED_IN))


def work_with(
    owner: str = "created_by_id", version: str = "version_id", past: str = "past_round_id"
) -> QuerySet[Assignment]:
    """Return the assignments that judgements on a text were made in; the arguments name columns of the judgements."""
    work = Assignment.every.filter(annotator_id=OuterRef(owner), version_id=OuterRef(version))
    return work.annotate(of=Coalesce("past_round_id", 0)).filter(of=Coalesce(OuterRef(past), 0))


def _own_or_submitted(membership: Membership) -> Q:
    own = Q(created_by_id=membership.pk)
    if membership.role != Membership.Role.VIEWER:
        return own
    return own | Q(is_handed_in()) | Q(layer=Annotation.Layer.GOLD) & Q(_is_finished("version_id", "past_round_id"))


def _is_finished(version: str, past: str) -> Exists:
    """Match what lies on a text whose review is finished: from then on viewers see what was settled there."""
    rows = Adjudication.every.filter(version_id=OuterRef(version), state=Adjudication.State.FINISHED)
    return Exists(rows.annotate(of=Coalesce("past_round_id", 0)).filter(of=Coalesce(OuterRef(past), 0)))


def _settled_mentions(membership: Membership) -> QuerySet[ClaimMention]:
    """Return where finished texts express claims in gold, which viewers see; nothing for others."""
    if membership.role != Membership.Role.VIEWER:
        return ClaimMention.objects.none()
    finished = _is_finished("annotation__version_id", "annotation__past_round_id")
    rows = ClaimMention.objects.filter(finished, annotation__layer=Annotation.Layer.GOLD)
    return rows.filter(withdrawn_at__isnull=True)


def _own_or_settled_claim(membership: Membership) -> Q:
    return _own(membership) | Q(Exists(_settled_mentions(membership).filter(claim=OuterRef("pk"))))


def _own_or_settled_mention(membership: Membership) -> Q:
    return _own(membership) | Q(Exists(_settled_mentions(membership).filter(pk=OuterRef("pk"))))


def _own_or_settled_evidence(membership: Membership) -> Q:
    of_claim = Exists(_settled_mentions(membership).filter(claim=OuterRef("evidence_set__claim")))
    made = Exists(RulingSource.objects.filter(gold_evidence=OuterRef("pk")))
    return _own(membership) | (Q(of_claim) & Q(made))


def _set_of_seen_claim(membership: Membership) -> Q:
    return Q(Exists(Claim.objects.filter(_own_or_settled_claim(membership), pk=OuterRef("claim_id"))))


def _with_both_ends(membership: Membership) -> Q:
    """A relation names its ends by their keys: who may not see one of them does not see the relation."""
    ends = Q(_is_end_seen("from_annotation_id", membership)) & Q(_is_end_seen("to_annotation_id", membership))
    return _own_or_submitted(membership) & ends


def _is_end_seen(end: str, membership: Membership) -> Exists:
    return Exists(Annotation.every.filter(_own_or_submitted(membership), pk=OuterRef(end)))


def _own(membership: Membership) -> Q:
    return Q(created_by_id=membership.pk)


def _nothing(membership: Membership) -> Q:
    return Q(pk__in=())


def _offered(membership: Membership) -> Q:
    return Q(offered_to__isnull=True) | Q(offered_to_id=membership.pk)


def _own_assignment(membership: Membership) -> Q:
    return Q(annotator_id=membership.pk)


def _could_see_it(membership: Membership) -> Q:
    own = Q(owner__isnull=True) | Q(owner_id=membership.pk)
    seen = own | Q(was_handed_in=True) if membership.role == Membership.Role.VIEWER else own
    return seen & ~Q(kind__in=(RemovedRow.Kind.THREAD, RemovedRow.Kind.COMMENT))


def _requested(membership: Membership) -> Q:
    return Q(requested_by_id=membership.pk)


def _cited_or_looked_at(membership: Membership) -> Q:
    cited = Exists(EvidenceItem.objects.filter(_own_or_settled_evidence(membership), source_id=OuterRef("pk")))
    return Q(cited) | Q(Exists(SourceCheck.objects.filter(_requested(membership), source_id=OuterRef("pk"))))


def _attributed(membership: Membership) -> Q:
    """An attribution is handed in with the work on its text; it names an annotation, which has to be seen too."""
    own = Q(created_by_id=membership.pk)
    if membership.role != Membership.Role.VIEWER:
        return own & Q(_is_end_seen("annotation_id", membership))
    handed_in = work_with(past="annotation__past_round_id").filter(state__in=Assignment.HANDED_IN)
    return (own | Q(Exists(handed_in))) & Q(_is_end_seen("annotation_id", membership))


def _speaking(membership: Membership) -> Q:
    return Q(Exists(Attribution.objects.filter(_attributed(membership), speaker=OuterRef("pk"))))


def _seen_quotation(membership: Membership, quotation: str = "") -> Q:
    """What was found in a text is everybody's; that an annotation quotes, only those know who see the annotation."""
    return Q(**{f"{quotation}annotation__isnull": True}) | Q(_is_end_seen(f"{quotation}annotation_id", membership))


def _seen_place(membership: Membership) -> Q:
    """That a page was captured tells that somebody cited it; what somebody showed is their judgement."""
    captures = Capture.objects.filter(_requested(membership), pk=OuterRef("capture_id"))
    is_own = Q(made_by__isnull=True) | Q(made_by_id=membership.pk)
    return _seen_quotation(membership, "quotation__") & (Q(capture__isnull=True) | Q(Exists(captures))) & is_own


def _seen_passage(membership: Membership) -> Q:
    """What was found is everybody's, but in a capture: that a page was captured tells that somebody cited it."""
    captures = Capture.objects.filter(_requested(membership), pk=OuterRef("to_capture_id"))
    is_own = Q(made_by__isnull=True) | Q(made_by_id=membership.pk)
    return is_own & (Q(to_capture__isnull=True) | Q(Exists(captures)))


def _named_by_articles(membership: Membership) -> Q:
    articles = Article.objects.filter(publisher_id=OuterRef("pk"))
    if hides_outlets(membership):
        return Q(Exists(articles.filter(has_handed_in(membership))))
    return Q(Exists(articles)) | Q(Exists(Region.objects.filter(publisher_id=OuterRef("pk"))))


_RULES = {
    Annotation: _own_or_submitted,
    Relation: _with_both_ends,
    ArticleLabel: _own_or_submitted,
    Suggestion: _offered,
    SuggestionDecision: lambda membership: Q(decided_by_id=membership.pk),
    QuoteLink: _seen_passage,
    QuoteDecision: lambda membership: Q(decided_by_id=membership.pk),
    Attribution: _attributed,
    Speaker: _speaking,
    Quotation: _seen_quotation,
    QuotationMatch: _seen_place,
    QuotationDecision: lambda membership: Q(decided_by_id=membership.pk),
    Verdict: _own,
    Claim: _own_or_settled_claim,
    ClaimDesk: _nothing,
    ClaimMention: _own_or_settled_mention,
    EvidenceItem: _own_or_settled_evidence,
    EvidenceSet: _set_of_seen_claim,
    Assignment: _own_assignment,
    RemovedRow: _could_see_it,
    # what was settled, and on what grounds, tells of everybody's work
    Adjudication: _nothing,
    Ruling: _nothing,
    # of what is said, only what one asked the managers oneself, with their answers
    CommentThread: lambda membership: Q(is_question=True, created_by_id=membership.pk),
    Comment: lambda membership: Q(thread__is_question=True, thread__created_by_id=membership.pk),
    CommentMention: lambda membership: Q(
        member_id=membership.pk, comment__thread__is_question=True, comment__thread__created_by_id=membership.pk
    ),
    Presence: _nothing,
    # which articles were brought together, and what was made of them, is the work of those who see all of it
    Story: _nothing,
    StoryArticle: _nothing,
    StorySuggestion: _nothing,
    AccountRow: _nothing,
    AccountCell: _nothing,
    Publication: _nothing,
    PreviewLink: _nothing,
    Source: _cited_or_looked_at,
    # that a page was captured tells that somebody cited it
    Capture: _requested,
    SourceCheck: _requested,
    Publisher: _named_by_articles,
    # a zone is of the text, not a judgement: who may not mark one in secret from others may not mark one at all
    Region: lambda membership: Q(),
}

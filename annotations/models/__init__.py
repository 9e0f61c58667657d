"""Tables, constraints and the guards that hold them. No requests, no rendering, no task sending."""

from . import among as among  # the lookup is known once it was imported
from .adjudication import Adjudication, ReviewOpening, Ruling, RulingSource
from .agreement import AgreementFigure, AgreementPart, AgreementRun, AgreementText
from .articles import Article, ArticleVersion, Publisher, RawFile, Region, Sentence, Source, TextLink
from .assignments import Assignment, TimeSpent
from .audit import AuditEvent, AuditText
from .claims import (
    Claim,
    ClaimDesk,
    ClaimMention,
    ClaimRevision,
    EvidenceItem,
    EvidenceRevision,
    EvidenceSet,
    MentionRevision,
)
from .comments import Comment, CommentMention, CommentThread, Presence
from .filters import SavedFilter
from .jobs import Chunk, Job, JobFile, JobProblem, Worker
from .judgements import Annotation, AnnotationRevision, Fragment, Judgement, RegionRevision, Revision
from .people import ApiToken, LoginThrottle, StartCounter, User
from .projects import GuidelinesVersion, Label, LabelSet, Membership, Project
from .relations import ArticleLabel, ArticleLabelRevision, Relation, RelationRevision
from .removals import RemovedRow
from .reuse import Fingerprint, IndexedText, QuoteDecision, QuoteDecisionRevision, QuoteLink
from .rounds import Round, WorkCount
from .searching import SearchBacklog, SearchPassage
from .suggestions import Suggestion, SuggestionDecision
from .uploads import WaitingFile, WaitingUpload
from .verdicts import Verdict, VerdictScale, VerdictValue

__all__ = [
    "Adjudication",
    "AgreementFigure",
    "AgreementPart",
    "AgreementRun",
    "AgreementText",
    "Annotation",
    "AnnotationRevision",
    "ApiToken",
    "Article",
    "ArticleLabel",
    "ArticleLabelRevision",
    "ArticleVersion",
    "Assignment",
    "AuditEvent",
    "AuditText",
    "Chunk",
    "Claim",
    "ClaimDesk",
    "ClaimMention",
    "ClaimRevision",
    "Comment",
    "CommentMention",
    "CommentThread",
    "EvidenceItem",
    "EvidenceRevision",
    "EvidenceSet",
    "Fingerprint",
    "Fragment",
    "GuidelinesVersion",
    "IndexedText",
    "Job",
    "JobFile",
    "JobProblem",
    "Judgement",
    "Label",
    "LabelSet",
    "LoginThrottle",
    "Membership",
    "MentionRevision",
    "Presence",
    "Project",
    "Publisher",
    "QuoteDecision",
    "QuoteDecisionRevision",
    "QuoteLink",
    "RawFile",
    "Region",
    "RegionRevision",
    "Relation",
    "RelationRevision",
    "RemovedRow",
    "ReviewOpening",
    "Revision",
    "Round",
    "Ruling",
    "RulingSource",
    "SavedFilter",
    "SearchBacklog",
    "SearchPassage",
    "Sentence",
    "Source",
    "StartCounter",
    "Suggestion",
    "SuggestionDecision",
    "TextLink",
    "TimeSpent",
    "User",
    "Verdict",
    "VerdictScale",
    "VerdictValue",
    "WaitingFile",
    "WaitingUpload",
    "WorkCount",
    "Worker",
]

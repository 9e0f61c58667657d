"""Tables, constraints and the guards that hold them. No requests, no rendering, no task sending."""

from . import among as among  # the lookup is known once it was imported
from .adjudication import Adjudication, ReviewCount, ReviewOpening, Ruling, RulingSource
from .agreement import AgreementAnswer, AgreementFigure, AgreementPart, AgreementRun, AgreementText
from .articles import Article, ArticleVersion, Publisher, RawFile, Region, Sentence, Source, TextLink
from .assignments import Assignment, TimeSpent
from .audit import AuditArticle, AuditEvent, AuditSeal, AuditText, AuditWaiting
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
from .erasing import Erasure
from .filters import SavedFilter
from .invitations import Invitation
from .jobs import Chunk, Job, JobFile, JobProblem, Worker
from .judgements import Annotation, AnnotationRevision, Fragment, Judgement, RegionRevision, Revision
from .notices import Notice
from .people import ApiToken, ExternalIdentity, LoginThrottle, RecoveryCode, SecondFactor, StartCounter, User
from .projects import GuidelinesVersion, Label, LabelSet, Membership, Project
from .publishing import Edition, PreviewLink, Publication
from .quotations import (
    Attribution,
    AttributionRevision,
    BoilerplateRuling,
    Quotation,
    QuotationDecision,
    QuotationDecisionRevision,
    QuotationMatch,
    Speaker,
    SpeakerRevision,
    Spelling,
)
from .relations import ArticleLabel, ArticleLabelRevision, Relation, RelationRevision
from .removals import RemovedRow
from .reuse import Fingerprint, IndexedText, QuoteDecision, QuoteDecisionRevision, QuoteLink
from .rounds import Round, WorkCount
from .searching import SearchBacklog, SearchPassage
from .sources import Capture, FetchHost, SourceCheck
from .stories import (
    AccountCell,
    AccountCellRevision,
    AccountRow,
    AccountRowRevision,
    NameInText,
    Statement,
    Story,
    StoryArticle,
    StoryRevision,
    StorySuggestion,
    SuggestedArticle,
)
from .suggestions import Suggestion, SuggestionDecision
from .uploads import WaitingFile, WaitingUpload
from .verdicts import Verdict, VerdictScale, VerdictValue
from .withholding import Withholding

__all__ = [
    "AccountCell",
    "AccountCellRevision",
    "AccountRow",
    "AccountRowRevision",
    "Adjudication",
    "AgreementAnswer",
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
    "Attribution",
    "AttributionRevision",
    "AuditArticle",
    "AuditEvent",
    "AuditSeal",
    "AuditText",
    "AuditWaiting",
    "BoilerplateRuling",
    "Capture",
    "Chunk",
    "Claim",
    "ClaimDesk",
    "ClaimMention",
    "ClaimRevision",
    "Comment",
    "CommentMention",
    "CommentThread",
    "Edition",
    "Erasure",
    "EvidenceItem",
    "EvidenceRevision",
    "EvidenceSet",
    "ExternalIdentity",
    "FetchHost",
    "Fingerprint",
    "Fragment",
    "GuidelinesVersion",
    "IndexedText",
    "Invitation",
    "Job",
    "JobFile",
    "JobProblem",
    "Judgement",
    "Label",
    "LabelSet",
    "LoginThrottle",
    "Membership",
    "MentionRevision",
    "NameInText",
    "Notice",
    "Presence",
    "PreviewLink",
    "Project",
    "Publication",
    "Publisher",
    "Quotation",
    "QuotationDecision",
    "QuotationDecisionRevision",
    "QuotationMatch",
    "QuoteDecision",
    "QuoteDecisionRevision",
    "QuoteLink",
    "RawFile",
    "RecoveryCode",
    "Region",
    "RegionRevision",
    "Relation",
    "RelationRevision",
    "RemovedRow",
    "ReviewCount",
    "ReviewOpening",
    "Revision",
    "Round",
    "Ruling",
    "RulingSource",
    "SavedFilter",
    "SearchBacklog",
    "SearchPassage",
    "SecondFactor",
    "Sentence",
    "Source",
    "SourceCheck",
    "Speaker",
    "SpeakerRevision",
    "Spelling",
    "StartCounter",
    "Statement",
    "Story",
    "StoryArticle",
    "StoryRevision",
    "StorySuggestion",
    "SuggestedArticle",
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
    "Withholding",
    "WorkCount",
    "Worker",
]

"""The addresses of the API, version 1."""

from django.urls import include, path, re_path

from .views import (
    account,
    annotations,
    articles,
    assignments,
    changes,
    claims,
    direct,
    documentation,
    evidence,
    jobs,
    members,
    other,
    projects,
    texts,
)

app_name = "api"

of_judgements = [
    path("annotations/", changes.AnnotationChanges.as_view(), name="annotations"),
    path("relations/", changes.RelationChanges.as_view(), name="relations"),
    path("article-labels/", changes.ArticleLabelChanges.as_view(), name="article_labels"),
    path("suggestions/", changes.SuggestionChanges.as_view(), name="suggestions"),
    path("annotations/<uuid:key>/", annotations.AnnotationDetail.as_view(), name="annotation"),
    path("annotations/<uuid:key>/withdraw/", annotations.AnnotationWithdrawal.as_view(), name="annotation_withdrawal"),
    path("annotations/<uuid:key>/restore/", annotations.AnnotationRestoration.as_view(), name="annotation_restoration"),
    path("annotations/<uuid:key>/history/", annotations.AnnotationHistory.as_view(), name="annotation_history"),
    path("claims/", claims.ClaimList.as_view(), name="claims"),
    path("claims/<uuid:key>/", claims.ClaimDetail.as_view(), name="claim"),
    path("claims/<uuid:key>/withdraw/", claims.ClaimWithdrawal.as_view(), name="claim_withdrawal"),
    path("claims/<uuid:key>/restore/", claims.ClaimRestoration.as_view(), name="claim_restoration"),
    path("claims/<uuid:key>/mentions/", claims.ClaimMentions.as_view(), name="claim_mentions"),
    path("mentions/<uuid:key>/", claims.MentionDetail.as_view(), name="mention"),
    path("mentions/<uuid:key>/withdraw/", claims.MentionWithdrawal.as_view(), name="mention_withdrawal"),
    path("mentions/<uuid:key>/restore/", claims.MentionRestoration.as_view(), name="mention_restoration"),
    path("evidence/", evidence.EvidenceList.as_view(), name="evidence_list"),
    path("evidence/<uuid:key>/", evidence.EvidenceDetail.as_view(), name="evidence"),
    path("evidence/<uuid:key>/withdraw/", evidence.EvidenceWithdrawal.as_view(), name="evidence_withdrawal"),
    path("evidence/<uuid:key>/restore/", evidence.EvidenceRestoration.as_view(), name="evidence_restoration"),
]
of_articles = [
    path("articles/", articles.ArticleList.as_view(), name="articles"),
    path("articles/changes/", changes.ArticleChanges.as_view(), name="article_changes"),
    path("articles/bulk/", direct.ArticleRows.as_view(), name="article_rows"),
    path("articles/by-external-id/", direct.ArticleByExternalId.as_view(), name="article_by_external_id"),
    path("articles/metadata/", articles.ArticleMetadata.as_view(), name="article_metadata"),
    path("articles/assign/", articles.ArticleAssignment.as_view(), name="article_assignment"),
    path("articles/<uuid:uuid>/", articles.ArticleDetail.as_view(), name="article"),
    path("articles/<uuid:uuid>/annotations/", annotations.ArticleAnnotations.as_view(), name="article_annotations"),
    path("articles/<uuid:uuid>/merge/", articles.ArticleMerge.as_view(), name="article_merge"),
    path("articles/<uuid:uuid>/split/", articles.ArticleSplit.as_view(), name="article_split"),
    path("articles/<uuid:uuid>/submit/", assignments.Submission.as_view(), name="submission"),
    path("articles/<uuid:uuid>/reopen/", assignments.Reopening.as_view(), name="reopening"),
    path("assignments/", articles.AssignmentList.as_view(), name="assignments"),
    path("texts/<str:sha256>/", texts.TextByHash.as_view(), name="text"),
    path("publishers/", projects.PublisherList.as_view(), name="publishers"),
]
of_jobs = [
    path("imports/", jobs.ImportList.as_view(), name="imports"),
    path("exports/", jobs.ExportList.as_view(), name="exports"),
    path("jobs/", jobs.JobList.as_view(), name="jobs"),
    path("jobs/<uuid:uuid>/", jobs.JobDetail.as_view(), name="job"),
    path("jobs/<uuid:uuid>/cancel/", jobs.JobCancel.as_view(), name="job_cancel"),
    path("jobs/<uuid:uuid>/continue/", jobs.JobContinue.as_view(), name="job_continue"),
    path("jobs/<uuid:uuid>/undo/", jobs.JobUndo.as_view(), name="job_undo"),
    path("jobs/<uuid:uuid>/import/", jobs.JobImport.as_view(), name="job_import"),
    path("jobs/<uuid:uuid>/problems/", jobs.JobProblems.as_view(), name="job_problems"),
    path("jobs/<uuid:uuid>/result/", jobs.JobResult.as_view(), name="job_result"),
]
of_project = [
    path("", projects.ProjectDetail.as_view(), name="project"),
    path("members/", members.MemberList.as_view(), name="members"),
    path("members/<uuid:uuid>/", members.MemberDetail.as_view(), name="member"),
    path("members/<uuid:uuid>/match/", members.MemberMatch.as_view(), name="member_match"),
    path("members/<uuid:uuid>/end/", members.MemberEnd.as_view(), name="member_end"),
    path("labels/", projects.Labels.as_view(), name="labels"),
    path("guidelines/", projects.Guidelines.as_view(), name="guidelines"),
    path("guidelines/<int:version>/", projects.GuidelinesDetail.as_view(), name="guidelines_version"),
    path("audit/", projects.AuditList.as_view(), name="audit"),
    *of_articles,
    *of_jobs,
    *of_judgements,
]
urlpatterns = [
    path("schema/", documentation.schema, name="schema"),
    path("docs/", documentation.docs, name="docs"),
    path("me/", account.Me.as_view(), name="me"),
    path("tokens/", account.TokenList.as_view(), name="tokens"),
    path("tokens/<uuid:uuid>/revoke/", account.TokenRevocation.as_view(), name="token_revocation"),
    path("starters/", projects.StarterList.as_view(), name="starters"),
    path("projects/", projects.ProjectList.as_view(), name="projects"),
    path("projects/<slug:slug>/", include(of_project)),
    re_path(r"", other.NotThereView.as_view(), name="not_there"),
]

"""The addresses of the API, version 1."""

from django.urls import include, path, re_path

from .views import annotations, assignments, claims, evidence, other

app_name = "api"

judgements = [
    path("annotations/<uuid:key>/", annotations.AnnotationDetail.as_view(), name="annotation"),
    path("annotations/<uuid:key>/withdraw/", annotations.AnnotationWithdrawal.as_view(), name="annotation_withdrawal"),
    path("annotations/<uuid:key>/restore/", annotations.AnnotationRestoration.as_view(), name="annotation_restoration"),
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
articles = [
    path("<uuid:uuid>/annotations/", annotations.ArticleAnnotations.as_view(), name="article_annotations"),
    path("<uuid:uuid>/submit/", assignments.Submission.as_view(), name="submission"),
    path("<uuid:uuid>/reopen/", assignments.Reopening.as_view(), name="reopening"),
]
urlpatterns = [
    path("projects/<slug:slug>/", include(judgements)),
    path("projects/<slug:slug>/articles/", include(articles)),
    re_path(r"", other.NotThereView.as_view(), name="not_there"),
]

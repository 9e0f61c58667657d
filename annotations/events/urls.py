"""The addresses of the live channel; a proxy sends what begins with /events/ to the event process."""

from django.urls import path

from .streams import article_stream, claim_stream, job_stream, question_stream

app_name = "events"
urlpatterns = [
    path("projects/<slug:slug>/jobs/<uuid:uuid>/", job_stream, name="job"),
    path("projects/<slug:slug>/articles/<uuid:uuid>/", article_stream, name="article"),
    path("projects/<slug:slug>/claims/<uuid:key>/", claim_stream, name="claim"),
    path("projects/<slug:slug>/questions/", question_stream, name="questions"),
]

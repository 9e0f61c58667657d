"""The addresses of the live channel; a proxy sends what begins with /events/ to the event process."""

from django.urls import path

from .streams import job_stream

app_name = "events"
urlpatterns = [path("projects/<slug:slug>/jobs/<uuid:uuid>/", job_stream, name="job")]

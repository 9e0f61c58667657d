"""The addresses of the whole site; each room brings its own."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from workbench.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("annotations.api.urls")),
    path("events/", include("annotations.events.urls")),
    path("", include("annotations.web.urls")),
]

handler400 = "workbench.errors.bad_request"
handler403 = "workbench.errors.forbidden"
handler404 = "workbench.errors.not_found"
handler500 = "workbench.errors.server_error"

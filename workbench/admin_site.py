"""The admin site: its name, its one way in, the order of its front page. What it shows is in `annotations.admin`."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

GROUPS = (
    (gettext_lazy("Projects"), ("Project", "Membership", "Invitation", "Round", "LabelSet", "GuidelinesVersion")),
    (
        gettext_lazy("Articles"),
        ("Article", "ArticleVersion", "Publisher", "Source", "Capture", "SourceCheck", "SavedFilter", "Withholding"),
    ),
    (gettext_lazy("Work"), ("Assignment", "Annotation", "CommentThread", "Adjudication", "Ruling", "AgreementRun")),
    (
        gettext_lazy("Claims and verdicts"),
        ("Claim", "ClaimMention", "EvidenceItem", "Publication", "PreviewLink"),
    ),
    (
        pgettext_lazy("articles that tell the same events", "Stories"),
        ("Story", "AccountRow", "AccountCell", "StorySuggestion"),
    ),
    (
        gettext_lazy("Speech and passages"),
        (
            *("Speaker", "Attribution", "QuoteLink", "QuoteDecision", "QuotationDecision"),
            *("Spelling", "BoilerplateRuling"),
        ),
    ),
    (gettext_lazy("Background work"), ("Job", "Worker")),
    (
        gettext_lazy("People and security"),
        ("User", "ApiToken", "SecondFactor", "ExternalIdentity", "LoginThrottle", "AuditEvent", "Erasure"),
    ),
)


class WorkbenchSite(AdminSite):
    """Django's admin, entered through the log-in of the pages, which slows down whoever guesses."""

    site_header = gettext_lazy("Claim Workbench · Admin")
    site_title = gettext_lazy("Claim Workbench admin")
    index_title = gettext_lazy("Overview")
    site_url = reverse_lazy("annotations:home")  # type: ignore[assignment]
    index_template = "admin/workbench_index.html"
    enable_nav_sidebar = True

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send a stranger to the log-in of the pages; refuse a person who may not be here."""
        target = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
            target = reverse("admin:index", current_app=self.name)
        if not request.user.is_authenticated:
            return redirect_to_login(target)
        if not self.has_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(target)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Log out as the pages do."""
        from annotations.web.accounts import log_out

        return require_POST(log_out)(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Send a person to the one page for their own password."""
        return HttpResponseRedirect(reverse("annotations:password"))

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Answer the old address too."""
        return HttpResponseRedirect(reverse("annotations:password"))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show what there is, and beside it what happened last and which jobs need a look."""
        from annotations.admin.overview import overview

        return super().index(request, overview(request) | (extra_context or {}))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Group the tables of the one application by topic; Django would sort them by their translated names first."""
        apps = self._build_app_dict(request, app_label).values()
        models = {model["object_name"]: model for app in apps for model in app["models"]}
        groups = []
        for name, wanted in GROUPS:
            found = [models[one] for one in wanted if one in models]
            if found:
                groups.append(self._group(str(name), found))
        return groups

    def _group(self, name: str, models: list[Any]) -> dict[str, Any]:
        address = reverse("admin:app_list", args=["annotations"], current_app=self.name)
        label = {"app_label": "annotations", "app_url": address}
        return {"name": name, "has_module_perms": True, "models": models, **label}

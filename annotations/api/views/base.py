"""What all views share: who asks, in which project, whether they may; reading the body and the request's key."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.serializers import Serializer, ValidationError
from rest_framework.views import APIView

from annotations.access import Act, membership_of, present_parts_of, require
from annotations.access.requests import Request as RequestOnce
from annotations.errors import NotThere, Refused
from annotations.models import ApiToken, Article, Membership, User
from annotations.text.spans import BadSpan, Span

KEY_HEADER = "Idempotency-Key"


class TokenAllows(BasePermission):
    """Holds a read-only key to reading."""

    code = "token_read_only"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Refuse every unsafe method to a key that is for reading only."""
        self.message = _("This key is for reading only.")
        is_read_only = isinstance(request.auth, ApiToken) and request.auth.is_read_only
        return request.method in SAFE_METHODS or not is_read_only


class ApiView(APIView):
    """A view for people who are logged in, and for their keys."""

    permission_classes = (IsAuthenticated, TokenAllows)
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    #: group in the OpenAPI document
    tag: ClassVar[str] = "account"
    #: the only query parameters that a GET takes
    parameters: ClassVar[frozenset[str]] = frozenset()
    #: the only query parameters that other methods take
    unsafe_parameters: ClassVar[frozenset[str]] = frozenset()
    #: whether writes may carry a key of their own, so that a repeated one is answered as the first was
    takes_key: ClassVar[bool] = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse parameters that the view does not know, so that a misspelt filter is told."""
        super().initial(request, *args, **kwargs)
        known = self.parameters if request.method in SAFE_METHODS else self.unsafe_parameters
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            message = _("There is no such parameter here.")
            raise ValidationError({name[:100]: message for name in unknown}, code="parameter_unknown")

    @property
    def user(self) -> User:
        """Return the person who asks."""
        assert isinstance(self.request.user, User)
        return self.request.user

    @property
    def token(self) -> ApiToken | None:
        """Return the key that was sent, or None for a session."""
        return self.request.auth if isinstance(self.request.auth, ApiToken) else None

    def sent_key(self) -> UUID | None:
        """Return the request's key, or None where none was sent."""
        sent = self.request.headers.get(KEY_HEADER, "")
        try:
            return UUID(sent) if sent else None
        except ValueError:
            message = _("Send a header %(name)s with a UUID made for this request; the same when you repeat it.")
            raise ValidationError({KEY_HEADER: message % {"name": KEY_HEADER}}, code="key_missing") from None

    def request_if_keyed(self) -> RequestOnce | None:
        """Return the request's key with a digest of what it asks for, or None where none was sent."""
        key = self.sent_key()
        return RequestOnce.of(key, self.request.method, self.request.path, self.request.data) if key else None

    def parts(self) -> QuerySet[Membership]:
        """Return the asker's parts in projects; for a key bound to a project, that one only."""
        rows = present_parts_of(self.user)
        bound = self.token.project_id if self.token is not None else None
        return rows.order_by("pk") if bound is None else rows.filter(project_id=bound).order_by("pk")


class PersonView(ApiView):
    """A view for a person at a browser; no key opens it, so that a stolen key cannot outlive itself."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a key."""
        super().initial(request, *args, **kwargs)
        if self.token is not None:
            raise exceptions.PermissionDenied(_("Log in to do this; a key may not."), code="session_needed")


class ProjectView(ApiView):
    """A view inside a project. `acts` says which act each method is; a method without one is an error of ours."""

    acts: ClassVar[dict[str, Act]] = {"GET": Act.VIEW}
    membership: Membership

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the asker's part in the project and ask whether it allows the method."""
        super().initial(request, *args, **kwargs)
        self.membership = self._find_membership(kwargs["slug"])
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method.lower() in self.http_method_names and hasattr(self, method.lower()):
            require(self.membership, self._act_of(method))

    def _find_membership(self, slug: str) -> Membership:
        membership = membership_of(self.user, slug)
        if self.token is not None and self.token.project_id not in (None, membership.project_id):
            raise NotThere("project_not_found", _("There is no such project, or you have no part in it."))
        return membership

    def _act_of(self, method: str) -> Act:
        if method not in self.acts:
            raise ImproperlyConfigured(f"{type(self).__name__} does not say which act {method} is.")
        return self.acts[method]


class JudgementView(ProjectView):
    """A view that writes judgements: every write carries a key of its own, so that repeating it is harmless."""

    tag = "judgements"
    needs_key: ClassVar[bool] = True
    acts: ClassVar[dict[str, Act]] = {"GET": Act.VIEW, "POST": Act.ANNOTATE, "PATCH": Act.ANNOTATE}

    def request_once(self) -> RequestOnce:
        """Return the request's key with a digest of what it asks for."""
        request = self.request_if_keyed()
        if request is None:
            message = _("Send a header %(name)s with a UUID made for this request; the same when you repeat it.")
            raise ValidationError({KEY_HEADER: message % {"name": KEY_HEADER}}, code="key_missing")
        return request


def read(shape: type[Serializer], request: Request) -> dict[str, Any]:
    """Return the checked values of a body, or refuse it field by field."""
    serializer = shape(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def span_of(values: dict[str, Any]) -> Span:
    """Return the span that `start` and `end` name."""
    try:
        return Span(values["start"], values["end"])
    except BadSpan as error:
        raise Refused("span_empty", str(error), field="end") from None


def find_article(by: Membership, uuid: UUID) -> Article:
    """Find an article of the project with its current version, without the text; 1 query."""
    rows = Article.objects.select_related("publisher", "current_version").defer("current_version__text")
    found = rows.filter(project_id=by.project_id, uuid=uuid).first()
    if found is None:
        raise NotThere("article_not_found", _("There is no such article in this project."))
    return found


def uuid_in(asked: Any, name: str) -> UUID | None:
    """Read a UUID among query parameters; None where none is given. Raises `ValidationError` for what is none."""
    raw = asked.get(name, "")
    try:
        return UUID(raw) if raw else None
    except ValueError:
        message = _("%(name)s: “%(value)s” is no UUID.")
        raise ValidationError({name: message % {"name": name, "value": raw[:40]}}, code="filter_value") from None

"""How views become the OpenAPI document: common answers, the request's key, names of operations."""

from __future__ import annotations

from typing import Any, Literal

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from . import shapes
from .views.base import KEY_HEADER, JudgementView

KEY = OpenApiParameter(
    KEY_HEADER,
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    required=True,
    description="Made by the client for this request; the same when it is repeated. One key, one act.",
)
OPTIONAL_KEY = OpenApiParameter(
    KEY_HEADER,
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="Made by the client for this request. Sent again with the same body, it is answered as before.",
)
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


class TokenScheme(OpenApiAuthenticationExtension):
    """Describes the key of a program."""

    target_class = "annotations.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Describe the header."""
        return {"type": "http", "scheme": "bearer", "description": "A key made on one's own page of keys."}


class SessionScheme(OpenApiAuthenticationExtension):
    """Describes the session of the pages."""

    target_class = "annotations.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Describe the cookie."""
        description = "The session of the pages; unsafe methods need the header X-CSRFToken."
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME, "description": description}


def let_any_shape_fit(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Let a reply of several shapes fit more than one: an empty list is of each kind."""
    for shape in result["components"]["schemas"].values():
        if "oneOf" in shape:
            shape["anyOf"] = shape.pop("oneOf")
    return result


class WorkbenchSchema(AutoSchema):
    """Adds what every operation has in common."""

    def get_tags(self) -> list[str]:
        """Group by the view's tag."""
        return [getattr(self.view, "tag", "account")]

    def get_override_parameters(self) -> list[Any]:
        """Name the header that writes of judgements need."""
        if self.method not in UNSAFE:
            return []
        if isinstance(self.view, JudgementView):
            return [KEY]
        return [OPTIONAL_KEY] if getattr(self.view, "takes_key", False) else []

    def get_operation_id(self) -> str:
        """Name an operation by its method and view: `articleAnnotations_post`."""
        name = type(self.view).__name__
        return f"{name[0].lower()}{name[1:]}_{self.method.lower()}"

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """Name a shape by what it is: `Annotation`, not `AnnotationShape`."""
        return type(serializer).__name__.removesuffix("Shape")

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction=direction)
        if self.method in UNSAFE:
            bodies["409"] = self._get_response_for_code(shapes.ConflictShape, "409")
        bodies["5XX"] = self._get_response_for_code(shapes.ProblemsShape, "5XX")
        bodies["4XX"] = self._get_response_for_code(shapes.ProblemsShape, "4XX")
        return bodies

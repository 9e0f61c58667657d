"""What all tables of the admin share: who sees them, no deletion, acts instead of saves, the audit as history."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import DateField, Model, QuerySet
from django.forms.models import BaseInlineFormSet, BaseModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from annotations.errors import WorkbenchError
from annotations.models import AuditEvent
from annotations.web.acts import tell
from annotations.web.forms.fields import put_refusal

from .addresses import name_of, name_rows, read_chosen
from .filters import number
from .sight import Sight, sight_of

M = TypeVar("M", bound=Model)
DATE_PARTS = ("__year", "__month", "__day")
LONGEST_YEAR = 4
ALL_OF_THE_LIST = mark_safe('<input type="checkbox" id="action-toggle">')


class ActForm(forms.ModelForm):
    """A form whose saving is an act of `workflow`; a refusal of the act is shown beside its field."""

    refusal: WorkbenchError | None = None
    sight: Sight

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "project" in self.fields:
            self.fields["project"].queryset = self.sight.projects()  # type: ignore[attr-defined]
        for field in self.fields.values():
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs.setdefault("class", "vLargeTextField")
            elif isinstance(field.widget, forms.TextInput):
                field.widget.attrs.setdefault("class", "vTextField")

    def clean(self) -> dict[str, Any]:
        """Put the refusal of the first try where it belongs."""
        data = super().clean() or {}
        if self.refusal is not None:
            put_refusal(self, self.refusal)
        return data


class FreeActForm(ActForm):
    """An act's form whose fields are not the columns of the row: nothing of it is put on the row."""

    def _post_clean(self) -> None:
        """Leave the row alone; the act checks and writes it."""


class WorkbenchChangeList(ChangeList):
    """A list that loads only the columns it shows."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Leave out long texts, which no list shows."""
        rows = super().get_queryset(request, exclude_parameters)
        return self.model_admin.list_rows(rows)  # type: ignore[attr-defined]

    def get_results(self, request: HttpRequest) -> None:
        """Let the table bring along what the rows of this page need."""
        super().get_results(request)
        self.result_list = self.model_admin.page_rows(list(self.result_list))  # type: ignore[attr-defined]


class WorkbenchAdmin(admin.ModelAdmin):
    """A table that staff see as far as their sight goes. Nothing is deleted; each subclass says what may change."""

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    project_path = "project"
    for_superusers_only = False
    #: what is asked on adding, where that is more than can be changed later
    add_form: type[BaseModelForm] | None = None
    #: what the audit calls these rows, and the attribute that it names them by
    audit_type = ""
    audit_key = "uuid"

    def rows(self, sight: Sight, rows: QuerySet[M]) -> QuerySet[M]:
        """Narrow the rows to what the person may see."""
        return sight.inside(rows, self.project_path)

    def list_rows(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Prepare the rows of the list."""
        return rows

    def page_rows(self, rows: list[M]) -> list[M]:
        """Prepare the rows of one page of the list."""
        return rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Start from what this person may see."""
        return self.rows(sight_of(request), super().get_queryset(request))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Use the list that leaves out long texts."""
        return WorkbenchChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Refuse values that no column can hold before they reach the database; find the rows that were chosen."""
        for name, values in request.GET.lists():
            for value in values:
                if "\x00" in value or (name.endswith(DATE_PARTS) and not _is_part_of_date(value)):
                    raise BadRequest
        read_chosen(request, self.model)
        return super().changelist_view(request, extra_context)

    def get_urls(self) -> list[Any]:
        """Let addresses name rows without their numbers."""
        return name_rows(super().get_urls(), self.model)

    @admin.display(description=ALL_OF_THE_LIST)
    def action_checkbox(self, obj: Model) -> SafeString:
        """Let the list name its rows without their numbers too."""
        label = _("Select this object for an action - {}").format(obj)
        box = forms.CheckboxInput({"class": "action-select", "aria-label": label}, lambda value: False)
        return box.render(ACTION_CHECKBOX_NAME, name_of(self.model, obj.pk))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Honour the parameters of the list's own filters and of no other column; anything else is answered with 400.

        Django would take every column of the table: a password's hash or a key's digest could be guessed letter by
        letter from whether a row is shown.
        """
        return lookup in self._parameters

    @cached_property
    def _parameters(self) -> frozenset[str]:
        """Name the parameters of the filters; a filter by a column takes a value or, by date, two ends."""
        found = {f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day") if self.date_hierarchy}
        for one in self.list_filter:
            if isinstance(one, str):
                is_date = isinstance(self.opts.get_field(one), DateField)
                found |= {f"{one}__{part}" for part in (("gte", "lt") if is_date else ("exact",))}
            else:
                found.add(one.parameter_name)  # type: ignore[union-attr]
        return frozenset(found)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the table on the front page to those who may look at it."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let staff look; which rows, `rows` decides."""
        if not (request.user.is_active and request.user.is_staff):
            return False
        if self.for_superusers_only:
            return bool(request.user.is_superuser)
        return not sight_of(request).is_empty

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Allow nothing by itself."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow nothing by itself."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Delete nothing: work points at it. Things are withdrawn, ended or revoked."""
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Tell the form who looks at it and why the act was refused."""
        if obj is None and self.add_form is not None:
            kwargs["form"] = self.add_form
        form: type[BaseModelForm] = super().get_form(request, obj, change=change, **kwargs)
        if not issubclass(form, ActForm):
            return form
        told = {"refusal": getattr(request, "admin_refusal", None), "sight": sight_of(request)}
        return type(form.__name__, (form,), told)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save by acting. A refused act is rolled back, and the form comes again with the reason and the input."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except WorkbenchError as refusal:
            request.admin_refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Name the changed fields; see `log_change`."""
        return list(form.changed_data)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing: the act has written itself into the audit, which is the one record."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing, for the same reason."""

    def message_done(self, request: HttpRequest, sentence: str) -> None:
        """Say above the next page what was done."""
        self.message_user(request, sentence, messages.SUCCESS)

    def message_refused(self, request: HttpRequest, refusal: WorkbenchError) -> None:
        """Say above the next page why something was not done."""
        self.message_user(request, refusal.message, messages.ERROR)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the acts on one row as the audit has them."""
        obj = self.get_object(request, object_id)
        if obj is None or not self.has_view_permission(request, obj):
            raise Http404  # alike, or the numbers of the rows there are could be tried out
        page = Paginator(self.acts_on(sight_of(request), obj), 50).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %s") % obj,
            "opts": self.opts,
            "object": obj,
            "page": page,
            "acts": tell(page.object_list),
        }
        return TemplateResponse(request, "admin/object_history.html", context)

    def acts_on(self, sight: Sight, obj: Any) -> QuerySet[AuditEvent]:
        """Return the acts on one row, the last first."""
        if not self.audit_type:
            return AuditEvent.objects.none()
        rows = AuditEvent.objects.filter(object_type=self.audit_type, object_key=str(getattr(obj, self.audit_key)))
        project = getattr(obj, "project_id", None)
        if project:
            rows = rows.filter(project_id=project)
        return sight.records(rows, "project").select_related("actor", "text")

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Answer 404 alike for what is not there and for what one may not see."""
        raise Http404


class Unshown(forms.HiddenInput):
    """A field that does not stand in the page: nothing is sent back, and its value is not to be read there."""

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        """Return nothing."""
        return SafeString("")


class UnnumberedFormSet(BaseInlineFormSet):
    """Rows without their numbers, and without that of the row above."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Hide both."""
        super().add_fields(form, index)
        for name in (self._pk_field.name, self.fk.name):  # type: ignore[attr-defined]
            if name in form.fields:
                form.fields[name].widget = Unshown()


class ReadOnlyInline(admin.TabularInline):
    """Rows below another row, to be looked at."""

    formset = UnnumberedFormSet

    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show all, edit none."""
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Add nothing."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Change nothing."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Delete nothing."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show it to whoever sees the row above."""
        return True


def _is_part_of_date(value: str) -> bool:
    return number(value) is not None and len(value) <= LONGEST_YEAR


def as_json(value: Any) -> SafeString | str:
    """Show a JSON value readably."""
    if not value:
        return "–"
    return format_html('<pre class="plain">{}</pre>', json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True))


def as_link(url: str) -> SafeString | str:
    """Link to a page elsewhere, which learns nothing of where the reader came from."""
    return format_html('<a href="{0}" rel="noopener noreferrer nofollow">{0}</a>', url) if url else "–"


def as_digest(value: Any) -> str:
    """Show a stored SHA-256 as people compare it."""
    return bytes(value).hex() if value else "–"

"""The label set of a project: revised as a whole, how much each label is used, one merged into another."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.job_json import job_json
from annotations.api.project_json import label_set_json
from annotations.api.serializers import LabelMergeInput, LabelSetInput
from annotations.colours import OFFERED
from annotations.jobs.starting import start_once
from annotations.models import Label
from annotations.workflow.label_checks import free_shortcuts
from annotations.workflow.labels import near_labels, retired_labels, use_of_labels
from annotations.workflow.merging_labels import LabelMerge, count_label_merge, start_merging_labels
from annotations.workflow.projects import NewLabel, current_label_set, current_labels, revise_label_set

from .base import ProjectView, read


class Labels(ProjectView):
    """The label set in force."""

    tag = "projects"
    acts = {"GET": Act.VIEW, "PUT": Act.EDIT_LABELS}

    @extend_schema(responses=shapes.LabelSetShape)
    def get(self, request: Request, slug: str) -> Response:
        """Give the label set in force."""
        return self._answer()

    @extend_schema(request=LabelSetInput, responses=shapes.LabelSetShape)
    def put(self, request: Request, slug: str) -> Response:
        """Put a new version of the label set in force; annotations keep the version they were made under."""
        sent = read(LabelSetInput, request)
        labels = [NewLabel(**label) for label in sent["labels"]]
        revise_label_set(labels, by=self.membership, name=sent["name"], base_version=sent["base_version"])
        return self._answer()

    def _answer(self) -> Response:
        project = self.membership.project
        return Response(label_set_json(current_label_set(project), current_labels(project)))


class LabelsUse(ProjectView):
    """How the labels are used."""

    tag = "projects"
    acts: ClassVar = {"GET": Act.EDIT_LABELS}

    @extend_schema(responses=shapes.LabelsUseShape)
    def get(self, request: Request, slug: str) -> Response:
        """Tell how much stands under each label, retired ones too, and what is free; for managers."""
        project = self.membership.project
        labels, label_set = current_labels(project), current_label_set(project)
        used = use_of_labels(project)
        rows = [_use_json(label, used.get(label.key, 0), is_retired=False) for label in labels]
        rows += [_use_json(each.label, each.used, is_retired=True) for each in retired_labels(project, labels, used)]
        return Response(
            {
                "version": label_set.version if label_set else 0,
                "labels": rows,
                "near_colors": [[one.key, other.key] for one, other in near_labels(labels)],
                "offered_colors": list(OFFERED),
                "free_shortcuts": free_shortcuts(label.shortcut for label in labels),
            }
        )


class LabelMerging(ProjectView):
    """Merging one label into another."""

    tag = "jobs"
    acts: ClassVar = {"POST": Act.EDIT_LABELS}
    takes_key = True

    @extend_schema(request=LabelMergeInput, responses={200: shapes.LabelMergeCountShape, 202: shapes.JobShape})
    def post(self, request: Request, slug: str) -> Response:
        """Retire a label and start the job that gives what stands under it another; earlier states stay in the history.

        With `preview` nothing is written: see what it would do. A label that is retired already can be merged too.
        """
        sent, by = read(LabelMergeInput, request), self.membership
        merge = LabelMerge(sent["from"], sent["into"])
        if sent["preview"]:
            return Response(asdict(count_label_merge(merge, by=by)))
        start = partial(start_merging_labels, merge, by=by, base_version=sent["base_version"])
        return Response(job_json(start_once(by, self.request_if_keyed(), start)), status=202)


def _use_json(label: Label, used: int, *, is_retired: bool) -> dict[str, object]:
    values = {name: getattr(label, name) for name in ("key", "name", "color", "applies_to")}
    return {**values, "is_retired": is_retired, "used": used}

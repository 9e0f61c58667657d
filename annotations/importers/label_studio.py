"""Label Studio's JSON: tasks with annotations and predictions, each task an article.

Regions of text become annotations, choices labels on the article or attributes of a region, predictions suggestions.
What was cancelled, and results of other kinds, are named and left out. `regions_in_file.py` places the spans.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers.columns import FIRST_ROWS, Column, columns_of, objects_in
from annotations.importers.composing import raw_pointer
from annotations.importers.fields import ALIASES, FIELDS, Place, parse_moment, read_fields
from annotations.importers.json_items import Item, unusable_value
from annotations.importers.judgements_in_file import JudgementsInFile
from annotations.importers.native import items_of, parsed
from annotations.importers.opening import InputFile
from annotations.importers.records import ImportedArticle, Problem, Record
from annotations.importers.regions_in_file import RegionsInFile
from annotations.text.ids import id_from_path

TOOL = "label-studio"
REGIONS = ("labels", "hypertextlabels")
_TASK = re.compile(rb'\s*+\[?\s*+\{.{0,60000}?"data"\s*:\s*\{', re.DOTALL)
_BARE_TASK = re.compile(rb'\s*\[\s*\{\s*(?:"id"\s*:\s*\d+\s*,\s*)?"data"\s*:\s*\{\s*"')
_JUDGED = re.compile(rb'"(?:annotations|completions|predictions)"\s*:\s*\[')
_TASK_FIELDS = frozenset({"id", "data", "annotations", "completions", "predictions", "drafts", "project"})
_ANNOTATION_FIELDS = frozenset(
    {"id", "completed_by", "annotator", "result", "was_cancelled", "ground_truth", "created_at", "updated_at"}
)
_RESULT_FIELDS = frozenset(
    {
        "id",
        "type",
        "value",
        "from_name",
        "to_name",
        "from_id",
        "to_id",
        "direction",
        "labels",
        "origin",
        "meta",
        "score",
    }
)
_OWN_NAMES = frozenset({"label", "choice"})
"""Names of controls in the files that we write; they say nothing that has to be kept."""
Row = dict[str, Any]


def looks_like(source: InputFile) -> bool:
    """Say whether a file begins with a task that holds data, and perhaps annotations or predictions beside them."""
    head = source.head.removeprefix(b"\xef\xbb\xbf")
    if _BARE_TASK.match(head):
        return True
    return bool(_TASK.match(head)) and bool(_JUDGED.search(head)) and b'"articles"' not in head[:2000]


def read(source: InputFile, names: Mapping[str, str] | None = None) -> Iterator[Record]:
    """Yield an article for each task. `names` maps fields of its data to ours."""
    for item in items_of(source):
        if isinstance(item, Problem):
            yield item
        else:
            yield from _records(item, source, names or {})


def columns(source: InputFile) -> list[Column]:
    """Return the fields of the data of the first tasks."""
    tasks = (task["data"] for task in objects_in(source) if isinstance(task.get("data"), dict))
    first = list(islice(tasks, FIRST_ROWS))
    return columns_of(first, {_text_field(first[0], {}): "text"} if first else {})


def _records(item: Item, source: InputFile, names: Mapping[str, str]) -> Iterator[Record]:
    task = parsed(item, source.name)
    if isinstance(task, Problem):
        yield task
        return
    data = task.get("data")
    if not isinstance(data, dict):
        yield Problem(source.name, item.line, "data", "", _("The task has no data. Give its text in data.text."))
        return
    place = Place(source.name, item.line, source.path, is_one_of_many=True)
    text_field = _text_field(data, names)
    fields = _fields(task, data, source, names)
    found = read_fields(fields, place, raw_pointer(source, item.data, item.start), {**names, text_field: "text"})
    article = found[0]
    if not isinstance(article, ImportedArticle):
        yield from found
        return
    judged = JudgementsInFile(article, data[text_field], place)
    _Results(judged, RegionsInFile(data[text_field], article.text, place), place).read(task)
    yield judged.onto_article()
    yield from place.remarks


def _text_field(data: Row, names: Mapping[str, str]) -> str:
    """Return the field that holds the text: the one named, `text`, or the only string that is none of ours."""
    named = next((written for written, ours in names.items() if ours == "text" and written in data), None)
    if named or "text" in data:
        return named or "text"
    strings = [name for name, value in data.items() if isinstance(value, str) and name not in FIELDS]
    free = [name for name in strings if ALIASES.get(name, "text") == "text"]
    return free[0] if len(free) == 1 else "text"


def _fields(task: Row, data: Row, source: InputFile, names: Mapping[str, str]) -> Row:
    """Return the fields of the article, with what else the task says under `label_studio`."""
    rest: Row = {name: value for name, value in task.items() if name not in _TASK_FIELDS and _says_something(value)}
    annotations = [
        {name: value for name, value in given.items() if name not in _ANNOTATION_FIELDS and _says_something(value)}
        | {"annotator": annotator_of(given)}
        for given in _objects(task)
    ]
    if any(len(each) > 1 for each in annotations):
        rest["annotations"] = annotations
    fields = {**data, **({"label_studio": rest} if rest else {})}
    has_id = any(names.get(name, ALIASES.get(name, name)) == "external_id" for name in data)
    if not has_id and task.get("id") is not None:
        project = task.get("project")
        fields["external_id"] = (
            f"{TOOL}/{project}/{task['id']}"
            if isinstance(project, int)
            else id_from_path(f"{source.path}#{task['id']}")
        )
    return fields


def _says_something(value: Any) -> bool:
    return value not in (None, "", [], {}, 0)


def _objects(task: Row) -> list[Row]:
    listed = task.get("annotations", task.get("completions"))
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def annotator_of(given: Row) -> str:
    """Return the pseudonym of who completed an annotation: as our own files give it, by number, else by e-mail.

    >>> annotator_of({"completed_by": {"id": 3, "email": "ada@newsroom.example"}}), annotator_of({"completed_by": 3})
    ('annotator-3', 'annotator-3')
    """
    own, by = given.get("annotator"), given.get("completed_by")
    if isinstance(own, str) and own.strip() and unusable_value(own) is None:
        return own.strip()
    if isinstance(by, dict):
        by = by["id"] if by.get("id") is not None else by.get("email")
    if isinstance(by, int) and not isinstance(by, bool):
        return f"annotator-{by}"
    return by.strip() if isinstance(by, str) and unusable_value(by) is None else ""


class _Results:
    """The annotations and predictions of one task."""

    def __init__(self, judged: JudgementsInFile, regions: RegionsInFile, place: Place) -> None:
        self._judged = judged
        self._regions = regions
        self._place = place
        self._keys_taken: set[str] = set()
        self._unknown: set[str] = set()

    def read(self, task: Row) -> None:
        for given in _objects(task):
            if given.get("was_cancelled"):
                message = _("This annotation was cancelled (skipped) and is not imported.")
                self._place.remark("annotations", {"id": given.get("id")}, message)
            else:
                self._read_annotation(given)
        for given in self._listed(task.get("predictions"), "predictions"):
            self._read_prediction(given)
        if task.get("drafts"):
            self._place.remark("drafts", len(task["drafts"]), _("Drafts are unfinished work and are not imported."))
        if self._unknown:
            message = _("These fields of results are not known and not kept.")
            self._place.remark("result", sorted(self._unknown), message)

    def _listed(self, value: Any, name: str) -> list[Row]:
        if value in (None, ""):
            return []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self._place.remark(name, value, _("This is not a list of objects."))
            return []
        self._unknown |= {key for each in value if name == "result" for key in each if key not in _RESULT_FIELDS}
        return value

    # What people did

    def _read_annotation(self, given: Row) -> None:
        results = self._listed(given.get("result"), "result")
        who: Row = {
            "annotator": annotator_of(given),
            "layer": "gold" if given.get("ground_truth") else "imported",
        }
        created_at, updated_at = parse_moment(given.get("created_at")), parse_moment(given.get("updated_at"))
        when = {name: at for name, at in (("created_at", created_at), ("updated_at", updated_at)) if at}
        regions = [each for each in results if each.get("type") in REGIONS]
        ids = {_id_of(each) for each in regions} - {""}
        about: dict[str, Row] = {region: {} for region in ids}
        links: list[Row] = []
        for each in results:
            if each.get("type") == "relation":
                links.append(each)
            elif each.get("type") not in REGIONS and _id_of(each) in ids:
                self._read_about(each, about[_id_of(each)])
            elif each.get("type") == "choices" and "start" not in _value(each):
                self._read_choices(each, who | when)
            elif each.get("type") not in REGIONS:
                self._not_taken(each)
        keys: dict[str, str] = {}
        for each in regions:
            self._read_region(each, about.get(_id_of(each), {}), who | when, keys)
        for each in links:
            self._read_relation(each, who | when, keys)

    def _read_region(self, given: Row, about: Row, who: Row, keys: dict[str, str]) -> None:
        value = _value(given)
        labels = value.get(given["type"]) or value.get("labels")
        if not isinstance(labels, list) or not labels:
            self._place.remark("result", given, _("The region has no label and is not imported."))
            return
        span = self._regions.span(given["type"], value)
        if span is None:
            return
        attributes = _source_of(given) | {name: each for name, each in about.items() if name != "note"}
        note = "\n".join(part for part in (_note(given.get("meta")), about.get("note", "")) if part)
        score = given.get("score")
        more: Row = who | ({"note": note} if note else {}) | ({"attributes": attributes} if attributes else {})
        if isinstance(score, int | float) and 0 <= score <= 1:
            more["confidence"] = score
        for label in labels:
            key = self._judged.annotation(span, label, key=self._own_key(given.get("id")), **more)
            if key and isinstance(given.get("id"), str):
                keys.setdefault(given["id"], key)

    def _own_key(self, written: Any) -> str:
        """Return the id of a region where it is a key of ours and not met yet: the annotation is then known again."""
        try:
            key = str(uuid.UUID(written)) if isinstance(written, str) and len(written) == 36 else ""
        except ValueError:
            return ""
        if key in self._keys_taken:
            return ""
        self._keys_taken.add(key)
        return key

    def _read_about(self, given: Row, about: Row) -> None:
        """Take a choice, number or text about a region as an attribute of its annotation, or as its note."""
        kind, value = given.get("type"), _value(given)
        name = given.get("from_name")
        found: Any = value.get("text" if kind == "textarea" else str(kind))
        is_list = isinstance(found, list) and bool(found) and all(isinstance(each, str) for each in found)
        if kind in ("choices", "textarea") and (is_list or isinstance(found, str)):
            listed = found if isinstance(found, list) else [found]
            taken: Any = "\n".join(listed) if kind == "textarea" else listed[0] if len(listed) == 1 else listed
        elif kind in ("number", "rating") and isinstance(found, int | float):
            taken = found
        else:
            self._not_taken(given)
            return
        about[name if isinstance(name, str) and name else str(kind)] = taken

    def _read_choices(self, given: Row, who: Row) -> None:
        attributes = _source_of(given)
        more = who | {"attributes": attributes} if attributes else who
        choices = _value(given).get("choices")
        for choice in choices if isinstance(choices, list) else [choices]:
            self._judged.article_label(choice, **more)

    def _read_relation(self, given: Row, who: Row, keys: dict[str, str]) -> None:
        ends = [keys.get(given[name]) if isinstance(given.get(name), str) else None for name in ("from_id", "to_id")]
        if ends[0] is None or ends[1] is None:
            self._place.remark("result", given, _("The relation names a region that is not there."))
            return
        direction = given.get("direction")
        first, second = (ends[1], ends[0]) if direction == "left" else (ends[0], ends[1])
        more: Row = {"attributes": {"direction": "bi"}} if direction == "bi" else {}
        labels = given.get("labels")
        for label in labels if isinstance(labels, list) and labels else ["relation"]:
            self._judged.relation(first, second, label, **who, **more)

    def _not_taken(self, given: Row) -> None:
        message = _("Results of this type are not imported.")
        self._place.remark("result", str(given.get("type")), message)

    # What a model did

    def _read_prediction(self, given: Row) -> None:
        by = str(given.get("model_version") or "").strip() or TOOL
        for each in self._listed(given.get("result"), "result"):
            labels = _value(each).get(str(each.get("type")))
            if each.get("type") not in REGIONS or not isinstance(labels, list):
                message = _("Of a prediction only regions of text are imported, as suggestions.")
                self._place.remark("predictions", str(each.get("type")), message)
                continue
            span = self._regions.span(each["type"], _value(each))
            if span is None:
                continue
            score = _number(each.get("score"))
            for label in labels:
                self._judged.suggestion(
                    span, label, by=by, score=_number(given.get("score")) if score is None else score
                )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _value(given: Row) -> Row:
    value = given.get("value")
    return value if isinstance(value, dict) else {}


def _id_of(given: Row) -> str:
    return given["id"] if isinstance(given.get("id"), str) else ""


def _source_of(given: Row) -> Row:
    """Return the name of the control that was answered, which tells a choice's question."""
    name = given.get("from_name")
    return {"from_name": name} if isinstance(name, str) and name and name not in _OWN_NAMES else {}


def _note(meta: Any) -> str:
    words = meta.get("text") if isinstance(meta, dict) else None
    if isinstance(words, list):
        return "\n".join(each for each in words if isinstance(each, str))
    return words if isinstance(words, str) else ""

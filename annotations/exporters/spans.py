"""What lies on texts in great numbers, as JSON that the database writes: annotations, regions and links.

What few of them have, and SQL cannot write canonically (attributes, confidences, parts, earlier states), is put into
their values here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from itertools import starmap
from typing import NamedTuple

import orjson
from django.db.models import F
from django.db.models.functions import NullIf

from annotations.models import (
    Annotation,
    AnnotationRevision,
    Fragment,
    Label,
    Membership,
    Region,
    RegionRevision,
    TextLink,
)
from annotations.models.among import Ids, Many

from .history import revisions_on
from .json_in_sql import always, dialect, number, plain
from .scope import Scope
from .values import as_written, object_written
from .written import Asking, Question, Row, Shape, json_of, rows_of, written

Additions = dict[int, dict[str, Row]]
"""By text and key: what is put into a row beside, or instead of, what the database wrote."""


class SpoiltSpan(Exception):
    """A stored span whose quote is not what stands at its place. Nothing is exported before it is looked into."""


class Annotations(NamedTuple):
    """The annotations on one text: their JSON, their quotes in one piece, their places, and a mark for each.

    The mark is 1 where Python has to put in what SQL cannot write. Of quotes that are not in one piece there are none.
    """

    json: bytes = b""
    quotes: bytes | None = b""
    places: bytes = b""
    marks: bytes = b""

    def with_more(self, additions: dict[str, Row]) -> Annotations:
        """Put into rows, by their keys, what they have beside."""
        rows = rows_of(self.json)
        for row in rows:
            row |= additions.get(row["key"], {})
        is_in_one_piece = not any("fragments" in row for row in rows)
        return self._replace(json=json_of(rows), quotes=self.quotes if is_in_one_piece else None)

    def check(self, text: str, external_id: bytes) -> None:
        """Compare all quotes with what stands at their places. Raises `SpoiltSpan` for the first that differs.

        Each is as long as its place, which the database holds: where all are equal in one piece, each is equal.
        A text that was withheld has none.
        """
        if not text:
            return
        places = iter(orjson.loads(b"[%b]" % self.places))
        found = "".join([text[start:end] for start, end in zip(places, places, strict=False)])
        if found.encode() != self.quotes:
            check_quotes(rows_of(self.json), text, external_id)


def check_quotes(spans: list[Row], text: str, external_id: bytes) -> None:
    """Compare quotes with what stands at their places, each by itself. Raises `SpoiltSpan`."""
    for span in spans:
        if text[span["start"] : span["end"]] == span["quote"] and "fragments" not in span:
            continue
        for part in (span, *span.get("fragments", ())):
            if text[part["start"] : part["end"]] != part["quote"]:
                raise SpoiltSpan(
                    f"{external_id.decode()}, annotation {span['key']}: the quote is not what stands there."
                )


# Annotations


def annotations_on(versions: Ids, scope: Scope, *, names_are_plain: bool) -> Asking[dict[int, Annotations]]:
    """Ask for the annotations on some texts, by place, label, annotator and key; and a query for what few have."""
    if not scope.holds(Annotation):
        return {}
    answer = yield (
        scope.question(Annotation, versions, partial(_annotations, scope, names_are_plain=names_are_plain)),
        versions,
    )
    found = dict(zip(answer, starmap(Annotations, answer.values()), strict=True))
    with_more = [version for version, annotations in found.items() if b"1" in annotations.marks]
    additions: Additions = defaultdict(lambda: defaultdict(dict))
    if with_more:
        _add_what_few_have(Many(with_more), scope, additions)
    if found and scope.holds(Fragment):
        _add_fragments(versions, additions)
    if found and scope.holds(AnnotationRevision):
        owners = scope.annotations_on(versions)
        _add_revisions(revisions_on(AnnotationRevision, owners, key="key"), additions)
    for version, by_key in additions.items():
        if version in found:
            found[version] = found[version].with_more(by_key)
    return found


def _annotations(scope: Scope, versions: Ids, *, names_are_plain: bool) -> Question | None:
    has_rounds = len(scope.round_numbers()) > 1
    rows = scope.annotations_on(versions).values_list(
        *("version_id", "key", "start", "end", "quote", "prefix", "suffix", "layer", "note", "version_number"),
        *("created_at", "withdrawn_at", "attributes", "confidence", "label__key", "created_by__pseudonym"),
        NullIf(F("updated_at"), F("created_at")),
        *(("past_round__number",) if has_rounds else ()),
    )
    return written(rows, _annotation_shape(names_are_plain, has_rounds=has_rounds))


def _annotation_shape(names_are_plain: bool, *, has_rounds: bool) -> Shape:
    sql = dialect()
    name = plain if names_are_plain else sql.text
    return Shape(
        columns=(
            *("version", "key", "start", "end", "quote", "prefix", "suffix", "layer", "note", "number"),
            *("created_at", "withdrawn_at", "attributes", "confidence", "label", "annotator", "changed_at"),
            *(("past_round",) if has_rounds else ()),
        ),
        once=(("made", sql.moment.format("created_at")),),
        json=sql.object(
            ("key", sql.key("key")),
            ("start", number("start")),
            ("end", number('"end"')),
            ("quote", sql.text("quote")),
            ("prefix", sql.text("prefix")),
            ("suffix", sql.text("suffix")),
            ("label", name("label")),
            ("annotator", name("annotator")),
            ("layer", plain("layer")),
            ("note", sql.note("note")),
            ("attributes", always("{}")),
            ("confidence", always("null")),
            ("version", number("number")),
            ("created_at", plain("made")),
            ("updated_at", plain(f"coalesce({sql.moment.format('changed_at')}, made)")),
            ("withdrawn_at", sql.unless_null("withdrawn_at", sql.instant("withdrawn_at"))),
            *((("past_round", number("past_round"), "past_round IS NOT NULL"),) if has_rounds else ()),
        ),
        order=("start", '"end"', sql.by_code_points("label"), sql.by_code_points("annotator"), "key"),
        also=(
            ("quote", ""),
            (sql.join((*number("start"), *always(","), *number('"end"'))), ","),
            ("CASE WHEN attributes <> '{}' OR confidence IS NOT NULL THEN '1' ELSE '0' END", ""),
        ),
    )


def are_plain(scope: Scope) -> bool:
    """Tell whether JSON writes all names of labels and people as they are, which then need no escaping row by row."""
    labels = Label.objects.filter(project=scope.project).order_by().values_list("key", flat=True)
    people = Membership.objects.filter(project=scope.project).order_by().values_list("pseudonym", flat=True)
    return all(orjson.dumps(name) == b'"%b"' % name.encode() for name in (*labels, *people))


def _add_what_few_have(versions: Ids, scope: Scope, additions: Additions) -> None:
    rows = scope.annotations_on(versions).order_by()
    for version, key, confidence, attributes in rows.values_list(
        "version_id", "key", "confidence", as_written("attributes")
    ):
        if confidence is not None or attributes != "{}":
            additions[version][str(key)] |= {"attributes": object_written(attributes), "confidence": confidence}


def _add_fragments(versions: Ids, additions: Additions) -> None:
    rows = Fragment.objects.filter(version__among=versions).order_by("annotation_id", "n")
    for version, key, n, start, end, quote in rows.values_list(
        "version_id", "annotation__key", "n", "start", "end", "quote"
    ):
        parts = additions[version][str(key)].setdefault("fragments", [])
        parts.append({"n": n, "start": start, "end": end, "quote": quote})


def _add_revisions(found: Iterable[tuple[int, str, Row]], additions: Additions) -> None:
    for version, key, state in found:
        additions[version][key].setdefault("revisions", []).append(state)


# Regions and links


def regions_on(versions: Ids, scope: Scope) -> Asking[dict[int, bytes]]:
    """Ask for the zones of some texts, by place, kind, publisher and address, with what people did if it is told."""
    if not scope.holds(Region):
        return {}
    answer = yield scope.question(Region, versions, partial(_regions, scope)), versions
    found = {version: json for version, (json,) in answer.items()}
    if found and scope.tells_who_marked_zones and scope.holds(RegionRevision):
        additions: Additions = defaultdict(lambda: defaultdict(dict))
        rows = Region.objects.filter(version__among=versions)
        _add_revisions(revisions_on(RegionRevision, rows, key="uuid"), additions)
        for version, by_key in additions.items():
            zones = rows_of(found[version])
            found[version] = json_of([zone | by_key.get(zone.get("key", ""), {}) for zone in zones])
    return found


def _regions(scope: Scope, versions: Ids) -> Question | None:
    rows = Region.objects.filter(version__among=versions)
    if not scope.tells_who_marked_zones:
        rows = rows.filter(withdrawn_at__isnull=True)
    values = rows.values_list(
        *("version_id", "kind", "start", "end", "publisher__name", "url", "uuid", "created_by__pseudonym"),
        *("version_number", "created_at", "withdrawn_at"),
    )
    return written(values, _region_shape(tells_who=scope.tells_who_marked_zones))


def _region_shape(*, tells_who: bool) -> Shape:
    sql = dialect()
    touched = "(marked_by IS NOT NULL OR number > 1 OR withdrawn_at IS NOT NULL)"
    address = ("url", sql.text("url"), "url <> ''")
    history = (
        ("key", sql.key("key"), touched),
        ("marked_by", sql.text("marked_by"), "marked_by IS NOT NULL"),
        ("version", number("number"), touched),
        ("created_at", sql.instant("created_at"), touched),
        ("withdrawn_at", sql.instant("withdrawn_at"), "withdrawn_at IS NOT NULL"),
    )
    key_if_told = f"CASE WHEN {touched} THEN {sql.join(sql.key('key'))} ELSE '' END"
    return Shape(
        columns=(
            *("version", "kind", "start", "end", "publisher", "url", "key", "marked_by"),
            *("number", "created_at", "withdrawn_at"),
        ),
        json=sql.object(
            ("kind", plain("kind")),
            ("start", number("start")),
            ("end", number('"end"')),
            ("publisher", sql.unless_null("publisher", sql.text("publisher"))),
            address,
            *(history if tells_who else ()),
        ),
        order=(
            "start",
            '"end" DESC',
            sql.by_code_points("kind"),
            sql.by_code_points("coalesce(publisher, '')"),
            sql.by_code_points("url"),
            *((sql.by_code_points(key_if_told),) if tells_who else ()),
        ),
    )


def links_on(versions: Ids, scope: Scope) -> Asking[dict[int, bytes]]:
    """Ask for the links that the originals put on some texts, by place and address."""
    if not scope.holds(TextLink):
        return {}
    answer = yield scope.question(TextLink, versions, _links), versions
    return {version: json for version, (json,) in answer.items()}


def _links(versions: Ids) -> Question | None:
    rows = TextLink.objects.filter(version__among=versions).values_list("version_id", "start", "end", "url")
    return written(rows, _link_shape())


def _link_shape() -> Shape:
    sql = dialect()
    return Shape(
        columns=("version", "start", "end", "url"),
        json=sql.object(("start", number("start")), ("end", number('"end"')), ("url", sql.text("url"))),
        order=("start", '"end"', sql.by_code_points("url")),
    )

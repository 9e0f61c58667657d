"""Passages of texts that files point to, and those that a file says two articles, or one and a capture, share.

Comes after the articles. A pair that is there already stays; one whose words do not stand there is left out and named.
What another tool found has two ends alone; a native file says all that is known, and what people decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from annotations.models import ArticleVersion, QuoteDecision, QuoteDecisionRevision, QuoteLink
from annotations.reuse.words import METHOD
from annotations.text.fingerprints import passage_key, words_of

from . import checking
from .captured import CapturedPassage, CapturesThere, captured_in
from .checking import BadValue
from .context import PSEUDONYM_LENGTH, Context, ignores_conflicts
from .decisions_in_file import Decided, each_checked, read_decisions, write_decisions
from .records import ImportedRecord, Problem
from .tally import Tally

LARGEST = 2_147_483_647
"""The largest offset that a column holds."""
Passage = tuple[str, int, int, int]
"""External id of the article, number of its text (0 is the present one), start, end."""
Passages = dict[Passage, dict[str, Any]]


def look_up(wanted: set[Passage], context: Context) -> tuple[Passages, dict[Passage, str]]:
    """Return the columns and the words of those passages that lie in a text, reading a few texts at a time.

    The version 0 of a passage is the article's present one.
    """
    by_article: dict[str, list[Passage]] = defaultdict(list)
    for passage in wanted:
        by_article[passage[0]].append(passage)
    rows = ArticleVersion.objects.filter(project=context.project, article__external_id__in=list(by_article))
    found: Passages = {}
    words: dict[Passage, str] = {}
    # a withheld text keeps its length, and no word stands at any place of it
    for external_id, n, pk, text, length, present in rows.values_list(
        "article__external_id", "n", "pk", "text", "length", "article__current_version_id"
    ).iterator(chunk_size=20):
        numbers = (n, 0) if pk == present else (n,)
        for passage in by_article[external_id]:
            _article, number, start, end = passage
            if number in numbers and end <= length:
                found[passage] = {"version_id": pk, "length": length, "start": start, "end": end}
                words[passage] = text[start:end]
    return found, words


def write_passages(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Write pairs of passages that another tool found; their data have `found_by`, `one`, `other`; 3 queries.

    Either end has `article`, `start`, `end` and, where the file says so, the `words` that stand there. With the
    `direction` forward the second was taken from the first.
    """
    if not records:
        return
    ends = {id(record): (_passage(record.data["one"]), _passage(record.data["other"])) for record in records}
    found, words = look_up({passage for pair in ends.values() for passage in pair}, context)
    rows: dict[Any, QuoteLink] = {}
    for record in records:
        pair = ends[id(record)]
        for passage, given in zip(pair, (record.data["one"], record.data["other"]), strict=True):
            message = _why_not(passage, given["words"], words)
            if message:
                tally.leave_out("passages", _problem(record, passage, message))
                break
        else:
            row = _row(record.data, pair, found, words, context)
            rows[row.key] = row
    known = set(QuoteLink.objects.filter(project=context.project, key__in=rows).values_list("key", flat=True))
    new = [row for key, row in rows.items() if key not in known]
    QuoteLink.objects.bulk_create(new, batch_size=500, ignore_conflicts=ignores_conflicts())
    tally.others["passages_created"] += len(new)
    tally.others["passages_unchanged"] += len(known)
    tally.wrote(*(row.key for row in new))


@dataclass(slots=True)
class _Link:
    """A shared passage of a native file; its row is made once its texts are known."""

    one: Passage
    other: Passage | CapturedPassage
    values: dict[str, Any]
    made_by: str
    key: UUID | None
    decisions: list[Decided]


def write_shared(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Write the shared passages of a native file with what people decided; at most 13 queries.

    One that is there already gets the decisions of people who have none there.
    """
    if not records:
        return
    links: dict[int, _Link] = {}
    each_checked("passages", records, lambda record: links.update({id(record): _link(record.data, context)}), tally)
    ends = [end for link in links.values() for end in (link.one, link.other)]
    found, words = look_up({end for end in ends if not isinstance(end, CapturedPassage)}, context)
    captures = CapturesThere.of([end for end in ends if isinstance(end, CapturedPassage)], context)
    names = _names_of(found)
    rows: dict[UUID, tuple[QuoteLink, _Link]] = {}

    def place(record: ImportedRecord) -> None:
        link = links[id(record)]
        for name, end in (("one", link.one), ("other", link.other)):
            message = "" if isinstance(end, CapturedPassage) else _why_not(end, _quote(record, name), words)
            if message:
                raise BadValue(name, end[0], message)  # type: ignore[index]
        a = found[link.one]
        if isinstance(link.other, CapturedPassage):
            b, uuid = captures.place(link.other, _quote(record, "other"))
            ours = (names[a["version_id"]][0], *link.one[2:]), (uuid, link.other.start, link.other.end)
            key = link.key or passage_key(link.values["found_by"], *ours)
            rows[key] = QuoteLink(key=key, **_ends(a, b), **link.values), link
            return
        b = found[link.other]
        if names[a["version_id"]][1] == names[b["version_id"]][1]:
            raise BadValue("other", link.other[0], _("A passage is shared with another article."))
        key = link.key or _key_of_found(link.one, link.other, link.values["found_by"], found, names)
        rows[key] = QuoteLink(key=key, **_ends(a, b), **link.values), link

    each_checked("passages", [record for record in records if id(record) in links], place, tally)
    _write_links(rows, context, tally)


def _write_links(rows: dict[UUID, tuple[QuoteLink, _Link]], context: Context, tally: Tally) -> None:
    context.meet({link.made_by for _row, link in rows.values() if link.made_by})
    context.meet({each.by for _row, link in rows.values() for each in link.decisions})
    there = QuoteLink.objects.filter(project=context.project, key__in=list(rows))
    known = set(there.values_list("key", flat=True))
    new = []
    for key, (row, link) in rows.items():
        if key not in known:
            row.project_id, row.created_by_job_id = context.project.pk, context.job.pk
            row.made_by_id = context.person(link.made_by) if link.made_by else None
            new.append(row)
    QuoteLink.objects.bulk_create(new, batch_size=500, ignore_conflicts=ignores_conflicts())
    decided = [(pk, decision) for key, pk in there.values_list("key", "pk") for decision in rows[key][1].decisions]
    n = write_decisions(QuoteDecision, QuoteDecisionRevision, "link_id", decided, context)
    tally.others["passages_created"] += len(new)
    tally.others["passages_unchanged"] += len(known)
    tally.others["passage_decisions_created"] += n
    tally.wrote(*(row.key for row in new))


def _link(data: dict[str, Any], context: Context) -> _Link:
    made_by = checking.text(data, "annotator", most=PSEUDONYM_LENGTH, default="").strip()
    found_by = "" if made_by else checking.text(data, "found_by", most=40).strip()
    if not (made_by or found_by):
        raise BadValue("found_by", found_by, _("Say by which method it was found, or who linked it."))
    ends = checking.carried(data, "one"), checking.carried(data, "other")
    words = {"relation": QuoteLink.Relation.values, "direction": QuoteLink.Direction.values}
    return _Link(
        place_in(ends[0], "one"),
        captured_in(ends[1]) if "capture" in ends[1] else place_in(ends[1], "other"),
        {
            "parts": _parts(data),
            "n_words": checking.whole(data, "n_words", default=0),
            "score": number(data, "score"),
            "relation": checking.one_of(data, "relation", words["relation"]),
            "direction": checking.one_of(data, "direction", words["direction"], default="unknown"),
            "ground": checking.one_of(data, "ground", QuoteLink.Ground.values, default=""),
            "found_by": found_by,
            "boilerplate_share": share(data),
            "created_at": checking.moment(data, "created_at", context.now),
        },
        made_by,
        checking.key(data, "key") if made_by else None,
        read_decisions(data, QuoteDecision.State.values, context, words),
    )


def place_in(data: dict[str, Any], name: str) -> Passage:
    """Return the place that an object names; `name` is the field that it stands in. Raises `BadValue`."""
    try:
        start, end = checking.whole(data, "start"), checking.whole(data, "end")
        if start >= end:
            raise BadValue("end", end, _("A passage ends after its start."))
        return checking.text(data, "article", most=500), checking.whole(data, "version", default=0), start, end
    except BadValue as bad:
        raise BadValue(f"{name}.{bad.field}" if name else bad.field, bad.value, bad.message) from None


def number(data: dict[str, Any], name: str) -> float | None:
    """Return a number, or None. Raises `BadValue`."""
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadValue(name, value, _("A score is a number."))
    return float(value)


def share(data: dict[str, Any]) -> float | None:
    """Return the share of boilerplate of a passage, or None. Raises `BadValue`."""
    found = number(data, "boilerplate_share")
    if found is not None and not 0 <= found <= 1:
        raise BadValue("boilerplate_share", found, _("The share of boilerplate is a number from 0 to 1."))
    return found


def _parts(data: dict[str, Any]) -> list[list[int]]:
    parts = data.get("parts") or []
    if not isinstance(parts, list) or not all(_is_part(each) for each in parts):
        raise BadValue("parts", parts, _("A part has four offsets: from and to in the one text, and in the other."))
    return parts


def _is_part(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 4 and all(type(n) is int and 0 <= n <= LARGEST for n in value)


def _names_of(found: Passages) -> dict[int, tuple[str, int]]:
    """Return the UUID and the article of texts; 1 query."""
    rows = ArticleVersion.objects.filter(pk__in={columns["version_id"] for columns in found.values()})
    return {pk: (str(uuid), article) for pk, uuid, article in rows.values_list("pk", "uuid", "article_id")}


def _key_of_found(
    one: Passage, other: Passage, method: str, found: Passages, names: dict[int, tuple[str, int]]
) -> UUID:
    """Return the key of what a method found: our own names texts by their UUIDs, other tools by external ids."""
    is_ours = method == METHOD
    ends = [(names[found[end]["version_id"]][0] if is_ours else end[0], *end[2:]) for end in (one, other)]
    return passage_key(method, *ends)


def _ends(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    return {f"from_{name}": value for name, value in a.items()} | {f"to_{name}": value for name, value in b.items()}


def _quote(record: ImportedRecord, name: str) -> str:
    return record.data[name].get("quote") or ""


def _passage(end: dict[str, Any]) -> Passage:
    return end["article"], 0, end["start"], end["end"]


def _why_not(passage: Passage, given: str, words: dict[Passage, str]) -> str:
    if passage not in words:
        return _("The passage does not lie in an article of the project. Import the article too.")
    if given and words[passage] and given != words[passage]:  # a withheld text has no words
        message = _("The text has “%(there)s” at this place. Import passages of the text that they were found in.")
        return message % {"there": words[passage][:80]}
    return ""


def _problem(record: ImportedRecord, passage: Passage, message: str) -> Problem:
    return Problem(record.file, record.line, "passage", passage[0], message, is_rejection=False)


def _row(
    data: dict[str, Any], pair: tuple[Passage, Passage], found: Passages, words: dict[Passage, str], context: Context
) -> QuoteLink:
    """Make the row of a pair; where it says that the second took it from the first, they stay in this order."""
    found_by, direction = data["found_by"], data.get("direction", QuoteLink.Direction.UNKNOWN)
    one, other = pair if direction == QuoteLink.Direction.FORWARD else sorted(pair)
    a, b = found[one], found[other]
    forms = words_of(words[one]), words_of(words[other])
    return QuoteLink(
        key=passage_key(found_by, (one[0], *one[2:]), (other[0], *other[2:])),
        project=context.project,
        **_ends(a, b),
        parts=[[a["start"], a["end"], b["start"], b["end"]]],
        n_words=min(map(len, forms)),
        relation=QuoteLink.Relation.VERBATIM if forms[0] == forms[1] else QuoteLink.Relation.ALTERED,
        direction=direction,
        found_by=found_by,
        boilerplate_share=data.get("boilerplate_share"),
        created_by_job_id=context.job.pk,
    )

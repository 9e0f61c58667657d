"""Passages of texts that files point to, and those that a file says two articles share.

Comes after the articles. A pair that is there already stays; one whose words do not stand there is left out and named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import ArticleVersion, QuoteLink
from annotations.text.fingerprints import passage_key, words_of

from .context import Context, ignores_conflicts
from .records import ImportedRecord, Problem
from .tally import Tally

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
    """Write pairs of passages that another tool found; their data have `found_by`, `one` and `other`; 3 queries.

    Either end has `article`, `start`, `end` and, where the file says so, the `words` that stand there.
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
            row = _row(record.data["found_by"], pair, found, words, context)
            rows[row.key] = row
    known = set(QuoteLink.objects.filter(project=context.project, key__in=rows).values_list("key", flat=True))
    new = [row for key, row in rows.items() if key not in known]
    QuoteLink.objects.bulk_create(new, batch_size=500, ignore_conflicts=ignores_conflicts())
    tally.others["passages_created"] += len(new)
    tally.others["passages_unchanged"] += len(known)
    tally.wrote(*(row.key for row in new))


def _passage(end: dict[str, Any]) -> Passage:
    return end["article"], 0, end["start"], end["end"]


def _why_not(passage: Passage, given: str, words: dict[Passage, str]) -> str:
    if passage not in words:
        return _("The passage does not lie in an article of the project. Import the article too.")
    if given and given != words[passage]:
        message = _("The text has “%(there)s” at this place. Import passages of the text that they were found in.")
        return message % {"there": words[passage][:80]}
    return ""


def _problem(record: ImportedRecord, passage: Passage, message: str) -> Problem:
    return Problem(record.file, record.line, "passage", passage[0], message, is_rejection=False)


def _row(
    found_by: str, pair: tuple[Passage, Passage], found: Passages, words: dict[Passage, str], context: Context
) -> QuoteLink:
    one, other = sorted(pair)
    a, b = found[one], found[other]
    forms = words_of(words[one]), words_of(words[other])
    return QuoteLink(
        key=passage_key(found_by, (one[0], *one[2:]), (other[0], *other[2:])),
        project=context.project,
        from_version_id=a["version_id"],
        from_length=a["length"],
        from_start=a["start"],
        from_end=a["end"],
        to_version_id=b["version_id"],
        to_length=b["length"],
        to_start=b["start"],
        to_end=b["end"],
        parts=[[a["start"], a["end"], b["start"], b["end"]]],
        n_words=min(map(len, forms)),
        relation=QuoteLink.Relation.VERBATIM if forms[0] == forms[1] else QuoteLink.Relation.ALTERED,
        found_by=found_by,
        created_by_job_id=context.job.pk,
    )

"""What a native file says of words: spellings that count as one, and what is boilerplate. What is there stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from annotations.models import BoilerplateRuling, IndexedText, Spelling
from annotations.reuse.ruling import texts_that_hold
from annotations.text.words import words as words_in
from annotations.workflow.wording_rules import LONGEST_PASSAGE, LONGEST_WORD, MOST_SPELLINGS, ruling_hash, spellings_of

from . import checking
from .checking import BadValue
from .context import PSEUDONYM_LENGTH, Context, ignores_conflicts
from .decisions_in_file import each_checked
from .records import ImportedRecord
from .tally import Tally


def write_spellings(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Write the lists of spellings that are new and have no word of another one; 3 queries."""
    if not records:
        return
    rows = Spelling.objects.filter(project=context.project)
    known = set(rows.values_list("key", flat=True))
    taken = {word.folded for row in spellings_of(context.project.pk) for each in row.words for word in words_in(each)}
    new: dict[UUID, Spelling] = {}

    def check(record: ImportedRecord) -> None:
        key = checking.key(record.data, "key")
        if key in known:
            tally.others["spellings_unchanged"] += 1
            return
        row = _spelling(key, record.data, context)
        folded = {word.folded for each in row.words for word in words_in(each)}
        if row.withdrawn_at is None:
            if folded & taken:
                message = _("“%(word)s” stands in another list already.") % {"word": min(folded & taken)}
                raise BadValue("words", ", ".join(row.words), message)
            taken.update(folded)
        new[key] = row

    each_checked("spellings", records, check, tally)
    Spelling.objects.bulk_create(new.values(), batch_size=500, ignore_conflicts=ignores_conflicts())
    tally.others["spellings_created"] += len(new)
    tally.wrote(*new)


def _spelling(key: UUID, data: dict[str, Any], context: Context) -> Spelling:
    words = data.get("words")
    if not isinstance(words, list) or not all(_is_word(word) for word in words):
        raise BadValue("words", words, _("Spellings are a list of single words, without spaces or signs."))
    if not 2 <= len(words) <= MOST_SPELLINGS:
        message = _("Write from 2 to %(most)s spellings that differ.") % {"most": MOST_SPELLINGS}
        raise BadValue("words", words, message)
    return Spelling(
        key=key,
        project=context.project,
        words=words,
        version_number=checking.whole(data, "version", least=1, default=1),
        created_by_job_id=context.job.pk,
        created_at=checking.moment(data, "created_at") or context.now,
        withdrawn_at=checking.moment(data, "withdrawn_at"),
    )


def _is_word(value: Any) -> bool:
    is_text = isinstance(value, str) and len(value) <= LONGEST_WORD and not checking.is_unstorable(value)
    return is_text and len(list(words_in(value))) == 1


def write_boilerplate(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Write what was said of boilerplate where nothing was said of the same words; the texts are compared anew.

    2 queries, and one for each new ruling.
    """
    if not records:
        return
    new: dict[int, BoilerplateRuling] = {}
    people: dict[int, str] = {}

    def check(record: ImportedRecord) -> None:
        row = _ruling(record.data, context)
        new[row.hash] = row
        people[row.hash] = checking.text(record.data, "decided_by", most=PSEUDONYM_LENGTH, default="").strip()

    each_checked("boilerplate", records, check, tally)
    rows = BoilerplateRuling.objects.filter(project=context.project, hash__in=list(new))
    for number in rows.values_list("hash", flat=True):
        del new[number]
        tally.others["boilerplate_unchanged"] += 1
    context.meet({people[number] for number in new if people[number]})
    for number, row in new.items():
        row.decided_by_id = context.person(people[number]) if people[number] else None
    BoilerplateRuling.objects.bulk_create(new.values(), batch_size=500, ignore_conflicts=ignores_conflicts())
    for row in new.values():
        IndexedText.objects.outdate(texts_that_hold(row.quote, context.project.pk))
    tally.others["boilerplate_created"] += len(new)
    tally.wrote(*new)


def _ruling(data: dict[str, Any], context: Context) -> BoilerplateRuling:
    quote = checking.text(data, "quote", most=LONGEST_PASSAGE)
    if not any(True for _word in words_in(quote)):
        raise BadValue("quote", quote, _("Choose at most %(most)s characters.") % {"most": LONGEST_PASSAGE})
    said = data.get("boilerplate")
    if said not in (True, False, None):
        raise BadValue("boilerplate", said, _("Write true, false or null."))
    return BoilerplateRuling(
        project=context.project,
        hash=ruling_hash(context.project.pk, quote),
        quote=quote,
        is_boilerplate=said,
        version_number=checking.whole(data, "version", least=1, default=1),
        decided_at=checking.moment(data, "decided_at") or context.now,
        created_by_job_id=context.job.pk,
    )

"""What a project says of words for all of its texts: spellings that count as one, and what is boilerplate or is not.

A change lets the texts that it concerns be indexed and compared anew by the next job that finds shared passages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import Conflict, NotThere, Refused
from annotations.models import BoilerplateRuling, IndexedText, Membership, Spelling
from annotations.text.words import words as words_in

from .acts import Request, carry_out_once, record

MOST_SPELLINGS = 20
MOST_GROUPS = 500
MOST_RULINGS = 500
LONGEST_WORD = 60
LONGEST_PASSAGE = 5_000


def spellings_of(project_id: int) -> QuerySet[Spelling]:
    """Return the spellings that a project counts as one."""
    return Spelling.objects.filter(project_id=project_id, withdrawn_at__isnull=True).order_by("pk")


def add_spelling(key: UUID, words: Sequence[str], *, by: Membership, request: Request | None = None) -> Spelling:
    """Let words count as one in search, passages, claims and marking; at most 5 queries."""

    def act() -> Spelling:
        if spellings_of(by.project_id).count() >= MOST_GROUPS:
            raise Refused("too_many", _("A project has at most %(most)s lists of spellings.") % {"most": MOST_GROUPS})
        row = Spelling.objects.create(key=key, project_id=by.project_id, words=_checked(words, by))
        _record_change("spelling.added", row, by, request)
        return row

    require(by, Act.EDIT_LABELS)
    return carry_out_once(by, request, act, lambda: _own(key, by))


def change_spelling(
    key: UUID, words: Sequence[str], *, by: Membership, base_version: int, request: Request | None = None
) -> Spelling:
    """Write the spellings of a list anew; an empty one takes it away; at most 6 queries."""

    def act() -> Spelling:
        row = Spelling.objects.select_for_update().filter(project_id=by.project_id, key=key).first()
        if row is None:
            raise NotThere("not_found", _("There is nothing under this key, or you may not see it."))
        if row.version_number != base_version:
            message = _("This was changed in the meantime: you changed version %(base)s, it is at version %(now)s.")
            values = {"base": base_version, "now": row.version_number}
            raise Conflict("stale_version", message % values, field="base_version")
        before = {"version": row.version_number, "n": len(row.words)}
        if words:
            row.words, row.withdrawn_at = _checked(words, by, but=row.pk), None
        else:
            row.withdrawn_at = timezone.now()
        row.version_number += 1
        row.save(update_fields=["words", "withdrawn_at", "version_number"])
        _record_change("spelling.changed" if words else "spelling.withdrawn", row, by, request, before=before)
        return row

    require(by, Act.EDIT_LABELS)
    return carry_out_once(by, request, act, lambda: _own(key, by))


def spellings_by_word(project_id: int) -> dict[str, tuple[str, ...]]:
    """Return all spellings of each word, folded as search folds them; 1 query."""
    found: dict[str, tuple[str, ...]] = {}
    for group in spellings_of(project_id).values_list("words", flat=True):
        folded = tuple(dict.fromkeys(word.folded for each in group for word in words_in(each)))
        for word in folded:
            found[word] = tuple(dict.fromkeys([*found.get(word, ()), *folded]))
    return found


def ways_to_write(text: str, project_id: int) -> list[tuple[str, ...]]:
    """Return, for each word that is written, the word itself and its other spellings; 1 query, none for no words."""
    written = text.split()
    groups = list(spellings_of(project_id).values_list("words", flat=True)) if written else []
    by_word = {word.folded: group for group in groups for each in group for word in words_in(each)}
    found = []
    for word in written:
        folded = [each.folded for each in words_in(word)]
        group = by_word.get(folded[0], []) if len(folded) == 1 else []
        found.append((word, *(each for each in group if [one.folded for one in words_in(each)] != folded)))
    return found


def _checked(words: Sequence[str], by: Membership, but: int | None = None) -> list[str]:
    found: dict[str, str] = {}
    for written in words:
        each = written.strip()
        if not each:
            continue
        parts = [word.folded for word in words_in(each)]
        if len(parts) != 1 or len(each) > LONGEST_WORD:
            message = _("“%(word)s” is not one word. Spellings are single words, without spaces or signs.")
            raise Refused("not_one_word", message % {"word": each[:80]}, field="words")
        found.setdefault(parts[0], each)
    if not 2 <= len(found) <= MOST_SPELLINGS:
        message = _("Write from 2 to %(most)s spellings that differ.") % {"most": MOST_SPELLINGS}
        raise Refused("spellings_few", message, field="words")
    others = spellings_of(by.project_id)
    if but is not None:
        others = others.exclude(pk=but)
    for group in others.values_list("words", flat=True):
        for each in group:
            for word in words_in(each):
                if word.folded in found:
                    message = _("“%(word)s” stands in another list already.")
                    raise Refused("spelling_taken", message % {"word": each[:80]}, field="words")
    return list(found.values())


def _own(key: UUID, by: Membership) -> Spelling | None:
    return Spelling.objects.filter(project_id=by.project_id, key=key).first()


def _record_change(
    verb: str, row: Spelling, by: Membership, request: Request | None, before: dict[str, int] | None = None
) -> None:
    after = {"version": row.version_number, "n": len(row.words)}
    text = {"words": row.words}
    record(by, verb, "spelling", row.key, before=before, after=after, text=text, request=request)


# Boilerplate


def ruling_hash(project_id: int, quote: str) -> int:
    """Return the number by which words are ruled about: case, accents and signs make no other."""
    folded = " ".join(word.folded for word in words_in(quote))
    return int.from_bytes(blake2b(f"{project_id}/{folded}".encode(), digest_size=8).digest(), "big", signed=True)


def rulings_of(project_id: int) -> QuerySet[BoilerplateRuling]:
    """Return what people said of words in a project, the newest first."""
    rows = BoilerplateRuling.objects.filter(project_id=project_id, is_boilerplate__isnull=False)
    return rows.select_related("decided_by").order_by("-decided_at", "-pk")


def rule_boilerplate(
    quote: str,
    is_boilerplate: bool | None,
    version_ids: Iterable[int],
    *,
    by: Membership,
    request: Request | None = None,
) -> BoilerplateRuling:
    """Say of words that they are boilerplate wherever they stand, or are not, or (None) take back what was said.

    The texts that hold them, `version_ids`, are compared anew by the next job; pairs that the ruling takes out go then,
    but for those that somebody decided about. At most 9 queries.
    """

    def act() -> BoilerplateRuling:
        number = ruling_hash(by.project_id, quote)
        if not any(True for _word in words_in(quote)) or len(quote) > LONGEST_PASSAGE:
            message = _("Choose at most %(most)s characters.")
            raise Refused("passage_too_long", message % {"most": LONGEST_PASSAGE}, field="quote")
        row = BoilerplateRuling.objects.select_for_update().filter(project_id=by.project_id, hash=number).first()
        if row is None:
            if rulings_of(by.project_id).count() >= MOST_RULINGS:
                raise Refused("too_many", _("A project has at most %(most)s rulings.") % {"most": MOST_RULINGS})
            row = BoilerplateRuling(project_id=by.project_id, hash=number, quote=quote, version_number=0)
        before = {"is_boilerplate": row.is_boilerplate, "version": row.version_number}
        row.is_boilerplate, row.decided_by, row.decided_at = is_boilerplate, by, timezone.now()
        row.version_number += 1
        row.save()
        after = {"is_boilerplate": is_boilerplate, "version": row.version_number}
        record(
            by,
            "boilerplate.ruled",
            "boilerplate",
            number,
            before=before,
            after=after,
            text={"quote": quote},
            request=request,
        )
        IndexedText.objects.outdate(version_ids)
        return row

    def find() -> BoilerplateRuling | None:
        number = ruling_hash(by.project_id, quote)
        return BoilerplateRuling.objects.filter(project_id=by.project_id, hash=number).first()

    require(by, Act.MARK_ZONES_EVERYWHERE)
    return carry_out_once(by, request, act, find)

"""How differences were settled: rulings of an article's own judgements, and those on claims and evidence, as records.

Claims follow the articles in a file, and so do the rulings that name them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from annotations.models import Ruling, RulingSource
from annotations.models.among import Many

from .scope import Ids, Scope, ids_in_order
from .values import JUDGEMENT, judgement

Row = dict[str, Any]
ON_TEXTS = ("span", "article_label", "relation")
"""The kinds whose rulings stand in the article's record; the others have records of their own."""
_VALUES = ("pk", "key", "outcome", "chosen__pseudonym", "error_category", "guideline_unclear", "note", *JUDGEMENT)


def rulings_on(versions: Ids, scope: Scope) -> dict[int, list[Row]]:
    """Return how differences were settled and what each ruling looked at, by a text that one of these lies on.

    A correction of the text may take some of them along and not others: a ruling is the article's.
    """
    found: dict[int, list[Row]] = defaultdict(list)
    if not scope.holds(Ruling):
        return found
    looked_at: dict[int, list[Row]] = defaultdict(list)
    texts: dict[int, int] = {}
    for kind in ON_TEXTS:
        for pk, text, source in _sources(kind, f"{RulingSource.TEXTS[kind]}_id", {"version__among": versions}):
            texts[pk] = text
            looked_at[pk].append(source)
    if not texts:
        return found
    rows = scope.rulings().filter(pk__among=Many(list(texts)))
    for pk, ruling in _written(rows, looked_at):
        found[texts[pk]].append(ruling)
    return found


def ruling_records(scope: Scope) -> Iterator[Row]:
    """Yield the rulings on claims and evidence, by key; no query where there is no ruling."""
    if not scope.holds(Ruling):
        return
    for ids in ids_in_order(_on_claims(scope), "key"):
        looked_at: dict[int, list[Row]] = defaultdict(list)
        texts: dict[int, Row] = {}
        for kind in RulingSource.COLUMNS.keys() - set(ON_TEXTS):
            place = RulingSource.TEXTS[kind]
            for pk, article, n, source in _sources(
                kind, f"{place}__article__external_id", {"ruling__in": ids}, f"{place}__n"
            ):
                texts[pk] = {"article": article, "text": n}
                looked_at[pk].append(source)
        written = dict(_written(Ruling.objects.filter(pk__in=ids), looked_at))
        yield from ({"type": "ruling", **texts[pk], **written[pk]} for pk in ids)


def n_rulings_on_claims(scope: Scope) -> int:
    """Count these; at most 1 query."""
    return _on_claims(scope).count() if scope.holds(Ruling) else 0


def _on_claims(scope: Scope) -> QuerySet[Ruling]:
    sources = RulingSource.objects.filter(ruling=OuterRef("pk"))
    return scope.rulings().filter(
        Exists(sources.filter(mention__isnull=False)) | Exists(sources.filter(evidence__isnull=False))
    )


def _sources(kind: str, text: str, among: dict[str, Any], *more: str) -> Iterator[tuple[Any, ...]]:
    """Yield what rulings of a kind looked at, in the order of keys: the ruling, the text's columns, the source."""
    looked_at, became = RulingSource.COLUMNS[kind]
    where = {f"{RulingSource.TEXTS[kind]}__among" if name == "version__among" else name: v for name, v in among.items()}
    rows = RulingSource.objects.filter(**{f"{looked_at}__isnull": False}, **where).order_by(f"{looked_at}__key")
    columns = (f"{looked_at}__key", "annotation_version", f"{became}__key", "ruling_id", text, *more)
    for key, number, gold, ruling, *place in rows.values_list(*columns):
        yield ruling, *place, {looked_at: str(key), "version": number, "gold": str(gold) if gold else None}


def _written(rows: QuerySet[Ruling], looked_at: dict[int, list[Row]]) -> Iterator[tuple[int, Row]]:
    for pk, key, outcome, chosen, error_category, unclear, note, *common in rows.values_list(*_VALUES):
        owner = judgement(common)
        yield (
            pk,
            {
                "key": str(key),
                "annotator": owner.pop("annotator"),
                "outcome": outcome,
                "chosen": chosen,
                "error_category": error_category,
                "guideline_unclear": unclear,
                "note": note,
                **owner,
                "sources": looked_at[pk],
            },
        )

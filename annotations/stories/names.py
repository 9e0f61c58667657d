"""Rare names: which names a text has, by the built-in suggester's rules, and in how many texts each stands."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Count

from annotations.models import Article, ArticleVersion, NameInText, Region
from annotations.suggesters import rules
from annotations.text.words import words

MOST_NAMES = 60
"""Names that are kept of a text, those it has most often."""
FEW, FEW_OF_A_HUNDRED, MOST_TEXTS = 3, 2, 50
"""A name is rare that stands in at most 3 texts, or in 2 of a hundred, and in no more than 50."""
AT_ONCE = 500
_NAMES = re.compile(rf"(?<!\w){rules.NAMES}")
_BEGINS = re.compile(r"(?:\A|[.!?:]|\n)[\s\"“”„«»'‘’()\[\]]*\Z")
_NO_NAMES = re.compile(rf"(?:{rules.MONTH}|{rules.DAY})\Z")


def names_in(text: str, left_out: Iterable[tuple[int, int]] = ()) -> list[str]:
    """Return the names of a text, folded, those it has most often first; a lone word that begins a sentence is none.

    >>> names_in("The mayor met Ilse Brandt in Oska. Nobody asked Ilse Brandt.")
    ['ilse brandt', 'oska']
    """
    zones = sorted(left_out)
    found: Counter[str] = Counter()
    for match in _NAMES.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in zones):
            continue
        parts = match[0].split(" ")
        if _BEGINS.search(text, max(0, match.start() - 20), match.start()):
            parts = parts[1:]
        parts = [part for part in parts if not _NO_NAMES.match(part)]
        name = " ".join(word.folded for word in words(re.sub(r"[’']s\b", "", " ".join(parts))))
        if len(name) > 3 and any(part[:1].isupper() for part in parts):
            found[name[:80]] += 1
    return [name for name, _n in found.most_common(MOST_NAMES)]


def note_names(version_ids: Iterable[int]) -> None:
    """Write the names of texts, anew where they were written; 3 queries and one for 500 names."""
    ids = list(version_ids)
    zones: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = Region.objects.filter(version__in=ids, withdrawn_at__isnull=True, kind__in=rules.LEFT_OUT)
    for version, start, end in rows.values_list("version_id", "start", "end"):
        zones[version].append((start, end))
    made = [
        NameInText(project_id=project, name=name, version_id=pk)
        for pk, project, text in ArticleVersion.objects.filter(pk__in=ids).values_list("pk", "project_id", "text")
        for name in names_in(text, zones[pk])
    ]
    NameInText.objects.filter(version_id__in=ids).delete()
    NameInText.objects.bulk_create(made, batch_size=AT_ONCE, ignore_conflicts=True)


def rare_names(version_ids: Iterable[int], project_id: int) -> dict[int, dict[int, list[str]]]:
    """Return for each text the other texts that share rare names with it, and which; 2 queries, and 2 for 500 names."""
    ids = list(version_ids)
    n_texts = Article.objects.filter(project_id=project_id, current_version__isnull=False).count()
    most = min(MOST_TEXTS, max(FEW, n_texts * FEW_OF_A_HUNDRED // 100))
    own = set(NameInText.objects.filter(project_id=project_id, version_id__in=ids).values_list("name", flat=True))
    found: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    names = sorted(own)
    for first in range(0, len(names), AT_ONCE):
        rows = NameInText.objects.filter(project_id=project_id, name__in=names[first : first + AT_ONCE])
        counts = rows.values("name").annotate(n=Count("version_id")).filter(n__gt=1, n__lte=most)
        rare = rows.filter(name__in=[row["name"] for row in counts])
        by_name: dict[str, list[int]] = defaultdict(list)
        for name, version in rare.values_list("name", "version_id"):
            by_name[name].append(version)
        _note_shared(by_name, set(ids), found)
    return found


def _note_shared(by_name: Mapping[str, list[int]], ids: set[int], found: dict[int, dict[int, list[str]]]) -> None:
    for name, versions in by_name.items():
        for one in versions:
            if one in ids:
                for other in versions:
                    if other != one:
                        found[one][other].append(name)

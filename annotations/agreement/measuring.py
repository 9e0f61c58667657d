"""What agreement is measured on: the spans that annotators of one project handed in, article by article.

Measured is what two or more people handed in of the same text. Who had a text and marked nothing counts: they decided
that there was nothing to mark. People of an imported file have no assignments; of them those count who marked anything
in the text. What lies in boilerplate is no part of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, islice
from typing import Any

from django.db.models import Count

from annotations.models import Annotation, Article, ArticleVersion, Assignment, Membership, Project, Region, Sentence
from annotations.text.sentences import split_sentences

from .alpha import Coincidences
from .figures import Figure
from .sentences import counts_by_label
from .spans import Match, Matches, Span
from .unitising import Continua, alpha_u, without_overlaps

BATCH = 200
MATCHES: tuple[Match, ...] = ("exact", "overlap", "character")
ALL = "all"


@dataclass(frozen=True, slots=True)
class Run:
    """One measured agreement: of which measure, on which unit, of what, and what was left out of it."""

    measure: str
    unit: str
    scope: str
    figure: Figure
    left_out: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return what the command and the API give."""
        figure = self.figure
        return {
            "measure": self.measure,
            "unit": self.unit,
            "scope": self.scope,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "observed": figure.observed,
            "expected": figure.expected,
            "n_items": figure.n_items,
            "n_annotators": figure.n_annotators,
            "left_out": self.left_out,
            **({"undefined": figure.why} if figure.value is None else {}),
        }


@dataclass(frozen=True, slots=True)
class Text:
    """One text with the spans of everybody who counts, by pseudonym."""

    length: int
    sentences: list[tuple[int, int]]
    spans: dict[str, list[Span]]


def measure(project: Project, *, seed: int = 1) -> list[Run]:
    """Measure everything there is on spans: over all labels, for each label, and for each pair of annotators.

    Memory grows by a few numbers for each article and label, never with the texts or spans.
    """
    left_out: Counter[str] = Counter()
    labels = list(_labels(project))
    sums = _Sums(labels)
    for text in _texts(project, left_out):
        sums.add(text)
    left_out["overlapping_units_merged"] = sums.n_merged
    return list(sums.runs({name: count for name, count in sorted(left_out.items()) if count}, seed))


class _Sums:
    """What the measures add up from article to article."""

    def __init__(self, labels: list[str]) -> None:
        self.labels = labels
        self.n_merged = 0
        self.on_sentences = {label: Coincidences(2) for label in (ALL, *labels)}
        self.units = {label: Continua() for label in labels}
        self.matches = {(label, match): Matches(match) for label in (ALL, *labels) for match in MATCHES}
        self.pairs: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(self, text: Text) -> None:
        """Take in one text."""
        people = list(text.spans.values())
        counts = counts_by_label(text.sentences, people, self.labels)
        self.on_sentences[ALL].add_counts(sum(counts.values(), Counter()))
        for label in self.labels:
            self.on_sentences[label].add_counts(counts[label])
            own = [[span for span in spans if span[0] == label] for spans in people]
            if any(own):
                for match in MATCHES:
                    self.matches[label, match].add_article(own)
            self.units[label].add_article(text.length, [self._units(spans) for spans in own])
        for match in MATCHES:
            self.matches[ALL, match].add_article(people)
        for one, other in combinations(sorted(text.spans), 2):
            mine, theirs = set(text.spans[one]), set(text.spans[other])
            pair = self.pairs[one, other]
            pair[0] += 2 * len(mine & theirs)
            pair[1] += len(mine) + len(theirs)
            pair[2] += 1

    def _units(self, spans: Iterable[Span]) -> list[tuple[int, int]]:
        units, n_merged = without_overlaps((start, end) for _label, start, end in spans)
        self.n_merged += n_merged
        return units

    def runs(self, left_out: dict[str, int], seed: int) -> Iterator[Run]:
        """Yield what was measured, the most general first."""
        for label in (ALL, *self.labels):
            scope = ALL if label == ALL else f"label:{label}"
            nominal = self.on_sentences[label].alpha(seed=seed)
            yield Run("alpha_nominal", "sentence", scope, nominal, left_out)
            units = list(self.units.values()) if label == ALL else [self.units[label]]
            yield Run("alpha_u", "span", scope, alpha_u(units, seed=seed), left_out)
            for match in MATCHES:
                unit = "character" if match == "character" else "span"
                yield Run(f"f1_{match}", unit, scope, self.matches[label, match].f1(seed=seed), left_out)
        for (one, other), (common, total, _n_texts) in sorted(self.pairs.items()):
            value = common / total if total else None
            figure = Figure(value, value, None, total, 2, "" if total else "no_pairs")
            yield Run("f1_exact", "span", f"pair:{one}/{other}", figure, left_out)


def _labels(project: Project) -> Iterator[str]:
    rows = Annotation.objects.filter(project=project, withdrawn_at__isnull=True).exclude(layer=Annotation.Layer.GOLD)
    yield from rows.order_by("label__key").values_list("label__key", flat=True).distinct()


def _texts(project: Project, left_out: Counter[str]) -> Iterator[Text]:
    """Yield the texts that two or more people count on, and note what is left out and why."""
    articles = Article.objects.filter(project=project, current_version__isnull=False, merged_into__isnull=True)
    present = articles.order_by("pk").values_list("current_version_id", flat=True).iterator(chunk_size=BATCH)
    names = dict(Membership.objects.filter(project=project).values_list("pk", "pseudonym"))
    while versions := [pk for pk in islice(present, BATCH) if pk is not None]:
        yield from _texts_of(versions, names, left_out)


def _texts_of(versions: list[int], names: dict[int, str], left_out: Counter[str]) -> Iterator[Text]:
    had, began = _people(versions)
    spans: dict[int, dict[int, list[Span]]] = defaultdict(lambda: defaultdict(list))
    rows = Annotation.objects.filter(version__among=versions, withdrawn_at__isnull=True).annotate(
        n_parts=Count("fragments")
    )
    rows = rows.exclude(layer=Annotation.Layer.GOLD)
    for version, person, label, start, end, job, n_parts in rows.order_by().values_list(
        "version_id", "created_by_id", "label__key", "start", "end", "created_by_job_id", "n_parts"
    ):
        if person not in had[version]:
            if job is None or person in began[version]:
                left_out["spans_not_handed_in"] += 1
                continue
            had[version].add(person)
        left_out["gaps_of_discontinuous_spans"] += n_parts > 0
        spans[version][person].append((label, start, end))
    left_out["texts_of_one_annotator"] += sum(len(had[version]) == 1 for version in versions)
    several = [version for version in versions if len(had[version]) > 1]
    if not several:
        return
    boilerplate, stated = _boilerplate(several), _stated_sentences(several)
    for text in ArticleVersion.objects.filter(pk__among=several).order_by("pk"):
        outside = boilerplate[text.pk]
        sentences = stated[text.pk] or [(each.start, each.end) for each in split_sentences(text.text)]
        of_people = {}
        for person in had[text.pk]:
            marked = spans[text.pk][person]
            of_people[names[person]] = [span for span in marked if not _lies_in(outside, span[1], span[2])]
            left_out["spans_in_boilerplate"] += len(marked) - len(of_people[names[person]])
        inside = [(start, end) for start, end in sentences if not _lies_in(outside, start, end)]
        yield Text(text.length, inside, of_people)


def _people(versions: list[int]) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """Return who handed each text in, and who has it without having handed it in."""
    had: dict[int, set[int]] = defaultdict(set)
    began: dict[int, set[int]] = defaultdict(set)
    rows = Assignment.objects.filter(version__among=versions).order_by()
    for version, person, state in rows.values_list("version_id", "annotator_id", "state"):
        (had if state in Assignment.HANDED_IN else began)[version].add(person)
    return had, began


def _boilerplate(versions: list[int]) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = Region.objects.filter(version__among=versions, kind=Region.Kind.BOILERPLATE, withdrawn_at__isnull=True)
    for version, start, end in rows.order_by().values_list("version_id", "start", "end"):
        found[version].append((start, end))
    return found


def _stated_sentences(versions: list[int]) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = Sentence.objects.filter(version__among=versions).order_by("version_id", "n")
    for version, start, end in rows.values_list("version_id", "start", "end"):
        found[version].append((start, end))
    return found


def _lies_in(stretches: list[tuple[int, int]], start: int, end: int) -> bool:
    return any(from_ <= start and end <= to for from_, to in stretches)

"""What a reviewer looks at: the units of one text with how each is settled, and the texts that wait for a review.

Only work that was handed in counts: of people known from a file alone, who have no assignment, what came with it.
Nothing is written here, but that a reviewer has opened a text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, allows
from annotations.errors import NotThere
from annotations.models import (
    Adjudication,
    Annotation,
    Article,
    ArticleVersion,
    Assignment,
    Membership,
    Project,
    ReviewOpening,
    Ruling,
    RulingSource,
)
from annotations.models.among import Many
from annotations.text.units import Marked, Unit, units

GOLD = Annotation.Layer.GOLD
NOTED = Ruling.Outcome.NOTED


@dataclass(slots=True)
class Standing:
    """A ruling that nobody withdrew, with the states it looked at by the ids of annotations, and its gold rows' ids."""

    ruling: Ruling
    sources: dict[int, int] = field(default_factory=dict)
    gold: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit with the ruling that settles it; `former` were made when its spans were other ones."""

    unit: Unit
    standing: Standing | None
    former: tuple[Standing, ...] = ()

    @property
    def ruling(self) -> Ruling | None:
        """Return the ruling on exactly this, or None."""
        return self.standing.ruling if self.standing else None

    @property
    def is_settled(self) -> bool:
        """Tell whether it is decided, and not only remarked on."""
        return self.standing is not None and self.standing.ruling.outcome != NOTED


@dataclass(frozen=True, slots=True)
class Review:
    """One text as its reviewer has it before them. `people` are in the order in which they are numbered from 1."""

    version: ArticleVersion
    adjudication: Adjudication | None
    people: list[Membership]
    rows: dict[str, Annotation]
    gold: dict[int, Annotation]
    units: list[UnitState]
    baseless: list[Standing]

    @property
    def differing(self) -> list[UnitState]:
        """Return what has to be settled one by one."""
        return [each for each in self.units if not each.unit.is_agreed]

    @property
    def agreed(self) -> list[UnitState]:
        """Return what all have alike."""
        return [each for each in self.units if each.unit.is_agreed]

    @property
    def is_finished(self) -> bool:
        """Tell whether the text is adjudicated."""
        return self.adjudication is not None and self.adjudication.state == Adjudication.State.FINISHED

    @property
    def other_gold(self) -> list[Annotation]:
        """Return gold rows that came from no ruling that stands: from a file, or from an earlier wording."""
        ruled = {pk for each in self.standing() for pk in each.gold}
        return [row for pk, row in self.gold.items() if pk not in ruled]

    def named(self, name: str) -> UnitState | None:
        """Find a unit by its name."""
        return next((each for each in self.units if each.unit.name == name), None)

    def rows_of(self, spans: Iterable[Marked]) -> list[Annotation]:
        """Return the annotations of spans."""
        return [self.rows[span.key] for span in spans]

    def counted(self) -> dict[str, int]:
        """Count what is there and what of it is settled."""
        differing, agreed = self.differing, self.agreed
        return {
            "differing": len(differing),
            "settled": sum(each.is_settled for each in differing),
            "agreed": len(agreed),
            "taken_over": sum(each.is_settled for each in agreed),
        }

    def standing(self) -> list[Standing]:
        """Return all rulings that stand on the text, each once."""
        found = {each.ruling.pk: each for each in self._standing()}
        return list(found.values())

    def _standing(self) -> Iterable[Standing]:
        for each in self.units:
            yield from (each.standing,) if each.standing else ()
            yield from each.former
        yield from self.baseless


def review_of(version: ArticleVersion) -> Review:
    """Return the units of a text and how each is settled; 6 queries."""
    states = dict(Assignment.objects.filter(version=version).values_list("annotator_id", "state"))
    rows = Annotation.objects.filter(version=version, withdrawn_at__isnull=True)
    rows = rows.select_related("label__label_set", "created_by").prefetch_related("fragments")
    counted: dict[str, Annotation] = {}
    gold: dict[int, Annotation] = {}
    for row in rows.order_by("start", "end", "pk"):
        if row.layer == GOLD:
            gold[row.pk] = row
        elif _counts(row, states.get(row.created_by_id)):
            counted[str(row.key)] = row
    numbers = {pk for pk, state in states.items() if state in Assignment.HANDED_IN}
    numbers |= {row.created_by_id for row in counted.values()}
    people = list(Membership.objects.filter(pk__in=numbers).order_by("pseudonym", "pk"))
    aligned = units([_marked(row) for row in counted.values()], numbers)
    settled, baseless = _settled(aligned, counted, _standing_on(version))
    adjudication = Adjudication.objects.select_related("finished_by").filter(version=version).first()
    return Review(version, adjudication, people, counted, gold, settled, baseless)


def note_opened(version: ArticleVersion, *, by: Membership) -> None:
    """Keep that a reviewer has seen what was handed in of a text; 2 queries, and 2 more where there is anything new."""
    if not allows(by, Act.ADJUDICATE):
        return
    handed_in = Assignment.objects.filter(version=version, state__in=Assignment.HANDED_IN)
    newest = handed_in.exclude(annotator=by).aggregate(at=Max("submitted_at"))["at"]
    seen = ReviewOpening.objects.filter(version=version, member=by).values_list("opened_at", flat=True).first()
    if newest is not None and (seen is None or seen < newest):
        ReviewOpening.objects.update_or_create(
            version=version, member=by, defaults={"project_id": by.project_id, "opened_at": timezone.now()}
        )


def text_to_review(article: Article) -> ArticleVersion:
    """Return the text of an article that can be reviewed, or raise `NotThere`."""
    if article.current_version is None or article.merged_into_id is not None:
        raise NotThere("version_not_found", _("This article has no text to review."))
    return article.current_version


def _counts(row: Annotation, state: str | None) -> bool:
    return state in Assignment.HANDED_IN or (state is None and row.created_by_job_id is not None)


def _marked(row: Annotation) -> Marked:
    parts = [[part.start, part.end] for part in sorted(row.fragments.all(), key=lambda part: part.n)]
    more = [row.attributes, parts] if row.attributes or parts else []
    said = orjson.dumps(more, option=orjson.OPT_SORT_KEYS).decode() if more else ""
    return Marked(str(row.key), row.version_number, row.created_by_id, row.label.key, row.start, row.end, said)


def _standing_on(version: ArticleVersion) -> list[Standing]:
    """Return the rulings that stand on a text, in the order in which they were made; 1 query."""
    rows = RulingSource.objects.filter(
        annotation__version=version, annotation__past_round__isnull=True, ruling__withdrawn_at__isnull=True
    )
    found: dict[int, Standing] = {}
    for row in rows.select_related("ruling__created_by", "ruling__chosen").order_by("ruling_id", "pk"):
        standing = found.setdefault(row.ruling_id, Standing(row.ruling))
        standing.sources[row.annotation_id] = row.annotation_version
        if row.gold_id is not None:
            standing.gold.add(row.gold_id)
    return list(found.values())


def _settled(
    aligned: list[Unit], rows: dict[str, Annotation], standing: list[Standing]
) -> tuple[list[UnitState], list[Standing]]:
    """Find the ruling on each unit; also return those whose annotations are all gone, or not handed in any more."""
    by_annotation: dict[int, list[Standing]] = defaultdict(list)
    for each in standing:
        for pk in each.sources:
            by_annotation[pk].append(each)
    states: list[UnitState] = []
    used: set[int] = set()
    for unit in aligned:
        sources = {rows[span.key].pk: span.version for span in unit.spans}
        touching = {each.ruling.pk: each for pk in sources for each in by_annotation[pk]}
        current = [each for each in touching.values() if each.sources == sources]
        last = current[-1] if current else None
        former = tuple(each for each in touching.values() if each is not last)
        states.append(UnitState(unit, last, former))
        used |= touching.keys()
    return states, [each for each in standing if each.ruling.pk not in used]


# The queue


@dataclass(frozen=True, slots=True)
class Waiting:
    """A text that two or more people handed in. `missing` counts the marks that somebody has and another has not.

    `share` is that number divided by all marks there would be if everybody had everything, from 0 to 1.
    """

    version_id: int
    n_people: int
    n_annotations: int
    missing: int
    state: str

    @property
    def share(self) -> float:
        """Return how much people differ, from 0 to 1."""
        whole = self.missing + self.n_annotations
        return self.missing / whole if whole else 0.0


def waiting(project: Project, *, with_finished: bool = False) -> list[Waiting]:
    """Return the texts to review, those on which people differ most first; 4 queries, whatever their number.

    Counted by the database in one pass over the annotations on them; a row each comes back.
    """
    present = Q(version__article__current_version_id=F("version_id"), version__article__merged_into__isnull=True)
    handed_in = Assignment.objects.filter(present, project=project, state__in=Assignment.HANDED_IN)
    people = _counted(handed_in, "annotator")
    with_work = Assignment.objects.filter(version=OuterRef("version_id"), annotator=OuterRef("created_by_id"))
    by_file = Annotation.objects.filter(present, project=project, withdrawn_at__isnull=True).exclude(layer=GOLD)
    by_file = by_file.filter(~Exists(with_work), created_by_job__isnull=False)
    for version, n in _counted(by_file, "created_by").items():
        people[version] = people.get(version, 0) + n
    states = dict(Adjudication.objects.filter(project=project).values_list("version_id", "state"))
    wanted = [
        version
        for version, n in people.items()
        if n > 1 and (with_finished or states.get(version) != Adjudication.State.FINISHED)
    ]
    marks = _marks(wanted) if wanted else {}
    found = []
    for version in wanted:
        n_annotations, places = marks.get(version, (0, 0))
        n = people[version]
        found.append(Waiting(version, n, n_annotations, max(0, places * n - n_annotations), states.get(version, "new")))
    return sorted(found, key=lambda each: (-each.missing, -each.share, each.version_id))


def articles_of(rows: Sequence[Waiting]) -> dict[int, Article]:
    """Return the articles of some texts by the ids of these; 1 query."""
    found = Article.objects.select_related("publisher").filter(
        current_version__among=Many([r.version_id for r in rows])
    )
    return {article.current_version_id: article for article in found if article.current_version_id} if rows else {}


def _counted(rows: QuerySet[Any], whom: str) -> dict[int, int]:
    counted = rows.order_by().values("version_id").annotate(n=Count(whom, distinct=True))
    return dict(counted.values_list("version_id", "n"))


def _marks(versions: list[int]) -> dict[int, tuple[int, int]]:
    """Count, for each text, what its people marked, and how many different marks that is; 1 query."""
    work = Assignment.objects.filter(version=OuterRef("version_id"), annotator=OuterRef("created_by_id"))
    counts = Q(Exists(work.filter(state__in=Assignment.HANDED_IN))) | Q(~Exists(work), created_by_job__isnull=False)
    rows = Annotation.objects.filter(counts, version__among=Many(versions), withdrawn_at__isnull=True)
    place = Concat(
        Cast("start", CharField()),
        Value("-"),
        Cast("end", CharField()),
        Value(":"),
        "label__key",
        output_field=CharField(),
    )
    whose = Concat(place, Value("/"), Cast("created_by_id", CharField()), output_field=CharField())
    counted = rows.exclude(layer=GOLD).order_by().values("version_id")
    counted = counted.annotate(n=Count(whose, distinct=True), places=Count(place, distinct=True))
    return {version: (n, places) for version, n, places in counted.values_list("version_id", "n", "places")}

"""The texts that articles of a native file had before, each written as a version of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from annotations.models import Article, ArticleVersion, Region, SearchBacklog, TextLink
from annotations.workflow.articles import NORMALISER

from .context import Context
from .marked_zones import write_marked_zones
from .placing import Place
from .publishers import publishers_named
from .records import ImportedArticle, Problem
from .tally import Tally
from .withheld_in_file import on_text


def write_earlier_texts(places: list[Place], context: Context, tally: Tally) -> list[Place]:
    """Find or write the earlier texts of the articles of a chunk; return where their annotations belong.

    A text is known by its number and hash, or by its hash where the number is another's. One that is not there takes
    its number, which has to be below the present one's. At most 8 queries; none where no article has an earlier text.
    """
    articles = {place.article.external_id: place.article for place in places if place.article.earlier_versions}
    if not articles:
        return []
    rows = Article.objects.filter(project=context.project, external_id__in=articles)
    present = {
        external_id: (pk, n) for external_id, pk, n in rows.values_list("external_id", "pk", "current_version__n")
    }
    known = _Known.of([pk for pk, _n in present.values()])
    found: list[Place] = []
    new: list[tuple[int, ImportedArticle]] = []
    for external_id in sorted(articles.keys() & present.keys()):
        pk, newest = present[external_id]
        for text in articles[external_id].earlier_versions:
            sha256 = text.digest()
            is_free = text.version < newest and (pk, text.version) not in known.numbers
            there = known.numbered.get((pk, text.version, sha256)) or (
                None if is_free else known.by_text.get((pk, sha256))
            )
            if there is not None:
                found.append(_met_place(there, _named(text, external_id), known))
            elif is_free:
                known.numbers.add((pk, text.version))
                new.append((pk, _named(text, external_id)))
            else:
                _leave_out(text, tally)
    written = _write(new, context, tally)
    tally.others["earlier_texts_created"] += len(written)
    return found + written


@dataclass
class _Known:
    """The texts that articles have: by number and hash, by hash alone, and the numbers that are taken."""

    numbered: dict[tuple[int, int, bytes], int] = field(default_factory=dict)
    by_text: dict[tuple[int, bytes], int] = field(default_factory=dict)
    numbers: set[tuple[int, int]] = field(default_factory=set)
    withheld: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, articles: list[int]) -> _Known:
        """Find the texts of these articles; one query."""
        known = cls()
        rows = ArticleVersion.objects.filter(article__in=articles).order_by("n")
        for article, n, pk, sha256, at in rows.values_list("article_id", "n", "pk", "text_sha256", "withheld_at"):
            if at is not None:
                known.withheld.add(pk)
            known.numbered[article, n, bytes(sha256)] = pk
            known.by_text[article, bytes(sha256)] = pk
            known.numbers.add((article, n))
        return known


def _met_place(there: int, text: ImportedArticle, known: _Known) -> Place:
    """Return the place on a text that is there. Where only the file withholds it, the words are read in ours."""
    if text.withheld and there not in known.withheld:
        words = ArticleVersion.objects.values_list("text", flat=True).get(pk=there)
        return Place(there, len(words), on_text(text, words))
    return Place(there, len(text.text), text, there in known.withheld)


def _named(text: ImportedArticle, external_id: str) -> ImportedArticle:
    """Return the text with the id of the article it belongs to."""
    values = {name: getattr(text, name) for name in ImportedArticle.__slots__}
    return ImportedArticle(**values | {"external_id": external_id})


def _leave_out(text: ImportedArticle, tally: Tally) -> None:
    message = _("This earlier text was left out: its number is taken, or not below the present text's.")
    problem = Problem(text.file, text.line, "earlier_versions.version", str(text.version), message, is_rejection=False)
    tally.leave_out("earlier_texts", problem)


def _write(new: list[tuple[int, ImportedArticle]], context: Context, tally: Tally) -> list[Place]:
    rows = [
        ArticleVersion(
            project=context.project,
            article_id=pk,
            n=text.version,
            text=text.text,
            length=len(text.text),
            text_sha256=text.digest(),
            normaliser=NORMALISER,
            created_by_job_id=context.job.pk,
            created_at=context.now,
        )
        for pk, text in new
    ]
    ArticleVersion.objects.bulk_create(rows, batch_size=250)
    found = ArticleVersion.objects.filter(uuid__in=[row.uuid for row in rows]).values_list("article_id", "n", "pk")
    ids = {(article, n): pk for article, n, pk in found}
    SearchBacklog.objects.note(context.project.pk, ids.values())
    places = [Place(ids[pk, text.version], len(text.text), text, text.withheld is not None) for pk, text in new]
    named = {zone.publisher for _pk, text in new for zone in text.zones if zone.publisher}
    publishers = publishers_named(named, context)
    Region.objects.bulk_create(_regions(places, publishers, context), batch_size=1_000)
    write_marked_zones(places, publishers, context, tally)
    TextLink.objects.bulk_create(_links(places, context), batch_size=1_000)
    return places


def _regions(places: Iterable[Place], publishers: dict[str, int], context: Context) -> Iterator[Region]:
    for place in places:
        for zone in place.article.zones:
            if zone.history is not None:
                continue
            yield Region(
                project=context.project,
                version_id=place.version_id,
                length=place.length,
                kind=zone.kind,
                start=zone.start,
                end=zone.end,
                publisher_id=publishers[zone.publisher] if zone.publisher else None,
                url=zone.url,
                created_at=context.now,
            )


def _links(places: Iterable[Place], context: Context) -> Iterator[TextLink]:
    for place in places:
        for link in place.article.links:
            yield TextLink(
                project=context.project,
                version_id=place.version_id,
                length=place.length,
                start=link.start,
                end=link.end,
                url=link.url,
            )

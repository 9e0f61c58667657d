"""From checked records to rows: the articles of one chunk, in the chunk's transaction.

Cost depends on the chunk alone: some 25 queries however large the corpus is, and 10 where everything is there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from annotations.models import Article, ArticleVersion, Publisher, RawFile, Region, TextLink
from annotations.text.spans import text_sha256
from annotations.workflow.articles import NORMALISER, addressed, dated

from . import checking
from .checking import BadValue
from .context import Context, ignores_conflicts
from .duplicates import follow_merges, settle_duplicates
from .limits import EXTERNAL_ID_LENGTH, PUBLISHER_LENGTH, TITLE_LENGTH
from .placing import Place, write_annotations
from .records import ImportedArticle, Problem
from .tally import Tally

URL_LENGTH = 2_000
LANGUAGE_LENGTH = 35


@dataclass(frozen=True, slots=True)
class Known:
    """An article that the project has: what decides whether a file's one is the same."""

    pk: int
    version_id: int
    n: int
    length: int
    text_sha256: bytes
    raw_sha256: bytes | None
    merged_into: str = ""


def load_articles(articles: Sequence[ImportedArticle], context: Context, tally: Tally) -> None:
    """Write a chunk's articles. Where the database refuses one unforeseen, the others are still written."""
    usable = [article for article in articles if _fits(article, tally)]
    for once in _without_repeats(usable):
        _load_or_halve(once, context, tally)


def _fits(article: ImportedArticle, tally: Tally) -> bool:
    """Check what the columns demand, alike on both databases; count and report what does not fit."""
    values = {name: getattr(article, name) for name in ("external_id", "title", "publisher", "url", "language", "text")}
    try:
        for name, most in _LENGTHS.items():
            checking.text(values, name, most=most, default="")
        if not article.text.strip():
            raise BadValue("text", article.text, _("The article has no text. Give it one."))
        for name, carried in (("metadata", article.metadata), ("candidates", article.candidates)):
            checking.refuse_unstorable(name, carried)
        for zone in article.zones:
            checking.text({"publisher": zone.publisher}, "publisher", most=PUBLISHER_LENGTH, default="")
    except BadValue as bad:
        tally.reject(Problem(article.file, article.line, bad.field, bad.value, bad.message))
        return False
    return True


_LENGTHS = {
    "external_id": EXTERNAL_ID_LENGTH,
    "title": TITLE_LENGTH,
    "publisher": PUBLISHER_LENGTH,
    "url": URL_LENGTH,
    "language": LANGUAGE_LENGTH,
    "text": 20_000_000,
}


def _without_repeats(articles: Iterable[ImportedArticle]) -> Iterator[list[ImportedArticle]]:
    """Split so that no part has an external id twice; a second one then meets the first as known."""
    rounds: list[dict[str, ImportedArticle]] = []
    times: dict[str, int] = {}
    for article in articles:
        nth = times.get(article.external_id, 0)
        times[article.external_id] = nth + 1
        if nth == len(rounds):
            rounds.append({})
        rounds[nth][article.external_id] = article
    for each in rounds:
        # one order in every worker: two that insert the same articles then wait for each other, but never crosswise
        yield [each[external_id] for external_id in sorted(each)]


def _load_or_halve(articles: list[ImportedArticle], context: Context, tally: Tally) -> None:
    trial = Tally()
    try:
        with transaction.atomic():
            _load(articles, context, trial)
    except (DataError, IntegrityError) as error:
        if len(articles) == 1:
            _reject_unforeseen(articles[0], error, tally)
            return
        middle = len(articles) // 2
        _load_or_halve(articles[:middle], context, tally)
        _load_or_halve(articles[middle:], context, tally)
        return
    tally.add(trial)


def _reject_unforeseen(article: ImportedArticle, error: Exception, tally: Tally) -> None:
    message = _("The database refuses this article: %(reason)s")
    reason = str(error).partition("\n")[0][:200]
    tally.reject(Problem(article.file, article.line, "", article.external_id, message % {"reason": reason}))


def _load(articles: list[ImportedArticle], context: Context, tally: Tally) -> None:
    publishers = _publishers(articles, context)
    known = _lock_known([article.external_id for article in articles], context)
    duplicates = settle_duplicates([each for each in articles if each.external_id not in known], context, tally)
    new = duplicates.kept
    made = _insert_articles(new, publishers, context, tally)
    duplicates.link(made)
    late = [article.external_id for article in new if article.external_id not in made]
    if late:  # another import wrote them in this moment
        known |= _lock_known(late, context)
    texts = {made[each.external_id]: (each, each.version) for each in new if each.external_id in made}
    known = follow_merges(known, articles, lambda external_ids: _lock_known(external_ids, context))
    met = [(article, known[article.external_id]) for article in articles if article.external_id in known]
    places, other_texts = _compare(met, context, tally)
    _update_records(other_texts, publishers, context)
    places += _insert_versions(texts | other_texts, publishers, context)
    write_annotations([*places, *duplicates.places, *duplicates.places_in(places)], context, tally)


def _publishers(articles: Iterable[ImportedArticle], context: Context) -> dict[str, int]:
    """Find or make the publishers named by articles and excerpts; at most 3 queries."""
    names = {article.publisher for article in articles if article.publisher}
    names |= {zone.publisher for article in articles for zone in article.zones if zone.publisher}
    names |= {context.publisher} if context.publisher else set()
    return publishers_named(names, context)


def publishers_named(names: set[str], context: Context) -> dict[str, int]:
    """Return the ids of publishers by name, making those that are missing; at most 3 queries."""
    if not names:
        return {}
    rows = Publisher.objects.filter(project=context.project, name__in=names)
    found = dict(rows.values_list("name", "pk"))
    missing = sorted(names - found.keys())
    if missing:
        Publisher.objects.bulk_create(
            [Publisher(project=context.project, name=name) for name in missing], ignore_conflicts=ignores_conflicts()
        )
        found = dict(rows.all().values_list("name", "pk"))
    return found


def _lock_known(external_ids: list[str], context: Context) -> dict[str, Known]:
    """Return the articles that are there, locked: two imports that add to one article take turns."""
    rows = (
        Article.objects.select_for_update(of=("self",))
        .filter(project=context.project, external_id__in=external_ids, current_version__isnull=False)
        .order_by("pk")
        .values_list(
            "external_id",
            "pk",
            "current_version_id",
            "current_version__n",
            "current_version__length",
            "current_version__text_sha256",
            "current_version__raw_sha256",
            "merged_into__external_id",
        )
    )
    return {
        external_id: Known(pk, version_id, n, length, bytes(sha256), bytes(raw) if raw is not None else None, of or "")
        for external_id, pk, version_id, n, length, sha256, raw, of in rows
    }


def _insert_articles(
    articles: list[ImportedArticle], publishers: dict[str, int], context: Context, tally: Tally
) -> dict[str, int]:
    """Write the records of new articles; return their ids by external id, found by our own UUIDs."""
    rows = [
        Article(
            project=context.project,
            external_id=article.external_id,
            created_by_job=context.job,
            created_at=context.now,
            **_record_values(article, publishers, context),
        )
        for article in articles
    ]
    if not rows:
        return {}
    Article.objects.bulk_create(rows, batch_size=500, ignore_conflicts=ignores_conflicts())
    found = Article.objects.filter(uuid__in=[row.uuid for row in rows]).values_list("external_id", "pk")
    made = dict(found)
    tally.articles["created"] += len(made)
    tally.wrote(*made)
    return made


def _record_values(article: ImportedArticle, publishers: dict[str, int], context: Context) -> dict[str, Any]:
    publisher = article.publisher or context.publisher
    return {
        "title": article.title,
        "publisher_id": publishers[publisher] if publisher else None,
        **addressed(article.url),
        "language": article.language or context.language,
        "direction": article.direction,
        "metadata": article.metadata,
        "candidates": article.candidates,
        **dated("published", _first_given(article.published_at, context.published_at)),
        **dated("posted", article.posted_at),
    }


def _first_given(stated: date | datetime | None, default: date | datetime | None) -> date | datetime | None:
    return stated if stated is not None else default


Texts = dict[int, tuple[ImportedArticle, int]]
"""Texts to freeze: by the article's id, the record with the number of the version it becomes."""


def _compare(met: Iterable[tuple[ImportedArticle, Known]], context: Context, tally: Tally) -> tuple[list[Place], Texts]:
    """Decide about articles that are there: the same bytes or the same text mean unchanged, another text is a conflict.

    Return the places to which annotations of the file belong, and the texts that become new versions.
    """
    places: list[Place] = []
    other_texts: Texts = {}
    for article, known in met:
        if text_sha256(article.text) == known.text_sha256:
            tally.articles["unchanged"] += 1
            places.append(Place(known.version_id, known.length, article))
        elif _has_same_bytes(article, known):
            tally.articles["unchanged"] += 1
        elif context.on_conflict == "version":
            tally.articles["updated"] += 1
            other_texts[known.pk] = (article, known.n + 1)
        else:
            _keep_present_text(article, context, tally)
    return places, other_texts


def _has_same_bytes(article: ImportedArticle, known: Known) -> bool:
    """Tell whether only our extraction changed, not what was given to us."""
    given = article.raw.sha256 if article.raw else ""
    return bool(given) and bytes.fromhex(given) == known.raw_sha256


def _keep_present_text(article: ImportedArticle, context: Context, tally: Tally) -> None:
    message = _(
        "The project has this article with another text, which stays as it is. "
        "To add this text as a new version, import with “version” as the answer to conflicts."
    )
    is_rejection = context.on_conflict == "reject"
    problem = Problem(article.file, article.line, "text", article.external_id, message, is_rejection)
    if is_rejection:
        tally.reject(problem)
        return
    tally.articles["unchanged"] += 1
    tally.take(problem)
    if article.annotations:
        tally.others["annotations_rejected"] += len(article.annotations)
        left_out = _("Its %(n)s annotations were left out: they belong to the other text.") % {
            "n": len(article.annotations)
        }
        tally.problems.append(
            Problem(article.file, article.line, "annotations", article.external_id, left_out, is_rejection=False)
        )


def _update_records(texts: Texts, publishers: dict[str, int], context: Context) -> None:
    """Take over what the file states of articles that get a new text; what it leaves open stays as it is."""
    for pk, (article, _n) in texts.items():
        values = _record_values(article, publishers, context)
        stated = {name: value for name, value in values.items() if value not in (None, "", {})}
        if values["published_at"] is None:
            stated.pop("published_precision")
        if values["posted_at"] is None:
            stated.pop("posted_precision")
        Article.objects.filter(pk=pk).update(**stated, revision=F("revision") + 1)


def _insert_versions(texts: Texts, publishers: dict[str, int], context: Context) -> list[Place]:
    """Write frozen texts with their regions and links, and make them the current ones."""
    if not texts:
        return []
    raw_files = _raw_files([article for article, _n in texts.values()], context)
    rows = [_version_row(pk, article, n, raw_files, context) for pk, (article, n) in texts.items()]
    ArticleVersion.objects.bulk_create(rows, batch_size=250)
    ids = dict(ArticleVersion.objects.filter(uuid__in=[row.uuid for row in rows]).values_list("article_id", "pk"))
    newest = ArticleVersion.objects.filter(article=OuterRef("pk")).order_by("-n").values("pk")[:1]
    Article.objects.filter(pk__in=texts).update(current_version=Subquery(newest))
    places = [Place(ids[pk], len(article.text), article) for pk, (article, _n) in texts.items()]
    Region.objects.bulk_create(_regions(places, publishers, context), batch_size=1_000)
    TextLink.objects.bulk_create(_links(places, context), batch_size=1_000)
    return places


def _version_row(
    article_id: int, article: ImportedArticle, n: int, raw_files: dict[str, int], context: Context
) -> ArticleVersion:
    raw = article.raw
    return ArticleVersion(
        project=context.project,
        article_id=article_id,
        n=n,
        text=article.text,
        length=len(article.text),
        text_sha256=text_sha256(article.text),
        normaliser=NORMALISER,
        extractor=article.extractor[:60],
        raw_file_id=raw_files.get(raw.file_sha256) if raw else None,
        raw_member=raw.member if raw else "",
        raw_start=raw.start if raw else None,
        raw_end=raw.end if raw else None,
        raw_sha256=bytes.fromhex(raw.sha256) if raw and raw.sha256 else None,
        created_at=context.now,
    )


def _raw_files(articles: Iterable[ImportedArticle], context: Context) -> dict[str, int]:
    """Return the stored files that articles were read from, by their SHA-256 in hex; one query."""
    digests = {bytes.fromhex(article.raw.file_sha256) for article in articles if article.raw}
    rows = RawFile.objects.filter(project=context.project, sha256__in=digests).values_list("sha256", "pk")
    return {bytes(sha256).hex(): pk for sha256, pk in rows}


def _regions(places: Iterable[Place], publishers: dict[str, int], context: Context) -> Iterator[Region]:
    for place in places:
        for zone in place.article.zones:
            yield Region(
                project=context.project,
                version_id=place.version_id,
                length=place.length,
                kind=zone.kind,
                start=zone.start,
                end=zone.end,
                publisher_id=publishers[zone.publisher] if zone.publisher else None,
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

"""From checked records to rows: the articles of one chunk, in the chunk's transaction.

Cost depends on the chunk alone: some 20 queries for articles with annotations, however many they are and however large
the corpus, and 8 where everything is there already. Each further kind of row in a file (relations, suggestions) adds a
few; each repost and each known article with a new text adds one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import F, Model
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.models import Article, ArticleVersion, RawFile, Region, SearchBacklog, TextLink
from annotations.workflow.articles import NORMALISER, addressed, dated
from annotations.workflow.differing import note_changed

from . import checking
from .checking import BadValue
from .context import Context
from .duplicates import follow_merges, settle_duplicates
from .limits import EXTERNAL_ID_LENGTH, MOST_IN_A_TEXT, PUBLISHER_LENGTH, TITLE_LENGTH
from .linking import write_beside
from .marked_zones import write_marked_zones
from .placing import Place, write_annotations
from .publishers import publishers_named
from .records import ImportedArticle, Problem
from .tally import Tally
from .withheld_in_file import on_text
from .withholding import withhold_imported
from .writing import Table, insert, insert_new, new_ids, new_key

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
    is_withheld: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text to freeze: the ids its article and its version have, the record, and the version's number."""

    article_id: int
    version_id: int
    article: ImportedArticle
    n: int


def load_articles(articles: Sequence[ImportedArticle], context: Context, tally: Tally) -> None:
    """Write a chunk's articles. Where the database refuses one unforeseen, the others are still written."""
    for once in _without_repeats(_usable(articles, tally)):
        _load_or_halve(once, context, tally)


def load_articles_at_once(articles: Sequence[ImportedArticle], context: Context, tally: Tally) -> None:
    """Write a chunk's articles without a way back to before any of them, which costs SQLite as much as the writing.

    Raises Django's `DataError` or `IntegrityError` where the database refuses one: the caller's transaction is lost.
    """
    for once in _without_repeats(_usable(articles, tally)):
        _load(once, context, tally)


def _usable(articles: Iterable[ImportedArticle], tally: Tally) -> list[ImportedArticle]:
    return [article for article in articles if _fits(article, tally)]


def _fits(article: ImportedArticle, tally: Tally) -> bool:
    """Check what the columns demand, alike on both databases; count and report what does not fit."""
    values = {name: getattr(article, name) for name in _LENGTHS}
    try:
        for name, most in _LENGTHS.items():
            checking.text(values, name, most=most, default="")
        if not article.text_sha256 or len(article.text) > MOST_IN_A_TEXT:  # one that was hashed has been looked at
            checking.text({"text": article.text}, "text", most=MOST_IN_A_TEXT)
        if not article.text.strip():
            raise BadValue("text", article.text, _("The article has no text. Give it one."))
        for name, carried in (("metadata", article.metadata), ("candidates", article.candidates)):
            checking.refuse_unstorable(name, carried)
        for zone in article.zones:
            checking.text({"publisher": zone.publisher}, "publisher", most=PUBLISHER_LENGTH, default="")
            checking.refuse_unstorable("regions", zone.history or {})
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
        context.forget_people()
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
    texts = _insert_articles(new, publishers, context, tally)
    duplicates.link({text.article.external_id: text.article_id for text in texts})
    if len(texts) < len(new):  # another import wrote the others in this moment
        written = {text.article.external_id for text in texts}
        late = [article.external_id for article in new if article.external_id not in written]
        known |= _lock_known(late, context)
    known = follow_merges(known, articles, lambda external_ids: _lock_known(external_ids, context))
    met = [(article, known[article.external_id]) for article in articles if article.external_id in known]
    places, other_texts = _compare(met, context, tally)
    _update_records(other_texts, publishers, context)
    places += _insert_versions([*texts, *other_texts], publishers, context, tally)
    places += [*duplicates.places, *duplicates.places_in(places)]
    write_annotations(places, context, tally)
    places = write_beside(places, context, tally)
    note_changed((place.version_id for place in places if _holds_work(place.article)), context.project.pk)
    withhold_imported(places, context)


def _holds_work(article: ImportedArticle) -> bool:
    return bool(article.annotations or article.article_labels or article.relations or article.assignments)


def _publishers(articles: Iterable[ImportedArticle], context: Context) -> dict[str, int]:
    """Find or make the publishers named by articles and excerpts; at most 3 queries."""
    names = {article.publisher for article in articles if article.publisher}
    names |= {zone.publisher for article in articles for zone in article.zones if zone.publisher}
    names |= {context.publisher} if context.publisher else set()
    return publishers_named(names, context)


def _lock_known(external_ids: list[str], context: Context) -> dict[str, Known]:
    """Return the articles that are there, locked: two imports that add to one article take turns."""
    all_rows = Article.objects.all() if context.is_trial else Article.objects.select_for_update(of=("self",))
    rows = (
        all_rows.filter(project=context.project, external_id__among=external_ids, current_version__isnull=False)
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
            "current_version__withheld_at",
        )
    )
    return {
        external_id: Known(
            pk, version_id, n, length, bytes(sha256), bytes(raw) if raw is not None else None, of or "", at is not None
        )
        for external_id, pk, version_id, n, length, sha256, raw, of, at in rows
    }


def _insert_articles(
    articles: list[ImportedArticle], publishers: dict[str, int], context: Context, tally: Tally
) -> list[Text]:
    """Write the records of new articles; return the texts to freeze for them.

    A record names its text before that is written: the reference is checked at the end of the transaction, and an
    update of every row, with all its indexes, is saved.
    """
    if not articles:
        return []
    version_ids = new_ids(ArticleVersion, len(articles))
    texts = [
        Text(pk, version_id, article, article.version)
        for pk, version_id, article in zip(new_ids(Article, len(articles)), version_ids, articles, strict=True)
    ]
    written = insert_new(ARTICLES, [_article_row(text, publishers, context) for text in texts])
    tally.articles["created"] += len(written)
    tally.wrote(*sorted(written))
    return [text for text in texts if text.article_id in written]


ARTICLES = Table(
    Article,
    (
        "id",
        "uuid",
        "project_id",
        "external_id",
        "current_version_id",
        "created_by_job_id",
        "revision",
        "created_at",
        "repost_of_id",
        "merged_into_id",
        "title",
        "publisher_id",
        "url",
        "url_sha256",
        "language",
        "direction",
        "metadata",
        "candidates",
        "published_at",
        "published_precision",
        "posted_at",
        "posted_precision",
    ),
)


def _article_row(text: Text, publishers: dict[str, int], context: Context) -> tuple[Any, ...]:
    values = _record_values(text.article, publishers, context)
    return (
        text.article_id,
        new_key(),
        context.project.pk,
        text.article.external_id,
        text.version_id,
        context.job.pk,
        1,
        context.now,
        None,
        None,
        *(values[column] for column in ARTICLES.columns[10:]),
    )


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


def _compare(
    met: Iterable[tuple[ImportedArticle, Known]], context: Context, tally: Tally
) -> tuple[list[Place], list[Text]]:
    """Decide about articles that are there: the same bytes or the same text mean unchanged, another text is a conflict.

    Return the places to which annotations of the file belong, and the texts that become new versions.
    """
    places: list[Place] = []
    others: list[tuple[ImportedArticle, Known]] = []
    for article, known in met:
        if article.digest() == known.text_sha256:
            tally.articles["unchanged"] += 1
            places.append(_met_place(article, known))
        elif known.is_withheld:
            _keep_withheld(article, context, tally)
        elif _has_same_bytes(article, known):
            tally.articles["unchanged"] += 1
        elif context.on_conflict == "version":
            tally.articles["updated"] += 1
            others.append((article, known))
        else:
            _keep_present_text(article, context, tally)
    ids = new_ids(ArticleVersion, len(others))
    return places, [Text(known.pk, pk, article, known.n + 1) for pk, (article, known) in zip(ids, others, strict=True)]


def _met_place(article: ImportedArticle, known: Known) -> Place:
    """Return the place on a text that is there. Where only the file withholds it, the words are read in ours."""
    if article.withheld and not known.is_withheld:
        text = ArticleVersion.objects.values_list("text", flat=True).get(pk=known.version_id)
        return Place(known.version_id, known.length, on_text(article, text))
    return Place(known.version_id, known.length, article, known.is_withheld)


def _keep_withheld(article: ImportedArticle, context: Context, tally: Tally) -> None:
    message = _("The text of this article is withheld in the project. No other text of it is taken.")
    is_rejection = context.on_conflict == "reject"
    problem = Problem(article.file, article.line, "text", article.external_id, message, is_rejection)
    if is_rejection:
        tally.reject(problem)
    else:
        tally.articles["unchanged"] += 1
        tally.take(problem)


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
    for name in ("annotations", "relations", "article_labels", "suggestions", "threads", "rulings"):
        count = len(getattr(article, name))
        if count:
            tally.others[f"{name}_rejected"] += count
            left_out = _("%(n)s of these were left out: they belong to the other text.") % {"n": count}
            tally.problems.append(
                Problem(article.file, article.line, name, article.external_id, left_out, is_rejection=False)
            )


def _update_records(texts: list[Text], publishers: dict[str, int], context: Context) -> None:
    """Take over what the file states of articles that get a new text; what it leaves open stays as it is."""
    for text in texts:
        values = _record_values(text.article, publishers, context)
        stated = {name: value for name, value in values.items() if value not in (None, "", {})}
        if values["published_at"] is None:
            stated.pop("published_precision")
        if values["posted_at"] is None:
            stated.pop("posted_precision")
        Article.objects.filter(pk=text.article_id).update(
            **stated,
            current_version=text.version_id,
            revision=F("revision") + 1,
            stored_at=timezone.now(),
            places_taken=0,  # nobody has the new text yet
            is_full=False,
        )


def _insert_versions(texts: list[Text], publishers: dict[str, int], context: Context, tally: Tally) -> list[Place]:
    """Write frozen texts with their regions and links."""
    raw_files = _raw_files([text.article for text in texts], context)
    insert(VERSIONS, [_version_row(text, raw_files, context) for text in texts])
    SearchBacklog.objects.note(context.project.pk, (text.version_id for text in texts))
    places = [
        Place(text.version_id, len(text.article.text), text.article, text.article.withheld is not None)
        for text in texts
    ]
    insert(REGIONS, _numbered(Region, _regions(places, publishers, context)))
    write_marked_zones(places, publishers, context, tally)
    insert(LINKS, _numbered(TextLink, _links(places, context)))
    return places


VERSIONS = Table(
    ArticleVersion,
    (
        "id",
        "uuid",
        "project_id",
        "article_id",
        "n",
        "text",
        "length",
        "text_sha256",
        "normaliser",
        "extractor",
        "raw_file_id",
        "raw_member",
        "raw_start",
        "raw_end",
        "raw_sha256",
        "created_at",
        "withheld_at",
        "created_by_job_id",
    ),
)
REGIONS = Table(
    Region,
    (
        "id",
        "uuid",
        "project_id",
        "version_id",
        "length",
        "kind",
        "start",
        "end",
        "publisher_id",
        "url",
        "created_at",
        "withdrawn_at",
    ),
)
LINKS = Table(TextLink, ("id", "project_id", "version_id", "length", "start", "end", "url"))


def _version_row(text: Text, raw_files: dict[str, int], context: Context) -> tuple[Any, ...]:
    article, raw = text.article, text.article.raw
    return (
        text.version_id,
        new_key(),
        context.project.pk,
        text.article_id,
        text.n,
        article.text,
        len(article.text),
        article.digest(),
        NORMALISER,
        article.extractor[:60],
        raw_files.get(raw.file_sha256) if raw else None,
        raw.member if raw else "",
        raw.start if raw else None,
        raw.end if raw else None,
        bytes.fromhex(raw.sha256) if raw and raw.sha256 else None,
        context.now,
        None,
        context.job.pk,
    )


def _raw_files(articles: Iterable[ImportedArticle], context: Context) -> dict[str, int]:
    """Return the stored files that articles were read from, by their SHA-256 in hex; one query."""
    digests = {article.raw.file_sha256 for article in articles if article.raw}
    if not digests:
        return {}
    rows = RawFile.objects.filter(project=context.project, sha256__in=[bytes.fromhex(digest) for digest in digests])
    return {bytes(sha256).hex(): pk for sha256, pk in rows.values_list("sha256", "pk")}


def _regions(places: Iterable[Place], publishers: dict[str, int], context: Context) -> Iterator[tuple[Any, ...]]:
    """Yield the regions' rows, without their ids; those with a history are written with that."""
    for place in places:
        for zone in place.article.zones:
            if zone.history is not None:
                continue
            yield (
                new_key(),
                context.project.pk,
                place.version_id,
                place.length,
                zone.kind,
                zone.start,
                zone.end,
                publishers[zone.publisher] if zone.publisher else None,
                zone.url,
                context.now,
                None,
            )


def _links(places: Iterable[Place], context: Context) -> Iterator[tuple[Any, ...]]:
    """Yield the links' rows, without their ids."""
    for place in places:
        for link in place.article.links:
            yield context.project.pk, place.version_id, place.length, link.start, link.end, link.url


def _numbered(model: type[Model], rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Put ids before the values of rows that nothing refers to."""
    listed = list(rows)
    return [(pk, *row) for pk, row in zip(new_ids(model, len(listed)), listed, strict=True)]

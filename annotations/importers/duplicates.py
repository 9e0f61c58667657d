"""New articles that the project has under another external id: by their text, or by their canonical address.

Two queries a chunk, each by an index, and a third where something is found. Chunks that two workers write in the same
moment do not see each other; what they have in common shows when either file is imported again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import F, Min
from django.utils.translation import gettext as _

from annotations.models import Article, ArticleVersion
from annotations.workflow.articles import addressed

from .context import Context
from .placing import Place
from .records import ImportedArticle, Problem
from .tally import Tally

if TYPE_CHECKING:
    from .loading import Known


@dataclass(frozen=True, slots=True)
class Other:
    """The article that a new one repeats: in the project, or (then without a row) earlier in the same chunk."""

    external_id: str
    pk: int | None = None
    version_id: int | None = None
    length: int = 0


@dataclass
class Duplicates:
    """What is left to write of a chunk's new articles, and where the annotations of those left out belong."""

    kept: list[ImportedArticle] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    _reposts: dict[str, Other] = field(default_factory=dict)
    _skipped: list[tuple[ImportedArticle, str]] = field(default_factory=list)

    def link(self, made: Mapping[str, int]) -> None:
        """Tie the reposts to what they repeat, once their rows are there; a query for each."""
        for external_id, other in self._reposts.items():
            pk = other.pk or made.get(other.external_id)
            if external_id in made and pk is not None:
                Article.objects.filter(pk=made[external_id]).update(repost_of=pk)

    def places_in(self, versions: Iterable[Place]) -> list[Place]:
        """Return where the annotations of articles left out belong that repeat a text of this very chunk."""
        by_id = {place.article.external_id: place for place in versions}
        found = [(article, by_id.get(of)) for article, of in self._skipped]
        return [Place(place.version_id, place.length, article) for article, place in found if place is not None]


def settle_duplicates(articles: list[ImportedArticle], context: Context, tally: Tally) -> Duplicates:
    """Report each new article that the project has already, and do with it what was chosen: keep, repost or skip."""
    found = Duplicates()
    if not articles:
        return found
    hashes = {each.external_id: (each.digest(), _address_of(each)) for each in articles}
    by_text, by_url = _in_project(hashes.values(), context)
    left_out: set[str] = set()
    for article in sorted(articles, key=lambda each: (each.file, each.line or 0, each.external_id)):
        text, url = hashes[article.external_id]
        other, name = by_text.get(text), "text"
        if other is None and url is not None:
            other, name = by_url.get(url), "url"
        if other is None:
            by_text[text] = Other(article.external_id)
            if url is not None:
                by_url.setdefault(url, Other(article.external_id))
            continue
        tally.notices.append(_notice(article, other, name, context.on_duplicate))
        if context.on_duplicate == "repost":
            found._reposts[article.external_id] = other
        elif context.on_duplicate == "skip":
            left_out.add(article.external_id)
            tally.articles["unchanged"] += 1
            _keep_annotations(article, other, name, found, tally)
    found.kept = [each for each in articles if each.external_id not in left_out]
    return found


def follow_merges(
    known: dict[str, Known], articles: Iterable[ImportedArticle], look_up: Callable[[list[str]], dict[str, Known]]
) -> dict[str, Known]:
    """Let an external id whose article was merged into another meet that one; no query where none was.

    A text that the merged article has, and the other has not, still meets its own row: the same file changes nothing.
    `look_up` gives articles by their external ids.
    """
    merged = sorted({row.merged_into for row in known.values() if row.merged_into})
    if not merged:
        return known
    others = look_up(merged)
    taken = {row.pk for row in known.values() if not row.merged_into}
    followed = dict(known)
    for article in articles:
        row = known.get(article.external_id)
        other = others.get(row.merged_into) if row else None
        if row is None or other is None:
            continue
        has_own_text = article.digest() == row.text_sha256 != other.text_sha256
        if not has_own_text and other.pk not in taken:
            followed[article.external_id] = other
            taken.add(other.pk)
    return followed


def _address_of(article: ImportedArticle) -> bytes | None:
    return addressed(article.url)["url_sha256"]


Found = dict[bytes, Other]


def _in_project(hashes: Iterable[tuple[bytes, bytes | None]], context: Context) -> tuple[Found, Found]:
    """Return the first article of the project for each text and address that it has."""
    listed = list(hashes)
    versions = ArticleVersion.objects.filter(
        project=context.project,
        text_sha256__among={text for text, _url in listed},
        article__current_version_id=F("pk"),
        article__merged_into__isnull=True,
    )
    texts = dict(versions.order_by().values_list("text_sha256").annotate(first=Min("article_id")))
    urls = {url for _text, url in listed if url is not None}
    rows = Article.objects.filter(project=context.project, url_sha256__among=urls, merged_into__isnull=True)
    addresses = dict(rows.order_by().values_list("url_sha256").annotate(first=Min("pk"))) if urls else {}
    wanted = {*texts.values(), *addresses.values()}
    if not wanted:
        return {}, {}
    others = Article.objects.filter(pk__among=wanted).values_list(
        "pk", "external_id", "current_version_id", "current_version__length"
    )
    found = {pk: Other(external_id, pk, version, length or 0) for pk, external_id, version, length in others}
    return _named(texts, found), _named(addresses, found)


def _named(firsts: Mapping[bytes, int], found: Mapping[int, Other]) -> Found:
    return {bytes(sha256): found[pk] for sha256, pk in firsts.items() if pk in found}


def _notice(article: ImportedArticle, other: Other, name: str, choice: str) -> Problem:
    same = _("The article “%(id)s” has the same text.") if name == "text" else _("“%(id)s” has the same address.")
    done = {
        "keep": _("Both are kept."),
        "repost": _("This one is linked to it as a repost."),
        "skip": _("This one is left out."),
    }[choice]
    message = f"{same % {'id': other.external_id[:200]}} {done}"
    return Problem(article.file, article.line, name, article.external_id, message, is_rejection=False)


def _keep_annotations(article: ImportedArticle, other: Other, name: str, found: Duplicates, tally: Tally) -> None:
    """Put the annotations of an article left out on the equal text; where the text is another, say that they go too."""
    if name == "text" and other.version_id is not None:
        found.places.append(Place(other.version_id, other.length, article))
    elif name == "text":
        found._skipped.append((article, other.external_id))
    elif article.annotations:
        message = _("%(n)s annotations of this article are left out with it: the other has another text.")
        sentence = message % {"n": len(article.annotations)}
        tally.leave_out("annotations", Problem(article.file, article.line, "annotations", "", sentence, False))

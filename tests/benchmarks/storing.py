"""Texts straight into the database, without what an import does around them; for benchmarks of what comes after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from annotations.models import ArticleVersion

AT_ONCE = 1_000


def store(texts: Sequence[tuple[str, str]], project_id: int) -> list[ArticleVersion]:
    """Write articles of (external id, text); return their versions in that order."""
    from annotations.models import Article, ArticleVersion
    from annotations.text.spans import text_sha256

    found: list[ArticleVersion] = []
    for first in range(0, len(texts), AT_ONCE):
        some = texts[first : first + AT_ONCE]
        articles = Article.objects.bulk_create(
            Article(project_id=project_id, external_id=name, title=name) for name, _text in some
        )
        versions = ArticleVersion.objects.bulk_create(
            ArticleVersion(
                project_id=project_id,
                article=article,
                text=text,
                length=len(text),
                text_sha256=text_sha256(text),
                normaliser="none",
            )
            for article, (_name, text) in zip(articles, some, strict=True)
        )
        for article, version in zip(articles, versions, strict=True):
            article.current_version = version
        Article.objects.bulk_update(articles, ["current_version"])
        found += versions
    return found

"""What articles of a file say of each other: this one repeats that one, this one was merged into that one."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from annotations.models import Article

from . import checking
from .checking import BadValue
from .context import Context
from .limits import EXTERNAL_ID_LENGTH
from .records import ImportedRecord, Problem
from .tally import Tally

FIELDS = ("repost_of", "merged_into")


def link_articles(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Link articles to those they name; a link that is there already stays as it is; 2 queries."""
    if not records:
        return
    named = {str(value) for record in records for value in record.data.values()}
    rows = Article.objects.select_for_update(of=("self",)).filter(project=context.project, external_id__in=named)
    articles = {article.external_id: article for article in rows.order_by("pk")}
    changed: dict[int, Article] = {}
    for record in records:
        for name in FIELDS:
            try:
                article = _linked(record, name, articles)
            except BadValue as bad:
                problem = Problem(record.file, record.line, bad.field, bad.value, bad.message, is_rejection=False)
                tally.leave_out("references", problem)
                continue
            if article is not None:
                changed[article.pk] = article
    Article.objects.bulk_update(changed.values(), FIELDS, batch_size=500)


def _linked(record: ImportedRecord, name: str, articles: dict[str, Article]) -> Article | None:
    """Return the article that now has the link, or None where there is nothing to change. Raises `BadValue`."""
    if record.data.get(name) is None:
        return None
    value = checking.text(record.data, name, most=EXTERNAL_ID_LENGTH)
    article, other = articles.get(str(record.data.get("external_id"))), articles.get(value)
    if article is None or getattr(article, f"{name}_id") is not None:
        return None
    if other is None or other.pk == article.pk:
        raise BadValue(name, value, _("The project has no other article of this external id. Import it too."))
    setattr(article, name, other)
    return article

"""What a search takes, beside the least that the database needs for the same words: its full-text query alone.

"Found" is what the search page asks the database: the newest 20 articles and how many there are. "Page" has the places
of the words in their texts besides, which Python finds. "Limit" is the bare full-text query for any 20 passages, and
their count up to a thousand.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.benchmarks.generated_corpus import Corpus

SIZE = 20


def measure(slug: str, times: int) -> list[dict[str, Any]]:
    """Time queries of each kind, one after the other; milliseconds, processors being ours and the server's."""
    from django.db import connection

    from annotations.models import Membership, Project
    from tests import factories
    from tests.benchmarks.process import processor_seconds, seconds_of_backends

    project = Project.objects.get(slug=slug)
    user = factories.user("reader")
    member = Membership.objects.create(project=project, user=user, role="manager", pseudonym="reader-1")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    def spent() -> float:
        return processor_seconds() + sum(seconds_of_backends().values())

    found = []
    for kind, queries in _kinds(project.pk, times):
        figures: dict[str, Any] = {"kind": kind}
        acts: dict[str, Callable[[str], int]] = {
            "page": lambda query: _page(query, member),
            "found": lambda query: _page(query, member, with_places=False),
            "limit": lambda query: _limit(query, project.pk),
        }
        for name, act in acts.items():
            for query in queries[:5]:
                act(query)  # warm
            before, taken = spent(), []
            for query in queries:
                started = time.perf_counter()
                count = act(query)
                taken.append(1000 * (time.perf_counter() - started))
            figures.setdefault("articles", count)  # the page's; the limit counts passages
            figures[name] = {
                "p50": statistics.median(taken),
                "p95": statistics.quantiles(taken, n=20)[-1],
                "processor": 1000 * (spent() - before) / len(queries),
            }
        found.append(figures)
    return found


def index_bytes() -> int:
    """Return how large the tables and indexes are that only search reads."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_total_relation_size('annotations_searchpassage')")
        else:
            cursor.execute(
                "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'annotations_search%' OR name LIKE 'search_passage%'"
                " OR name LIKE 'sqlite_autoindex_annotations_searchpassage%'"
            )
        return int(cursor.fetchone()[0])


def _kinds(project_id: int, times: int) -> Iterator[tuple[str, list[str]]]:
    from annotations.models import ArticleVersion
    from annotations.text.words import words

    chance = random.Random(3)
    ranked = Corpus(1)._words
    texts = ArticleVersion.objects.filter(project_id=project_id).order_by("pk")
    total = texts.count()
    sample = [texts[chance.randrange(total)].text for _n in range(times)]
    folded = [[word.folded for word in words(text)] for text in sample]
    starts = [chance.randrange(max(1, len(each) - 8)) for each in folded]

    def some(first: int, last: int) -> list[str]:
        return [ranked[chance.randint(first, last)] for _n in range(times)]

    yield "common word", some(0, 20)
    yield "middling word", some(200, 600)
    yield "rare word", some(10_000, 19_999)
    yield "two common words", [f"{a} {b}" for a, b in zip(some(0, 20), some(21, 60), strict=True)]
    yield "common without common", [f"{a} -{b}" for a, b in zip(some(0, 20), some(21, 60), strict=True)]
    yield "beginning, 3 letters", [f"{each[:3]}*" for each in some(200, 5_000)]
    yield "phrase of 2 words", [f'"{" ".join(each[at : at + 2])}"' for each, at in zip(folded, starts, strict=True)]
    yield "phrase of 8 words", [f'"{" ".join(each[at : at + 8])}"' for each, at in zip(folded, starts, strict=True)]
    yield "no article", [f"nirgendwo{n}" for n in range(times)]


def _page(query: str, member: Any, *, with_places: bool = True) -> int:
    from annotations.search.article_filters import ArticleFilters, article_page
    from annotations.web.searching import MOST_COUNTED, found_in

    filters = ArticleFilters.parse({"text": query})
    rows = filters.articles(member).select_related("publisher").defer("metadata", "candidates")
    shown = article_page(filters, member, rows=rows, size=SIZE)
    if with_places:
        found_in(shown.articles, member, filters)
    if shown.next is None:
        return len(shown.articles)
    return filters.articles(member)[: MOST_COUNTED + 1].count()


def _limit(query: str, project_id: int) -> int:
    """Ask for some passages and their number up to a thousand, each by one statement that does nothing else."""
    from django.db import connection

    from annotations.models.searching import SQLITE_WORDS

    is_postgresql = connection.vendor == "postgresql"
    table, key, where = SQLITE_WORDS, "rowid", "words MATCH %s"
    if is_postgresql:
        table, key, where = "annotations_searchpassage", "id", "words @@ %s::tsquery"
    asked = _bare(query, project_id)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key} FROM {table} WHERE {where} LIMIT {SIZE}", [asked])
        cursor.fetchall()
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {where} LIMIT 1001) AS f", [asked])
        return int(cursor.fetchone()[0])


def _bare(query: str, project_id: int) -> str:
    """Write the query as one expression: a generated text is one passage, so that it may be asked of passages."""
    from django.db import connection

    from annotations.search.matching import _match, _tsquery
    from annotations.search.query import All, Term, parse

    node = parse(query)
    wanted, unwanted = (node.wanted, node.unwanted) if isinstance(node, All) else ((node,), ())
    write = _tsquery if connection.vendor == "postgresql" else _match
    both, without = (" & ", " & !") if connection.vendor == "postgresql" else (" AND ", " NOT ")
    terms = [
        [f"({write([each], project_id)})" for each in side if isinstance(each, Term)] for side in (wanted, unwanted)
    ]
    return both.join(terms[0]) + "".join(without + each for each in terms[1])

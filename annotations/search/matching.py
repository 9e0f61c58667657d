"""The texts that, with their titles, hold what is looked for: one tree, written as a `tsquery` for PostgreSQL and as a
MATCH for FTS5.

Both find words in passages; that all are there, and none that is not wanted, is asked of whole texts with their titles,
so that the answer does not hang on where passages are cut. A phrase stands in the one or in the other. Words hold
letters, digits and marks only, which neither language has a use for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from annotations.models.searching import FIRST_OF_TITLE, SQLITE_WORDS, SearchPassage

from .query import All, Either, Node, Term

_PASSAGES = SearchPassage._meta.db_table


def project_word(project_id: int) -> str:
    """Return the word that every passage of a project begins with; no text holds one with such a sign.

    >>> project_word(4)
    '_4'
    """
    return f"_{project_id}"


def texts_matching(node: Node, project_id: int, *, field: str = "current_version", with_titles: bool = True) -> Q:
    """Return the condition that the version which `field` names, or its title, holds what is looked for."""
    match node:
        case Term():
            return _holds_any([node], project_id, field, with_titles)
        case Either():
            terms = [part for part in node.parts if isinstance(part, Term)]
            condition = _holds_any(terms, project_id, field, with_titles) if terms else Q()
            for part in node.parts:
                if not isinstance(part, Term):
                    condition |= texts_matching(part, project_id, field=field, with_titles=with_titles)
            return condition
        case All():
            condition = Q()
            for part in node.wanted:
                condition &= texts_matching(part, project_id, field=field, with_titles=with_titles)
            for part in node.unwanted:
                condition &= ~texts_matching(part, project_id, field=field, with_titles=with_titles)
            return condition


def passages_matching(terms: Iterable[Term], project_id: int, versions: Sequence[int]) -> list[tuple[int, int]]:
    """Return (id, version) of passages of texts that hold any of the terms, in their order; 1 query."""
    if not versions:
        return []
    which, parameter = _passage_condition(list(terms), project_id)
    marks = ", ".join(["%s"] * len(versions))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, version_id FROM {_PASSAGES} WHERE {which} AND version_id IN ({marks})"  # noqa: S608 -- own names
            " AND n < %s ORDER BY version_id, n",
            [parameter, *versions, FIRST_OF_TITLE],
        )
        return [(pk, version) for pk, version in cursor.fetchall()]


def texts_holding(phrase: Sequence[str], bags: Sequence[Sequence[str]], project_id: int) -> Q:
    """Return the condition that a passage of the version `current_version` holds the phrase, or all words of a bag.

    One statement, however many bags. For words that stand close together: far apart they have no passage in common.
    """
    if connection.vendor == "postgresql":
        either = [" <-> ".join(f"'{word}'" for word in phrase), *(" & ".join(f"'{w}'" for w in bag) for bag in bags)]
        parameter = f"'{project_word(project_id)}' & ({' | '.join(f'({each})' for each in either)})"
        which = "words @@ %s::tsquery"
    else:
        either = [f'"{" ".join(phrase)}"', *(" AND ".join(f'"{word}"' for word in bag) for bag in bags)]
        parameter = f'"{project_word(project_id)}" AND ({" OR ".join(f"({each})" for each in either)})'
        which = f"id IN (SELECT rowid FROM {SQLITE_WORDS} WHERE words MATCH %s)"  # noqa: S608 -- own name
    sql = f"SELECT version_id FROM {_PASSAGES} WHERE {which} AND n < {FIRST_OF_TITLE}"  # noqa: S608 -- own names
    return Q(current_version__in=RawSQL(sql, [parameter]))  # noqa: S611 -- words hold letters and digits alone


def _holds_any(terms: list[Term], project_id: int, field: str, with_titles: bool) -> Q:
    which, parameter = _passage_condition(terms, project_id)
    of_text = "" if with_titles else f" AND n < {FIRST_OF_TITLE}"
    sql = f"SELECT version_id FROM {_PASSAGES} WHERE {which}{of_text}"  # noqa: S608 -- own names
    return Q(**{f"{field}__in": RawSQL(sql, [parameter])})  # noqa: S611 -- what people write is in the parameter


def _passage_condition(terms: list[Term], project_id: int) -> tuple[str, Any]:
    if connection.vendor == "postgresql":
        return "words @@ %s::tsquery", _tsquery(terms, project_id)
    matching = f"SELECT rowid FROM {SQLITE_WORDS} WHERE words MATCH %s"  # noqa: S608 -- own name
    return f"id IN ({matching})", _match(terms, project_id)


def _tsquery(terms: list[Term], project_id: int) -> str:
    """Write terms as PostgreSQL reads them.

    >>> _tsquery([Term(("drei", "ta"), True), Term(("zwei",))], 4)
    "'_4' & ('drei' <-> 'ta':* | 'zwei')"
    """
    alternatives = " | ".join(
        " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.is_beginning else "") for term in terms
    )
    return f"'{project_word(project_id)}' & ({alternatives})"


def _match(terms: list[Term], project_id: int) -> str:
    """Write terms as FTS5 reads them.

    >>> _match([Term(("drei", "ta"), True), Term(("zwei",))], 4)
    '"_4" AND ("drei ta" * OR "zwei")'
    """
    alternatives = " OR ".join(f'"{" ".join(term.words)}"' + (" *" if term.is_beginning else "") for term in terms)
    return f'"{project_word(project_id)}" AND ({alternatives})'

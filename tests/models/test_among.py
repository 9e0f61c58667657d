"""Rows asked for by many ids: one by one or as a run, known when the query is compiled or later."""

from __future__ import annotations

import pytest
from django.db import connection

from annotations.models import Article
from annotations.models.among import GAP, Ids, Many, Run, gap_for, in_gap, run_or_many
from tests.factories import article, project

pytestmark = pytest.mark.django_db


def test_ids_without_a_hole_are_a_run_in_whatever_order():
    assert run_or_many([7, 5, 6]) == Run(5, 7)
    assert run_or_many([5]) == Run(5, 5)
    assert run_or_many([5, 7]) == Many([5, 7])
    assert run_or_many([]) == Many([])


def titles_asked_for_later(ids: Ids) -> list[str]:
    """Compile a query before its ids are known, and ask it about them."""
    rows = Article.objects.filter(pk__among=gap_for(ids), direction="ltr").order_by("title").values_list("title")
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, in_gap(ids, parameters, connection.vendor))
        return [title for (title,) in cursor.fetchall()]


def test_a_run_and_a_list_find_their_rows_and_no_others():
    mia = project()
    a, b, c, d = (article(mia, title=title).pk for title in "abcd")

    for ids, found in ((Run(b, c), "bc"), (Many([a, d]), "ad"), (Run(d, d), "d")):
        rows = Article.objects.filter(pk__among=ids).order_by("title")
        assert list(rows.values_list("title", flat=True)) == list(found)
        assert titles_asked_for_later(ids) == list(found)
    assert not Article.objects.filter(pk__among=Many([])).exists()
    assert not Article.objects.filter(pk__among=GAP).exists()

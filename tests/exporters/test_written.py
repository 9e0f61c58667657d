"""What the database writes as JSON is what orjson writes; and quotes are still checked, and read ahead in order."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import orjson
import pytest
from django.conf import settings
from django.db import OperationalError, ProgrammingError, connection
from django.test.utils import CaptureQueriesContext

from annotations.exporters import scope
from annotations.exporters.ahead import read_ahead
from annotations.exporters.corpus import Corpus
from annotations.exporters.json_in_sql import dialect
from annotations.exporters.losses import Losses
from annotations.exporters.scope import Scope, snapshot
from annotations.exporters.spans import SpoiltSpan
from annotations.exporters.values import moment
from annotations.exporters.written import result_of
from annotations.models import Annotation, Article, Fragment
from tests.factories import GERMAN, annotation, article, many_articles, member, project

EVERY_CHARACTER = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
"""All but NUL, which no text holds, and surrogates, which are no characters."""


def lines_of(mia) -> list[bytes]:
    """Return the articles of an export as they are written."""
    corpus = Corpus(Scope.of(mia.project, mia, {}), Losses())
    return list(corpus.articles_as_json())


@pytest.mark.django_db
def test_every_character_is_escaped_as_orjson_does():
    sql = dialect()
    wanted = {text: orjson.dumps(text).decode() for text in ("".join(EVERY_CHARACTER), "", '\\u0001 \\" \\\\n')}
    with connection.cursor() as cursor:
        for text, as_json in wanted.items():
            for value in (sql.text("words"), sql.note("words")):
                cursor.execute(f"SELECT {sql.join(value)} FROM (SELECT CAST(%s AS text) AS words) AS given", [text])
                assert cursor.fetchone()[0] == as_json


@pytest.mark.django_db
@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(987, 6, 5, 4, 3, 2, 10, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2024, 2, 29, 12, 0, 0, 500000, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
)
def test_a_time_is_written_with_microseconds_and_z(at):
    mia = project()
    made = annotation(member(mia, "ada"), article(mia), 2, 11)
    Annotation.objects.filter(pk=made.pk).update(created_at=at, updated_at=at, withdrawn_at=at)

    (written,) = orjson.loads(lines_of(mia)[0])["annotations"]

    assert [written[name] for name in ("created_at", "updated_at", "withdrawn_at")] == [moment(at)] * 3


@pytest.mark.django_db
def test_a_person_whose_name_needs_escapes_is_written_like_any_other():
    mia = project()
    ada = member(mia, "ada", pseudonym='the "A" \\ team')
    annotation(ada, article(mia), 2, 11)

    (line,) = lines_of(mia)

    assert orjson.dumps(orjson.loads(line)) == line
    assert orjson.loads(line)["annotations"][0]["annotator"] == 'the "A" \\ team'


@pytest.mark.django_db
def test_quotes_that_changed_places_are_found_though_their_words_are_all_there():
    mia = project()
    ada, made = member(mia, "ada"), article(mia, GERMAN, external_id="b")
    first, second = annotation(ada, made, 2, 6), annotation(ada, made, 6, 10)
    Annotation.objects.filter(pk=first.pk).update(quote=second.quote)
    Annotation.objects.filter(pk=second.pk).update(quote=first.quote)

    with pytest.raises(SpoiltSpan, match=f"b, annotation {first.key}"):
        lines_of(mia)


@pytest.mark.django_db
def test_the_quote_of_a_part_is_checked_as_well():
    mia = project()
    ada, made = member(mia, "ada"), article(mia, GERMAN, external_id="b")
    annotation(ada, made, 0, 2)
    marked = annotation(ada, made, 2, 11)
    part = {"version_id": marked.version_id, "project_id": marked.project_id, "length": marked.length}
    Fragment.objects.create(annotation=marked, n=0, start=2, end=4, quote="??", **part)

    with pytest.raises(SpoiltSpan, match=f"b, annotation {marked.key}"):
        lines_of(mia)


@pytest.mark.django_db
def test_articles_between_which_others_were_stored_are_exported_with_their_own_rows():
    mia, noah = project("mia"), project("noah")
    ada, ben = member(mia, "ada"), member(noah, "ben")
    for n in range(3):
        annotation(ada, article(mia, GERMAN, external_id=f"m-{n}"), 2 * n, 11)
        annotation(ben, article(noah, GERMAN, external_id=f"n-{n}"), 2 * n + 1, 11)

    for manager, starts in ((mia, [0, 2, 4]), (noah, [1, 3, 5])):
        rows = [orjson.loads(line) for line in lines_of(manager)]
        name = manager.project.slug[0]
        assert [row["external_id"] for row in rows] == [f"{name}-{n}" for n in range(3)]
        assert [[each["start"] for each in row["annotations"]] for row in rows] == [[start] for start in starts]


@pytest.mark.django_db
def test_metadata_and_dates_are_written_canonically():
    mia = project()
    made = article(mia, GERMAN, external_id='ä\\"')
    Article.objects.filter(pk=made.pk).update(
        metadata={"ß": [1.5, None], "b": {"d": 1, "c": "\n"}},
        language="",
        published_at=datetime(987, 6, 5, 4, 3, 2, 10, tzinfo=UTC),
        published_precision="day",
        posted_at=datetime(2024, 2, 29, 12, 0, tzinfo=UTC),
    )

    (line,) = lines_of(mia)

    begun = (
        '{"type":"article","external_id":"ä\\\\\\"","title":"Der Preis","publisher":null,"published_at":"0987-06-05",'
        '"posted_at":"2024-02-29T12:00:00.000000Z","url":"","language":null,"direction":"ltr",'
        '"metadata":{"b":{"c":"\\n","d":1},"ß":[1.5,null]},"text":'
    )
    assert line.decode().startswith(begun)


@pytest.mark.django_db
def test_a_further_batch_costs_one_statement_and_a_count(monkeypatch):
    monkeypatch.setattr(scope, "BATCH", 2)
    few, many = project("few"), project("many")
    for manager, count in ((few, 4), (many, 10)):
        many_articles(manager, count)
        annotation(member(manager, "ada"), Article.objects.filter(project=manager.project).earliest("pk"), 0, 2)

    def queries(manager) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert lines_of(manager)
        return len(asked)

    kinds = 3 if connection.vendor == "sqlite" else 0  # PostgreSQL answers all by one, past Django
    assert queries(many) - queries(few) == 3 * (2 + kinds)  # the spans are counted, the assignments read


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
@pytest.mark.skipif(settings.DATABASE_IS_SQLITE, reason="SQLite has one connection that reads")
def test_parts_are_read_ahead_in_other_connections_that_see_one_snapshot():
    mia = project()
    annotation(member(mia, "ada"), article(mia), 2, 11)
    backends = set()

    def read(part: int) -> tuple[int, int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid(), pg_sleep(%s)", [0.02 if part == 0 else 0])
            backends.add(cursor.fetchone()[0])
        return part, Annotation.objects.count()

    with snapshot() as name:
        found = list(read_ahead(range(10), read, name))
        own = connection.connection.info.backend_pid

    assert found == [(part, 1) for part in range(10)]
    assert len(backends - {own}) == 2
    assert threading.active_count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
@pytest.mark.skipif(settings.DATABASE_IS_SQLITE, reason="SQLite has one connection that reads")
def test_what_goes_wrong_while_reading_ahead_ends_the_export():
    def read(part: int) -> int:
        return 10 // (3 - part)

    with snapshot() as name, pytest.raises(ZeroDivisionError):
        list(read_ahead(range(10), read, name))
    with snapshot(), pytest.raises(Exception, match="invalid snapshot identifier"):
        list(read_ahead(range(10), read, "no such snapshot"))

    assert threading.active_count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
@pytest.mark.skipif(settings.DATABASE_IS_SQLITE, reason="SQLite has one connection that reads")
def test_a_lost_connection_is_told_from_a_wrong_statement():
    with pytest.raises(ProgrammingError, match="no_such_table"):
        result_of("SELECT * FROM no_such_table WHERE id = %s", [1])
    with pytest.raises(OperationalError, match="closed the connection"):
        result_of("SELECT pg_terminate_backend(pg_backend_pid())", [])
    connection.close()

"""Rows written past the ORM: no column forgotten, no row lost to a bad neighbour or to somebody else's moment."""

from __future__ import annotations

import io
import threading
import time
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from annotations.importers import placing
from annotations.importers.loading import ARTICLES, LINKS, REGIONS, VERSIONS
from annotations.importers.placing import ANNOTATIONS, FRAGMENTS
from annotations.importers.writing import Table, insert, insert_new, new_ids, new_key
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_job
from annotations.jobs.starting import start_import
from annotations.models import Annotation, Article, ArticleVersion, Fragment, Job, Membership, Publisher, Region
from tests.corpora import KINDS, annotation, article, counts, imported, lines
from tests.factories import GERMAN, project

pytestmark = pytest.mark.django_db
PUBLISHERS = Table(Publisher, ("id", "uuid", "project_id", "name", "domain", "kind", "created_at"))


@pytest.fixture
def mia() -> Membership:
    return project()


def publisher(pk: int, mia: Membership, name: str) -> tuple:
    return pk, uuid.uuid4().bytes, mia.project_id, name, "", "unknown", mia.project.created_at


@pytest.mark.parametrize(
    "table", [ARTICLES, VERSIONS, REGIONS, LINKS, ANNOTATIONS, FRAGMENTS], ids=lambda each: each.name
)
def test_every_column_of_the_model_is_written(table):
    fields = table.model._meta.concrete_fields
    filled_by_the_database = {field.attname for field in fields if field.has_db_default()}
    of_people = {"created_by_id", "created_by_job_id"} if table.model is Region else set()  # none marked these zones
    of_people |= {"round_id", "past_round_id"} & {field.attname for field in fields}  # put into rounds afterwards

    left_out = (filled_by_the_database | of_people) - set(table.columns)
    assert sorted(table.columns) == sorted({field.attname for field in fields} - left_out)
    assert left_out <= {"stored_at", "places_taken", "is_full", "version_number", *of_people}
    assert table.columns[0] == "id"


def test_values_come_back_as_the_orm_writes_them(mia):
    made_by_orm = Publisher.objects.create(project=mia.project, name="Tern Wire", created_at=mia.project.created_at)
    (pk,) = new_ids(Publisher, 1)

    insert(PUBLISHERS, [publisher(pk, mia, "Zoë’s 📈")])

    made = Publisher.objects.get(pk=pk)
    assert (made.name, made.created_at) == ("Zoë’s 📈", made_by_orm.created_at)
    assert Publisher.objects.get(uuid=made.uuid) == made


def test_ids_are_given_once_and_the_orm_goes_on_behind_them(mia):
    ids = new_ids(Publisher, 3)
    insert(PUBLISHERS, [publisher(pk, mia, f"Wire {pk}") for pk in ids])

    assert Publisher.objects.create(project=mia.project, name="Orn24").pk > max(ids)
    assert set(new_ids(Publisher, 2)).isdisjoint(Publisher.objects.values_list("pk", flat=True))


def test_a_row_that_breaks_a_constraint_is_an_integrity_error_like_the_orm_s(mia):
    (pk,) = new_ids(Publisher, 1)

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_new(PUBLISHERS, [publisher(pk, mia, "")])

    assert not Publisher.objects.exists()


@pytest.mark.postgresql
def test_rows_that_are_there_are_passed_over_and_the_others_written(mia):
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite nobody can write in the same moment")
    Publisher.objects.create(project=mia.project, name="Tern Wire")
    ids = new_ids(Publisher, 2)

    written = insert_new(PUBLISHERS, [publisher(ids[0], mia, "Tern Wire"), publisher(ids[1], mia, "Orn24")])

    assert written == {ids[1]}
    assert sorted(Publisher.objects.values_list("name", flat=True)) == ["Orn24", "Tern Wire"]


def test_a_bad_annotation_unforeseen_costs_its_own_article_only(mia, monkeypatch):
    check = placing.check_annotation

    def flawed(data, place, context):
        checked = check(data, place, context)
        if place.article.external_id != "a-2":
            return checked
        at = ANNOTATIONS.columns.index("confidence") - 2
        return checked._replace(values=(*checked.values[:at], 7.0, *checked.values[at + 1 :]))

    monkeypatch.setattr(placing, "check_annotation", flawed)
    records = [article(f"a-{n}", GERMAN, annotations=[annotation(GERMAN, "Preis")]) for n in range(5)]

    job = imported(mia, {"a.jsonl": lines(*records)})

    assert counts(job) == (5, 4, 0, 0, 1), list(job.problems.values_list("line", "message"))
    assert job.problems.get(severity="problem").line == 3
    assert (ArticleVersion.objects.count(), Annotation.objects.count()) == (4, 4)


def test_every_article_names_its_text_and_fragments_their_annotation(mia):
    text = "Der Preis, so heißt es, stieg."
    whole = annotation(text, text[4:29])
    whole["fragments"] = [{"start": 4, "end": 9, "quote": "Preis"}, {"start": 24, "end": 29, "quote": "stieg"}]

    imported(
        mia, {"a.jsonl": lines(*(article(f"a-{n}", text) for n in range(3)), article("a-3", text, annotations=[whole]))}
    )

    assert all(each.current_version.article_id == each.pk for each in Article.objects.select_related("current_version"))
    assert {each.annotation.version.article.external_id for each in Fragment.objects.all()} == {"a-3"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_two_imports_of_the_same_articles_at_once_write_each_once():
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite nobody can write in the same moment")
    mia = project()
    records = [article(f"a-{n}", GERMAN, annotations=[annotation(GERMAN, "Preis")]) for n in range(60)]
    jobs = [start(mia, lines(*records)), start(mia, lines(*records[30:], *records[:30]))]
    together = threading.Barrier(2)

    def work(job: Job) -> None:
        together.wait()
        try:
            run_job(job.pk, KINDS, owner=f"{owner_name()}-{job.pk}")
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for job in jobs:
        job.refresh_from_db()
        assert job.state == Job.State.DONE, job.message
    assert sum(job.n_created for job in jobs) == sum(job.n_unchanged for job in jobs) == 60
    assert (Article.objects.count(), ArticleVersion.objects.count(), Annotation.objects.count()) == (60, 60, 60)


def start(mia: Membership, data: bytes) -> Job:
    return start_import(mia, [("a.jsonl", io.BytesIO(data))])


def test_keys_of_rows_are_of_version_7_begin_with_the_time_and_are_never_twice():
    before = time.time_ns() // 1_000_000
    keys = [uuid.UUID(bytes=new_key()) for _n in range(1_000)]
    after = time.time_ns() // 1_000_000

    assert {(key.version, key.variant) for key in keys} == {(7, uuid.RFC_4122)}
    assert all(before <= key.int >> 80 <= after for key in keys)
    assert len(set(keys)) == len(keys)

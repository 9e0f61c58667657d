"""A project in the archive: read and exported, worked on by nobody, and taken out again as it was."""

from __future__ import annotations

import pytest

from annotations.access import Act, allows
from annotations.errors import Forbidden
from annotations.jobs.leases import claim_chunk
from annotations.jobs.running import run_chunk, run_job
from annotations.jobs.starting import start_import
from annotations.jobs.steering import continue_job, offers
from annotations.models import Annotation, Article, AuditEvent, Job, Membership
from annotations.workflow.articles import MetadataChange, set_metadata
from annotations.workflow.assigning import assign, submit
from annotations.workflow.projects import archive_project, restore_project
from tests import factories
from tests.corpora import KINDS, article, exported, lines
from tests.jobs.test_steering import half_done

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


def refused(act, *arguments, **named) -> str:
    with pytest.raises(Forbidden) as refusal:
        act(*arguments, **named)
    return refusal.value.code


def test_nobody_works_on_an_archived_project(mia, ada):
    made = factories.article(mia)
    archive_project(by=mia)

    codes = {
        refused(factories.annotation, ada, made, 2, 5),
        refused(submit, made, by=ada),
        refused(assign, [made], [ada], by=mia),
        refused(set_metadata, Article.objects.all(), MetadataChange(language="de"), by=mia),
        refused(factories.article, mia),
    }

    assert codes == {"project_archived"}


def test_work_goes_on_once_the_project_is_out_of_the_archive(mia, ada):
    made = factories.article(mia)
    archive_project(by=mia)

    restore_project(by=mia)

    factories.annotation(ada, made, 2, 5)
    assert Annotation.objects.count() == 1


def test_archiving_twice_is_one_act(mia):
    first = archive_project(by=mia).archived_at

    assert archive_project(by=mia).archived_at == first
    restore_project(by=mia)
    restore_project(by=mia)
    verbs = AuditEvent.objects.filter(verb__startswith="project.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["project.created", "project.archived", "project.restored"]


def test_only_a_manager_archives_a_project(mia, ada):
    rosa = factories.member(mia, "rosa", Membership.Role.REVIEWER)

    assert {refused(archive_project, by=ada), refused(archive_project, by=rosa)} == {"not_allowed"}


def test_managers_still_say_who_may_read_an_archived_project(mia):
    archive_project(by=mia)

    vera = factories.member(mia, "vera", Membership.Role.VIEWER)

    assert (allows(vera, Act.VIEW), allows(vera, Act.EXPORT)) == (True, True)


def test_an_archived_project_can_be_exported(mia):
    factories.article(mia)
    archive_project(by=mia)

    assert factories.GERMAN[:10].encode() in exported(mia)


def test_an_import_that_runs_is_stopped_by_the_archive_and_can_go_on_after_it(mia):
    job = half_done(mia)
    archive_project(by=mia)
    run_chunk(claim_chunk("one", job.pk), KINDS, owner="one")
    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.message.partition(".")[0]) == ("failed", "The project was archived meanwhile")
    assert (offers(job), refused(continue_job, mia, job)) == ((), "project_archived")

    restore_project(by=mia)

    continue_job(mia, Job.objects.get(pk=job.pk))
    run_job(job.pk, KINDS, owner="one")
    assert Article.objects.count() == 1_200


def test_the_operator_imports_nothing_into_an_archived_project_either(mia):
    archive_project(by=mia)

    assert refused(start_import, None, [("a.jsonl", lines(article()))], project=mia.project) == "project_archived"

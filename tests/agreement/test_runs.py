"""Agreement as a job: the figures of measuring at once, whoever was killed meanwhile; who starts and sees it; spans."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from annotations.access.jobs import visible_jobs
from annotations.access.requests import Request
from annotations.agreement import results, running
from annotations.agreement.counting import GOLD, preference
from annotations.agreement.measuring import measure
from annotations.agreement.results import find_run, hardest_texts, open_text, runs_of, side_by_side
from annotations.agreement.running import start_measuring
from annotations.errors import Forbidden, NotThere, Refused
from annotations.jobs.leases import Held, claim_chunk, owner_name
from annotations.jobs.running import run_chunk, run_to_the_end
from annotations.jobs.starting import start_once
from annotations.jobs.steering import cancel_job, continue_job
from annotations.models import (
    Adjudication,
    AgreementPart,
    AgreementRun,
    AgreementText,
    Annotation,
    Article,
    Chunk,
    Job,
    Membership,
)
from annotations.tasks import KINDS
from annotations.workflow.assigning import submit
from annotations.workflow.opening import NewRound, open_round
from annotations.workflow.rounds import first_round
from tests import factories

pytestmark = pytest.mark.django_db
TEXT = "Fourteen mayors signed. The ministry named nine leaks. Nobody resigned."


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def ben(mia):
    return factories.member(mia, "ben")


def mark(by, made, quote: str, label: str = "claim"):
    start = TEXT.index(quote)
    return factories.annotation(by, made, start, start + len(quote), label)


@pytest.fixture
def articles(mia, ada, ben):
    """Five texts on which Ada and Ben agree less and less; none is nobody's."""
    found = []
    for n, theirs in enumerate(["nine leaks", "nine leaks", "named nine leaks", "leaks", "Nobody"]):
        made = factories.article(mia, TEXT + " Yet." * n)
        mark(ada, made, "nine leaks", "number")
        mark(ben, made, theirs, "number")
        for person in (ada, ben):
            submit(made, by=person)
        found.append(made)
    return found


def done(job: Job) -> AgreementRun:
    run_to_the_end(job.pk, KINDS, owner=owner_name())
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    return AgreementRun.objects.get(job=job)


def rows_of(run: AgreementRun):
    return list(run.figures.values_list("measure", "scope", "value", "low", "high", "n_items", "why", "matrix"))


def test_a_job_stores_what_measuring_at_once_gives(mia, articles, monkeypatch):
    monkeypatch.setattr(running, "TEXTS_IN_A_CHUNK", 2)
    run = done(start_measuring(mia, seed=7))

    expected = [(each.measure, each.scope, each.figure.value, each.figure.low) for each in measure(mia.project, seed=7)]
    assert [row[:4] for row in rows_of(run)] == expected
    assert (run.n_texts, run.n_compared, run.seed, run.code_version) == (5, 5, 7, running.CODE_VERSION)
    assert run.label_set == mia.project.label_sets.get()
    assert run.measured_at
    assert not AgreementPart.objects.exists()
    assert rows_of(done(start_measuring(mia, seed=7))) == rows_of(run)


def test_a_run_that_is_killed_in_any_chunk_has_the_figures_of_one_that_was_not(mia, articles, monkeypatch):
    monkeypatch.setattr(running, "TEXTS_IN_A_CHUNK", 2)
    undisturbed = rows_of(done(start_measuring(mia)))
    job = start_measuring(mia)

    def die(*args, **kwargs):
        raise KeyboardInterrupt  # what a killed process wrote in its transaction is gone; its lease runs out

    while (chunk := claim_chunk(owner_name(), job.pk)) is not None:
        with monkeypatch.context() as patch:
            patch.setattr(Held, "finishing", die)
            with pytest.raises(KeyboardInterrupt):
                run_chunk(chunk, KINDS, owner=owner_name())
        Chunk.objects.filter(pk=chunk.pk).update(lease_until=None)
        run_chunk(claim_chunk(owner_name(), job.pk), KINDS, owner=owner_name())
    run = done(job)

    assert rows_of(run) == undisturbed
    assert AgreementText.objects.filter(run=run).count() == 5


def test_a_cancelled_run_has_no_figures_and_begins_anew_when_it_is_continued(mia, articles, monkeypatch):
    monkeypatch.setattr(running, "TEXTS_IN_A_CHUNK", 2)
    job = start_measuring(mia)
    for _stage in range(2):
        run_chunk(claim_chunk(owner_name(), job.pk), KINDS, owner=owner_name())
    cancel_job(mia, job)
    run = AgreementRun.objects.get(job=job)

    assert (run.figures.count(), run.measured_at) == (0, None)
    assert done(continue_job(mia, job)).figures.exists()
    assert run.texts.count() == 5


def test_the_same_request_starts_one_run(mia, articles):
    request = Request.of(uuid.uuid4(), "agreement", {})

    first, second = (start_once(mia, request, lambda **sent: start_measuring(mia, **sent)) for _time in range(2))

    assert first == second
    assert AgreementRun.objects.count() == 1


def test_only_reviewers_and_managers_start_and_see_runs_and_their_jobs(mia, ada, articles):
    rosa = factories.member(mia, "rosa", Membership.Role.REVIEWER)
    vera = factories.member(mia, "vera", Membership.Role.VIEWER)
    run = done(start_measuring(rosa))

    for person in (mia, rosa):
        assert find_run(person, run.uuid) == run
        assert run.job in visible_jobs(person)
    for person in (ada, vera):
        assert run.job not in visible_jobs(person)
        with pytest.raises(Forbidden):
            runs_of(person)
        with pytest.raises(Forbidden):
            start_measuring(person)
    rosa.role = Membership.Role.ANNOTATOR
    rosa.save()
    assert run.job not in visible_jobs(rosa)


def test_labels_and_people_narrow_a_run_and_what_that_leaves_out_is_said(mia, ada, ben, articles):
    factories.set_project(mia, annotators_per_article=3)
    mark(cleo := factories.member(mia, "cleo"), articles[0], "Fourteen mayors")
    submit(articles[0], by=cleo)

    run = done(start_measuring(mia, labels=["number"], people=[ada.uuid, ben.uuid]))

    assert run.labels == ["number"]
    assert run.left_out == {"spans_of_people_not_chosen": 1}
    for wrong in ({"labels": ["mood"]}, {"labels": []}, {"people": [uuid.uuid4()]}, {"seed": -1}):
        with pytest.raises((Refused, NotThere)):
            start_measuring(mia, **wrong)


def test_gold_stands_beside_each_person_even_where_one_alone_handed_in(mia, ada, ben, articles):
    made = factories.article(mia, TEXT)
    mark(ada, made, "nine leaks", "number")
    submit(made, by=ada)
    Annotation.objects.filter(pk=mark(ben, made, "leaks", "number").pk).update(layer=Annotation.Layer.GOLD)

    run = done(start_measuring(mia))

    scope = f"gold:{ada.pseudonym}"
    figure = run.figures.get(measure="f1_overlap", scope=scope)
    assert (figure.value, run.figures.get(measure="f1_exact", scope=scope).value) == (1, 0)
    assert (run.n_texts, run.n_compared, run.n_with_gold) == (6, 5, 1)
    assert [row.version.article for row in hardest_texts(run, of=figure)] == [made]


def reviewed(by: Membership, made: Article, **changes) -> Adjudication:
    return Adjudication.objects.create(
        project=by.project,
        created_by=by,
        version=made.current_version,
        **{"state": "finished", "finished_at": timezone.now(), "finished_by": by} | changes,
    )


def test_a_finished_review_without_gold_says_that_there_is_nothing(mia, ada, ben):
    """Of five texts: marked by Ada; left empty by both; gold of another label; under review; gold from a file."""
    factories.set_project(mia, annotators_per_article=3)
    texts = [factories.article(mia, f"{TEXT} {n}") for n in range(5)]
    for n, made in enumerate(texts):
        if n != 1:
            mark(ada, made, "nine leaks", "number")
        for person in (ada, ben) if n < 4 else (ada,):
            submit(made, by=person)
    for n, quote, label in ((2, "Nobody", "claim"), (4, "nine leaks", "number")):
        Annotation.objects.filter(pk=mark(mia, texts[n], quote, label).pk).update(layer=Annotation.Layer.GOLD)
    for n in (0, 1, 2):
        reviewed(mia, texts[n])
    reviewed(mia, texts[3], state="open", finished_at=None, finished_by=None)

    run = done(start_measuring(mia))

    def of(person: Membership, measure: str):
        return run.figures.get(measure=measure, scope=f"gold:{person.pseudonym}")

    assert (run.n_texts, run.n_compared, run.n_with_gold) == (5, 4, 4)
    assert set(run.texts.filter(has_gold=True).values_list("version__article", flat=True)) == {
        made.pk for n, made in enumerate(texts) if n != 3
    }
    exact = of(ada, "f1_exact")
    assert (exact.value, exact.n_items) == (2 / 4, 4)  # three of Ada's spans and one of gold, which is one of hers
    assert exact.matrix == [["number", "", 2], ["number", "number", 1]]
    assert run.left_out == {"gold_of_other_labels": 1, "texts_of_one_annotator": 1}
    assert (of(ben, "f1_exact").why, of(ben, "cohen_kappa").why) == ("no_pairs", "no_variation")
    assert sum(cell[2] for cell in of(ben, "cohen_kappa").matrix) == 3 * 4  # three texts of four sentences, a label
    assert {row.version.article for row in hardest_texts(run, of=of(ben, "f1_exact"))} == set(texts[:3])
    number = next(n for n, each in enumerate(run.people) if each["uuid"] == str(ada.uuid))
    opened = open_text(run, texts[0].uuid, (number, GOLD))
    assert (opened.has_changed, [each.state for each in opened.aligned]) == (False, ["one"])
    assert open_text(run, texts[1].uuid, (number, GOLD)).aligned == []
    with pytest.raises(NotThere):
        open_text(run, texts[3].uuid, (number, GOLD))


def test_a_review_that_was_finished_in_a_round_counts_for_that_round(mia, ada, ben, articles):
    first = first_round(mia.project_id)
    reviewed(mia, articles[0])
    again = open_round(NewRound("Again", repeats=first), Article.objects.none(), by=mia).round
    for person in (ada, ben):
        mark(person, articles[0], "Nobody", "number")
        submit(articles[0], by=person)

    found = [done(start_measuring(mia, of_round=each)).n_with_gold for each in (first.uuid, again.uuid, None)]

    assert found == [1, 0, 0]


def test_a_text_opens_to_the_spans_of_two_people_and_says_what_changed_since(mia, ada, ben, articles):
    run = done(start_measuring(mia))

    assert next(row.version.article for row in hardest_texts(run)) == articles[4]
    opened = open_text(run, articles[2].uuid)
    assert (opened.has_changed, [each.state for each in opened.aligned]) == (False, ["bounds"])
    apart = open_text(run, articles[4].uuid)
    assert sorted(each.state for each in apart.aligned) == ["one", "other"]
    assert {each.quote for each in apart.aligned} == {"nine leaks", "Nobody"}
    assert all(each.key for each in apart.aligned)

    Annotation.objects.filter(version=articles[2].current_version, created_by=ben).update(
        label=factories.label(mia.project)
    )
    assert open_text(run, articles[2].uuid).has_changed
    with pytest.raises(NotThere):
        open_text(run, factories.article(mia, "Nobody read this.").uuid)


def test_spans_are_put_side_by_side_without_comparing_all_with_all(monkeypatch):
    compared = []
    monkeypatch.setattr(results, "preference", lambda *units: compared.append(units) or preference(*units))
    one = [("X", n, n + 6) for n in range(0, 2000, 4)]
    other = [("Y", 0, 2000), *(("X", n + 1, n + 5) for n in reversed(range(0, 2000, 4)))]

    rows = list(side_by_side(one, other))

    assert [(mine, theirs) for mine, theirs in rows if mine][7] == (("X", 28, 34), ("X", 29, 33))
    assert [theirs for mine, theirs in rows if mine is None] == [("Y", 0, 2000)]
    assert len(compared) < 2500


def test_a_round_narrows_a_run_to_its_work_past_or_not(mia, ada, ben, articles):
    first = first_round(mia.project_id)
    before = done(start_measuring(mia))
    again = open_round(NewRound("Again", repeats=first), Article.objects.none(), by=mia).round
    for person in (ada, ben):
        mark(person, articles[4], "Nobody", "number")
        submit(articles[4], by=person)

    of_past, of_present = (done(start_measuring(mia, of_round=each.uuid)) for each in (first, again))
    whole = done(start_measuring(mia))

    assert rows_of(of_past) == rows_of(before)
    assert (of_past.round, of_past.options, of_past.n_compared) == (first, {"round": str(first.uuid)}, 5)
    assert (of_present.n_compared, whole.n_compared) == (1, 1)
    assert of_present.figures.get(measure="f1_exact", scope="all").value == 1
    with pytest.raises(NotThere):
        start_measuring(mia, of_round=uuid.uuid4())

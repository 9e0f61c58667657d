"""Agreement on questions about articles, through the whole job: published values, gaps, gold, rounds, kills."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from annotations.agreement import answering, running, summing_answers
from annotations.agreement.alpha import alpha
from annotations.agreement.chance import cohen_kappa, fleiss_kappa, gwet_ac1
from annotations.agreement.counting import GOLD
from annotations.agreement.questions import Question, answer_of, questions_of
from annotations.agreement.resampling import Resamples
from annotations.agreement.results import answer_json, hardest_answers, hardest_texts, open_text, people_of, question_of
from annotations.agreement.running import start_measuring
from annotations.agreement.summing_answers import AnswerPlan, AnswerTotals
from annotations.errors import Refused
from annotations.jobs.leases import Held, claim_chunk, owner_name
from annotations.jobs.running import run_chunk, run_to_the_end
from annotations.models import (
    Adjudication,
    AgreementAnswer,
    AgreementRun,
    Article,
    ArticleLabel,
    Assignment,
    Chunk,
    Job,
    Membership,
)
from annotations.tasks import KINDS
from annotations.workflow.assigning import submit
from annotations.workflow.opening import NewRound, open_round
from annotations.workflow.relating import (
    LabelChange,
    NewArticleLabel,
    change_article_label,
    label_article,
    withdraw_article_label,
)
from annotations.workflow.returning import return_work
from annotations.workflow.rounds import first_round
from tests import factories

from .test_published_examples import HAYES_KRIPPENDORFF_2007, KRIPPENDORFF_2004

DIGITS = ["1", "2", "3", "4", "5"]
ASKED = [
    {"key": "tone", "name": "Tone", "kind": "one", "values": DIGITS},
    {"key": "grade", "name": "Grade", "kind": "ordinal", "values": DIGITS},
    {"key": "dead", "name": "How many dead?", "kind": "number"},
    {"key": "topics", "name": "Topics", "kind": "many", "values": ["trade", "war"]},
    {"key": "why", "name": "Why?", "kind": "text"},
]
NOMINAL = [Question("mood", "tone", "", "one", ("a", "b", "c"))]


@pytest.fixture
def mia():
    made = factories.project()
    factories.label_for(made.project, "mood", "article", attributes=ASKED)
    return made


@pytest.fixture
def people(mia):
    """Return four annotators in the order of their pseudonyms, which is that of pairs."""
    found = [factories.member(mia, name) for name in ("ada", "ben", "cleo", "dan")]
    return sorted(found, key=lambda each: each.pseudonym)


@pytest.fixture
def krippendorff(mia, people):
    """Krippendorff 2004, p. 230: twelve units, four observers, some answers missing; as classes, ranks and numbers."""
    articles = [factories.article(mia, f"Zwölf Meldungen, die {n}.") for n in range(12)]
    for made, given in zip(articles, KRIPPENDORFF_2004.split(), strict=True):
        for person, digit in zip(people, given, strict=True):
            says(person, made, **({} if digit == "." else {"tone": digit, "grade": digit, "dead": int(digit)}))
    return articles


def says(
    person: Membership,
    made: Article,
    *,
    layer: str = "annotator",
    hands_in: bool = True,
    at: datetime | None = None,
    **answers: object,
):
    """Store what somebody answered, and that they handed it in."""
    version = made.current_version
    if hands_in:
        Assignment.objects.create(
            project=made.project,
            version=version,
            annotator=person,
            round=first_round(made.project_id),
            state="submitted",
            submitted_at=at or timezone.now(),
        )
    return ArticleLabel.objects.create(
        key=uuid.uuid4(),
        project=made.project,
        created_by=person,
        version=version,
        length=version.length,
        label=factories.label(made.project, "mood"),
        layer=layer,
        attributes=answers,
    )


def done(job: Job) -> AgreementRun:
    run_to_the_end(job.pk, KINDS, owner=owner_name())
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    return AgreementRun.objects.get(job=job)


def figure(run: AgreementRun, key: str, measure: str, scope: str = "all"):
    keys = [Question(**{**each, "values": tuple(each["values"])}).key for each in run.questions]
    return run.figures.get(question=keys.index(key), measure=measure, scope=scope)


def rows_of(run: AgreementRun):
    return list(run.figures.values_list("measure", "scope", "question", "value", "low", "high", "n_items", "matrix"))


@pytest.mark.django_db
def test_a_published_example_with_missing_answers_goes_through_the_whole_job(mia, people, krippendorff, monkeypatch):
    monkeypatch.setattr(running, "TEXTS_IN_A_CHUNK", 5)
    run = done(start_measuring(mia))

    tone = figure(run, "mood.tone", "alpha_nominal")
    assert tone.value == pytest.approx(0.743421, abs=1e-6)
    assert (tone.observed, tone.expected) == (pytest.approx(0.2), pytest.approx(0.77949, abs=1e-5))
    assert (tone.n_items, tone.n_annotators, tone.unit) == (11, 4, "article")
    assert figure(run, "mood.grade", "alpha_ordinal").value == pytest.approx(0.815, abs=5e-4)
    dead = figure(run, "mood.dead", "alpha_interval")
    assert dead.value == pytest.approx(0.84911, abs=1e-5)
    assert dead.expected == pytest.approx(2 * (40 * 306 - 100 * 100) / (40 * 39))
    for each in (tone, dead):
        assert each.low < each.value < each.high
    pair = figure(run, "mood.tone", "cohen_kappa", f"pair:{people[0].pseudonym}/{people[1].pseudonym}")
    assert pair.value == pytest.approx(49 / 58)  # 8 of 9 alike, by chance 23 of 81
    assert pair.matrix == [["1", "1", 2], ["1", "2", 1], ["2", "2", 3], ["3", "3", 2], ["4", "4", 1]]
    fleiss = figure(run, "mood.tone", "fleiss_kappa")
    assert (fleiss.value, fleiss.why) == (None, "unequal_numbers")
    assert figure(run, "mood", "alpha_nominal").why == "no_variation"
    assert figure(run, "mood.topics=war", "gwet_ac1").why == "no_pairs"
    assert run.left_out == {"answers_of_one_person": 3}
    assert not run.figures.filter(question=[each["kind"] for each in run.questions].index("text")).exists()


@pytest.mark.django_db
def test_a_run_that_is_killed_in_any_chunk_has_the_figures_and_answers_of_one_that_was_not(
    mia, krippendorff, monkeypatch
):
    monkeypatch.setattr(running, "TEXTS_IN_A_CHUNK", 5)
    undisturbed = done(start_measuring(mia, seed=3))
    job = start_measuring(mia, seed=3)

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

    assert rows_of(run) == rows_of(undisturbed)
    answers = [
        list(AgreementAnswer.objects.filter(text__run=each).values_list("text__version", "question", "answers"))
        for each in (run, undisturbed)
    ]
    assert answers[0] == answers[1]
    assert len(answers[0]) == 12 + 3 * 11  # the label, and three questions that two people answered


@pytest.mark.django_db
def test_each_figure_opens_to_what_was_answered_the_farthest_apart_first(mia, people, krippendorff):
    run = done(start_measuring(mia))
    first, second, third, _fourth = people

    dead = figure(run, "mood.dead", "alpha_interval")
    rows = list(hardest_answers(run, dead))
    assert [row.apart for row in rows[:2]] == [pytest.approx(5 / 3), pytest.approx(0.5)]
    assert sorted(rows[0].answers.values()) == [1_000_000, 2_000_000, 3_000_000, 4_000_000]
    said = answer_json(run, question_of(dead), rows[0])
    assert said["article"] == str(krippendorff[5].uuid)
    assert said["answers"][:2] == [
        {"by": first.pseudonym, "answer": "1"},
        {"by": second.pseudonym, "answer": "2"},
    ]
    of_two = figure(run, "mood.dead", "alpha_interval", f"pair:{first.pseudonym}/{third.pseudonym}")
    assert [row.of_two for row in hardest_answers(run, of_two)][:3] == [2_000_000, 1_000_000, 1_000_000]
    pair = people_of(run, of_two.scope)
    opened = open_text(run, krippendorff[5].uuid, pair)
    assert not opened.has_changed
    assert [(each.question.key, each.one, each.other, each.state) for each in opened.answers] == [
        ("mood", "yes", "yes", "same"),
        ("mood.tone", "1", "3", "answer"),
        ("mood.grade", "1", "3", "answer"),
        ("mood.dead", "1", "3", "answer"),
    ]
    ArticleLabel.objects.filter(version=krippendorff[5].current_version, created_by=first).update(attributes={})
    assert open_text(run, krippendorff[5].uuid, pair).has_changed


@pytest.mark.django_db
def test_many_of_is_measured_value_by_value_and_what_is_not_measured_is_said(mia, people):
    ada, ben, *_others = people
    chosen = [(["trade"], ["trade"]), (["war"], ["trade", "war"]), (["trade", "war"], ["trade"]), (["war"], ["war"])]
    for n, (one, other) in enumerate(chosen):
        made = factories.article(mia, f"Meldung {n}.")
        says(ada, made, topics=one, why="Weil es so klingt.")
        says(ben, made, topics=other, tone="9", dead="viele")
    lone = factories.article(mia, "Eine Meldung, die noch niemand abgab.")
    says(ada, lone, hands_in=False)

    run = done(start_measuring(mia))

    trade = figure(run, "mood.topics=trade", "cohen_kappa", f"pair:{ada.pseudonym}/{ben.pseudonym}")
    assert trade.matrix == [["no", "no", 1], ["no", "yes", 1], ["yes", "yes", 2]]
    assert trade.value == pytest.approx((3 / 4 - 8 / 16) / (1 - 8 / 16))
    assert figure(run, "mood.topics=war", "fleiss_kappa").value == pytest.approx(7 / 15)  # 3 of 4; by chance 34 of 64
    assert run.left_out == {
        "answers_in_words": 4,
        "answers_that_do_not_fit": 8,
        "article_labels_not_handed_in": 1,
    }
    assert [row.n_people for row in hardest_answers(run, figure(run, "mood.topics=war", "fleiss_kappa"))] == [2, 2, 2]


@pytest.mark.django_db
def test_people_are_held_against_gold_and_a_finished_review_says_no_where_there_is_no_label(mia, people):
    ada, ben, *_others = people
    rosa = factories.member(mia, "rosa", Membership.Role.REVIEWER)
    with_gold, without = factories.article(mia, "Erste Meldung."), factories.article(mia, "Zweite Meldung.")
    says(ada, with_gold, tone="1", dead=3)
    says(rosa, with_gold, layer="gold", hands_in=False, tone="2", dead=5)
    says(ada, without)
    Adjudication.objects.create(
        project=mia.project,
        created_by=rosa,
        version=without.current_version,
        state="finished",
        finished_at=timezone.now(),
        finished_by=rosa,
    )

    run = done(start_measuring(mia))

    scope = f"gold:{ada.pseudonym}"
    assert figure(run, "mood", "cohen_kappa", scope).matrix == [["yes", "no", 1], ["yes", "yes", 1]]
    tone = figure(run, "mood.tone", "cohen_kappa", scope)
    assert (tone.value, tone.n_items, tone.matrix) == (0, 1, [["1", "2", 1]])
    number, _gold = people_of(run, tone.scope)
    assert [row.answers for row in hardest_answers(run, tone)] == [{f"p{number}": 0, "g": 1}]
    assert open_text(run, with_gold.uuid).pair == (number, GOLD)
    assert not run.figures.filter(question__isnull=True, scope="all", value__isnull=False).exists()
    assert ben.pseudonym not in " ".join(run.figures.values_list("scope", flat=True))


@pytest.mark.django_db
def test_people_of_a_file_count_where_they_labelled_and_labels_narrow_a_run(mia, people):
    ada, ben, *_others = people
    made = factories.article(mia, "Aus einer Datei.")
    job = Job.objects.create(project=mia.project, kind=Job.Kind.IMPORT, requested_by=mia)
    for person, digit in ((ada, "1"), (ben, "2")):
        row = says(person, made, hands_in=False, tone=digit)
        ArticleLabel.objects.filter(pk=row.pk).update(created_by_job=job)
    factories.annotation(ada, made, 0, 3)

    run = done(start_measuring(mia, labels=["mood"]))

    assert (run.labels, len(run.questions)) == ([], 7)
    assert run.left_out["article_labels_not_handed_in"] == 1  # who began with the text has not handed it in
    with pytest.raises(Refused):
        start_measuring(mia, labels=["war"])
    Assignment.objects.all().delete()
    again = done(start_measuring(mia, labels=["mood"]))
    assert figure(again, "mood.tone", "alpha_nominal").n_items == 1
    assert not again.figures.filter(question__isnull=True).exists()
    assert not done(start_measuring(mia, labels=["claim"])).questions


@pytest.mark.django_db
def test_what_was_answered_after_a_reveal_changes_no_figure_and_is_counted(mia, people):
    ada, ben, *_others = people
    articles = [factories.article(mia, f"Meldung {n}.") for n in range(3)]
    given = {}
    for made, one, other in zip(articles, "121", "122", strict=True):
        for person, digit in ((ada, one), (ben, other)):
            new = NewArticleLabel(uuid.uuid4(), made.current_version.uuid, "mood", attributes={"tone": digit})
            given[person, made] = label_article(new, by=person)
            submit(made, by=person)
    before = rows_of(done(start_measuring(mia)))
    factories.label_for(mia.project, "late", "article")
    factories.set_project(mia, visibility="open")
    for person in (ada, ben):
        person.project.refresh_from_db()
        for made in articles:
            work = Assignment.objects.get(annotator=person, version=made.current_version)
            return_work(work.uuid, "Bitte prüfen.", by=mia)
    change = LabelChange(attributes={"tone": "5"})
    change_article_label(given[ada, articles[0]].key, change, by=ada, base_version=1)
    change_article_label(given[ada, articles[0]].key, LabelChange(attributes={}), by=ada, base_version=2)
    withdraw_article_label(given[ben, articles[1]].key, by=ben, base_version=1)
    label_article(NewArticleLabel(uuid.uuid4(), articles[2].current_version.uuid, "late"), by=ben)

    run = done(start_measuring(mia))

    assert rows_of(run) == before
    assert run.left_out["article_label_changes_after_reveal"] == 2
    assert run.left_out["article_labels_made_after_reveal"] == 1


@pytest.mark.django_db
def test_a_round_narrows_answers_to_its_work_past_or_not(mia, people):
    ada, ben, *_others = people
    made = factories.article(mia, "Zweimal gefragt.")
    says(ada, made, tone="1")
    says(ben, made, tone="2")
    first = first_round(mia.project_id)
    again = open_round(NewRound("Again", repeats=first), Article.objects.none(), by=mia).round
    for person in (ada, ben):
        new = NewArticleLabel(uuid.uuid4(), made.current_version.uuid, "mood", attributes={"tone": "3"})
        label_article(new, by=person)
        submit(made, by=person)

    matrices = [
        figure(done(start_measuring(mia, of_round=each)), "mood.tone", "alpha_nominal").matrix
        for each in (first.uuid, again.uuid, None)
    ]

    assert matrices == [[["1", "2", 1], ["2", "1", 1]], [["3", "3", 2]], [["3", "3", 2]]]


@pytest.mark.django_db
def test_texts_of_a_pair_are_in_the_order_of_how_far_these_two_agree(mia, people):
    ada, ben, cleo, _dan = people
    near, far = factories.article(mia), factories.article(mia)
    factories.set_project(mia, annotators_per_article=3)
    marks = {near: ((2, 11), (2, 11), (20, 22)), far: ((2, 11), (12, 17), (2, 11))}
    for made, spans in marks.items():
        for person, (start, end) in zip((ada, ben, cleo), spans, strict=True):
            factories.annotation(person, made, start, end)
            submit(made, by=person)
    run = done(start_measuring(mia))

    def order(one: Membership, other: Membership) -> list[tuple[Article, float]]:
        scope = f"pair:{one.pseudonym}/{other.pseudonym}"
        of = run.figures.get(measure="f1_overlap", scope=scope)
        return [(row.version.article, row.of_two) for row in hardest_texts(run, of=of)]

    by_name = sorted((ada, ben), key=lambda each: each.pseudonym)
    assert order(*by_name) == [(far, 0), (near, 1)]
    by_name = sorted((ada, cleo), key=lambda each: each.pseudonym)
    assert order(*by_name) == [(near, 0), (far, 1)]


@pytest.mark.django_db
def test_questions_are_followed_over_time_and_each_figure_opens_to_what_was_answered_then(mia, people):
    ada, ben, *_others = people
    factories.set_project(mia, annotators_per_article=3)
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    articles = []
    for n, (one, other) in enumerate(["11", "12", "22", "11", "21", "12"]):
        made = factories.article(mia, f"Meldung {n}.")
        articles.append(made)
        factories.annotation(mia, made, 0, 3)
        week = timedelta(days=0 if n < 3 else 7)
        says(ada, made, at=monday - timedelta(days=9), tone=one, dead=int(one))
        says(ben, made, at=monday + week + (timedelta(days=7, seconds=-1) if n == 2 else timedelta(0)), tone=other)
    alone = factories.article(mia, "Nur eine gab sie ab.")
    says(ada, alone, at=monday, tone="1")

    run = done(start_measuring(mia))

    first, second = (figure(run, "mood.tone", "alpha_nominal", f"time:2026-W{week}") for week in (10, 11))
    assert (first.value, second.value) == (
        pytest.approx(alpha([[0, 0], [0, 1], [1, 1]], 2).value),
        pytest.approx(alpha([[0, 0], [1, 0], [0, 1]], 2).value),
    )
    assert (first.n_items, first.n_annotators, first.unit) == (3, 2, "article")
    assert first.low <= first.value <= first.high
    assert first.matrix == [["1", "1", 2], ["1", "2", 1], ["2", "1", 1], ["2", "2", 2]]
    assert figure(run, "mood", "alpha_nominal", "time:2026-W10").why == "no_variation"
    assert not run.figures.filter(question=3, scope__startswith="time:").exists()  # nobody else said how many dead
    assert [row.text.version.article for row in hardest_answers(run, first)] == [articles[n] for n in (1, 0, 2)]
    assert {row.text.version.article for row in hardest_answers(run, second)} == set(articles[3:])
    of_spans = run.figures.get(question=None, measure="alpha_nominal", scope="time:2026-W11")
    assert {row.version.article for row in hardest_texts(run, of=of_spans)} == set(articles[3:])
    assert run.figures.filter(question=None, measure="f1_exact", scope__startswith="time:").count() == 2


# What follows needs no database.


def totals_of(question: Question, texts: list[list[int]]) -> AnswerTotals:
    totals = AnswerTotals([question])
    for answers in texts:
        totals.add({0: dict(enumerate(answers))})
    return totals


def of_everybody(question: Question, texts: list[list[int]]) -> dict[str, object]:
    plan = AnswerPlan(totals_of(question, texts), dict(enumerate("abcdef")), most_pairs=200)
    return {each.measure: each.figure for each in plan.figures() if each.pair is None}


@pytest.mark.parametrize("seed", range(20))
def test_sums_of_answers_give_what_the_definitions_give(seed):
    chance = random.Random(seed)
    size, people = chance.randint(2, 5), chance.randint(2, 5)
    texts = [[chance.randrange(size) for _person in range(people)] for _text in range(chance.randint(1, 12))]
    values = tuple(map(str, range(size)))
    counts = [[answers.count(n) for n in range(size)] for answers in texts]

    found = of_everybody(Question("q", "a", "", "one", values), texts)
    ranks = of_everybody(Question("q", "a", "", "ordinal", values), texts)
    numbers = of_everybody(Question("q", "a", "", "number", ()), [[n * 10**6 - 2_000_000 for n in a] for a in texts])

    for each, wanted in (
        (found["alpha_nominal"], alpha(texts, size)),
        (found["fleiss_kappa"], fleiss_kappa(counts)),
        (found["gwet_ac1"], gwet_ac1(counts)),
        (ranks["alpha_ordinal"], alpha(texts, size, "ordinal")),
        (numbers["alpha_interval"], alpha(texts, size, "interval")),
    ):
        assert (each.value, each.why) == (pytest.approx(wanted.value, abs=1e-12), wanted.why)
        if wanted.value is not None:
            assert (each.observed, each.expected) == (pytest.approx(wanted.observed), pytest.approx(wanted.expected))
    pair = [(answers[0], answers[1]) for answers in texts]
    matrix = [[pair.count((one, other)) for other in range(size)] for one in range(size)]
    sums = summing_answers._sums_of(
        Question("q", "a", "", "one", values), {(a, b): matrix[a][b] for a in range(size) for b in range(size)}
    )
    got = answering.value("cohen_kappa", Question("q", "a", "", "one", values), sums)
    assert got == pytest.approx(cohen_kappa(matrix).value)


@pytest.mark.parametrize(
    ("kind", "values"), [("one", "abc"), ("ordinal", "abcd"), ("number", ""), ("yes_no", ("no", "yes"))]
)
def test_a_period_has_the_figures_of_its_texts_alone_and_resamples_add_up_to_them(kind, values):
    chance, question = random.Random(4), Question("q", "a", "", kind, tuple(values))
    texts = [[chance.randrange(len(values) or 9) for _person in range(chance.choice([1, 2, 3]))] for _n in range(30)]
    named = [("2026-W10", "2026-W11", None)[n % 3] for n in range(30)]
    totals = AnswerTotals([question])
    for answers, period in zip(texts, named, strict=True):
        totals.add({0: dict(enumerate(answers))}, period)
    plan = AnswerPlan(totals, dict(enumerate("abc")), most_pairs=200)
    sums: list[float] = [0] * len(plan.most)
    for answers, period in zip(texts, named, strict=True):
        row: list[float] = [0] * len(plan.most)
        plan.fill(row, 0, {0: dict(enumerate(answers))}, period)
        assert all(value <= most for value, most in zip(row, plan.most, strict=True))
        sums = [one + other for one, other in zip(sums, row, strict=True)]

    found = [each for each in plan.figures() if each.period]

    assert [each.period for each in found] == ["2026-W10", "2026-W11"]
    for each in found:
        alone = of_everybody(question, [texts[n] for n in range(30) if named[n] == each.period])[each.measure]
        assert (each.figure.value, each.figure.n_items) == (pytest.approx(alone.value), alone.n_items)
        assert plan.value_of(each, 0)(sums) == pytest.approx(each.figure.value)
    whole = next(each for each in plan.figures() if each.pair is None)
    assert whole.figure.value == pytest.approx(of_everybody(question, texts)[whole.measure].value)


def test_hayes_and_krippendorff_2007_ordinal_from_sums():
    texts = [[int(each) for each in item if each != "."] for item in HAYES_KRIPPENDORFF_2007.split()]
    found = of_everybody(Question("q", "a", "", "ordinal", tuple("0123")), texts)

    assert found["alpha_ordinal"].value == pytest.approx(0.7598, abs=1e-4)


def test_numbers_are_resampled_exactly_however_far_an_outlier_lies():
    question = Question("q", "n", "", "number", ())
    near = [[answer_of(question, each), answer_of(question, each + 1)] for each in (0.5, 3, -4, 2.25)]
    texts = [*near, [answer_of(question, 10**12), answer_of(question, -(10**12))]]
    plan = AnswerPlan(totals_of(question, texts), {0: "a", 1: "b"}, most_pairs=200)
    resamples = Resamples(1, plan.most, plan.are_counts, seed=1, times=1)
    row: list[float] = [0] * len(plan.most)
    plan.fill(row, 0, {0: dict(enumerate(near[0]))})
    resamples.add(row)

    (drawn,) = resamples.sums()
    assert drawn == row
    assert answering.value("alpha_interval", question, drawn[:4]) == pytest.approx(0)
    assert answer_of(question, 10**13) is None


def test_there_is_room_for_so_many_intervals_and_the_rest_has_none(monkeypatch):
    asked = questions_of("mood", "Mood", [{"key": "tone", "kind": "one", "values": ["a", "b"]}])
    totals = AnswerTotals(asked)
    for answers in ({0: 0, 1: 1}, {0: 1, 1: 1}):
        totals.add({0: answers, 1: answers})
    monkeypatch.setattr(summing_answers, "MOST_COLUMNS", 8)
    monkeypatch.setattr(summing_answers, "MOST_OF_PAIRS", 1)
    plan = AnswerPlan(totals, {0: "a", 1: "b"}, most_pairs=200)

    assert [plan.value_of(each, 0) is not None for each in plan.figures()] == [*[True] * 3, False, *[False] * 3]
    assert plan.left_out == {"questions_without_pairs": 1}

    monkeypatch.setattr(summing_answers, "MOST_COLUMNS_OVER_TIME", 5)
    for answers in ({0: 0, 1: 1}, {0: 1, 1: 1}):
        totals.add({0: answers, 1: answers}, "2026-W10")
    in_time = [each for each in AnswerPlan(totals, {0: "a", 1: "b"}, most_pairs=200).figures() if each.period]
    assert [plan.value_of(each, 0) is not None for each in in_time] == [True, False]


def test_gold_says_nothing_of_how_far_people_agree():
    totals = AnswerTotals(NOMINAL)
    totals.add({0: {GOLD: 2, 0: 1}})

    assert not totals.of_everybody()
    assert list(totals.of_pairs()) == [(0, (0, GOLD))]

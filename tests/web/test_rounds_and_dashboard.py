"""The pages of rounds, giving, progress and the dashboard, and their API: few queries, blind, to be taken away."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotations.agreement.dashboard import Asked, charts, hours
from annotations.agreement.running import start_measuring
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import AgreementText, Article, ArticleLabel, Assignment, Round, TimeSpent
from annotations.tasks import KINDS
from annotations.web.charts import as_svg
from annotations.workflow.assigning import assign, submit
from annotations.workflow.opening import NewRound, open_round
from annotations.workflow.projects import publish_guidelines
from annotations.workflow.rounds import first_round
from tests import factories
from tests.security.world import agreement_of

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/river/"


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def ben(mia):
    return factories.member(mia, "ben")


@pytest.fixture
def client(mia):
    client = Client()
    client.force_login(mia.user)
    return client


def test_a_round_is_looked_at_opened_closed_and_repeated_by_page(mia, ada, client):
    made = factories.article(mia)
    assign([made], [ada], by=mia)
    sent = {"name": "Pilot <b>", "kind": "pilot", "annotators_per_article": "2", "repeats": ""}

    looked = client.post("/p/river/rounds/", {**sent, "preview": "yes"})
    assert "1 article would be taken" in looked.content.decode()
    assert Round.objects.count() == 1
    assert client.post("/p/river/rounds/", {**sent, "open": "yes"}).status_code == 302
    pilot = Round.objects.get(kind="pilot")
    client.post("/p/river/rounds/", {"act": "close", "round": str(pilot.uuid)})
    shown = client.get(f"/p/river/rounds/?repeats={pilot.uuid}").content.decode()

    pilot.refresh_from_db()
    assert pilot.closed_at is not None
    assert "Pilot &lt;b&gt;, again" in shown


def test_giving_beyond_n_in_the_list_asks_first(mia, ada, ben, client):
    made = factories.article(mia)
    people = [str(person.uuid) for person in (ada, ben, mia)]
    sent = {"act": "assign", "article": [str(made.uuid)], "annotators": people}

    asked = client.post("/p/river/bulk/", sent)
    assert "more annotators than its round wants" in asked.content.decode()
    assert not Assignment.objects.exists()
    client.post("/p/river/bulk/", {**sent, "confirmed": "yes", "goes_beyond": "yes"})

    assert Assignment.objects.count() == 3


def test_giving_by_rule_and_passing_on_by_page(mia, ada, ben, client):
    factories.article(mia)
    rule = {"each": "1", "annotators": [str(ada.uuid)], "seed": "1"}

    assert "1 assignment at most" in client.post("/p/river/give/", {**rule, "preview": "yes"}).content.decode()
    assert client.post("/p/river/give/", {**rule, "give": "yes"}).status_code == 302
    given = Assignment.objects.get()
    client.post(f"/p/river/assignments/{given.uuid}/", {"to": str(ben.uuid)})

    assert Assignment.objects.get(annotator=ben).state == "open"


def test_progress_takes_at_most_ten_queries_all_told(mia, ada, ben, client):
    articles = [factories.article(mia, title=f"Der Preis {n}") for n in range(60)]
    assign(articles, [ada, ben], by=mia)
    submit(articles[3], by=ada)
    client.get("/p/river/progress/")

    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = client.get("/p/river/progress/").content.decode()
    assert 5 < len(asked) <= 10  # with the session, the person and the part in the project
    assert "Der Preis 49" in page
    assert "Der Preis 50" not in page
    with CaptureQueriesContext(connection) as more:
        client.get(_next_of(page))
    assert len(more) <= 10

    handed_in = client.get(f"/p/river/progress/?state=submitted&person={ada.uuid}").content.decode()
    assert "Der Preis 3<" in handed_in
    assert "Der Preis 4<" not in handed_in
    assert "Der Preis 59" in client.get(_next_of(page)).content.decode()


def _next_of(page: str) -> str:
    return "/p/river/progress/" + page.split('rel="next" href="')[1].split("#")[0].replace("&amp;", "&")


def test_the_api_tells_progress_page_by_page_and_the_charts(mia, ada, ben, client):
    articles = [factories.article(mia) for _n in range(51)]
    assign(articles, [ada], by=mia)

    first = client.get(f"{API}progress/").json()
    second = client.get(f"{API}progress/?after={first['next']}").json()
    found = client.get(f"{API}dashboard/").json()

    assert (first["articles"], first["untouched"], len(first["results"])) == (51, 0, 50)
    assert (len(second["results"]), second["next"]) == (1, None)
    assert first["people"] == [{"annotator": ada.pseudonym, "states": {"open": 51}}]
    assert [each["name"] for each in found["charts"]][:3] == ["progress", "pace", "labels"]
    assert client.get(f"{API}progress/?state=no").status_code == 400


def test_the_dashboard_counts_what_is_there_and_narrows_it(mia, ada, ben):
    made = factories.article(mia)
    assign([made], [ada, ben], by=mia)
    factories.annotation(ada, made, 0, 3)
    factories.annotation(ben, made, 0, 3)
    factories.annotation(ben, made, 4, 7, "number")
    work = submit(made, by=ada)
    today = work.submitted_at.date()
    TimeSpent.objects.create(project=mia.project, assignment=work, visit=work.uuid, day=today, seconds=5400)
    agreement_of(mia, ada, made)

    found = {each.name: each for each in charts(Asked(mia.project, today, today))}
    of_ben = {each.name: each for each in charts(Asked(mia.project, today, today, person=ben))}
    other = {each.name: each for each in charts(Asked(mia.project, date(2020, 1, 1), date(2020, 1, 2)))}

    assert sorted(found["progress"].rows) == sorted([(ada.pseudonym, 1, 1, 1), (ben.pseudonym, 0, 1, 0)])
    assert found["pace"].rows == [(today, 1)]
    assert [n for _name, n in found["labels"].rows] == [2, 1]
    assert sorted(n for _name, n in of_ben["labels"].rows) == [1, 1]
    assert found["time"].rows == [(ada.pseudonym, 1.5, 1, 90.0)]
    assert [row[1] for row in other["labels"].rows] == []
    assert hours(Asked(mia.project, today, today), "month") == [(today.replace(day=1), ada.pseudonym, 5400)]


@pytest.fixture
def measured(mia, ada, ben):
    """Two articles that three people handed in ten days apart, on which Ada and Ben agree, and who asked what."""
    cleo = factories.member(mia, "cleo")
    factories.set_project(mia, annotators_per_article=3)
    tone = {"key": "tone", "kind": "ordinal", "values": ["1", "2", "3"]}
    mood = factories.label_for(mia.project, "mood", "article", attributes=[tone])
    made = [factories.article(mia, title="Erste"), factories.article(mia, title="Zweite")]
    marks = {ada: [(2, 11, "claim"), (20, 22, "number")], ben: [(2, 11, "claim")], cleo: [(12, 17, "claim")]}
    for n, article in enumerate(made):
        for person, spans in marks.items():
            for start, end, label in spans:
                if n == 0 or label == "claim":
                    factories.annotation(person, article, start, end, label)
            version = article.current_version
            own = {"project": mia.project, "version": version, "length": version.length, "created_by": person}
            chosen = {"tone": "1" if person == cleo else "2" if n else "3"}
            ArticleLabel.objects.create(key=uuid.uuid4(), label=mood, attributes=chosen, **own)
            work = submit(article, by=person)
            at = datetime(2026, 3, 2 + 10 * n, 12, tzinfo=UTC)
            Assignment.objects.filter(pk=work.pk).update(submitted_at=at, created_at=at - timedelta(days=1))
            TimeSpent.objects.create(
                project=mia.project, assignment=work, visit=work.uuid, day=at.date(), seconds=3600 * (n + 1)
            )
    job = start_measuring(mia)
    run_to_the_end(job.pk, KINDS, owner=owner_name())
    return cleo


def _rows(asked: Asked) -> dict[str, list[tuple]]:
    return {each.name: each.rows for each in charts(asked)}


def test_each_filter_narrows_what_it_can_and_the_chart_says_where_it_cannot(mia, ada, ben, measured):
    cleo, names = measured, [person.pseudonym for person in (ada, ben, measured)]
    whole = Asked(mia.project, date(2026, 3, 1), date(2026, 3, 31))
    early, all_of_it = replace(whole, last=date(2026, 3, 5)), _rows(whole)

    assert sorted(all_of_it["progress"]) == sorted((name, 2, 2, 2) for name in names)
    assert sorted(_rows(early)["progress"]) == sorted((name, 1, 1, 1) for name in names)
    assert sorted(_rows(replace(whole, first=date(2026, 3, 5)))["progress"]) == sorted(
        (name, 2, 2, 1) for name in names
    )
    assert [row[0] for row in _rows(early)["hardest"]] == ["Erste"]
    assert [row[0] for row in _rows(early)["over-time"]] == ["2026-W10"]
    assert len(all_of_it["over-time"]) == 2

    of_cleo = _rows(replace(whole, person=cleo))
    assert of_cleo["by-label"] == [("claim", 1.0, 8), ("number", 1.0, 1)]
    assert {row[0]: row[1] for row in all_of_it["by-label"]} == {
        "claim": pytest.approx(2 / 3, abs=1e-4),
        "number": 1,
    }
    assert len(all_of_it["by-pair"]) == 3
    assert len(of_cleo["by-pair"]) == 2
    assert len(of_cleo["hardest"]) == 2

    numbers = _rows(replace(whole, label="number"))
    assert [row[0] for row in numbers["hardest"]] == ["Erste"]
    assert sum(n for _day, n in numbers["pace"]) == 1
    assert [(row[0], row[1]) for row in numbers["time"]] == [(ada.pseudonym, 1.0)]
    claims = _rows(replace(whole, label="claim", person=ada))
    assert sorted(row[1] for row in claims["by-pair"]) == [0, 1]
    assert [row[0] for row in _rows(replace(whole, label="mood"))["by-question"]] == ["Mood: tone"]
    assert claims["by-question"] == []

    AgreementText.objects.filter(version__article__title="Zweite").update(handed_in_at=None)  # as of a file
    assert [row[0] for row in _rows(early)["hardest"]] == ["Erste", "Zweite"]

    both = {each.name: each.not_narrowed_by for each in charts(replace(whole, label="claim", person=ada))}
    assert both == {
        "progress": ("label",),
        "by-label": ("period",),
        "by-pair": ("period",),
        "by-question": ("period", "person"),
        "over-time": ("person", "label"),
        **dict.fromkeys(("pace", "labels", "time", "hardest"), ()),
    }


def test_charts_take_as_many_queries_whatever_they_are_narrowed_to(mia, ada, measured):
    of_round = first_round(mia.project_id)
    for person, label, found in itertools.product((None, ada), ("", "claim"), (None, of_round)):
        asked = Asked(mia.project, date(2026, 3, 1), date(2026, 3, 31), person, label, found)
        with CaptureQueriesContext(connection) as queries:
            charts(asked)
        assert len(queries) <= 10, asked


def test_the_page_and_the_api_say_what_does_not_narrow_a_chart(mia, ada, client, measured):
    page = client.get(f"/p/river/dashboard/?label=claim&person={ada.uuid}&first=2026-03-01&last=2026-03-31")
    found = client.get(f"{API}dashboard/?label=claim&from=2026-03-01&to=2026-03-31").json()

    shown = page.content.decode()
    assert shown.count("The period does not narrow this.") == 5  # beside each chart, and in the pictures of two
    assert shown.count("The label does not narrow this.") == 4
    assert {each["name"]: each["not_narrowed_by"] for each in found["charts"]}["progress"] == ["label"]
    assert [hour[0] for hour in found["hours"]] == ["2026-03-02"] * 3 + ["2026-03-12"] * 3


def test_charts_are_pictures_with_words_and_are_taken_away_as_csv_and_svg(mia, ada, client):
    made = factories.article(mia)
    assign([made], [ada], by=mia)

    page = client.get("/p/river/dashboard/").content.decode()
    csv = client.get("/p/river/dashboard/progress.csv")
    svg = client.get("/p/river/dashboard/progress.svg")

    assert 'role="img" aria-labelledby="chart-progress-title chart-progress-about"' in page
    assert csv.content.decode("utf-8-sig").splitlines() == [
        "Person,Handed in,Given,Handed in within the period",
        f"{ada.pseudonym},0,1,0",
    ]
    assert svg["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert svg.content.startswith(b'<svg xmlns="http://www.w3.org/2000/svg"')
    assert client.get("/p/river/dashboard/none.csv").status_code == 404
    assert client.get("/p/river/dashboard/hours.csv?period=week").status_code == 200
    assert client.get("/p/river/dashboard/hours.csv?period=year").status_code == 404
    assert client.get("/p/river/dashboard/?first=2026-02-01&last=2026-01-01").status_code == 422


def test_a_name_in_a_chart_is_no_markup(mia, ada):
    found = charts(Asked(mia.project, date(2026, 1, 1), date(2026, 1, 2)))[0]
    drawn = as_svg(type(found)(found.name, "<i>", found.about, found.columns, [("<script>", 1, 2)], is_part=True))

    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn


def test_annotators_and_viewers_are_shown_none_of_it(mia, ada):
    factories.member(mia, "vera", "viewer")
    for name in ("ada", "vera"):
        client = Client()
        client.force_login(factories.user(name) if name != "ada" else ada.user)
        for path in ("/p/river/progress/", "/p/river/dashboard/", "/p/river/rounds/", f"{API}dashboard/"):
            assert client.get(path).status_code == 403, (name, path)
    assert first_round(mia.project_id).takes_new


def test_the_page_of_guidelines_shows_those_of_ones_round_and_leads_to_the_newest(mia, ada, client):
    made = factories.article(mia)
    rows = Article.objects.filter(pk=made.pk)
    open_round(NewRound("Pilot", Round.Kind.PILOT), rows, by=mia)
    publish_guidelines("Neu: Zahlen mit Einheit.", by=mia)
    assign([made], [ada], by=mia)
    of_ada = Client()
    of_ada.force_login(ada.user)

    fixed, newest = (each.get("/p/river/guidelines/").content.decode() for each in (of_ada, client))

    assert "Neu: Zahlen" not in fixed
    assert '/p/river/guidelines/2/">The newest is version 2</a>' in fixed
    assert "Neu: Zahlen" in newest
    assert "Neu: Zahlen" in of_ada.get("/p/river/guidelines/2/").content.decode()


def test_whoever_works_on_an_article_is_told_that_a_round_took_it(mia, ada):
    made = factories.article(mia)
    assign([made], [ada], by=mia)
    of_ada = Client()
    of_ada.force_login(ada.user)
    report = {"visit": str(uuid.uuid4()), "days": []}

    before = of_ada.post(f"{API}articles/{made.uuid}/time/", report, content_type="application/json").json()
    opened = open_round(NewRound("Pilot", Round.Kind.PILOT), Article.objects.filter(pk=made.pk), by=mia).round
    after = of_ada.post(f"{API}articles/{made.uuid}/time/", report, content_type="application/json").json()
    live = Client()
    live.force_login(mia.user)

    assert (before["round"], before["assignment"]["state"]) == (None, "open")
    assert after == {"assignment": None, "round": str(opened.uuid)}
    assert live.get(f"{API}articles/{made.uuid}/live/").json()["round"] == str(opened.uuid)


def test_late_work_is_found_in_the_progress_and_taken_in_by_page_and_by_api(mia, ada, ben, client):
    factories.set_project(mia, annotators_per_article=1)
    titles = ["Der Pegel", "Die Flut"]
    stories = [factories.article(mia, title=title) for title in titles]
    assign(stories, [ada], by=mia)
    Assignment.objects.update(state="lapsed")
    assign(stories, [ben], by=mia, goes_beyond=True)
    for story in stories:
        submit(story, by=ada)
    late = list(Assignment.objects.filter(annotator=ada).order_by("pk"))
    assert all(each.is_late for each in late)

    found = client.get("/p/river/progress/?state=late").content.decode()
    shown = client.get(f"/p/river/assignments/{late[0].uuid}/").content.decode()
    by_page = client.post(f"/p/river/assignments/{late[0].uuid}/", {"act": "confirm"}, follow=True)
    by_api = client.post(f"{API}assignments/{late[1].uuid}/confirm/", {}, content_type="application/json")

    assert all(title in found for title in titles)
    assert "Take it in" in shown
    assert "is taken in" in by_page.content.decode()
    assert (by_api.status_code, by_api.json()["assignment"]["state"]) == (200, "submitted")
    assert Assignment.objects.filter(annotator=ada, state="submitted").count() == 2

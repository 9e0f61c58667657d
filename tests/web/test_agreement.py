"""Agreement by page and API: one run however often the form is sent, every figure opens down to the spans."""

from __future__ import annotations

import csv
import io
import uuid

from annotations.agreement.running import start_measuring
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import AgreementRun
from annotations.tasks import KINDS
from annotations.workflow.assigning import submit
from annotations.workflow.relating import NewArticleLabel, label_article
from tests import factories

RUN_PAGE = 9


def test_a_run_is_started_once_and_opens_down_to_the_spans(team, browser):
    made = factories.article(team.mia, title="=1+1")
    ben = factories.member(team.mia, "benno")
    marked = [factories.annotation(team.ada, made, 2, 11), factories.annotation(ben, made, 2, 8)]
    for person in (team.ada, ben):
        submit(made, by=person)
    rosa, form = browser("rosa"), {"form_key": str(uuid.uuid4()), "seed": "1"}

    for _time in range(2):
        assert rosa.post("/p/river/agreement/", form).status_code == 302
    run = AgreementRun.objects.get()
    run_to_the_end(run.job_id, KINDS, owner=owner_name())
    start = f"/p/river/agreement/{run.uuid}/"

    pages = [start, f"{start}texts/{made.uuid}/"]
    pages += [f"{start}figures/{each.uuid}/" for each in run.figures.all()]
    shown = [rosa.get(path) for path in pages]
    assert {each.status_code for each in shown} == {200}
    assert any(f"#a={each.key}" in shown[1].content.decode() for each in marked)
    assert "other bounds" in shown[1].content.decode()
    assert b"alpha_nominal,sentence,all," in rosa.get(f"{start}figures.csv").content
    api = rosa.get(f"/api/v1/projects/river/agreement/{run.uuid}/").json()
    assert api == rosa.get(f"{start}run.json").json()
    assert len(api["figures"]) == run.figures.count()
    assert rosa.get(f"{start}texts/{made.uuid}/?pair=0-999").status_code == 404
    assert browser("ada").get(start).status_code == 403


def test_questions_about_articles_open_by_page_and_api_down_to_what_each_answered(
    team, browser, django_assert_max_num_queries
):
    asked = [
        {"key": "dead", "name": "<b>How many?", "kind": "number"},
        {"key": "tone", "kind": "one", "values": ["=1+1", "calm"]},
        {"key": "why", "name": "Why?", "kind": "text"},
    ]
    factories.label_for(team.mia.project, "mood", "article", attributes=asked)
    ben, made = factories.member(team.mia, "benno"), [factories.article(team.mia, title=f"Story {n}") for n in "12"]
    for n, article in enumerate(made):
        for person, dead, tone in ((team.ada, 3, "=1+1"), (ben, 3 + 4.5 * n, "calm" if n else "=1+1")):
            answers = {"dead": dead, "tone": tone, "why": "So."}
            new = NewArticleLabel(uuid.uuid4(), article.current_version.uuid, "mood", attributes=answers)
            label_article(new, by=person)
            submit(article, by=person)
    run_to_the_end(start_measuring(team.mia).pk, KINDS, owner=owner_name())
    run, rosa = AgreementRun.objects.get(), browser("rosa")
    start, api = f"/p/river/agreement/{run.uuid}/", f"/api/v1/projects/river/agreement/{run.uuid}/"
    numbers = run.figures.get(measure="alpha_interval", scope="all")
    pair = run.figures.get(measure="alpha_interval", scope__startswith="pair:")
    kappa = run.figures.get(measure="cohen_kappa", question=2)

    week = run.figures.get(measure="alpha_interval", scope__startswith="time:")

    with django_assert_max_num_queries(RUN_PAGE):
        shown = rosa.get(start).content.decode()
    of_week = rosa.get(f"{start}figures/{week.uuid}/").content.decode()
    of_all, of_pair, matrix = (
        rosa.get(f"{start}figures/{each.uuid}/").content.decode() for each in (numbers, pair, kappa)
    )
    text = rosa.get(f"{start}texts/{made[1].uuid}/").content.decode()

    assert "Mood: &lt;b&gt;How many?" in shown
    assert "two wordings of one answer would count as disagreement" in shown
    assert "Mood: Why?" in shown
    assert of_all.index("Story 2") < of_all.index("Story 1")
    assert f"figures/{week.uuid}/" in shown
    assert f"figures/{week.uuid}/" in of_all
    assert "7.5" in of_week
    assert f"figures/{pair.uuid}/" not in of_week
    assert "7.5" in of_pair
    assert "Which answer stands against which" in matrix
    assert "another answer" in text
    assert b"\r\nalpha_interval,article,all," in rosa.get(f"{start}figures.csv").content
    rows = list(csv.DictReader(io.StringIO(rosa.get(f"{start}figures.csv").content.decode("utf-8-sig"))))
    assert {row["question"] for row in rows} == {"mood", "mood.dead", "mood.tone"}
    whole = rosa.get(api).json()
    assert [(each["key"], each["is_measured"]) for each in whole["questions"]] == [
        ("mood", True),
        ("mood.dead", True),
        ("mood.tone", True),
        ("mood.why", False),
    ]
    assert whole == rosa.get(f"{start}run.json").json()
    in_week = next(each for each in whole["figures"] if each["uuid"] == str(week.uuid))
    assert (in_week["question"], in_week["scope"], in_week["n_items"]) == ("mood.dead", week.scope, 2)
    assert [row["value"] for row in rows if (row["scope"], row["question"]) == (week.scope, "mood.dead")] == [
        str(week.value)
    ]
    assert len(rosa.get(f"{api}texts/?figure={week.uuid}").json()["results"]) == 2
    texts = rosa.get(f"{api}texts/?figure={pair.uuid}").json()["results"]
    assert [sorted(said["answer"] for said in each["answers"]) for each in texts] == [["3", "7.5"], ["3", "3"]]
    assert rosa.get(f"{api}texts/?figure={uuid.uuid4()}").status_code == 404
    assert rosa.get(f"{api}texts/?figure=mood").status_code == 400
    opened = rosa.get(f"{api}texts/{made[1].uuid}/").json()["answers"]
    assert [(each["question"], each["state"]) for each in opened] == [
        ("mood", "same"),
        ("mood.dead", "answer"),
        ("mood.tone", "answer"),
    ]

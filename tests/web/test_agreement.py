"""Agreement by page and API: one run however often the form is sent, every figure opens down to the spans."""

from __future__ import annotations

import uuid

from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import AgreementRun
from annotations.tasks import KINDS
from annotations.workflow.assigning import submit
from tests import factories


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

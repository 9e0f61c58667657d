"""A manager sets a whole project up in the admin; every step is one recorded act of the workflow."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotations.admin.addresses import name_of
from annotations.models import AuditEvent, GuidelinesVersion, Job, LabelSet, Membership, Project
from tests import factories
from tests.workflow.test_labels import done

ADD = "admin:annotations_project_add"
NO_MEMBERS = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
NEW = {"name": "Ivel bridge", "slug": "", "language": "de", "visibility": "blind", "starter": "named_entities"}


def change_page(model: str, row) -> str:
    return reverse(f"admin:annotations_{model}_change", args=[row.pk])


def verbs(project: Project | None = None) -> list[str]:
    rows = AuditEvent.objects.filter(project=project) if project else AuditEvent.objects.all()
    return list(rows.order_by("pk").values_list("verb", flat=True))


def errors_in(reply) -> str:
    assert reply.status_code in (200, 422)
    return reply.content.decode()


def test_a_project_is_made_with_its_starter_and_its_members_on_one_page(mia, logged_in):
    factories.user("rosa")
    members = {
        "memberships-TOTAL_FORMS": "2",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-person": "rosa",
        "memberships-0-role": "reviewer",
        "memberships-0-pseudonym": "",
        "memberships-1-role": "annotator",
    }

    reply = logged_in(mia).post(reverse(ADD), NEW | members | {"description": ""})

    project = Project.objects.get(name="Ivel bridge")
    assert reply["Location"] == reverse("admin:annotations_project_changelist")
    assert project.slug == "ivel-bridge"
    assert LabelSet.objects.get(project=project).labels.filter(key="person").exists()
    assert set(project.memberships.values_list("user__username", "role")) == {("mia", "manager"), ("rosa", "reviewer")}
    assert verbs(project) == ["project.created", "member.added"]


def test_a_refused_member_leaves_no_half_made_project(mia, logged_in):
    members = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-person": "mia",
        "memberships-0-role": "annotator",
        "memberships-0-pseudonym": "",
    }

    text = errors_in(logged_in(mia).post(reverse(ADD), NEW | members))

    assert "This person is a member of the project already." in text
    assert not Project.objects.filter(name="Ivel bridge").exists()


def test_an_unknown_member_is_named_beside_the_field(mia, logged_in):
    data = {"project": mia.project_id, "person": "nobody", "role": "annotator", "pseudonym": ""}

    text = errors_in(logged_in(mia).post(reverse("admin:annotations_membership_add"), data))

    assert "There is no active account “nobody”." in text


def test_a_taken_short_name_is_refused_beside_its_field(mia, logged_in):
    text = errors_in(logged_in(mia).post(reverse(ADD), NEW | NO_MEMBERS | {"slug": "river"}))

    assert "Project with this Short name in addresses already exists." in text


def test_only_what_was_changed_is_written_and_recorded(mia, logged_in):
    values = {
        "name": "River",
        "language": "",
        "visibility": "open",
        "annotators_per_article": "2",
        "base_revision": "1",
        "description": "",
    }

    logged_in(mia).post(change_page("project", mia.project), values | NO_MEMBERS | {"slug": "other", "uuid": "x"})

    mia.project.refresh_from_db()
    assert (mia.project.visibility, mia.project.slug) == ("open", "river")
    event = AuditEvent.objects.get(verb="project.changed")
    assert (event.before, event.after) == ({"visibility": "blind"}, {"visibility": "open"})


def test_saving_without_a_change_is_no_act(mia, logged_in):
    values = {
        "name": "River",
        "language": "",
        "visibility": "blind",
        "annotators_per_article": "2",
        "base_revision": "1",
        "description": "",
    }
    before = verbs()

    logged_in(mia).post(change_page("project", mia.project), values | NO_MEMBERS)

    assert verbs() == before


def test_a_member_gets_another_role_leaves_and_comes_back(mia, ada, logged_in):
    client, page = logged_in(mia), change_page("membership", ada)

    client.post(page, {"role": "reviewer"})
    client.post(page, {"role": "reviewer", "has_left": "on"})
    ada.refresh_from_db()
    assert ada.ended_at is not None
    client.post(page, {"role": "annotator"})

    ada.refresh_from_db()
    assert (ada.role, ada.ended_at) == ("annotator", None)
    assert verbs(mia.project)[-3:] == ["member.role_changed", "member.ended", "member.added"]


def test_the_last_manager_cannot_go(mia, logged_in):
    text = errors_in(logged_in(mia).post(change_page("membership", mia), {"role": "annotator"}))

    assert "A project needs a manager." in text
    assert Membership.objects.get(pk=mia.pk).role == "manager"


def label_rows(labels: LabelSet, **changes: str) -> dict[str, str]:
    rows = list(labels.labels.order_by("position"))
    data = {"labels-TOTAL_FORMS": str(len(rows) + 1), "labels-INITIAL_FORMS": str(len(rows))}
    data[f"labels-{len(rows)}-color"] = "#5d4037"  # the spare row as the browser sends it
    for n, label in enumerate(rows):
        for name in ("name", "key", "color", "shortcut", "description"):
            data[f"labels-{n}-{name}"] = getattr(label, name)
        data[f"labels-{n}-position"] = str(n + 1)
    return data | {name.replace("__", "-"): value for name, value in changes.items()}


def test_revised_labels_are_a_new_version_and_the_old_one_stays(mia, logged_in):
    labels = LabelSet.objects.get(project=mia.project)
    data = label_rows(labels, labels__0__name="Assertion", labels__0__color="#aa0000")
    count = labels.labels.count()
    data |= {f"labels-{count}-name": "Rumour", f"labels-{count}-color": "#00aa00"}

    reply = logged_in(mia).post(change_page("labelset", labels), data)

    made = LabelSet.objects.get(project=mia.project, version=2)
    assert reply["Location"] == change_page("labelset", made)
    assert made.labels.get(position=0).name == "Assertion"
    assert made.labels.get(position=0).color == "#aa0000"
    assert made.labels.get(key="rumour").position == count
    assert labels.labels.get(position=0).name == "Claim"


def test_labels_that_clash_are_refused_and_nothing_is_written(mia, logged_in):
    labels = LabelSet.objects.get(project=mia.project)
    data = label_rows(labels)
    data["labels-1-shortcut"] = data["labels-0-shortcut"]

    text = errors_in(logged_in(mia).post(change_page("labelset", labels), data))

    assert "belongs to the label" in text
    assert LabelSet.objects.filter(project=mia.project).count() == 1


def test_labels_are_merged_and_parted_in_the_admin_by_the_jobs_of_the_pages(mia, ada, logged_in):
    noted = factories.annotation(ada, factories.article(mia), 12, 17)
    labels, client = LabelSet.objects.get(project=mia.project), logged_in(mia)
    pair = {"from_label": "claim", "into_label": "number"}

    here = change_page("labelset", labels)
    refused = client.post(here, {"from_label": "claim", "into_label": "claim", "merge": "look"})
    looked_at = client.post(here, pair | {"merge": "look"})
    assert Job.objects.count() == 0
    started = client.post(here, pair | {"merge": "start"})
    merge = Job.objects.get()
    done(merge)
    noted.refresh_from_db()
    chosen = {"action": "undo_imports", "_selected_action": [name_of(Job, merge.pk)]}
    told = client.post(reverse("admin:annotations_job_changelist"), chosen)

    assert (refused.status_code, "A label is merged into another one." in refused.content.decode()) == (422, True)
    assert looked_at.status_code == 200
    assert "1 annotation, in 1 article, by 1 person" in looked_at.content.decode()
    assert started["Location"] == change_page("job", merge)
    assert noted.label.key == "number"
    stale = client.post(here, pair | {"merge": "start"}, follow=True)
    assert "There is a newer version by now" in stale.content.decode()
    assert told.status_code == 302
    undoing = Job.objects.get(undoes=merge)
    done(undoing)
    noted.refresh_from_db()
    assert noted.label.key == "claim"


def test_labels_saved_unchanged_make_no_version(mia, logged_in):
    labels = LabelSet.objects.get(project=mia.project)

    logged_in(mia).post(change_page("labelset", labels), label_rows(labels))

    assert LabelSet.objects.filter(project=mia.project).count() == 1


def test_an_earlier_version_of_the_labels_cannot_be_changed(mia, logged_in):
    first = LabelSet.objects.get(project=mia.project)
    client = logged_in(mia)
    client.post(change_page("labelset", first), label_rows(first, labels__0__name="Assertion"))

    reply = client.post(change_page("labelset", first), label_rows(first, labels__0__name="Third"), follow=True)

    assert "There is a newer version by now." in reply.content.decode()
    assert LabelSet.objects.filter(project=mia.project).count() == 2


def test_new_guidelines_start_from_those_in_force_and_are_published(mia, logged_in):
    client, add = logged_in(mia), reverse("admin:annotations_guidelinesversion_add")
    current = GuidelinesVersion.objects.get(project=mia.project)

    page = client.get(add, {"project": mia.project_id}).content.decode()
    client.post(add, {"project": mia.project_id, "text": "# Mark\r\nclaims only"})

    assert current.text.splitlines()[0] in page
    assert GuidelinesVersion.objects.get(project=mia.project, version=2).text == "# Mark\nclaims only"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("membership_add", {"person": "ada", "role": "manager", "pseudonym": ""}),
        ("guidelinesversion_add", {"text": "mine now"}),
        ("article_add", {"title": "Mine", "text": "mine now"}),
    ],
)
def test_a_manager_cannot_write_into_a_project_of_others(name, data, mia, logged_in):
    other = factories.project("canary", manager="zed")
    before = verbs(other.project)

    text = errors_in(logged_in(mia).post(reverse(f"admin:annotations_{name}"), data | {"project": other.project_id}))

    assert "Select a valid choice" in text
    assert verbs(other.project) == before


def test_an_administrator_joins_as_a_manager_on_the_first_act_and_it_is_recorded(mia, olga, logged_in):
    values = {
        "name": "River",
        "language": "de",
        "visibility": "blind",
        "annotators_per_article": "2",
        "base_revision": "1",
    }

    client = logged_in(olga)
    client.post(change_page("project", mia.project), values | NO_MEMBERS)
    client.post(change_page("project", mia.project), values | NO_MEMBERS | {"language": "fr", "base_revision": "2"})

    part = Membership.objects.get(user=olga, project=mia.project)
    assert part.role == "manager"
    assert verbs(mia.project)[-3:] == ["member.joined_as_admin", "project.changed", "project.changed"]
    assert set(AuditEvent.objects.filter(verb="project.changed").values_list("actor", flat=True)) == {part.pk}


def test_an_administrator_who_annotates_there_is_not_raised_to_manager(mia, olga, logged_in):
    part = factories.member(mia, "olga")
    values = {
        "name": "River",
        "language": "de",
        "visibility": "open",
        "annotators_per_article": "2",
        "base_revision": "1",
    }

    text = errors_in(logged_in(olga).post(change_page("project", mia.project), values | NO_MEMBERS))

    part.refresh_from_db()
    assert "In this project you are annotator, so you do not manage it." in text
    assert (part.role, Project.objects.get().visibility) == ("annotator", "blind")


def test_a_manager_archives_a_project_in_the_admin_and_takes_it_out(mia, logged_in):
    client, address = logged_in(mia), "/admin/annotations/project/"
    chosen = {"_selected_action": [name_of(Project, mia.project.pk)]}

    client.post(address, {"action": "archive_projects"} | chosen)
    listed = client.get(address, {"archived": "yes"}).context["cl"].result_list
    client.post(address, {"action": "restore_projects"} | chosen)

    verbs = AuditEvent.objects.filter(project=mia.project).order_by("pk").values_list("verb", flat=True)
    assert [row.pk for row in listed] == [mia.project.pk]
    assert list(verbs)[-2:] == ["project.archived", "project.restored"]


def test_the_queue_and_the_checks_are_changed_by_lines(mia, logged_in):
    values = {
        "name": "River",
        "language": "",
        "visibility": "blind",
        "annotators_per_article": "2",
        "base_revision": "1",
        "description": "",
        "queue_order": "fewest",
        "queue_seed": "1",
        "lease_hours": "24",
        "skip_reasons": "zu lang",
        "submit_rules": "has_annotation\nspans_have_attribute warning claim kind",
    }

    logged_in(mia).post(change_page("project", mia.project), values | NO_MEMBERS)

    mia.project.refresh_from_db()
    assert (mia.project.queue_order, mia.project.skip_reasons) == ("fewest", ["zu lang"])
    assert mia.project.submit_rules == [
        {"rule": "has_annotation", "level": "error", "label": "", "attribute": ""},
        {"rule": "spans_have_attribute", "level": "warning", "label": "claim", "attribute": "kind"},
    ]
    assert AuditEvent.objects.get(verb="project.changed").after.keys() == {
        "queue_order",
        "skip_reasons",
        "submit_rules",
    }

"""Making a project and setting it up: labels, guidelines, members, settings, the record of acts."""

import html
import re
import uuid

from django.core.files.uploadedfile import SimpleUploadedFile

from annotations.models import GuidelinesVersion, Job, Label, LabelSet, Membership, Project, User
from annotations.workflow.projects import current_guidelines, current_labels, publish_guidelines
from tests import factories
from tests.workflow.test_labels import done

ONE_PAGE = {"name": "The river letter", "starter": "news_claims", "language": "en", "visibility": "blind"}


def test_the_start_page_of_a_newcomer_says_what_to_do_first(browser):
    assert b"Start a project" in browser("sam").get("/").content


def test_the_start_page_shows_what_one_can_go_on_with_and_no_foreign_project(team, browser):
    made = factories.article(team.mia, title="Der Preis")
    factories.assigned(team.mia, team.ada, made)
    factories.project("secret", name="Secret river", manager="sam")

    page = browser("ada").get("/").content.decode()

    assert f"/p/river/articles/{made.uuid}/" in page
    assert "Secret" not in page


def test_a_project_is_made_on_one_page_and_leads_to_its_list(browser):
    response = browser("mia").post("/projects/new/", ONE_PAGE)

    project = Project.objects.get()
    assert response["Location"] == "/p/the-river-letter/"
    assert project.memberships.get().role == "manager"
    assert Label.objects.filter(project=project).count() == 10
    assert GuidelinesVersion.objects.get(project=project).text


def test_a_text_pasted_with_a_new_project_becomes_its_first_article(browser):
    browser("mia").post("/projects/new/", ONE_PAGE | {"language": "de", "text": "Die Flut kam.\r\n\r\nSie ging."})

    article = Project.objects.get().articles.get()
    assert article.language == "de"
    assert (article.title, article.current_version.text) == ("Die Flut kam.", "Die Flut kam.\n\nSie ging.")


def test_files_sent_with_a_new_project_lead_to_the_page_of_their_import(browser):
    file = SimpleUploadedFile("flood.txt", b"Die Flut kam.")

    response = browser("mia").post("/projects/new/", ONE_PAGE | {"uploads": file})

    job = Job.objects.get()
    assert response["Location"] == f"/p/the-river-letter/jobs/{job.uuid}/"
    assert [one.name for one in job.files.all()] == ["flood.txt"]


def test_a_project_without_a_name_is_not_made(browser):
    response = browser("mia").post("/projects/new/", ONE_PAGE | {"name": ""})

    assert response.status_code == 422
    assert not Project.objects.exists()


def label_form(labels: list[dict]) -> dict:
    form: dict[str, object] = {"labels-TOTAL_FORMS": len(labels), "labels-INITIAL_FORMS": 0}
    for number, label in enumerate(labels):
        values = {"name": "", "key": "", "color": "#b26a00", "shortcut": "", "description": ""} | label
        form |= {f"labels-{number}-{name}": value for name, value in values.items()}
    return form


def test_changed_labels_become_a_new_version_and_old_annotations_keep_theirs(team, browser):
    row = factories.annotation(team.ada, factories.article(team.mia), 2, 11)
    labels = [
        {"name": "Number", "key": "number", "position": 2, "shortcut": "2"},
        {"name": "Assertion", "key": "claim", "position": 1, "shortcut": "a", "color": "#C62828"},
        {"name": "Very new", "position": 3},
        {"name": "Gone", "position": 4, "is_removed": "on"},
        {"name": ""},
    ]

    response = browser("mia").post("/p/river/labels/edit/", label_form(labels))

    assert response.status_code == 302
    now = [(label.key, label.name, label.shortcut, label.color) for label in current_labels(team.project)]
    assert now == [
        ("claim", "Assertion", "A", "#c62828"),
        ("number", "Number", "2", "#b26a00"),
        ("very_new", "Very new", "", "#b26a00"),
    ]
    row.refresh_from_db()
    assert row.label.name == "Claim"


def test_two_labels_with_one_key_or_shortcut_are_refused_at_the_second(team, browser):
    labels = [{"name": "One", "key": "same", "shortcut": "1"}, {"name": "Two", "key": "same", "shortcut": "1"}]

    response = browser("mia").post("/p/river/labels/edit/", label_form(labels))

    errors = response.context["formset"].forms[1].errors
    assert response.status_code == 422
    assert "belongs to the label “One” already" in str(errors["key"])
    assert "belongs to the label “One” already" in str(errors["shortcut"])
    assert LabelSet.objects.filter(project=team.project).count() == 1


def test_a_refused_label_set_says_above_that_nothing_is_saved(team, browser):
    labels = [{"name": "One", "key": "one", "shortcut": "!"}]

    page = browser("mia").post("/p/river/labels/edit/", label_form(labels)).content.decode()

    assert "Not saved yet" in page
    assert "<span>Shortcut</span>" in page


def test_xs2_a_colour_or_key_that_is_none_is_refused(team, browser):
    labels = [{"name": "One", "key": "a}b{", "color": "red;}body{display:none"}]

    response = browser("mia").post("/p/river/labels/edit/", label_form(labels))

    assert set(response.context["formset"].forms[0].errors) == {"key", "color"}


def test_guidelines_are_shown_before_they_are_put_in_force_and_every_wording_stays(team, browser):
    mia = browser("mia")

    looked = mia.post("/p/river/guidelines/edit/", {"text": "# Neu\r\n\r\n**Fett** <b>roh</b>", "preview": "yes"})
    before = GuidelinesVersion.objects.filter(project=team.project).count()
    mia.post("/p/river/guidelines/edit/", {"text": "# Neu\r\n\r\n**Fett** <b>roh</b>", "save": "yes"})
    page = browser("ada").get("/p/river/guidelines/").content.decode()

    assert "<strong>Fett</strong> &lt;b&gt;roh&lt;/b&gt;" in looked.content.decode()
    assert before == 1
    assert "<strong>Fett</strong> &lt;b&gt;roh&lt;/b&gt;" in page
    assert GuidelinesVersion.objects.get(project=team.project, version=2).text == "# Neu\n\n**Fett** <b>roh</b>"
    assert browser("ada").get("/p/river/guidelines/1/").status_code == 200
    assert browser("ada").get("/p/river/guidelines/9/").status_code == 404


def test_a_member_is_added_by_name_or_by_mail(team, browser):
    factories.user("sam")
    factories.user("zoe")

    browser("mia").post("/p/river/members/", {"person": "sam", "role": "viewer"})
    browser("mia").post("/p/river/members/", {"person": "ZOE@newsroom.example", "role": "annotator"})

    roles = dict(Membership.objects.filter(project=team.project).values_list("user__username", "role"))
    assert (roles["sam"], roles["zoe"]) == ("viewer", "annotator")


def test_an_unknown_or_present_person_is_named_in_the_refusal(team, browser):
    unknown = browser("mia").post("/p/river/members/", {"person": "nobody", "role": "viewer"})
    present = browser("mia").post("/p/river/members/", {"person": "ada", "role": "viewer"})

    assert "There is no active account “nobody”" in unknown.content.decode()
    assert b"is a member of the project already" in present.content
    assert Membership.objects.get(user__username="ada").role == "annotator"


def test_the_password_of_a_new_account_is_shown_once_and_works(team, browser, client):
    mia = browser("mia")
    response = mia.post("/p/river/members/", {"person": "nora", "role": "annotator", "creates": "on"})
    password = response.context["made"].password

    again = mia.get("/p/river/members/")

    assert password in response.content.decode()
    assert password not in again.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert client.login(username="nora", password=password)


def test_a_name_that_is_taken_makes_no_account(team, browser):
    response = browser("mia").post("/p/river/members/", {"person": "ada", "role": "manager", "creates": "on"})

    assert response.status_code == 422
    assert User.objects.filter(username="ada").count() == 1
    assert Membership.objects.get(user__username="ada").role == "annotator"


def test_a_role_is_changed_and_a_part_ended(team, browser):
    mia = browser("mia")

    mia.post(f"/p/river/members/{team.rosa.uuid}/", {"role": "viewer"})
    mia.post(f"/p/river/members/{team.ben.uuid}/", {"end": "yes"})

    assert Membership.objects.get(pk=team.rosa.pk).role == "viewer"
    assert Membership.objects.get(pk=team.ben.pk).ended_at is not None


def test_a_project_keeps_its_last_manager(team, browser):
    browser("mia").post(f"/p/river/members/{team.mia.uuid}/", {"end": "yes"})
    browser("mia").post(f"/p/river/members/{team.mia.uuid}/", {"role": "viewer"})

    mia = Membership.objects.get(pk=team.mia.pk)
    assert (mia.role, mia.ended_at) == ("manager", None)


def test_ac2_members_of_another_project_cannot_be_changed(team, browser):
    other = factories.project("other", manager="sam")

    response = browser("mia").post(f"/p/river/members/{other.uuid}/", {"end": "yes"})

    assert response.status_code == 404
    assert Membership.objects.get(pk=other.pk).ended_at is None


def test_ac3_settings_take_no_more_fields_than_they_show(team, browser):
    form = {"name": "Neu", "description": "", "language": "de", "visibility": "open", "annotators_per_article": 3}

    response = browser("mia").post("/p/river/settings/", form | {"slug": "stolen", "archived_at": "2024-01-01"})

    project = Project.objects.get(pk=team.project.pk)
    assert response.status_code == 302
    assert (project.slug, project.archived_at) == ("river", None)
    assert (project.name, project.visibility, project.annotators_per_article) == ("Neu", "open", 3)


def test_a_wrong_setting_changes_nothing_and_leaves_the_frame_of_the_page_as_it_was(team, browser):
    form = {"name": "", "description": "", "language": "", "visibility": "open", "annotators_per_article": 0}

    response = browser("mia").post("/p/river/settings/", form)

    assert response.status_code == 422
    assert response.context["project"].name == "River"
    assert Project.objects.get(pk=team.project.pk).visibility == "blind"


def test_a_label_that_lost_its_name_is_not_dropped_in_silence(team, browser):
    response = browser("mia").post("/p/river/labels/edit/", label_form([{"name": "", "key": "claim"}]))

    assert "Give the label a name" in str(response.context["formset"].forms[0].errors["name"])
    assert LabelSet.objects.filter(project=team.project).count() == 1


def test_di1_settings_saved_meanwhile_are_shown_and_not_overwritten(team, browser):
    form = {"description": "", "language": "", "visibility": "blind", "annotators_per_article": 2}
    mia = browser("mia")
    mia.post("/p/river/settings/", form | {"name": "Fluss", "base": "1"})

    late = mia.post("/p/river/settings/", form | {"name": "Bach", "base": "1"})
    knowingly = mia.post("/p/river/settings/", form | {"name": "Bach", "base": "2"})

    assert late.status_code == 409
    assert "Fluss" in late.content.decode()
    assert 'name="base" value="2"' in late.content.decode()
    assert knowingly.status_code == 302
    assert Project.objects.get(pk=team.project.pk).name == "Bach"


def test_any_two_wordings_of_the_guidelines_are_compared(team, browser):
    for text in ("Eine Zahl ist ein Beleg.", "Eine Zahl ist kein Beleg.", "Eine Zahl ist kein Beleg. Ein Datum auch."):
        publish_guidelines(text, by=team.mia)
    ada = browser("ada")

    page = ada.get("/p/river/guidelines/4/?against=2").content.decode()
    backwards = ada.get("/p/river/guidelines/2/?against=4").content.decode()
    reply = ada.get("/api/v1/projects/river/guidelines/3/?against=2").json()

    assert "<del>ein</del><ins>kein</ins>" in page
    assert "Datum" in "".join(re.findall(r"<ins>(.*?)</ins>", page))
    assert "<del>kein</del><ins>ein</ins>" in backwards
    assert "".join(piece["text"] for piece in reply["changes"] if piece["kind"] != "gone") == reply["text"]
    assert [piece["text"] for piece in reply["changes"] if piece["kind"] == "gone"] == ["ein"]
    assert ada.get("/p/river/guidelines/2/?against=9").status_code == 404
    assert ada.get("/api/v1/projects/river/guidelines/2/?against=x").status_code == 404
    assert "<del>" not in ada.get("/p/river/guidelines/2/?against=x").content.decode()


def test_di1_guidelines_saved_meanwhile_are_shown_and_not_overwritten(team, browser):
    mia = browser("mia")
    mia.post("/p/river/guidelines/edit/", {"text": "Zuerst.", "base": "1", "save": "yes"})

    late = mia.post("/p/river/guidelines/edit/", {"text": "Zuletzt.", "base": "1", "save": "yes"})

    text = late.content.decode()
    assert late.status_code == 409
    assert "Zuerst." in text
    assert "Zuletzt." in text
    assert current_guidelines(team.project).text == "Zuerst."


def test_after_a_conflict_the_preview_shows_ones_own_guidelines(team, browser):
    mia = browser("mia")
    mia.post("/p/river/guidelines/edit/", {"text": "# Fluss", "base": "1", "save": "yes"})

    late = mia.post("/p/river/guidelines/edit/", {"text": "# Bach", "base": "1", "save": "yes"})

    assert late.status_code == 409
    assert "Bach" in late.context["html"]
    assert "Look at theirs, then save again." in late.content.decode()


def test_an_archived_project_says_so_on_every_page_and_offers_no_work(team, browser):
    article = factories.article(team.mia)
    mia, ada = browser("mia"), browser("ada")

    answer = mia.post("/p/river/archive/", {"archive": "1"}, follow=True)

    pages = [ada.get(address).content.decode() for address in ("/p/river/", f"/p/river/articles/{article.uuid}/")]
    assert all("This project was archived on" in page for page in (*pages, answer.content.decode()))
    assert "Import" not in [tab.name for tab in answer.context["tabs"]]
    assert '"can_annotate": false' in pages[1]


def test_an_archived_project_stands_apart_on_the_start_page(team, browser):
    browser("mia").post("/p/river/archive/", {"archive": "1"})

    start = browser("ada").get("/")

    assert (start.context["cards"], start.context["archived"]) == ([], [team.project])
    assert "1 archived project" in start.content.decode()
    assert "You are in no project yet" not in start.content.decode()


def test_a_manager_takes_a_project_out_of_the_archive(team, browser):
    mia = browser("mia")
    mia.post("/p/river/archive/", {"archive": "1"})

    page = mia.post("/p/river/archive/", {"restore": "1"}, follow=True).content.decode()

    assert "Work on it goes on." in page
    assert "This project was archived on" not in page


def test_a_refused_act_on_an_archived_project_says_why(team, browser):
    browser("mia").post("/p/river/archive/", {"archive": "1"})

    response = browser("mia").get("/p/river/articles/add/")

    assert response.status_code == 403
    assert "This project is archived" in response.content.decode()


def test_the_queue_and_the_checks_are_set_on_the_page_and_a_wrong_check_is_marked(team, browser):
    mia = browser("mia")
    form = {"name": "River", "description": "", "language": "", "visibility": "blind", "annotators_per_article": 2}
    form |= {"queue_order": "oldest", "queue_seed": 3, "lease_hours": 0, "skip_reasons": "zu lang\n\nfremd"}
    rules = {"rules-TOTAL_FORMS": 2, "rules-INITIAL_FORMS": 0, "rules-0-rule": "", "rules-1-rule": "spans_have_note"}

    wrong = mia.post("/p/river/settings/", form | rules | {"rules-1-level": "error"})
    saved = mia.post("/p/river/settings/", form | rules | {"rules-1-level": "warning", "rules-1-label": "claim"})

    project = Project.objects.get(pk=team.project.pk)
    assert (wrong.status_code, saved.status_code) == (422, 302)
    assert "This rule needs a label." in wrong.content.decode()
    assert (project.queue_order, project.queue_seed, project.lease_hours) == ("oldest", 3, 0)
    assert project.skip_reasons == ["zu lang", "fremd"]
    assert project.submit_rules == [{"rule": "spans_have_note", "level": "warning", "label": "claim", "attribute": ""}]
    assert 'value="spans_have_note" selected' in mia.get("/p/river/settings/").content.decode()


def test_a_refusal_stands_at_its_label_whatever_the_order_and_a_stale_form_is_told_what_changed(team, browser):
    labels = [
        {"name": "Claim", "key": "claim", "position": 2},
        {"name": "Number", "key": "number", "position": 1, "attributes": '[{"key": "n", "kind": "colour"}]'},
    ]
    stale = label_form([{"name": "Claim", "key": "claim", "attributes": "", "applies_to": "span", "parent": ""}])
    mia = browser("mia")

    refused = mia.post("/p/river/labels/edit/", label_form(labels))
    mia.post("/p/river/labels/edit/", stale | {"base": 1})
    late = mia.post("/p/river/labels/edit/", label_form([{"name": "Figure", "key": "number"}]) | {"base": 1})

    assert refused.status_code == 422
    assert "needs a kind" in str(refused.context["formset"].forms[1].errors["attributes"])
    told = html.unescape(late.content.decode())
    assert (late.status_code, LabelSet.objects.count()) == (409, 2)
    assert "put version 2 in force while you were at it" in told
    assert "retired: Quotation, Speaker" in told
    assert late.context["base"] == 2


def test_a_manager_looks_at_a_merge_and_starts_it_and_others_see_neither_use_nor_retired_labels(team, browser):
    factories.annotation(team.ada, factories.article(team.mia), 12, 17)
    mia, pair = browser("mia"), {"from_label": "claim", "into_label": "number"}

    seen = mia.post("/p/river/labels/merge/", pair)
    started = mia.post("/p/river/labels/merge/", pair | {"confirmed": "yes", "base": "1"})
    late = mia.post(
        "/p/river/labels/merge/", {"from_label": "date", "into_label": "place", "confirmed": "y", "base": "1"}
    )
    listed = mia.get("/p/river/labels/").content.decode()
    edit = mia.get("/p/river/labels/edit/?back=claim").content.decode()

    assert "1 annotation, in 1 article, by 1 person" in seen.content.decode()
    assert (started.status_code, "/jobs/" in started["Location"], late.status_code) == (302, True, 409)
    assert "Retired labels" in listed
    assert started["Location"] in listed
    assert "Merged into “Number”" in listed
    done(Job.objects.get())
    page = mia.get(started["Location"]).content.decode()
    assert "Undo this merge" in page
    assert "What somebody gave a label since stays as it is." in page
    undone = mia.post(started["Location"] + "act/", {"act": "undo", "form_key": str(uuid.uuid4())}, follow=True)
    assert "To the merge that this undoes" in undone.content.decode()
    assert "This merge was undone" in mia.get(started["Location"]).content.decode()
    assert "Retired labels" not in browser("ada").get("/p/river/labels/").content.decode()
    assert 'value="claim"' in edit

"""AC-2 in the admin: a manager puts the rows of another project into addresses, forms, selections and filters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from annotations.admin.addresses import name_of
from annotations.models import Membership, User

from .world import ADMIN_ACTS, Work, World, admin_body_of, build_world, content_of, dump, path_of, routes, row_of, send

CANARY = "CANARY"
OF_PROJECTS = [model._meta.model_name for model, table in admin.site._registry.items() if not table.for_superusers_only]


@pytest.fixture
def world(db) -> World:
    """Make Mia, who manages the one project, staff; the other one has the canary everywhere."""
    world = build_world(CANARY)
    User.objects.filter(username="mia").update(is_staff=True)
    return world


def ask(world: World, method: str, path: str, body: Any = None) -> tuple[int, str]:
    response = send(world.clients["manager"], method, path, body or {})
    return response.status_code, content_of(response).decode(errors="replace") + str(response.headers)


def test_rows_of_another_project_are_not_found_at_any_address(world):
    """One cannot tell them from rows that are nowhere; tables that are for administrators stay closed."""
    before, wrong = dump(), []
    addressed = [route for route, _view in routes() if route.startswith("admin/") and "<" in route and "^" not in route]
    for route in addressed:
        if route.endswith(("<path:object_id>/", "(?P<url>.*)$")):
            continue  # sends one to the page of the row, whatever is asked for
        for method in ("GET", "POST"):
            status, shown = ask(world, method, path_of(route, world.theirs), admin_body_of(method, route, world.theirs))
            if status not in (403, 404) or (status == 403 and ask(world, method, nowhere(route, world))[0] != 403):
                wrong.append(f"{method} {route}: {status}")
            if CANARY in shown:
                wrong.append(f"{method} {route}: canary")

    assert len(addressed) >= 80
    assert wrong == []
    assert dump() == before


def named(model: str, work: Work) -> str:
    """Return what the admin calls a row."""
    return name_of(apps.get_model("annotations", model), row_of(model, work))


def nowhere(route: str, world: World) -> str:
    """Return the same address for a row that no project has."""
    path = path_of(route, world.theirs)
    model = route.split("/")[2]
    path = path.replace(
        f"/{named(model, world.theirs)}/", f"/{name_of(apps.get_model('annotations', model), 987654321)}/"
    )
    return path.replace(f"/{row_of(model, world.theirs)}/", "/987654321/")  # where a password is set


def test_an_old_way_to_a_row_by_its_kind_leads_nowhere(world):
    for model in OF_PROJECTS:
        kind = ContentType.objects.get_by_natural_key("annotations", model).pk
        rows = (row_of(model, world.theirs), named(model, world.theirs), 987654321)
        answers = {ask(world, "GET", f"/admin/r/{kind}/{row}/")[0] for row in rows}
        assert answers == {404}


def forms(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Forms of ours, filled in by their own rules, in which one field names a row of theirs."""
    theirs, ours = world.theirs, world.ours
    for route in ("article/add/", "guidelinesversion/add/", "membership/add/", "project/import/", "project/export/"):
        body = admin_body_of("POST", f"admin/annotations/{route}", theirs)
        yield f"/admin/annotations/{route}", body
    both = {"projects": [ours.manager.project_id, theirs.manager.project_id], "shape": "jsonl", "texts": "with"}
    yield "/admin/annotations/project/export/", both
    chosen = {"action": "assign_articles", "apply": "yes", "_selected_action": [named("article", ours)]}
    yield "/admin/annotations/article/", chosen | {"annotators": [row_of("membership", theirs)]}
    yield "/admin/annotations/article/", chosen | {"annotators": both_members(world)}


def both_members(world: World) -> list[int]:
    return [row_of("membership", one) for one in (world.ours, world.theirs)]


def test_fields_that_name_rows_of_another_project_are_refused_and_change_nothing(world):
    before, wrong = dump(), []
    for path, body in forms(world):
        status, shown = ask(world, "POST", path, body)
        if status not in (200, 422) or CANARY in shown:
            wrong.append(f"{path} {body}: {status}")

    assert wrong == []
    assert dump() == before


def test_every_field_of_a_form_that_names_rows_is_tried(rf, world):
    """A new field with a choice of rows fails here until it stands in `forms`."""
    tried = {name for _path, body in forms(world) for name in body}
    request = rf.get("/admin/")
    request.user = User.objects.get(username="mia")
    named = set()
    for table in admin.site._registry.values():
        for row in (None, table.model._default_manager.first()):
            allowed = table.has_add_permission(request) if row is None else table.has_change_permission(request, row)
            fields = table.get_form(request, row, change=row is not None).base_fields if allowed else {}
            named |= {name for name, field in fields.items() if hasattr(field, "queryset")}

    assert named <= tried


def acts(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every act of every list, on a row of theirs alone, beside one of ours, and on all rows that match."""
    for model, names in ADMIN_ACTS.items():
        theirs, ours = named(model, world.theirs), named(model, world.ours)
        for name in names:
            filled = {"action": name, "apply": "yes", "annotators": [row_of("membership", world.ours)]}
            filled |= {"language": "fr", "shape": "jsonl", "texts": "with"}
            path = reverse(f"admin:annotations_{model}_changelist")
            yield path, filled | {"_selected_action": [theirs]}
            if model in OF_PROJECTS and model != "project":
                project = f"?project={world.theirs.manager.project_id}"
                yield path + project, filled | {"_selected_action": [ours, theirs], "select_across": "1"}


def test_acts_on_chosen_rows_of_another_project_do_nothing(world):
    before, wrong = dump(), []
    for path, body in acts(world):
        _status, shown = ask(world, "POST", path, body)
        if CANARY in shown:
            wrong.append(f"{path} {body}")

    assert wrong == []
    assert dump() == before


def test_an_act_on_rows_of_both_projects_is_done_to_those_of_ones_own(world):
    member = world.theirs.values["member"]
    chosen = [named("membership", one) for one in (world.ours, world.theirs)]

    ask(world, "POST", "/admin/annotations/membership/", {"action": "end_parts", "_selected_action": chosen})

    assert Membership.objects.get(uuid=world.ours.values["member"]).ended_at is not None
    assert Membership.objects.get(uuid=member).ended_at is None


def readings(world: World) -> Iterator[str]:
    """Addresses whose query names a row of theirs."""
    theirs = world.theirs
    project = theirs.manager.project_id
    for model in OF_PROJECTS:
        yield f"{reverse(f'admin:annotations_{model}_changelist')}?project={project}"
    for publisher in (row_of("publisher", theirs), named("publisher", theirs), theirs.values["publisher"]):
        yield f"/admin/annotations/article/?project={project}&publisher={publisher}"
        yield f"/admin/annotations/article/?publisher={publisher}"
    for page in ("guidelinesversion/add", "membership/add", "article/add", "project/import", "project/export"):
        yield f"/admin/annotations/{page}/?project={project}"
    yield f"/admin/annotations/job/progress/?job={theirs.values['job']}"
    for model, field in (("article", "publisher"), ("membership", "user"), ("annotation", "created_by")):
        for term in ("", "ANAR"):
            yield f"/admin/autocomplete/?app_label=annotations&model_name={model}&field_name={field}&term={term}"
    for model in ("project", "article"):
        popup = f"_to_field=id&_popup=1&id__exact={row_of(model, theirs)}"
        yield f"/admin/annotations/{model}/?{popup}"


def test_queries_that_name_rows_of_another_project_show_nothing_of_it(world):
    before, wrong = dump(), []
    for address in readings(world):
        status, shown = ask(world, "GET", address)
        if status not in (200, 302, 400, 403) or CANARY in shown or str(world.theirs.values["job"]) in shown:
            wrong.append(f"{address}: {status}")

    assert wrong == []
    assert dump() == before

"""The operator's verbs as a script uses them: arguments in, one JSON object out, an exit code that can be relied on."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from annotations.importers.commanding import ImportOrder, ImportReport, import_paths
from annotations.jobs.starting import start_import
from annotations.models import Annotation, Article, Job, Project, RawFile
from tests.corpora import annotation, article, lines, without_name
from tests.factories import GERMAN, member, project

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> dict:
    """Run a command with --json; return the object on its last line."""
    out = io.StringIO()
    call_command(*map(str, arguments), "--json", stdout=out, stderr=io.StringIO())
    found: dict = json.loads(out.getvalue().splitlines()[-1])
    return found


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(lines(article("a-1", GERMAN, annotations=[annotation(GERMAN, "Preis")]), article("a-2")))
    return path


def test_an_import_makes_its_project_and_tells_what_it_did(corpus):
    told = run("import_corpus", corpus, "--project", "river", "--create-project")

    assert told == {"read": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0, "problems": []}
    assert Project.objects.get(slug="river").articles.count() == 2


def test_problems_are_told_with_file_line_field_value_and_message(corpus):
    corpus.write_bytes(lines(article("a-1"), article("a-2", published_at="31.02.2024")))

    told = run("import_corpus", corpus, "--project", "river", "--create-project")

    assert (told["created"], told["rejected"]) == (1, 1)
    problem = told["problems"][0]
    assert set(problem) == {"file", "line", "field", "value", "message"}
    assert (problem["file"], problem["line"], problem["field"]) == ("corpus.jsonl", 2, "published_at")
    assert problem["value"] == "31.02.2024"


def test_a_trial_tells_the_same_and_leaves_nothing(corpus):
    told = run("import_corpus", corpus, "--project", "river", "--create-project", "--dry-run")

    assert told["created"] == 2
    for model in (Project, Article, Annotation, Job, RawFile):
        assert not model.objects.exists()
    for folder in ("raw", "spool", "scratch"):
        assert not any(path.is_file() for path in Path(default_storage.path(folder)).rglob("*"))


@pytest.mark.django_db(transaction=True)
def test_a_trial_leaves_the_files_of_an_import_that_is_asked_for_meanwhile(tmp_path):
    mia, folder = project(), tmp_path / "folder"
    folder.mkdir()
    for number in range(300):
        (folder / f"{number}.txt").write_text(f"Rain {number}\n\nIt rained.")

    with ThreadPoolExecutor() as pool:
        trial = pool.submit(_trial, ImportOrder(paths=(folder,), slug="river", is_trial=True))
        asked = 0
        while not trial.done() and asked < 100:
            start_import(mia, [("sun.txt", io.BytesIO(f"Sun {asked}".encode()))])
            asked += 1

    assert trial.result().created == 300
    assert RawFile.objects.count() == asked
    assert all(default_storage.exists(name) for name in RawFile.objects.values_list("file", flat=True))


def _trial(order: ImportOrder) -> ImportReport:
    try:
        return import_paths(order)
    finally:
        connection.close()


def test_nothing_readable_means_exit_code_one(tmp_path):
    (tmp_path / "empty.txt").write_bytes(b"")

    with pytest.raises(SystemExit) as end:
        run("import_corpus", tmp_path, "--project", "river", "--create-project")

    assert end.value.code == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nowhere.txt", "--project", "river", "--create-project"], "nowhere.txt"),
        ([__file__, "--project", "river"], "--create-project"),
        ([__file__, "--project", "Not A Slug", "--create-project"], "letters"),
        ([__file__, "--project", "river", "--create-project", "--as", "nobody"], "nobody"),
    ],
)
def test_what_cannot_begin_is_one_plain_sentence(arguments, word):
    with pytest.raises(CommandError) as refusal:
        call_command("import_corpus", *arguments)

    assert word in str(refusal.value)


def test_a_map_names_columns(tmp_path):
    table, names = tmp_path / "a.csv", tmp_path / "names.json"
    table.write_text("nr,kopf,inhalt\n7,Der Preis,Der Preis stieg.\n", encoding="utf-8")
    names.write_text('{"nr": "external_id", "kopf": "title", "inhalt": "text"}', encoding="utf-8")

    run("import_corpus", table, "--project", "river", "--create-project", "--map", names)

    assert Article.objects.values_list("external_id", "title").get() == ("7", "Der Preis")


def test_export_and_import_go_round(corpus, tmp_path):
    run("import_corpus", corpus, "--project", "river", "--create-project")
    first, second = tmp_path / "first.jsonl", tmp_path / "second.json"

    told = run("export_corpus", "--project", "river", "--output", first)
    run("export_corpus", "--project", "river", "--output", second)
    run("import_corpus", second, "--project", "copy", "--create-project")
    run("export_corpus", "--project", "copy", "--output", tmp_path / "third.jsonl")

    assert (told["articles"], told["annotations"]) == (2, 1)
    assert without_name((tmp_path / "third.jsonl").read_bytes()) == without_name(first.read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir() if "part" in path.name) == []


def test_an_export_as_an_annotator_holds_their_view_only(tmp_path):
    mia = project()
    member(mia, "ada")
    output = tmp_path / "out.jsonl"

    told = run("export_corpus", "--project", "river", "--output", output, "--as", "ada", "--filter", "language=de")

    assert told["articles"] == 0
    assert json.loads(output.read_text().splitlines()[0])["filter"] == {"language": "de"}


def test_an_export_into_a_folder_that_is_not_there_is_refused(tmp_path):
    project()

    with pytest.raises(CommandError, match="no folder"):
        call_command("export_corpus", "--project", "river", "--output", str(tmp_path / "no" / "out.jsonl"))


def test_verify_finds_what_was_written_past_the_rules(corpus):
    run("import_corpus", corpus, "--project", "river", "--create-project")
    assert run("verify") == {"count": 0, "findings": []}

    Annotation.objects.update(prefix="not there")

    with pytest.raises(SystemExit) as end:
        run("verify")
    assert end.value.code == 1

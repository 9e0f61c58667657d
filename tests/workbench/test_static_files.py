"""Collected static files have hashed names, and a page's script is one small file."""

import json
import re
from pathlib import Path

import pytest

from tests.workbench.test_production_settings import BASE_DIR, SAFE, start

IMPORT = re.compile(r"""(?:^|[\s;}])(?:import|export)\b[^"';(]*?["'](\.{1,2}/[^"']+)["']""")


LATER = re.compile(r"""\bimport\(["'](\.{1,2}/[^"']+)["']\)""")
COMMENT = re.compile(r"^\s*(//|/\*)", re.MULTILINE)
BUDGET = 31_500


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collect the static files as production does."""
    folder = tmp_path_factory.mktemp("production")
    root = folder / "static"
    finished = start(folder, "manage.py", "collectstatic", "--no-input", WORKBENCH_STATIC_ROOT=str(root), **SAFE)
    assert finished.returncode == 0, finished.stderr
    return root


def own_scripts(root: Path) -> dict[str, Path]:
    """Give our scripts as they are served, by the names they have in the sources."""
    names = json.loads((root / "staticfiles.json").read_text())["paths"]
    return {name: root / names[name] for name in names if re.fullmatch(r"annotations/.*\.js", name)}


def test_every_script_is_collected_and_imports_nothing_before_it_is_wanted(collected: Path):
    scripts = own_scripts(collected)

    assert len(scripts) == len([*(BASE_DIR / "annotations/static").rglob("*.js")])
    for name, script in scripts.items():
        assert not IMPORT.findall(script.read_text(encoding="utf-8")), name


def test_what_is_imported_later_is_there_under_its_hashed_name(collected: Path):
    scripts = own_scripts(collected)
    start = scripts["annotations/js/pages/annotate.js"]

    later = {(start.parent / path).resolve() for path in LATER.findall(start.read_text(encoding="utf-8"))}

    assert scripts["annotations/js/painters/painter-dom.js"].resolve() in later
    assert later <= {script.resolve() for script in scripts.values()}


def test_the_scripts_that_the_article_page_fetches_stay_within_their_budget(collected: Path):
    scripts = own_scripts(collected)
    page = (BASE_DIR / "annotations/templates/annotations/annotate.html").read_text(encoding="utf-8")

    fetched = re.findall(r"{% static '([^']+\.js)' %}", page)
    sizes = {name: Path(f"{scripts[name]}.gz").stat().st_size for name in fetched}

    assert fetched == ["annotations/js/pages/annotate.js"]
    assert sum(sizes.values()) <= BUDGET, sizes


def test_comments_are_for_readers_of_the_source_only(collected: Path):
    for name, script in own_scripts(collected).items():
        assert not COMMENT.search(script.read_text(encoding="utf-8")), name
        assert COMMENT.search((collected / name).read_text(encoding="utf-8")), name

"""A page's script is joined with what it imports: it does the same, and what cannot be joined safely is refused."""

import gzip
import shutil
import subprocess

import pytest
from rcssmin import cssmin

from workbench.joined_modules import CannotJoin, join, strip
from workbench.settings import BASE_DIR

NODE = shutil.which("node")
SCRIPTS = BASE_DIR / "annotations/static/annotations/js"


def joined(**modules: str) -> str:
    """Join the module `start` with the others, each named by its path without `.js`."""
    return join("start.js", lambda path: modules[path.removesuffix(".js")])


def said_by(script: str) -> str:
    if not NODE:
        pytest.skip("Node is not installed")
    command = [NODE, "--input-type=module", "--eval", script]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()


def test_modules_run_once_and_in_the_order_of_a_browser():
    script = joined(
        start='import "./a.js";\nimport { b } from "./b.js";\nconsole.log("start", b);',
        a='import { b } from "./b.js";\nconsole.log("a", b);',
        b='console.log("b");\nexport const b = 4;',
    )

    assert said_by(script).split("\n") == ["b", "a 4", "start 4"]


def test_a_whole_module_can_be_imported_under_a_name():
    script = joined(
        start='import * as rules from "./rules.js";\nconsole.log(rules.twice(4), Object.keys(rules).join());',
        rules="const HALF = 2;\nexport function twice(n) {\n  return HALF * n;\n}\nexport class Rule {}",
    )

    assert said_by(script) == "8 twice,Rule"


def test_what_the_first_module_exports_can_still_be_imported():
    script = joined(start='import { b } from "./b.js";\nexport const a = b + 1;', b="export const b = 4;")

    assert script == "const b=4;const a=b+1;export{a};"


def test_an_import_for_later_stays_one_and_is_seen_from_the_first_module():
    modules = {
        "pages/start.js": 'import { open } from "../parts/open.js";\nopen();',
        "parts/open.js": 'export const open = () => import("../rare/form.js");',
    }

    assert 'import("../rare/form.js")' in join("pages/start.js", modules.__getitem__)


def test_two_things_of_one_name_are_refused():
    with pytest.raises(CannotJoin, match=r"b\.js and start\.js both name something MOST"):
        joined(start='import { b } from "./b.js";\nconst MOST = b;', b="const MOST = 4;\nexport const b = MOST;")


def test_modules_that_import_each_other_are_refused():
    with pytest.raises(CannotJoin, match=r"start\.js imports itself by way of a\.js"):
        joined(start='import { a } from "./a.js";\nexport const b = 4;', a='import { b } from "./start.js";')


@pytest.mark.parametrize(
    "line",
    [
        "export default 4;",
        "export let n = 4;",
        "export { a };",
        'export * from "./a.js";',
        'import a from "./a.js";',
        'import { a as b } from "./a.js";',
    ],
)
def test_a_form_that_is_not_understood_is_refused_by_name(line):
    with pytest.raises(CannotJoin, match="is not understood"):
        joined(start=line, a="export const a = 4;")


def test_a_template_within_a_template_is_refused_since_its_spaces_would_go():
    with pytest.raises(CannotJoin, match="template within a template"):
        strip("const a = `one ${b ? ` and two` : ''}`;")


def test_words_in_strings_and_templates_keep_their_spaces():
    assert (
        strip("const a = `one  ${ b }  two`; // say\nconst c = 'x // y';")
        == "const a=`one  ${ b }  two`;const c='x // y';"
    )


@pytest.mark.parametrize("page", sorted(path.name for path in (SCRIPTS / "pages").glob("*.js")))
def test_every_page_of_ours_can_be_joined(page):
    script = join(f"pages/{page}", lambda path: (SCRIPTS / path).read_text(encoding="utf-8"))

    if not NODE:
        pytest.skip("Node is not installed")
    checked = subprocess.run([NODE, "--check", "--input-type=module"], input=script, text=True, capture_output=True)
    assert checked.returncode == 0, checked.stderr


def test_the_script_of_the_article_page_keeps_to_its_budget():
    script = join("pages/annotate.js", lambda path: (SCRIPTS / path).read_text(encoding="utf-8"))

    assert len(gzip.compress(script.encode(), 9)) <= 30_000


def test_what_the_article_page_looks_like_keeps_to_its_budget():
    sheets = [SCRIPTS.parent / "css" / f"{name}.css" for name in ("tokens", "base", "annotator")]

    assert sum(len(gzip.compress(cssmin(sheet.read_text("utf-8")).encode(), 9)) for sheet in sheets) <= 10_000

"""XS-1, XS-2, XS-3, SF: what the source may not hold at all, whatever the pages show today."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from workbench.environment import BASE_DIR

SOURCES = [path for room in ("annotations", "workbench") for path in sorted((BASE_DIR / room).rglob("*.py"))]
TEMPLATES = [path for room in ("annotations", "workbench") for path in sorted((BASE_DIR / room).rglob("*.html"))]
SCRIPTS = sorted((BASE_DIR / "annotations" / "static").rglob("*.js"))

#: where text is declared to be safe markup, and why that was found right
MARKED_SAFE = {
    "annotations/admin/base.py": "the box that chooses all rows of a list, a constant",
    "annotations/web/markdown.py": "the reader has raw HTML and images off and checks every address",
    "annotations/web/readers.py": "JSON with every <, > and & written as an escape; paragraphs that Django has escaped",
}
#: the modules that may open a connection, and to whom
MAY_CONNECT = {
    "annotations/jobs/leases.py": "asks for the name of this machine, opens nothing",
    "annotations/management/commands/demo.py": "asks its own web process whether it answers",
    "annotations/fetching/provider.py": "asks the provider of the settings, which an operator chose, who has come",
    "annotations/workflow/mailing.py": "hands mail to the server of the settings; names its errors only",
    "annotations/events/listening.py": "listens to the database",
    "annotations/fetching/dialling.py": "opens every connection to the outside, to a checked address",
    "annotations/fetching/fetcher.py": "talks over a connection that `dialling` opened",
    "workbench/health.py": "asks its own web process whether it answers",
}
NETWORK = {"socket", "ssl", "http.client", "urllib.request", "ftplib", "smtplib", "telnetlib", "xmlrpc.client"}
NETWORK |= {"requests", "httpx", "aiohttp", "urllib3", "pycurl", "websockets", "websocket", "asyncio.streams"}
FETCHING_CALLS = {"fetch_url", "fetch_response", "urlopen", "urlretrieve", "open_connection", "create_connection"}
FETCHING_CALLS |= {"fetch_and_extract", "sitemap_search", "find_feed_urls"}
RAW_SQL = {"extra", "raw", "RawSQL"}


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Return every node of a module."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def short(path: Path) -> str:
    return str(path.relative_to(BASE_DIR))


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the last name of everything that is called, with its line."""
    for node in nodes(path):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "attr", "") or getattr(node.func, "id", ""), node.lineno


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def lines_with(paths: list[Path], pattern: str) -> list[str]:
    found = re.compile(pattern, re.IGNORECASE)
    return [
        f"{short(path)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if found.search(line)
    ]


def test_the_rules_have_something_to_look_at():
    assert len(SOURCES) > 100
    assert len(TEMPLATES) > 40
    assert len(SCRIPTS) > 25


def test_no_template_calls_text_safe():
    assert lines_with(TEMPLATES, r"\|\s*(safe|safeseq)\b|autoescape\s+off|filter\s+safe") == []


def test_text_is_declared_safe_only_where_it_was_reviewed():
    marking = {"mark_safe", "SafeString", "SafeText", "html_safe"}

    found = {short(path) for path in SOURCES if marking & {name for name, _line in calls(path)}}

    assert found == set(MARKED_SAFE)


def test_markup_is_made_of_a_constant_and_escaped_values():
    """`format_html` escapes what is filled in, so what it is filled into must be a constant."""
    place_of_pattern = {"format_html": 0, "format_html_join": 1}
    composed = [
        f"{short(path)}:{node.lineno}"
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and (name := getattr(node.func, "id", "")) in place_of_pattern
        and not isinstance(node.args[place_of_pattern[name]], ast.Constant)
    ]

    assert composed == []


def test_no_template_holds_inline_code_or_style():
    data = r"type=\"(application/(ld\+)?json|importmap)\""
    inline = rf"<script(?![^>]*\bsrc=)(?![^>]*{data})|<style|\sstyle=|\son[a-z]+\s*="

    assert lines_with(TEMPLATES, inline) == []
    assert lines_with(TEMPLATES, r"javascript:|srcdoc|<base\b|<iframe|<object|<embed") == []


def test_values_stand_in_quoted_attributes_only():
    """A value without quotes ends at the first space of a text."""
    assert lines_with(TEMPLATES, r"\s[\w-]+=\{[{%]") == []


def test_no_template_puts_a_value_into_a_script():
    for path in TEMPLATES:
        for body in re.findall(r"<script[^>]*>(.*?)</script>", path.read_text("utf-8"), re.DOTALL):
            assert "{{" not in body or body == "{{ json_ld }}", short(path)


def test_no_script_turns_text_into_markup_or_code():
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTML|srcdoc"
    code = r"\beval\s*\(|new\s+Function\b|\bFunction\s*\(|set(Timeout|Interval)\s*\(\s*[\"'`]|\bimport\s*\(\s*[^\"')]"

    assert lines_with(SCRIPTS, sinks) == []
    assert lines_with(SCRIPTS, code) == []
    assert lines_with(SCRIPTS, r"javascript:|createElement\(\s*[\"'`](script|iframe|object|embed|base)") == []
    assert lines_with(SCRIPTS, r"https?://(?!\W|$)[\w.]+\.\w+") == []


def test_no_script_sets_a_handler_from_a_string():
    assert lines_with(SCRIPTS, r"setAttribute\(\s*[\"'`]on") == []


def test_no_query_takes_raw_sql():
    found = [f"{short(path)}:{line}" for path in SOURCES for name, line in calls(path) if name in RAW_SQL]

    # the condition of a search: the index is SQL's own, and what people write is in the parameter
    assert [one for one in found if not one.startswith("annotations/search/matching.py")] == []


def test_no_room_that_meets_requests_writes_sql():
    rooms = [BASE_DIR / "annotations" / room for room in ("web", "api", "admin", "search", "events")]
    met = [path for path in SOURCES if any(room in path.parents for room in rooms)]

    assert [short(path) for path in met if {"cursor", "execute"} & {name for name, _line in calls(path)}] == [
        "annotations/events/listening.py",  # LISTEN, with a constant
        # the index of words, which the ORM does not know; own names, and parameters
        "annotations/search/indexing.py",
        "annotations/search/matching.py",
    ]


def test_nothing_but_the_listed_modules_can_open_a_connection():
    networking = {
        short(path) for path in SOURCES if NETWORK & {part for name in imported(path) for part in _prefixes(name)}
    }
    fetching = [f"{short(path)}:{line}" for path in SOURCES for name, line in calls(path) if name in FETCHING_CALLS]

    assert networking <= set(MAY_CONNECT)
    assert [one for one in fetching if not one.startswith("annotations/fetching/dialling.py:")] == []


def _prefixes(name: str) -> set[str]:
    parts = name.split(".")
    return {".".join(parts[: n + 1]) for n in range(len(parts))}


def test_nothing_unpickles_or_runs_text():
    dangerous = {"eval", "exec", "compile_command", "loads_pickle", "__import__", "system", "popen"}

    found = [f"{short(path)}:{line}" for path in SOURCES for name, line in calls(path) if name in dangerous]

    assert found == []
    assert [short(path) for path in SOURCES if {"pickle", "marshal", "shelve", "yaml"} & imported(path)] == []

"""Joins a script with every module it imports, and takes comments and needless space out.

Native modules stay the only form in which scripts are written; this is what `collectstatic` makes of them, so that a
browser fetches one small file. All modules come to stand in one scope, which saves a good part of the bytes; so no
two may give the same name to something at their top, and none a name that browsers have. Understood is what our
modules use: declarations, imports and exports that begin a line. Anything else is refused by name, not guessed at.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from rjsmin import jsmin

# An import or export begins a line, so that words in comments and strings are not taken for one.
IMPORT = re.compile(r'^import\s*(?:(?P<what>[^"\';]+?)\s*from\s*)?["\'](?P<path>[^"\']+)["\'];?[ \t]*$', re.MULTILINE)
EXPORT = re.compile(r"^export\s+(?=(?:async\s+)?(?:function|class|const)\b)", re.MULTILINE)
NO_EXPORT = re.compile(r"^export\s*\{\s*\};?[ \t]*$", re.MULTILINE)
LATER = re.compile(r"\bimport\(\s*[\"'](?P<path>\.[^\"']+)[\"']\s*\)")
LEFT_OVER = re.compile(r"^(?:import\b(?!\s*\()|export\b).*$", re.MULTILINE)
DECLARED = re.compile(
    r"^(?P<export>export\s+)?(?:async\s+)?(?:function\*?|class|const|let|var)\s+(?P<name>[\w$]+)", re.MULTILINE
)
TEMPLATE = re.compile(r"`(?:[^`\\]|\\.)*`", re.DOTALL)

Read = Callable[[str], str]
"""Gives the source of a module by its path."""


class CannotJoin(ValueError):
    """A module is written in a way that is not understood here."""


def join(entry: str, read: Read) -> str:
    """Give one script that does and exports what the module `entry` does, importing nothing before it is wanted."""
    order = list(_in_order(entry, read))
    _refuse_double_names(order, read)
    parts = [_in_one_scope(path, read, entry) for path in order]
    if exported := _exported(read(entry)):
        parts.append(f"export {{ {', '.join(exported)} }};")
    return strip("\n".join(parts))


def strip(source: str) -> str:
    """Take comments and needless space out of a script, and nothing else.

    >>> strip('let a = 1; // one')
    'let a=1;'
    """
    small = str(jsmin(source))
    for template in TEMPLATE.finditer(small):
        # The stripper takes a template's end for that of the outer one, and space in the rest for needless.
        if template[0].count("{") != template[0].count("}"):
            raise CannotJoin(f"{template[0]!r}: a template within a template is not understood. Name the inner one.")
    return small


def names_in(entry: str, read: Read) -> dict[str, str]:
    """Name everything that the modules of a script declare at their top, and the module it is in."""
    return {found["name"]: path for path in _in_order(entry, read) for found in DECLARED.finditer(read(path))}


def _in_order(entry: str, read: Read) -> Iterator[str]:
    """List the modules in the order in which a browser evaluates them."""
    done: set[str] = set()

    def walk(path: str, above: tuple[str, ...]) -> Iterator[str]:
        if path in above:
            raise CannotJoin(f"{path} imports itself by way of {above[-1]}.")
        if path in done:
            return
        for found in IMPORT.finditer(read(path)):
            yield from walk(_resolved(path, found["path"]), (*above, path))
        done.add(path)
        yield path

    return walk(entry, ())


def _refuse_double_names(order: list[str], read: Read) -> None:
    owners: dict[str, str] = {}
    for path in order:
        for found in DECLARED.finditer(read(path)):
            owner = owners.setdefault(found["name"], path)
            if owner != path:
                raise CannotJoin(f"{owner} and {path} both name something {found['name']}. Rename one.")


def _in_one_scope(path: str, read: Read, entry: str) -> str:
    """Give a module as it stands beside those it imports."""
    body = IMPORT.sub(lambda found: _namespace(path, found, read), read(path))
    body = NO_EXPORT.sub("", EXPORT.sub("", body))
    body = LATER.sub(lambda found: f'import("{_seen_from(entry, _resolved(path, found["path"]))}")', body)
    if left := LEFT_OVER.search(body):
        raise CannotJoin(f"{path}: {left[0]!r} is not understood. Export functions, classes and constants by name.")
    return body


def _namespace(path: str, found: re.Match[str], read: Read) -> str:
    """Leave out an import by names, which are there already; make an object of a whole module."""
    what = found["what"] or "{}"
    if what.startswith("* as "):
        exported = _exported(read(_resolved(path, found["path"])))
        return f"const {what.removeprefix('* as ')} = {{ {', '.join(exported)} }};"
    if what.startswith("{") and not re.search(r"\sas\s", what):
        return ""
    raise CannotJoin(f"{path}: {found[0]!r} is not understood. Import by names in braces, or with `* as`.")


def _exported(source: str) -> list[str]:
    return [found["name"] for found in DECLARED.finditer(source) if found["export"]]


def _resolved(importer: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))


def _seen_from(entry: str, path: str) -> str:
    relative = posixpath.relpath(path, posixpath.dirname(entry))
    return relative if relative.startswith(".") else f"./{relative}"

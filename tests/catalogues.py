"""Takes the marked texts out of code and templates, keeps the catalogues of translations, and says what they lack.

python -m tests.catalogues brings every catalogue up to date and compiles it (`make messages`). It needs Babel and no
gettext. The workbench itself reads the compiled files only.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

BASE_DIR = Path(__file__).resolve().parent.parent
LOCALE_DIR = BASE_DIR / "annotations" / "locale"
SOURCES = ("annotations", "workbench")
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(
    r"%\(\w+\)[#0\- +]*\d*(?:\.\d+)?[a-zA-Z]"  # %(n)s
    r"|%[sdr]\b"
    r"|\{\w*(?:![rsa])?(?::[^{}]*)?\}"  # {n}
    r"|</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>"  # <strong>, <a href="…">
)


def marked_texts() -> Catalog:
    """Return every text that is marked for translation, with the files it stands in."""
    found = Catalog(fuzzy=False)
    for path in _source_files():
        name = path.relative_to(BASE_DIR).as_posix()
        for line, call, given, comments in _calls(path):
            texts = list(given) if isinstance(given, tuple) else [given]
            context = texts.pop(0) if "pgettext" in call else None
            texts = texts[: 2 if call.startswith("n") else 1]
            if all(isinstance(text, str) and text for text in texts):
                identity = tuple(texts) if len(texts) == 2 else texts[0]
                found.add(identity, locations=[(name, line)], auto_comments=comments, context=context)
    return found


def catalogue_files() -> list[Path]:
    """Return the catalogues that are kept."""
    return sorted(LOCALE_DIR.glob("*/LC_MESSAGES/django.po"))


def read_catalogue(path: Path) -> Catalog:
    """Read a catalogue; the language is the name of its folder."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, abort_invalid=True)


def bring_up_to_date(path: Path, texts: Catalog) -> Catalog:
    """Add what is newly marked, drop what is no longer, and write the catalogue and its compiled form."""
    catalogue = read_catalogue(path)
    catalogue.update(texts, no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
    written = io.BytesIO()
    write_po(written, catalogue, width=120, ignore_obsolete=True, sort_by_file=True, include_lineno=False)
    path.write_bytes(written.getvalue())
    path.with_suffix(".mo").write_bytes(compiled(read_catalogue(path)))
    return catalogue


def compiled(catalogue: Catalog) -> bytes:
    """Return the form that Django reads."""
    written = io.BytesIO()
    write_mo(written, catalogue)
    return written.getvalue()


def untranslated(catalogue: Catalog, texts: Catalog) -> Iterator[str]:
    """Yield each marked text that has no translation, or lacks a plural form of it, with the file it stands in."""
    for text in _messages(texts):
        entry = catalogue.get(_singular(text), text.context)
        forms = _forms(entry) if entry is not None else []
        wanted = catalogue.num_plurals if text.pluralizable else 1
        if entry is None or entry.fuzzy or len(forms) != wanted or not all(forms):
            yield f"{text.locations[0][0]}: {_singular(text)!r}"


def differing_placeholders(catalogue: Catalog) -> Iterator[str]:
    """Yield each translation whose placeholders or tags are not those of its text."""
    for entry in _messages(catalogue):
        originals = entry.id if isinstance(entry.id, tuple) else (entry.id,)
        allowed = [sorted(PLACEHOLDER.findall(text)) for text in originals]
        for index, form in enumerate(_forms(entry)):
            has = sorted(PLACEHOLDER.findall(form))
            if form and has != allowed[min(index, len(allowed) - 1)] and has != allowed[-1]:
                yield f"{_singular(entry)!r}: {form!r}"
            if form and _edges(form) != _edges(_singular(entry)):
                yield f"{_singular(entry)!r}: spaces or lines at the ends differ in {form!r}"


def no_longer_marked(catalogue: Catalog, texts: Catalog) -> list[str]:
    """Return the texts of a catalogue that stand nowhere any more."""
    return [_singular(entry) for entry in _messages(catalogue) if texts.get(_singular(entry), entry.context) is None]


def is_compiled(path: Path) -> bool:
    """Tell whether the compiled form says what the catalogue says."""
    with path.with_suffix(".mo").open("rb") as file:
        kept = read_mo(file)
    wanted = read_mo(io.BytesIO(compiled(read_catalogue(path))))
    return _translations(kept) == _translations(wanted)


def _source_files() -> Iterator[Path]:
    for folder in SOURCES:
        for parent, folders, names in os.walk(BASE_DIR / folder):
            folders[:] = sorted(set(folders) - {"migrations", "__pycache__", "static", "locale"})
            yield from (Path(parent) / name for name in sorted(names) if name.endswith((".py", ".html", ".txt")))


def _calls(path: Path) -> Iterable[tuple[int, str, str | tuple[str, ...], list[str]]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        from django.utils.translation.template import templatize

        # Django turns a template into calls among rows of X; within brackets their indentation means nothing.
        source = "(\n" + "\n".join(line.strip() for line in templatize(source).splitlines()) + "\n)"
    return extract_python(io.BytesIO(source.encode()), KEYWORDS, ["Translators"], {"encoding": "utf-8"})


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _singular(message: Message) -> str:
    return message.id[0] if isinstance(message.id, list | tuple) else message.id


def _forms(message: Message) -> list[str]:
    return [form or "" for form in (message.string if isinstance(message.string, list | tuple) else (message.string,))]


def _edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _translations(catalogue: Catalog) -> dict[tuple[str, str | None], list[str]]:
    return {(_singular(entry), entry.context or None): _forms(entry) for entry in _messages(catalogue)}


def main() -> int:
    """Bring every catalogue up to date and print what is left to do."""
    texts, is_complete = marked_texts(), True
    for path in catalogue_files():
        catalogue = bring_up_to_date(path, texts)
        left = [*untranslated(catalogue, texts), *differing_placeholders(catalogue)]
        print(f"{path.relative_to(BASE_DIR)}: {len(texts)} texts, {len(left)} to be done", *left, sep="\n  ")
        is_complete = is_complete and not left
    return 0 if is_complete else 1


if __name__ == "__main__":
    sys.exit(main())

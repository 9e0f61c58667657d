"""How static files are collected: under hashed names, each page's script as one small file, style sheets made small."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from rcssmin import cssmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

from workbench.joined_modules import join

_ANY_FILE, IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]
SCRIPTS, SHEETS = "annotations/js/", "annotations/css/"

Found = dict[str, tuple[Storage, str]]


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Give each file a name with its hash, and rewrite the imports inside our own JavaScript modules to those names.

    Behind its hashed name each of these modules holds all it imports, so that a page fetches one file, and no comments;
    our own style sheets have none there either.
    The plain names still show the sources, which is what people read.

    Django's switch `support_js_module_import_aggregation` would read the modules of packages too; one of
    django-htmx imports a file that is not shipped, which ends `collectstatic`.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("annotations/*.js", IMPORTS))

    def post_process(self, paths: Found, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Process what was collected, our own scripts and style sheets in their small form."""
        yield from super().post_process(paths if dry_run else paths | _small(paths), dry_run=dry_run, **options)


def _small(paths: Found) -> Found:
    """Give our own files as they are to be served. The sources are read anew, so that old results never count."""
    sources = {name: _text(*place) for name, place in paths.items() if name.startswith((SCRIPTS, SHEETS))}
    held = InMemoryStorage()
    for name, source in sources.items():
        is_script = name.startswith(SCRIPTS)
        held.save(name, ContentFile((join(name, sources.__getitem__) if is_script else cssmin(source)).encode()))
    return {name: (held, name) for name in sources}


def _text(storage: Storage, path: str) -> str:
    with storage.open(path) as file:
        return str(file.read().decode())

"""How static files are named in production."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_ANY_FILE, IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Give each file a name with its hash, and rewrite the imports inside our own JavaScript modules to those names.

    Django's switch `support_js_module_import_aggregation` would read the modules of packages too; one of
    django-htmx imports a file that is not shipped, which ends `collectstatic`.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("annotations/*.js", IMPORTS))

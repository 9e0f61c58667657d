"""How static files are named in production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Give each file a name with its hash, and rewrite the imports inside JavaScript modules to those names."""

    support_js_module_import_aggregation = True

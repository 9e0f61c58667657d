"""Where a thread server (gunicorn) finds the pages and the API."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")

application = get_wsgi_application()

from workbench.demonstration import refuse_public_passwords  # noqa: E402 - needs the models to be ready

refuse_public_passwords()

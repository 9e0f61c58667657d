"""The Django project: settings, addresses, servers, Celery. No models, no business rules."""

from workbench.celery import app as celery_app

__all__ = ["celery_app"]

"""Tells Django which site the admin is. Apart from the site, because this is read before any model."""

from django.contrib.admin.apps import AdminConfig


class WorkbenchAdminConfig(AdminConfig):
    """Django's admin with our site; the models are registered by `annotations.admin`."""

    default_site = "workbench.admin_site.WorkbenchSite"

"""The people of the pages: whoever comes from a provider is one of them."""

from tests.web.conftest import browser, team

__all__ = ["browser", "team"]

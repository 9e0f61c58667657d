"""HTML pages: views, forms, addresses. Thin: what may happen is decided in `workflow` and `access`."""

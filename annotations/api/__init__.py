"""JSON over HTTP: serializers, views, addresses. No rule lives here that a page or a file import would also need."""

"""The application: articles, spans, claims, evidence, and the work people do on them."""

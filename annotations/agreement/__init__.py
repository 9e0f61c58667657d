"""Measures of agreement, as pure functions over what annotators decided. No model, no database, no request in here."""

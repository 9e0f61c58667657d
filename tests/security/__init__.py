"""The checks of access, object swap, mass assignment, filters and cross-site requests."""

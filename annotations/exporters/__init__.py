"""From rows to a stream of records to a file: one module for each format. Nothing here writes to a project."""

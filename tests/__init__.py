"""The tests; folders mirror `annotations/` and `workbench/`."""

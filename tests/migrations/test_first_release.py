"""A database that went through the steps before the first release holds its tables already."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

FIRST = ("annotations", "0001_first_release")


@pytest.mark.django_db
def test_a_database_that_went_through_every_step_has_nothing_left_to_do():
    steps = MigrationExecutor(connection).loader.get_migration(*FIRST).replaces
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*FIRST)
    for step in steps:
        recorder.record_applied(*step)

    executor = MigrationExecutor(connection)

    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []

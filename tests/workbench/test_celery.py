"""CF-2: workers take JSON only, give work back when they die, and keep nothing in the broker."""

import pytest

from workbench.celery import app


@pytest.mark.parametrize(
    ("name", "value"),
    {
        "accept_content": ["json"],
        "task_serializer": "json",
        "result_serializer": "json",
        "task_ignore_result": True,
        # the rows say what is to be done; a message only wakes, and is not kept open while a long job runs
        "task_acks_late": False,
        "worker_prefetch_multiplier": 1,
        "task_create_missing_queues": False,
    }.items(),
)
def test_cf2_workers_have_the_settings_that_lose_nothing(name, value):
    assert app.conf[name] == value


def test_cf2_an_import_cannot_starve_quick_work():
    assert set(app.amqp.queues) == {"import", "export", "quick"}


def test_no_time_limit_ends_a_long_job():
    assert app.conf.task_soft_time_limit is None
    assert app.conf.task_time_limit is None

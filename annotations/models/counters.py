"""Counters that the database keeps by itself: how many assignments of a person have a state in a round.

Put in place with the guards. PostgreSQL counts once a statement, however many rows it writes; SQLite once a row.
"""

PREFIX = "annotations_"
_KEY = "project_id, round_id, annotator_id, state"

# ruff: noqa: S608 -- the names are ours
REBUILD_WORK_COUNTS = (
    f"DELETE FROM {PREFIX}workcount",
    f"INSERT INTO {PREFIX}workcount ({_KEY}, n) SELECT {_KEY}, count(*) FROM {PREFIX}assignment GROUP BY {_KEY}",
)

WRONG_WORK_COUNTS = f"""
SELECT count(*) FROM (
  SELECT {_KEY} FROM (
    SELECT {_KEY}, n FROM {PREFIX}workcount WHERE n <> 0
    UNION ALL SELECT {_KEY}, -count(*) FROM {PREFIX}assignment GROUP BY {_KEY}
  ) AS both_ways GROUP BY {_KEY} HAVING sum(n) <> 0
) AS wrong"""


def _on_postgresql(event: str, changed: str, tables: str) -> str:
    name = f"count_work_{event.lower()}"
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO {PREFIX}workcount AS counted ({_KEY}, n)
    SELECT {_KEY}, sum(by) FROM ({changed}) AS changed GROUP BY {_KEY} HAVING sum(by) <> 0
    ORDER BY round_id, annotator_id, state
    ON CONFLICT (round_id, annotator_id, state) DO UPDATE SET n = counted.n + EXCLUDED.n;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS {name} ON {PREFIX}assignment;
CREATE TRIGGER {name} AFTER {event} ON {PREFIX}assignment REFERENCING {tables}
  FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""


_NEW, _OLD = f"SELECT {_KEY}, 1 AS by FROM new_rows", f"SELECT {_KEY}, -1 AS by FROM old_rows"
COUNT_WORK_POSTGRESQL = "".join(
    [
        _on_postgresql("INSERT", _NEW, "NEW TABLE AS new_rows"),
        _on_postgresql("UPDATE", f"{_NEW} UNION ALL {_OLD}", "NEW TABLE AS new_rows OLD TABLE AS old_rows"),
        f"""
CREATE OR REPLACE FUNCTION count_work_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE {PREFIX}workcount AS counted SET n = counted.n - gone.by
    FROM (SELECT round_id, annotator_id, state, count(*) AS by FROM old_rows GROUP BY 1, 2, 3) AS gone
    WHERE counted.round_id = gone.round_id AND counted.annotator_id = gone.annotator_id AND counted.state = gone.state;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS count_work_delete ON {PREFIX}assignment;
CREATE TRIGGER count_work_delete AFTER DELETE ON {PREFIX}assignment REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_work_delete();
""",
    ]
)


_SAME = "round_id = {0}.round_id AND annotator_id = {0}.annotator_id AND state = {0}.state"
_LESS = f"UPDATE {PREFIX}workcount SET n = n - 1 WHERE {_SAME.format('OLD')};"


def _more(row: str) -> str:
    """Raise one counter, which is made where there is none; an upsert would take the outer statement's policy."""
    values = ", ".join(f"{row}.{column}" for column in _KEY.split(", "))
    same = _SAME.format(row)
    return (
        f"INSERT INTO {PREFIX}workcount ({_KEY}, n) SELECT {values}, 0 "
        f"WHERE NOT EXISTS (SELECT 1 FROM {PREFIX}workcount WHERE {same}); "
        f"UPDATE {PREFIX}workcount SET n = n + 1 WHERE {same};"
    )


_COLUMNS = "state, round_id, annotator_id, project_id"
COUNT_WORK_SQLITE = (
    f"CREATE TRIGGER guard_count_work_insert AFTER INSERT ON {PREFIX}assignment BEGIN {_more('NEW')} END",
    f"CREATE TRIGGER guard_count_work_update AFTER UPDATE OF {_COLUMNS} ON {PREFIX}assignment "
    f"BEGIN {_LESS} {_more('NEW')} END",
    f"CREATE TRIGGER guard_count_work_delete AFTER DELETE ON {PREFIX}assignment BEGIN {_LESS} END",
)

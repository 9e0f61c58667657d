"""What the database itself holds of the record of acts: rows are added and read, nothing else.

It is put in place with the guards. Each new act is noted as one that waits for its seal, so that no transaction that
commits late is overlooked, and no act pays a query for it. A text may be erased, in whole or in part, and given a salt
where it has none.
"""

from .announcing import PREFIX

REFUSED = "The record of acts is only added to."
APPEND_ONLY = ("auditevent", "auditseal")

# ruff: noqa: S608 -- the names are ours
KEEP_AUDIT_POSTGRESQL = (
    f"""
CREATE OR REPLACE FUNCTION guard_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE OR REPLACE FUNCTION guard_audit_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.event_id = OLD.event_id AND NEW.id = OLD.id AND (
       (NEW.erased_at IS NOT NULL AND NEW.digest IS NOT NULL AND NEW.salt = ''::bytea)
       OR (OLD.salt = ''::bytea AND NEW."values" = OLD."values" AND NEW.erased_at IS NULL)) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER IF EXISTS guard_audit_text ON {PREFIX}audittext;
CREATE TRIGGER guard_audit_text BEFORE UPDATE ON {PREFIX}audittext
  FOR EACH ROW EXECUTE FUNCTION guard_audit_text();
DROP TRIGGER IF EXISTS guard_audit_deleted ON {PREFIX}audittext;
CREATE TRIGGER guard_audit_deleted BEFORE DELETE ON {PREFIX}audittext
  FOR EACH ROW EXECUTE FUNCTION guard_audit();

CREATE OR REPLACE FUNCTION audit_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO {PREFIX}auditwaiting (event_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS audit_waits ON {PREFIX}auditevent;
CREATE TRIGGER audit_waits AFTER INSERT ON {PREFIX}auditevent FOR EACH ROW EXECUTE FUNCTION audit_waits();
"""
    + "".join(
        f"""
DROP TRIGGER IF EXISTS guard_audit_changed ON {PREFIX}{table};
CREATE TRIGGER guard_audit_changed BEFORE UPDATE OR DELETE ON {PREFIX}{table}
  FOR EACH ROW EXECUTE FUNCTION guard_audit();
"""
        for table in APPEND_ONLY
    )
    + "".join(
        f"""
DROP TRIGGER IF EXISTS guard_audit_emptied ON {PREFIX}{table};
CREATE TRIGGER guard_audit_emptied BEFORE TRUNCATE ON {PREFIX}{table} EXECUTE FUNCTION guard_audit();
"""
        for table in (*APPEND_ONLY, "audittext")
    )
)

_ABORT = f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
KEEP_AUDIT_SQLITE = (
    *(
        f"CREATE TRIGGER guard_audit_{table}_{act.lower()} BEFORE {act} ON {PREFIX}{table} {_ABORT}"
        for table in APPEND_ONLY
        for act in ("UPDATE", "DELETE")
    ),
    f"CREATE TRIGGER guard_audit_audittext_delete BEFORE DELETE ON {PREFIX}audittext {_ABORT}",
    f"""CREATE TRIGGER guard_audit_audittext_update BEFORE UPDATE ON {PREFIX}audittext
WHEN NOT (NEW.event_id = OLD.event_id AND NEW.id = OLD.id AND (
  (NEW.erased_at IS NOT NULL AND NEW.digest IS NOT NULL AND length(NEW.salt) = 0)
  OR (length(OLD.salt) = 0 AND NEW."values" = OLD."values" AND NEW.erased_at IS NULL)))
{_ABORT}""",
    f"""CREATE TRIGGER guard_audit_waits AFTER INSERT ON {PREFIX}auditevent
BEGIN INSERT INTO {PREFIX}auditwaiting (event_id) VALUES (NEW.id); END""",
)

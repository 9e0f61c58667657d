"""What PostgreSQL calls out on commit, so that live channels look again; it is put in place with the guards.

Whatever is done is recorded as an act, so a trigger on that record forgets nothing, and costs the act no query.
"""

PREFIX = "annotations_"
WORK_CHANNEL = "workbench_work"
"""Says `article:` and a UUID where something was done on it, `present:` where a page opened or closed, `asked:` and a
member's UUID where something was said about a question of theirs, `talk:` and a claim's key where something was said
about it, or about one merged into it, `project:` and a slug where who may see what in it
changed. Only the event process hears it, and asks for each reader what they may see.
"""

# ruff: noqa: S608 -- the names are ours
_OF_VERSION = f"""
      FROM {PREFIX}%s row JOIN {PREFIX}articleversion version ON version.id = row.version_id
      JOIN {PREFIX}article article ON article.id = version.article_id
      WHERE row.project_id = NEW.project_id AND row.%s = NEW.object_key::uuid"""
_OF_CLAIM = f"""
      FROM {PREFIX}claimmention mention JOIN {PREFIX}annotation annotation ON annotation.id = mention.annotation_id
      JOIN {PREFIX}articleversion version ON version.id = annotation.version_id
      JOIN {PREFIX}article article ON article.id = version.article_id
      WHERE mention.project_id = NEW.project_id AND"""
_TELL = f"PERFORM pg_notify('{WORK_CHANNEL}', 'article:' || article.uuid)"
_BY_KIND = {
    "annotation": _OF_VERSION % ("annotation", "key"),
    "relation": _OF_VERSION % ("relation", "key"),
    "article_label": _OF_VERSION % ("articlelabel", "key"),
    "suggestion": _OF_VERSION % ("suggestion", "key"),
    "thread": _OF_VERSION % ("commentthread", "key"),
    "assignment": _OF_VERSION % ("assignment", "uuid"),
    "comment": f"""
      FROM {PREFIX}comment said JOIN {PREFIX}commentthread thread ON thread.id = said.thread_id
      JOIN {PREFIX}articleversion version ON version.id = thread.version_id
      JOIN {PREFIX}article article ON article.id = version.article_id
      WHERE said.project_id = NEW.project_id AND said.key = NEW.object_key::uuid""",
    "claim": f"""{_OF_CLAIM} mention.claim_id IN (
        SELECT id FROM {PREFIX}claim WHERE project_id = NEW.project_id AND key = NEW.object_key::uuid)""",
    "mention": f"{_OF_CLAIM} mention.key = NEW.object_key::uuid",
    "evidence": f"""{_OF_CLAIM} mention.claim_id IN (
        SELECT evidence_set.claim_id FROM {PREFIX}evidenceitem item
        JOIN {PREFIX}evidenceset evidence_set ON evidence_set.id = item.evidence_set_id
        WHERE item.project_id = NEW.project_id AND item.key = NEW.object_key::uuid)""",
    "article": f" FROM {PREFIX}article article WHERE article.uuid = NEW.object_key::uuid",
}
"""How the article is found on which an act was done. Each act is recorded, so none is forgotten."""
_TELL_WHO_ASKED = f"""PERFORM pg_notify('{WORK_CHANNEL}', 'asked:' || member.uuid)
      FROM {PREFIX}commentthread thread JOIN {PREFIX}membership member ON member.id = thread.created_by_id
      WHERE thread.is_question AND thread.project_id = NEW.project_id AND"""
_TELL_OF_CLAIM = f"""PERFORM pg_notify('{WORK_CHANNEL}', 'talk:' || told.key)
      FROM {PREFIX}commentthread thread JOIN {PREFIX}claim claim ON claim.id = thread.claim_id
      LEFT JOIN {PREFIX}claimdesk desk ON desk.claim_id = claim.id
      CROSS JOIN LATERAL (VALUES (claim.key), (desk.merged_into)) told (key)
      WHERE told.key IS NOT NULL AND thread.project_id = NEW.project_id AND"""
_OF_THREAD = "thread.key = NEW.object_key::uuid;"
_OF_COMMENT = f"""thread.id = (
        SELECT thread_id FROM {PREFIX}comment WHERE project_id = NEW.project_id AND key = NEW.object_key::uuid);"""
_ALSO = {
    "thread": f"{_TELL_WHO_ASKED} {_OF_THREAD}\n    {_TELL_OF_CLAIM} {_OF_THREAD}",
    "comment": f"{_TELL_WHO_ASKED} {_OF_COMMENT}\n    {_TELL_OF_CLAIM} {_OF_COMMENT}",
}
"""Whom else an act is for: to who asked, while work is blind, nothing of the article but their questions is told."""
_WHENS = "".join(f"WHEN '{kind}' THEN {_TELL}{tables};\n    {_ALSO.get(kind, '')}" for kind, tables in _BY_KIND.items())

ANNOUNCE_WORK = f"""
CREATE OR REPLACE FUNCTION announce_act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.object_key !~ '^[0-9a-f-]{{36}}$' THEN
    RETURN NULL;
  END IF;
  CASE NEW.object_type
    {_WHENS}WHEN 'round' THEN PERFORM pg_notify('{WORK_CHANNEL}', 'project:' || slug) FROM {PREFIX}project
      WHERE id = NEW.project_id;
    ELSE NULL;
  END CASE;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS announce_act ON {PREFIX}auditevent;
CREATE TRIGGER announce_act AFTER INSERT ON {PREFIX}auditevent FOR EACH ROW EXECUTE FUNCTION announce_act();

CREATE OR REPLACE FUNCTION announce_presence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('{WORK_CHANNEL}', 'present:' || uuid) FROM {PREFIX}article
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.article_id ELSE NEW.article_id END;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS announce_presence ON {PREFIX}presence;
CREATE TRIGGER announce_presence AFTER INSERT OR DELETE ON {PREFIX}presence
  FOR EACH ROW EXECUTE FUNCTION announce_presence();

CREATE OR REPLACE FUNCTION announce_sight() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('{WORK_CHANNEL}', 'project:' || slug) FROM {PREFIX}project
    WHERE id = CASE WHEN TG_TABLE_NAME = '{PREFIX}project' THEN NEW.id ELSE (to_jsonb(NEW)->>'project_id')::bigint END;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS announce_sight ON {PREFIX}membership;
CREATE TRIGGER announce_sight AFTER UPDATE ON {PREFIX}membership FOR EACH ROW EXECUTE FUNCTION announce_sight();
DROP TRIGGER IF EXISTS announce_sight ON {PREFIX}project;
CREATE TRIGGER announce_sight AFTER UPDATE OF visibility, archived_at ON {PREFIX}project
  FOR EACH ROW EXECUTE FUNCTION announce_sight();
"""

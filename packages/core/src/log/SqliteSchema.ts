/**
 * Format 1 of the log's SQLite file (`docs/on-disk.md`). A released format is never changed: a new one is a new
 * `formatVersion`, and the older ones stay readable (`test/fixtures/events/format-1.db`).
 */

/** "lglg" in ASCII: marks the file as a lastgood log, for lastgood and for file(1). */
export const applicationId = 0x6c676c67

export const formatVersion = 1

/** REPLACE removes rows without asking the trigger for DELETE. An import works without this one until all rows are in. */
export const noReplace = `CREATE TRIGGER events_no_replace BEFORE INSERT ON events
WHEN EXISTS (
  SELECT 1 FROM events
  WHERE position = NEW.position OR event_id = NEW.event_id OR (stream = NEW.stream AND version = NEW.version)
)
BEGIN SELECT RAISE(ABORT, 'the log is append-only: REPLACE refused'); END;`

/**
 * The triggers prevent accidental changes. A user who can write the file can drop them; the hash chain detects the
 * changes.
 */
export const schema = `
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${formatVersion};

CREATE TABLE meta (
  one            INTEGER PRIMARY KEY CHECK (one = 1),
  format_version INTEGER NOT NULL,
  store_id       TEXT    NOT NULL
) STRICT;

CREATE TABLE events (
  position       INTEGER PRIMARY KEY CHECK (position >= 1),
  stream         TEXT    NOT NULL,
  version        INTEGER NOT NULL CHECK (version >= 1),
  event_id       TEXT    NOT NULL UNIQUE,
  type           TEXT    NOT NULL,
  schema_version INTEGER NOT NULL CHECK (schema_version >= 1),
  recorded_at    TEXT    NOT NULL,
  actor          TEXT    NOT NULL,
  attempt        TEXT,
  data           TEXT    NOT NULL CHECK (json_valid(data)),
  prev_hash      TEXT    NOT NULL CHECK (length(prev_hash) = 64),
  hash           TEXT    NOT NULL CHECK (length(hash) = 64),
  UNIQUE (stream, version)
) STRICT;

CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only: UPDATE refused'); END;

CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only: DELETE refused'); END;

${noReplace}`

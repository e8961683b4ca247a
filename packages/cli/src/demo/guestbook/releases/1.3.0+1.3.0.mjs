// A bad version: it starts, migrates the data one way (1.1.0 no longer finds `text` and `author`), writes to it, and is
// unhealthy.
export const healthy = false
export const migrations = [
  "CREATE TABLE entries (id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
  "ALTER TABLE entries ADD COLUMN author TEXT NOT NULL DEFAULT 'somebody'",
  `ALTER TABLE entries RENAME COLUMN text TO message;
   ALTER TABLE entries DROP COLUMN author;
   INSERT INTO entries (message) VALUES ('1.3.0 was here')`
]
export const list = "SELECT message AS text FROM entries ORDER BY id"
export const add = "INSERT INTO entries (message) VALUES (?)"

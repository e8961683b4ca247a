// A good version: entries get an author, and the database schema 2.
export const healthy = true
export const migrations = [
  "CREATE TABLE entries (id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
  "ALTER TABLE entries ADD COLUMN author TEXT NOT NULL DEFAULT 'somebody'"
]
export const list = "SELECT text, author FROM entries ORDER BY id"
export const add = "INSERT INTO entries (text) VALUES (?)"

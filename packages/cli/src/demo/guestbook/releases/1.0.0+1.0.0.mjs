// The first version: one table.
export const healthy = true
export const migrations = ["CREATE TABLE entries (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"]
export const list = "SELECT text FROM entries ORDER BY id"
export const add = "INSERT INTO entries (text) VALUES (?)"

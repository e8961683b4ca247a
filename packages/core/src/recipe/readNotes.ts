/**
 * Reads the release notes of a version that is laid out. They are the words of somebody else, read by root: bounded in
 * number and size, no link is followed (LAW-13), and nothing in them reaches a terminal or the log as it is.
 */
import { lstat, readdir } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { readSmallFile } from "../disk/readSmallFile.ts"
import type { Release } from "../domain/App.ts"
import { compareVersions } from "../domain/Version.ts"
import { redactShapes } from "../secrets/Redact.ts"
import { asksForWork } from "./manualWork.ts"
import { isBetween, noteFolders, type ReleaseNote, versionOfNote } from "./ReleaseNote.ts"

const noteBytes = 64 * 1024
/** Of an upgrade over many versions the newest are read; that there are more holds it back. */
const notesAtMost = 50

/** Moves of the cursor, colours, titles and links of a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const escapes = /\u001B(?:\[[0-?]{0,64}[ -/]{0,16}[@-~]|\][^\u0007\u001B\n]{0,2000}(?:\u0007|\u001B\\)?|[ -~])/g

/** Text of anybody as text for a terminal and the log. Invisible characters go as well: they would split words. */
export const harmless = (bytes: Uint8Array): string =>
  redactShapes(
    new TextDecoder("utf-8")
      .decode(bytes)
      .replaceAll("\r\n", "\n")
      .replace(escapes, "")
      .replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === "\n" ? "\n" : character === "\t" ? " " : ""))
  ).trim()

interface Found {
  readonly version: string
  readonly path: string
}

/** A folder of notes that is a link is not gone into: what it leads to is not the recipe's notes. */
const namesIn = (folder: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.promise(async () => {
    try {
      return (await lstat(folder)).isDirectory() ? await readdir(folder) : []
    } catch {
      return []
    }
  })

const read = ({ path, version }: Found): Effect.Effect<ReleaseNote> =>
  readSmallFile(path, { maxBytes: noteBytes, followLinks: false }).pipe(
    Effect.map((bytes): ReleaseNote => {
      const text = harmless(bytes)
      return { version, text, asks: asksForWork(text) }
    }),
    // What a note says that cannot be read, nobody knows.
    Effect.catch(({ message }) => {
      const said = `the note itself cannot be read: ${message}`
      return Effect.succeed<ReleaseNote>({ version, text: "", asks: said })
    })
  )

/** The notes between two versions, oldest first, as the newer one has them. */
export const readNotes = Effect.fn("Recipe.readNotes")(function* (release: Release, from: string) {
  const all: Array<Found> = []
  for (const folder of noteFolders) {
    for (const name of yield* namesIn(join(release.dir, folder))) {
      const version = versionOfNote(name)
      if (version === null || !isBetween(version, from, release.version)) continue
      all.push({ version, path: join(release.dir, folder, name) })
    }
  }
  all.sort((a, b) => compareVersions(a.version, b.version))
  const notes = yield* Effect.forEach(all.slice(-notesAtMost), read)
  const unread = all.slice(0, -notesAtMost)
  const [oldest] = unread
  if (oldest === undefined) return notes
  const asks = `${unread.length} older notes were not read: lastgood reads ${notesAtMost}`
  return [{ version: oldest.version, text: "", asks }, ...notes]
})

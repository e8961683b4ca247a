/**
 * Reads the release notes of a version that is checked out. They are foreign text, read by root: their number and size are
 * limited, no symlink is followed (LAW-13), and they are cleaned before they reach a terminal or the log.
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
/** The most notes that are read, newest first. An upgrade with more notes is refused. */
const notesAtMost = 50

/** Terminal sequences: cursor moves, colours, titles and links. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression searches for them.
const escapes = /\u001B(?:\[[0-?]{0,64}[ -/]{0,16}[@-~]|\][^\u0007\u001B\n]{0,2000}(?:\u0007|\u001B\\)?|[ -~])/g

/** Makes foreign text safe for a terminal and the log. Removes invisible characters too, because they would split words. */
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

/** Reads a folder of notes, unless it is a symlink: its target does not belong to the recipe. */
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
    // An unreadable note may ask for manual work.
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

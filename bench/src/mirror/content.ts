/** The data of a volume, and how it changes between two snapshots. */
import { createCipheriv } from "node:crypto"
import { closeSync, openSync, writeSync } from "node:fs"
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises"
import * as path from "node:path"

export const megabyte = 1024 * 1024
/** Of a database: PostgreSQL's size. */
const pageBytes = 8192

/** Files that no program can compress or share, with the same content in every run. */
export const largeFiles = async (folder: string, count: number, bytes: number): Promise<void> => {
  await mkdir(folder, { recursive: true })
  const random = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16))
  for (let i = 0; i < count; i++) {
    const file = openSync(path.join(folder, `large${i}`), "w")
    for (let at = 0; at < bytes; at += megabyte) writeSync(file, random.update(Buffer.alloc(megabyte)))
    closeSync(file)
  }
}

/** Evenly distributed, and the same in every run. */
const scattered = (count: number, of: number, round: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, i) => (i * 7_919_000_003 + round * 104_729) % of)

/** Rewrites 1 % of the files of `smallFiles`, adds 0.1 % and removes 0.1 %. */
export const changeSmall = async (folder: string, files: number, round: number): Promise<void> => {
  const at = (i: number) => path.join(folder, `d${Math.floor(i / 500)}`, `f${i % 500}`)
  for (const i of scattered(files / 100, files, round)) await writeFile(at(i), `round ${round} `.repeat(500))
  for (const i of scattered(files / 1000, files, round)) {
    await rm(`${at(i)}.${round - 1}`, { force: true })
    await writeFile(`${at(i)}.${round}`, `round ${round} `.repeat(500))
  }
  for (const i of scattered(files / 1000, files, round + 7)) await rm(at(i), { force: true })
}

/** Overwrites 1 % of the pages of all large files, in place. */
export const changePages = async (folder: string, round: number): Promise<void> => {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = path.join(entry.parentPath, entry.name)
    const pages = Math.floor((await stat(file)).size / pageBytes)
    if (pages * pageBytes < 16 * megabyte) continue
    const open = openSync(file, "r+")
    for (const page of scattered(Math.floor(pages / 100), pages, round)) {
      writeSync(open, Buffer.alloc(pageBytes, `${round} ${page} `), 0, pageBytes, page * pageBytes)
    }
    closeSync(open)
  }
}

/** Detects a changed file, also after an editor replaced it, a symlink was changed, or a mount was added. */
import { createHash } from "node:crypto"
import { readFile, stat } from "node:fs/promises"
import * as Effect from "effect/Effect"

const markOf = async (file: string): Promise<string> => {
  try {
    const { ctimeNs, dev, ino, mtimeNs, size } = await stat(file, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(" ")
  } catch {
    return "none"
  }
}

/** Hashes the content, because `stat` does not see two writes of one size within a tick of the kernel's clock. */
const hashOf = async (file: string): Promise<string> => {
  try {
    // A pipe would block.
    if (!(await stat(file)).isFile()) return "none"
    return createHash("sha256")
      .update(await readFile(file))
      .digest("hex")
  } catch {
    return "none"
  }
}

/** The SHA-256 of the content of the main file, as `marksOf` found it; null: it could not be read. */
export const digestIn = (marks: ReadonlyMap<string, string>, main: string): string | null =>
  /[0-9a-f]{64}$/.exec(marks.get(main) ?? "")?.[0] ?? null

/** @param main its content is compared too; for the others `stat` is enough. */
export const marksOf = (main: string, files: ReadonlyArray<string>): Effect.Effect<ReadonlyMap<string, string>> =>
  Effect.promise(async () => {
    const names = [...new Set([main, ...files])]
    const marks = await Promise.all(
      names.map(
        async (file) => [file, `${await markOf(file)}${file === main ? ` ${await hashOf(file)}` : ""}`] as const
      )
    )
    return new Map(marks)
  })

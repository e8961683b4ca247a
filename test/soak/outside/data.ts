/** What an app's volume holds, as the harness expects it and as it is found. */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export interface Data {
  readonly schema: number
  readonly rows: ReadonlyArray<string>
  /** Digests of large files, by name. */
  readonly blobs: Readonly<Record<string, string>>
}

export const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 16)

/** The volume itself, without asking the app. */
export const dataInFolder = (folder: string): Data => {
  const file = join(folder, "data.json")
  const { schema, rows } = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { schema: 0, rows: [] }
  const blobs = readdirSync(folder)
    .filter((name) => name.startsWith("blob-"))
    .sort()
    .map((name) => [name, digest(readFileSync(join(folder, name)))] as const)
  return { schema, rows, blobs: Object.fromEntries(blobs) }
}

export const sameData = (a: Data, b: Data): boolean => textOf(a) === textOf(b)

export const textOf = ({ schema, rows, blobs }: Data): string =>
  JSON.stringify({ schema, rows, blobs: Object.entries(blobs).sort() })

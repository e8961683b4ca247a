/** A snapshot as docs/on-disk.md describes it, read with tar, cksum and sha256sum. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"
import type { Data } from "./data.ts"
import { dataInFolder, digest } from "./data.ts"

const output = (tool: string, ...args: ReadonlyArray<string>): string =>
  execFileSync(tool, args, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] })

const said = (error: unknown): string => (error instanceof Error ? error.message.trim() : String(error))

export interface Whole {
  readonly id: string
  readonly version: string
  readonly data: Data
  readonly problems: ReadonlyArray<string>
}

/**
 * The snapshot in a folder: what it is of, its data, and what is wrong with it. While a volume has no archive, its mirror is
 * the snapshot.
 */
export const readSnapshot = (folder: string, appDir = join(folder, "../..")): Whole => {
  const problems: Array<string> = []
  const meta = JSON.parse(readFileSync(join(folder, "meta.json"), "utf8"))
  const mirror = meta.archives.data.mirror === undefined ? null : join(appDir, meta.archives.data.mirror)
  for (const [volume, archive] of Object.entries<Record<string, string>>(meta.archives)) {
    if (mirror !== null) {
      const of = readFileSync(join(mirror, "for"), "utf8")
      const problem = mirrorProblem(mirror, archive["manifest"] ?? "")
      if (problem !== null) problems.push(`${volume}: ${problem}`)
      if (of !== meta.id || existsSync(join(mirror, "pending"))) problems.push(`${volume}: its mirror is that of ${of}`)
      continue
    }
    const file = join(folder, archive["file"] ?? "")
    const crc = output("cksum", file).split(" ")[0]
    if (crc !== archive["crc"]) problems.push(`${volume}: cksum says ${crc}, meta.json ${archive["crc"]}`)
    if (archive["sha256"] !== null) {
      const sha = output("sha256sum", file).split(" ")[0]
      if (sha !== archive["sha256"]) problems.push(`${volume}: sha256sum says ${sha}, meta.json ${archive["sha256"]}`)
    }
    output("tar", "-tf", file)
  }
  const data = mirror === null ? dataIn(join(folder, "volumes", "data.tar")) : dataInFolder(join(mirror, "tree"))
  return { id: meta.id, version: meta.version, data, problems }
}

/** The snapshot of a btrfs subvolume has no manifest: its UUID is in the place of the checksum. */
const mirrorProblem = (mirror: string, manifest: string): string | null => {
  if (!manifest.startsWith("btrfs:")) {
    const crc = output("cksum", join(mirror, "manifest")).split(" ")[0]
    return crc === manifest ? null : `the manifest's cksum is ${crc}, not as in meta.json`
  }
  const shown = output("btrfs", "subvolume", "show", join(mirror, "tree"))
  const uuid = /^\tUUID:\s+(\S+)/m.exec(shown)?.[1] ?? "none"
  const isReadOnly = /^\tFlags:\s+readonly/m.test(shown)
  return isReadOnly && manifest.startsWith(`btrfs:${uuid}:`)
    ? null
    : `another subvolume than in meta.json, or a writable one: ${shown}`
}

const dataIn = (tar: string): Data => {
  const names = output("tar", "-tf", tar).split("\n")
  const blobs = names.filter((name) => /^\.\/blob-\d+$/.test(name))
  const { schema, rows } = JSON.parse(output("tar", "-xOf", tar, "./data.json"))
  return {
    schema,
    rows,
    blobs: Object.fromEntries(
      blobs.map((name) => [name.slice(2), digest(execFileSync("tar", ["-xOf", tar, name], { maxBuffer: 1 << 28 }))])
    )
  }
}

/** LAW-4: what `<app>/snapshot` leads to is whole, at any instant. null: there has been none yet. */
export const currentSnapshot = (appDir: string): Whole | null | { readonly broken: string } => {
  const link = join(appDir, "snapshot")
  try {
    const target = readlinkSync(link)
    if (!/^snapshots\/[^/]+$/.test(target)) return { broken: `it points to ${target}` }
  } catch {
    return existsSync(link) ? { broken: "it is no link" } : null
  }
  try {
    return readSnapshot(link, appDir)
  } catch (error) {
    return { broken: said(error) }
  }
}

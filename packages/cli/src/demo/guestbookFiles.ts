/** The guestbook's code: in the folder beside this file, or under the same names in the one file. */
import { readdir, readFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { isOneFile } from "@lastgood/core/installation"

export interface Release {
  readonly version: string
  readonly code: string
}

const folder = join(import.meta.dirname, "guestbook")
const releases = "releases"
const sea = isOneFile ? process.getBuiltinModule("node:sea") : null

const read = async (path: string): Promise<string> =>
  sea === null ? readFile(join(folder, path), "utf8") : sea.getAsset(`guestbook/${path}`, "utf8")

const releaseNames = async (): Promise<ReadonlyArray<string>> =>
  sea === null
    ? readdir(join(folder, releases))
    : sea.getAssetKeys().flatMap((key) => (key.startsWith(`guestbook/${releases}/`) ? [basename(key)] : []))

export const readServer = (): Promise<string> => read("server.mjs")

/** The releases, oldest first. */
export const readReleases = async (): Promise<ReadonlyArray<Release>> =>
  Promise.all(
    (await releaseNames())
      .toSorted()
      .map(async (name) => ({ version: basename(name, ".mjs"), code: await read(`${releases}/${name}`) }))
  )

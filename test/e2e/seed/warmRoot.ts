/**
 * A warm root as lastgood's predecessor left it: `<root>/<recipe>/last_good` and one snapshot in a real folder, made by
 * its own steps (a tar of each volume, then meta.json, then two renames), up to where it was killed.
 */
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"

export interface WarmSnapshot {
  /** The folder of the app: `$CCCI_WARM_ROOT/<recipe>`. */
  readonly appDir: string
  readonly recipe: string
  readonly domain: string
  readonly version: string | null
  readonly commit: string | null
  /** `2026-11-01T03:00:00Z`: to the second, as it wrote times. */
  readonly ts: string
  /** Name to folder. */
  readonly volumes: Readonly<Record<string, string>>
}

/** Where it was killed, if it was. */
export type Until = "archives" | "meta" | "between the renames" | "end"

const promise = (act: () => Promise<unknown>) => Effect.promise(act)

/** One `snapshot()` of the predecessor. */
export const takeWarm = Effect.fnUntraced(function* (snapshot: WarmSnapshot, until: Until = "end") {
  const { appDir, recipe, domain, commit, version, ts, volumes } = snapshot
  const at = (...names: ReadonlyArray<string>) => join(appDir, ...names)
  yield* promise(() => mkdir(appDir, { recursive: true }))
  yield* promise(() => rm(at(".snapshot.staging"), { recursive: true, force: true }))
  yield* promise(() => mkdir(at(".snapshot.staging", "volumes"), { recursive: true }))
  for (const [name, folder] of Object.entries(volumes)) {
    yield* run("tar", ["-C", folder, "-cf", at(".snapshot.staging", "volumes", `${name}.tar`), "."])
  }
  if (until === "archives") return
  const meta = { recipe, domain, commit, version, volumes: Object.keys(volumes).toSorted(), ts }
  yield* promise(() => writeFile(at(".snapshot.staging", "meta.json"), pythonJson(meta)))
  if (until === "meta") return
  yield* promise(() => rm(at(".snapshot.old"), { recursive: true, force: true }))
  yield* promise(() => rename(at("snapshot"), at(".snapshot.old")).catch(() => undefined))
  if (until === "between the renames") return
  yield* promise(() => rename(at(".snapshot.staging"), at("snapshot")))
  yield* promise(() => rm(at(".snapshot.old"), { recursive: true, force: true }))
}, Effect.orDie)

/** As Python's json.dump separates: `, ` and `: `. */
const pythonJson = (meta: Readonly<Record<string, unknown>>): string =>
  `{${Object.entries(meta)
    .map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(", ")}}`

/** What its reconciler wrote beside it. */
export const writeLastGood = (appDir: string, version: string) =>
  promise(() => writeFile(join(appDir, "last_good"), `${version}\n`))

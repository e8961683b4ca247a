/** Checks a recipe, its labels and its release notes, for the next version. Changes nothing. */

import { scratchFolder } from "@lastgood/core/disk/Scratch"
import type { App, EffectiveApp, PluggedApp } from "@lastgood/core/domain/App"
import { writtenPath } from "@lastgood/core/domain/DataFolder"
import { refusalText } from "@lastgood/core/domain/Decision"
import { ownFolders, union } from "@lastgood/core/domain/folders"
import { nextText } from "@lastgood/core/domain/Next"
import { selectTarget } from "@lastgood/core/domain/policy/select"
import type { AppState } from "@lastgood/core/domain/State"
import { foldersOfOthers } from "@lastgood/core/engine/foldersOfOthers"
import { lookingFor } from "@lastgood/core/engine/looking"
import { declarationsOf } from "@lastgood/core/recipe/declarations"
import { heldBy, isBetween, type ReleaseNote } from "@lastgood/core/recipe/ReleaseNote"
import { readNotes } from "@lastgood/core/recipe/readNotes"
import type { DeclaredService, HostPath, Runtime } from "@lastgood/core/runtime/Runtime"
import { type Offer, VersionSource } from "@lastgood/core/version/VersionSource"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { plural } from "../render/format.ts"
import { notesText } from "../render/notes.ts"
import { type Finding, fail, ok, orFail, warn } from "./Finding.ts"

export interface LookedAt {
  readonly findings: ReadonlyArray<Finding>
  /** The labels and HEALTHCHECKs of the newest version's services. */
  readonly services: ReadonlyArray<DeclaredService>
  /** Paths of the host with data of the app, by that version and by what runs. */
  readonly folders: ReadonlyArray<string>
}

/** A warning, not a refusal: the operator may have put the file there on purpose. */
const ofHost = (app: App, { at, file, path }: HostPath): Finding =>
  warn(
    { app: app.name, what: "host path" },
    `${file}: ${at} names ${path}, which is outside the recipe: docker reads it as root and passes it to the app`,
    "read the recipe's change before you upgrade; to remove this warning, copy the file into the recipe"
  )

/** Not a refusal: the version that mounts it may still come. */
const unusedAnswer = (app: App, path: string, version: string): Finding =>
  warn(
    { app: app.name, what: "data" },
    `\`data\` has an answer for ${writtenPath(path, app.folder)}, but no service of ${version} mounts it`,
    "correct the path, or remove it from `data`"
  )

/** Services often share their labels (a YAML anchor), so equal ones become one finding. */
const labels = (app: PluggedApp, services: ReadonlyArray<DeclaredService>, version: string): ReadonlyArray<Finding> => {
  const grouped = Map.groupBy(declarationsOf(app, services, version), ({ label, verdict, why }) =>
    JSON.stringify([label, verdict, why])
  )
  return [...grouped.values()].flatMap((same) => {
    const [first] = same
    if (first === undefined) return []
    const { label, verdict, why } = first
    const about = { app: app.name, what: `label ${label}` }
    const seen = `${verdict} (${same.map(({ service }) => service).join(", ")}): ${why}`
    if (verdict === "invalid") {
      return [fail(about, seen, "correct it in the recipe, or set it in lastgood.yaml, which overrides labels")]
    }
    return [verdict === "differs" ? warn(about, seen, "make the recipe's tag and its label agree") : ok(about, seen)]
  })
}

const releaseNotes = (app: EffectiveApp, notes: ReadonlyArray<ReleaseNote>, newest: string): ReadonlyArray<Finding> => {
  const about = { app: app.name, what: "release notes" }
  if (notes.length === 0) return []
  const seen = `${plural(notes.length, "note")} on the way to ${newest}`
  const text = notesText(notes)
  const held = heldBy(notes, newest)
  if (held === null || app.releaseNotes === "ignore") return [{ ...ok(about, seen), text }]
  const { next, reason } = held.refusal
  const what = app.releaseNotes === "show" ? "but is only shown: `releaseNotes` is `show`" : "so the upgrade is refused"
  return [{ ...warn(about, `${reason}, ${what}`, nextText(app.name, next)), text }]
}

/** The target of an upgrade, apart from hazards and plugin gates. */
const upgrade = (
  app: EffectiveApp,
  state: AppState,
  offers: ReadonlyArray<Offer>,
  notes: ReadonlyArray<ReleaseNote>,
  now: number
): ReadonlyArray<Finding> => {
  const running = state.running?.version ?? null
  if (running === null) return []
  const about = { app: app.name, what: "upgrade" }
  const question = {
    now,
    policy: app.policy,
    minimumAgeMs: app.minimumAgeMs,
    to: null,
    offers,
    windows: app.windows,
    others: []
  } as const
  const selected = (note: Parameters<typeof selectTarget>[2]["note"]) =>
    selectTarget(state, running, { ...question, trigger: "operator", note })
  const free = selected(null)
  const holds = free._tag === "Target" && app.releaseNotes === "hold"
  const onTheWay = holds ? notes.filter(({ version }) => isBetween(version, running, free.target.version)) : []
  const selection = holds ? selected(heldBy(onTheWay, free.target.version)) : free
  switch (selection._tag) {
    case "Target":
      return [ok(about, `the next one goes to ${selection.target.version}; lastgood plan ${app.name} shows the steps`)]
    case "None":
      return [ok(about, selection.why)]
    case "Gated": {
      const { refusal } = selection
      // Reported with the notes themselves.
      if (refusal.gate === "release-note") return []
      return [warn(about, refusalText(refusal), nextText(app.name, refusal.next))]
    }
  }
}

/** @param effective the effective settings of the running version. */
export const recipeFindings = Effect.fn("Doctor.recipe")(function* (
  app: PluggedApp,
  effective: EffectiveApp,
  runtime: Runtime,
  state: AppState
) {
  let services: ReadonlyArray<DeclaredService> = []
  let folders: ReadonlyArray<string> = []
  const findings = yield* Effect.gen(function* () {
    const about = { app: app.name, what: "recipe" }
    const versions = yield* VersionSource
    // What is in a registry can only be told by it.
    const offers = yield* versions.list(app, lookingFor(app, runtime, state, app.versions.kind === "images"))
    const newest = offers.at(-1)
    if (newest === undefined) return [fail(about, "it has no versions", "tag one, for example: git tag 1.0.0+1.0.0")]
    // Checked out outside the root, only to be read. The env file is read in its place, so no copy of it can be left
    // behind.
    const laidOut = yield* versions.checkout(app, newest, null, yield* scratchFolder)
    const release = { ...laidOut, envFile: app.envFile }
    const hazards = yield* runtime.preflight(app, release)
    services = yield* runtime.declared(app, release)
    const mounted = (yield* runtime.folders?.(app, release) ?? Effect.succeed(null)) ?? { data: [], unused: [] }
    folders = mounted.data
    const volumes = yield* runtime.volumes(app, ownFolders(app, union(state.folders, folders)))
    const ofOthers = runtime.folders === undefined ? [] : yield* foldersOfOthers(app, volumes)
    // The app may still keep data there from an earlier version.
    const unused = (mounted.unused ?? []).filter((path) => !state.folders.includes(path))
    const hostPaths = yield* runtime.hostPaths?.(app, release) ?? Effect.succeed([])
    const notes = state.running === null ? [] : yield* readNotes(release, state.running.version)
    return [
      ok(about, `${app.recipe}: ${plural(offers.length, "version")}, the newest is ${newest.version}`),
      ...hazards.map(({ kind, next, what }) => {
        const [seen, todo] = [what, next].map((text) => text.replaceAll(`${release.dir}/`, "./"))
        return fail({ app: app.name, what: kind }, seen ?? what, todo ?? next)
      }),
      ...ofOthers.map(({ gate, next, reason }) =>
        fail({ app: app.name, what: gate }, reason, nextText(app.name, next))
      ),
      ...unused.map((path) => unusedAnswer(app, path, newest.version)),
      ...(hazards.length + ofOthers.length === 0
        ? [ok({ app: app.name, what: "hazards" }, `none in ${newest.version}`)]
        : []),
      ...hostPaths.map((path) => ofHost(app, path)),
      ...labels(app, services, newest.version),
      ...releaseNotes(effective, notes, newest.version),
      ...upgrade(effective, state, offers, notes, yield* Clock.currentTimeMillis)
    ]
  }).pipe(Effect.scoped, orFail({ app: app.name, what: "recipe" }))
  const looked: LookedAt = { findings, services, folders }
  return looked
})

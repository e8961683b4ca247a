/**
 * Merges layers of settings: the configuration, then the plugin, then the recipe's labels, over the defaults. An earlier
 * layer overrides a later one. Pure.
 */
import type { App, Gate, Settings, SettledBy, VolumeFilter } from "../domain/App.ts"
import { volumeSetting } from "../domain/volumeFilter.ts"
import { toChecks } from "./CheckFile.ts"
import type { SettingsFile } from "./SettingsFile.ts"

type Globs = Readonly<Record<string, ReadonlyArray<string>>>

/** An app at any stage. */
type Settled = Settings & Pick<App, "domain">

export const settled = <A extends Settled>(app: A, key: string, by: SettledBy): A => ({
  ...app,
  settledBy: new Map([...app.settledBy, [key, by]])
})

/** Merges globs by volume. A volume may be called `constructor`, so inherited properties do not count. */
export const settleFilters = <A extends Settled>(
  app: A,
  {
    include = {},
    exclude = {},
    disposable = {}
  }: { readonly include?: Globs; readonly exclude?: Globs; readonly disposable?: Globs },
  by: SettledBy
): A => {
  const of = (globs: Globs, volume: string) => (Object.hasOwn(globs, volume) ? (globs[volume] ?? []) : [])
  const volumes = [...new Set([include, exclude, disposable].flatMap((globs) => Object.keys(globs)))]
  const free = volumes.filter((volume) => !app.settledBy.has(volumeSetting(volume)))
  const added = free.map((volume): readonly [string, VolumeFilter] => [
    volume,
    {
      include: of(include, volume),
      exclude: of(exclude, volume),
      ...(Object.hasOwn(disposable, volume) ? { disposable: of(disposable, volume) } : {})
    }
  ])
  // From entries, because assigning the key `__proto__` would set the prototype.
  const filters = Object.fromEntries([...Object.entries(app.snapshot.filters), ...added])
  const settledBy = new Map([...app.settledBy, ...free.map((volume) => [volumeSetting(volume), by] as const)])
  return { ...app, snapshot: { ...app.snapshot, filters }, settledBy }
}

const single: ReadonlyArray<readonly [string, <A extends Settled>(said: SettingsFile, app: A) => A | null]> = [
  ["policy", ({ policy }, app) => (policy === undefined ? null : { ...app, policy })],
  ["minimumAge", ({ minimumAge }, app) => (minimumAge === undefined ? null : { ...app, minimumAgeMs: minimumAge })],
  ["releaseNotes", ({ releaseNotes }, app) => (releaseNotes === undefined ? null : { ...app, releaseNotes })],
  ["schedule", ({ schedule }, app) => (schedule === undefined ? null : { ...app, schedule })],
  // Two keys for one setting: a layer that sets one of them sets both.
  ["schedule", ({ interval }, app) => (interval === undefined ? null : { ...app, intervalMs: interval })],
  ["health.deadline", ({ health }, app) => gateWith(app, "deadlineMs", health?.deadline)],
  ["health.stableFor", ({ health }, app) => gateWith(app, "stableForMs", health?.stableFor)],
  ["health.interval", ({ health }, app) => gateWith(app, "intervalMs", health?.interval)],
  ["health.watch", ({ health }, app) => (health?.watch === undefined ? null : { ...app, watchMs: health.watch })],
  [
    "health.checks",
    ({ health }, app) => gateWith(app, "checks", health?.checks && toChecks(health.checks, app.domain))
  ],
  ["snapshot.keep", ({ snapshot }, app) => snapshotWith(app, "keep", snapshot?.keep)],
  ["snapshot.keepWithin", ({ snapshot }, app) => snapshotWith(app, "keepWithinMs", snapshot?.keepWithin)],
  ["snapshot.asideFor", ({ snapshot }, app) => snapshotWith(app, "asideMs", snapshot?.asideFor)],
  [
    "snapshot.engine",
    ({ snapshot }, app) =>
      snapshot?.engine === undefined ? null : { ...app, snapshot: { ...app.snapshot, engine: snapshot.engine } }
  ],
  ["snapshot.prepare.bandwidth", ({ snapshot }, app) => prepareWith(app, "bandwidth", snapshot?.prepare?.bandwidth)],
  ["snapshot.prepare.ioIdle", ({ snapshot }, app) => prepareWith(app, "ioIdle", snapshot?.prepare?.ioIdle)],
  ["deadlines.prefetch", ({ deadlines }, app) => deadlineWith(app, "prefetchMs", deadlines?.prefetch)],
  ["deadlines.undeploy", ({ deadlines }, app) => deadlineWith(app, "undeployMs", deadlines?.undeploy)],
  ["deadlines.deploy", ({ deadlines }, app) => deadlineWith(app, "deployMs", deadlines?.deploy)],
  ["deadlines.stall", ({ deadlines }, app) => deadlineWith(app, "stallMs", deadlines?.stall)]
]

const gateWith = <A extends Settled, K extends keyof Gate>(app: A, key: K, value: Gate[K] | undefined): A | null =>
  value === undefined ? null : { ...app, gate: { ...app.gate, [key]: value } }

const snapshotWith = <A extends Settled>(
  app: A,
  key: "keep" | "keepWithinMs" | "asideMs",
  value: number | undefined
): A | null => (value === undefined ? null : { ...app, snapshot: { ...app.snapshot, [key]: value } })

type Preparing = NonNullable<Settings["snapshot"]["prepare"]>

const prepareWith = <A extends Settled, K extends keyof Preparing>(
  app: A,
  key: K,
  value: Preparing[K] | undefined
): A | null =>
  value === undefined
    ? null
    : { ...app, snapshot: { ...app.snapshot, prepare: { ...app.snapshot.prepare, [key]: value } } }

const deadlineWith = <A extends Settled>(
  app: A,
  key: keyof Settings["deadlines"],
  value: number | undefined
): A | null => (value === undefined ? null : { ...app, deadlines: { ...app.deadlines, [key]: value } })

/** The paths of settings, as in `settledBy`. Those of volumes come from `volumeSetting`. */
export const settingKeys: ReadonlySet<string> = new Set(single.map(([key]) => key))

/** Merges one layer under the settings that earlier layers set. */
export const settle = <A extends Settled>(app: A, said: SettingsFile, by: SettledBy): A => {
  const before = app.settledBy
  const next = single.reduce((all, [key, put]) => {
    const changed = before.has(key) ? null : put(said, all)
    return changed === null ? all : settled(changed, key, by)
  }, app)
  return settleFilters(next, said.snapshot ?? {}, by)
}

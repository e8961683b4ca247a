/** What is said of a volume's paths, and by whom. Pure. */
import type { EffectiveApp, SettledBy, VolumeFilter } from "./App.ts"

/** What is said of a volume is one setting: half of it would mean something else. */
export const volumeSetting = (volume: string): string => `snapshot.volume.${volume}`

/** The filter of a volume, by its name in the recipe. (A volume may be called `constructor`.) */
export const filterOf = (app: EffectiveApp, key: string): VolumeFilter =>
  (Object.hasOwn(app.snapshot.filters, key) ? app.snapshot.filters[key] : undefined) ?? { include: [], exclude: [] }

export const disposableOf = ({ disposable = [] }: VolumeFilter): ReadonlyArray<string> => disposable

export const keepsAll = (filter: VolumeFilter): boolean =>
  filter.include.length === 0 && filter.exclude.length === 0 && disposableOf(filter).length === 0

/** As it is written in the configuration: `exclude ["cache/**"]`. */
export const filterText = (filter: VolumeFilter): string =>
  (
    [
      ["include", filter.include],
      ["exclude", filter.exclude],
      ["disposable", disposableOf(filter)]
    ] as const
  )
    .filter(([, globs]) => globs.length > 0)
    .map(([name, globs]) => `${name} ${JSON.stringify(globs)}`)
    .join(", ")

const sayers: Readonly<Record<SettledBy, string>> = {
  config: "the configuration",
  plugin: "the plugin",
  label: "a label of the recipe",
  healthcheck: "a HEALTHCHECK"
}

/** What was left out of one volume of a snapshot. `files` null: nobody counted. */
export interface LeftOutOf {
  readonly name: string
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  readonly files: number | null
  readonly bytes: number | null
}

/** `data: exclude ["cache/**"], 2 files`. */
export const leftOutText = (leftOut: ReadonlyArray<LeftOutOf>): string =>
  leftOut
    .map(({ files, name, ...filter }) => {
      const count = files === null ? "" : `, ${files} file${files === 1 ? "" : "s"}`
      return `${name}: ${filterText(filter)}${count}`
    })
    .join("; ")

/** To be said after "with its data": that is not all of it. */
export const butFor = (leftOut: ReadonlyArray<LeftOutOf> | undefined): string =>
  leftOut === undefined || leftOut.length === 0
    ? ""
    : `, but for what its snapshot left out (${leftOutText(leftOut)}; set aside with the data that was replaced)`

/** Filters for volumes that the app does not have: a name that is misspelt leaves out nothing. */
export const strayFilters = (
  app: EffectiveApp,
  volumes: ReadonlyArray<{ readonly key: string }>
): ReadonlyArray<string> => {
  const has = volumes.map(({ key }) => key)
  const listed = has.length === 0 ? "it has none" : `it has ${has.join(", ")}`
  return Object.keys(app.snapshot.filters)
    .filter((key) => !has.includes(key))
    .map((key) => {
      const said = `the filter ${filterText(filterOf(app, key))} (${filterBy(app, key)})`
      return `${said} is for the volume ${key}, which the app does not have (${listed})`
    })
}

/** What a snapshot of these volumes would leave out. */
export const filtersOf = (app: EffectiveApp, volumes: ReadonlyArray<{ readonly key: string }>): ReadonlyArray<string> =>
  volumes
    .filter(({ key }) => !keepsAll(filterOf(app, key)))
    .map(({ key }) => `${key}: ${filterText(filterOf(app, key))} (${filterBy(app, key)})`)

/** Who said what holds for a volume. */
export const filterBy = (app: EffectiveApp, key: string): string =>
  sayers[app.settledBy.get(volumeSetting(key)) ?? "config"]

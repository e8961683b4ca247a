/** The filters of volumes, and their sources. Pure. */
import type { EffectiveApp, SettledBy, VolumeFilter } from "./App.ts"

/** The filter of a volume is one setting: half of it would mean something else. */
export const volumeSetting = (volume: string): string => `snapshot.volume.${volume}`

/** The filter of a volume, by its name in the recipe. (A volume may be called `constructor`.) */
export const filterOf = (app: EffectiveApp, key: string): VolumeFilter =>
  (Object.hasOwn(app.snapshot.filters, key) ? app.snapshot.filters[key] : undefined) ?? { include: [], exclude: [] }

export const disposableOf = ({ disposable = [] }: VolumeFilter): ReadonlyArray<string> => disposable

export const keepsAll = (filter: VolumeFilter): boolean =>
  filter.include.length === 0 && filter.exclude.length === 0 && disposableOf(filter).length === 0

/** The filter as text: `exclude ["cache/**"]`. */
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

/** What a filter left out of one volume of a snapshot. `files` null: not counted. */
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

/** Text to follow "with its data" if the snapshot left files out. */
export const butFor = (leftOut: ReadonlyArray<LeftOutOf> | undefined): string =>
  leftOut === undefined || leftOut.length === 0
    ? ""
    : `, except what its snapshot left out (${leftOutText(leftOut)}; set aside with the replaced data)`

/** Filters for volumes that the app does not have, such as a misspelt name. */
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

/** The filters of these volumes, one line each. */
export const filtersOf = (app: EffectiveApp, volumes: ReadonlyArray<{ readonly key: string }>): ReadonlyArray<string> =>
  volumes
    .filter(({ key }) => !keepsAll(filterOf(app, key)))
    .map(({ key }) => `${key}: ${filterText(filterOf(app, key))} (${filterBy(app, key)})`)

/** The source of a volume's filter, as text. */
export const filterBy = (app: EffectiveApp, key: string): string =>
  sayers[app.settledBy.get(volumeSetting(key)) ?? "config"]

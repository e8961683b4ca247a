/** What is said of a volume's paths, and by whom. Pure. */
import type { App, SettledBy, VolumeFilter } from "./App.ts"

/** What is said of a volume is one setting: half of it would mean something else. */
export const volumeSetting = (volume: string): string => `snapshot.volume.${volume}`

/** The filter of a volume, by its name in the recipe. (A volume may be called `constructor`.) */
export const filterOf = (app: App, key: string): VolumeFilter =>
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

/** Who said what holds for a volume. */
export const filterBy = (app: App, key: string): string => sayers[app.settledBy.get(volumeSetting(key)) ?? "config"]

import type { Settings } from "./App.ts"

/**
 * Whether the settings allow a copy of volumes that is kept between upgrades: a mirror, or the snapshot of a subvolume in
 * its place. No label can forbid it, so the effective settings of a version say the same.
 */
export const mayHaveMirrors = ({ snapshot: { engine = "auto" } }: Pick<Settings, "snapshot">): boolean =>
  engine !== "tar"

/** Whether lastgood chooses the engine of each volume. */
export const choosesEngines = ({ snapshot: { engine = "auto" } }: Pick<Settings, "snapshot">): boolean =>
  engine === "auto"

import type { Settings } from "./App.ts"

/**
 * Whether the settings ask for a copy of volumes that is kept between upgrades: a mirror, or the snapshot of a subvolume in
 * its place. No label can ask for one, so the effective settings of a version say the same.
 */
export const mayHaveMirrors = ({ snapshot: { engine = "tar" } }: Pick<Settings, "snapshot">): boolean =>
  engine !== "tar"

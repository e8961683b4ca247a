import type { Volume, VolumeFilter } from "../domain/App.ts"
import { disposableOf } from "../domain/volumeFilter.ts"
import { archiveFile } from "./Layout.ts"
import type { Archive } from "./SnapshotStore.ts"

/** What a snapshot says of a volume that it has just captured. */
export const archiveFor = (
  volume: Volume,
  { bytes, crc }: Pick<Archive, "bytes" | "crc">,
  filter: VolumeFilter
): Archive => ({
  file: archiveFile(volume.name),
  bytes,
  crc,
  sha256: null,
  ...(volume.kind === "volume" ? {} : { kind: volume.kind }),
  key: volume.key,
  driver: volume.driver,
  options: volume.options,
  labels: volume.labels,
  include: filter.include,
  exclude: [...filter.exclude, ...disposableOf(filter)]
})

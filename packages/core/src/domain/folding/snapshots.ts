/** The existing snapshots, which of them the data descends from, and which one was restored. Pure. */
import type { DataOf } from "../Event.ts"
import { isPath, union } from "../folders.ts"
import { hasMarked } from "../marks.ts"
import type { AppState, SnapshotRecord } from "../State.ts"
import { isTry } from "../trying.ts"
import { finish, withForward } from "./attempt.ts"

/** A repeated step captures its snapshot under the same id. */
const parentOf = ({ snapshots, tip }: AppState, snapshot: string): string | null =>
  tip === snapshot ? (snapshots.find(({ id }) => id === snapshot)?.parent ?? null) : tip

const withRecord = (state: AppState, record: SnapshotRecord): AppState => ({
  ...state,
  folders: union(state.folders, record.volumes.map(({ name }) => name).filter(isPath)),
  snapshots: [...state.snapshots.filter((s) => s.id !== record.id), record],
  tip: record.id
})

const changed = (state: AppState, id: string, change: Partial<SnapshotRecord>): AppState => ({
  ...state,
  snapshots: state.snapshots.map((s) => (s.id === id ? { ...s, ...change } : s))
})

export const taken = (
  state: AppState,
  { bytes, commit, snapshot, version, volumes }: DataOf<"SnapshotTaken">,
  attempt: string | null,
  at: string
): AppState => {
  const record: SnapshotRecord = {
    ...{ id: snapshot, version, commit, at, bytes, attempt },
    volumes: volumes.map(({ name, crc, manifest }) =>
      manifest === undefined ? { name, crc } : { name, crc, manifest }
    ),
    spent: isTry(state),
    verified: null,
    ...(state.external.length === 0 ? {} : { external: state.external }),
    parent: parentOf(state, snapshot),
    floor: state.data
  }
  return finish(
    withForward(withRecord(state, record), (a) => ({ ...a, snapshotTaken: true })),
    "snapshot"
  )
}

/** A snapshot that was on disk before this log knew it. */
export const adopted = (
  state: AppState,
  { at, bytes, commit, snapshot, version, volumes }: DataOf<"SnapshotAdopted">
): AppState =>
  withRecord(state, {
    ...{ id: snapshot, version, commit, at, bytes, attempt: null },
    volumes: volumes.map((name) => ({ name, crc: "" })),
    spent: false,
    verified: null,
    parent: parentOf(state, snapshot),
    floor: null
  })

/** The archive of a volume that a mirror captured is made later; only then its checksum is known. */
const withChecksums = (
  { volumes }: SnapshotRecord,
  made: DataOf<"SnapshotVerified">["volumes"]
): SnapshotRecord["volumes"] =>
  volumes.map((volume) => {
    const crc = volume.crc === "" ? made.find(({ name }) => name === volume.name)?.crc : undefined
    return crc === undefined ? volume : { ...volume, crc }
  })

export const verified = (state: AppState, { ok, snapshot, volumes }: DataOf<"SnapshotVerified">): AppState => {
  const record = state.snapshots.find(({ id }) => id === snapshot)
  const checksums = record === undefined || !ok ? {} : { volumes: withChecksums(record, volumes) }
  const next = changed(state, snapshot, { verified: ok, ...checksums })
  return state.attempt?.current?.step === "seal" ? finish(next, "seal") : next
}

export const leftOut = (state: AppState, { snapshot, volumes }: DataOf<"SnapshotLeftOut">): AppState =>
  changed(state, snapshot, { leftOut: volumes })

/** Forgets the folders of restored volumes, which are new ones. The next passed gate notes them. */
const withoutFolders = (noted: AppState["noted"], names: ReadonlyArray<string>): AppState["noted"] =>
  noted === null
    ? null
    : {
        ...noted,
        volumes: noted.volumes.map((v) =>
          names.includes(v.name) ? { ...v, inode: null, created: null, held: false } : v
        )
      }

export const restored = (state: AppState, { snapshot, version, volumes }: DataOf<"SnapshotRestored">): AppState => {
  const record = state.snapshots.find((s) => s.id === snapshot)
  // A snapshot captured before the first install does not belong to a version.
  const data = record?.commit ? { version, commit: record.commit } : (record?.floor ?? null)
  const noted = withoutFolders(state.noted, volumes)
  return finish({ ...hasMarked(state), data, tip: snapshot, noted }, "restore")
}

/**
 * The note that the world is compared with from now on. After a restore it has volumes only: the app is down, so its
 * services are not noted and drift is not resolved.
 */
export const worldNoted = (state: AppState, data: DataOf<"WorldNoted">): AppState => {
  const done = state.attempt?.direction === "back" ? state.attempt.done : []
  const isPutBack = done.includes("restore") && !done.includes("deploy")
  return isPutBack
    ? { ...hasMarked(state), noted: { services: null, volumes: data.volumes } }
    : { ...hasMarked(state), noted: data, drift: null }
}

/** LAW-3: data that a restore replaced is kept, once per attempt. Without an attempt nothing could find or remove it. */
export const setAside = (
  state: AppState,
  data: DataOf<"DataSetAside">,
  attempt: string | null,
  at: string
): AppState =>
  attempt === null || attempt === ""
    ? state
    : {
        ...state,
        aside: [...state.aside.filter((one) => one.attempt !== attempt), { attempt, at, tried: isTry(state), ...data }]
      }

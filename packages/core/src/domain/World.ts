/**
 * What lastgood noted of the world when it last saw the app healthy, and what it sees now: plain values that `drift.ts`
 * compares. Neither is state of its own: the note is an event (`WorldNoted`), the other is asked of the world every time.
 */
import type { DataOf } from "./Event.ts"

/** A service as it was noted. `ran`: it was running then; a job that had ended may be cleaned away without being missed. */
export type NotedService = DataOf<"WorldNoted">["services"][number]

/** A volume as it was noted: what tells that it is the same data. */
export type NotedVolume = DataOf<"WorldNoted">["volumes"][number]

/** A service as the runtime tells of it now. `config`: hash of what the engine was asked to run. */
export interface SeenService {
  readonly name: string
  readonly image: string | null
  readonly digest: string | null
  readonly version: string | null
  readonly commit: string | null
  readonly config: string | null
  readonly replicas: number | null
  readonly since: string | null
}

/** Written beside a volume's data before an app is started on it: whose hand the data was last in. */
export interface DataMark {
  readonly app: string
  /** `<attempt>`, or `<attempt>/back` on the way back; then `/ended` once it is past its gate. */
  readonly mark: string
  readonly version: string
  /** ISO 8601, UTC. */
  readonly at: string
}

/** A volume as it is now. */
export interface SeenVolume {
  readonly name: string
  /** Inode of its root; null: its folder is not there. */
  readonly inode: string | null
  /** When the engine made it; null: the runtime cannot tell. */
  readonly created: string | null
  /** Its folder is itself a mount point. */
  readonly mounted: boolean
  /** There is something in it. */
  readonly held: boolean
  readonly mark: DataMark | null
  /** Data and mark were moved together, to another disk or host: the folder is another one, its data is not. */
  readonly moved: boolean
}

/** What is there now, for one app. */
export interface Seen {
  readonly present: boolean
  /** What the services as a whole say, where each of them bears no label of lastgood's. */
  readonly version: string | null
  readonly services: ReadonlyArray<SeenService>
  readonly volumes: ReadonlyArray<SeenVolume>
  /** Is a volume that was noted the app's no more, by its operator's word? Absent: none is. */
  readonly isExternal?: (name: string) => boolean
  /** The runtime labels what lastgood deploys: a service without labels was deployed by somebody else. */
  readonly labels: boolean
}

/** How the world may disagree with the log. */
export type DriftKind = "data-missing" | "log-behind" | "drift"

/** LAW-15, LAW-16: nothing is built on a world that disagrees with the log. */
export interface Drift {
  readonly kind: DriftKind
  /** One line per fact, with what was expected and what was seen. */
  readonly what: ReadonlyArray<string>
  /** The version that the data says it was last used by, where it says so: nothing older may start on it (LAW-2). */
  readonly usedBy: string | null
}

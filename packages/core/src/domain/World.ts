/**
 * The world as lastgood noted it when the health gate last passed, and as it is now: plain values that `drift.ts`
 * compares. The note is an event (`WorldNoted`); the present world is observed every time.
 */
import type { DataOf } from "./Event.ts"

/** A service as it was noted. `ran`: it was running then. A job that had ended may be removed without being missed. */
export type NotedService = DataOf<"WorldNoted">["services"][number]

/** A volume as it was noted, to recognise its data. */
export type NotedVolume = DataOf<"WorldNoted">["volumes"][number]

/** A service as the runtime reports it now. `config`: hash of the configuration that the engine was given. */
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

/** Written beside a volume's data before an app starts on it: the attempt that last used the data. */
export interface DataMark {
  readonly app: string
  /** `<attempt>`, or `<attempt>/back` in a rollback; with `/ended` appended once the health gate is over. */
  readonly mark: string
  readonly version: string
  /** ISO 8601, UTC. */
  readonly at: string
}

/** A volume as observed now. */
export interface SeenVolume {
  readonly name: string
  /** Inode of the volume root, with what tells it from another of that number; null: the folder does not exist. */
  readonly inode: string | null
  /** When the engine created it; null: unknown. */
  readonly created: string | null
  /** The volume root is a mount point. */
  readonly mounted: boolean
  /** It is not empty. */
  readonly held: boolean
  readonly mark: DataMark | null
  /** Data and mark were moved together to another disk or host: the folder is different, the data is the same. */
  readonly moved: boolean
}

/** The services and volumes of one app, as observed now. */
export interface Seen {
  readonly present: boolean
  /** The version of the app as a whole, for runtimes whose services have no labels of lastgood. */
  readonly version: string | null
  readonly services: ReadonlyArray<SeenService>
  readonly volumes: ReadonlyArray<SeenVolume>
  /** Whether the operator has excluded a noted volume from the app. Absent: none is excluded. */
  readonly isExternal?: (name: string) => boolean
  /** The runtime labels what lastgood deploys, so lastgood did not deploy a service without labels. */
  readonly labels: boolean
}

/** How the world may disagree with the log. */
export type DriftKind = "data-missing" | "log-behind" | "drift"

/** LAW-15, LAW-16: how the world disagrees with the log. No attempt begins on drift. */
export interface Drift {
  readonly kind: DriftKind
  /** One line per difference, with the expected and the seen value. */
  readonly what: ReadonlyArray<string>
  /** The version that last used the data according to its mark, if any. Nothing older may start on it (LAW-2). */
  readonly usedBy: string | null
}

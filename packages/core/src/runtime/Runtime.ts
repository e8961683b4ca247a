/**
 * Port: what runs an app. Each runtime has an adapter (`local/`, `swarm/`, …), and all share one conformance suite
 * (`test/conformance/RuntimeSuite.ts`).
 *
 * Contract:
 * - Every method is idempotent: it may be called again after a crash and ends in the same state.
 * - `undeploy` succeeds only when nothing of the app can write any more (LAW-1): no service, task, container or process
 *   of the stack exists, running or stopping, no foreign container or process mounts or has open one of its volumes or data
 *   folders,
 *   and the networks of the stack are gone. It is bounded in time and names what remains. It never removes a named
 *   volume or folder.
 * - `assertQuiet` checks the same without changing anything. Snapshot and restore call it before and after their work.
 * - `deploy` ends with exactly the release's services running and converged, whatever ran before. It does not judge
 *   health. After a failure the app may be in any state that `undeploy` can clear.
 * - `preflight` finds the hazards of LAW-14 while the app still runs, and changes nothing.
 * - Errors and evidence contain no values from the env file (LAW-12).
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { App, EffectiveApp, OperatorFile, Release, RuntimeKind, Volume } from "../domain/App.ts"
import type { Project } from "../domain/Project.ts"
import type { InvalidRelease, NotQuiet, RuntimeError, RuntimeUnavailable } from "./RuntimeError.ts"

export { InvalidRelease, NotQuiet, type RuntimeError, RuntimeFailed, RuntimeUnavailable } from "./RuntimeError.ts"

/** A reason not to undeploy this app, found in advance. */
export interface Hazard {
  /** Short and stable: `anonymous-volume`, `unanswered-folder`, `shared-volume`, `foreign-driver`, `invalid-recipe` … */
  readonly kind: string
  readonly what: string
  readonly next: string
}

/** One service (or process) of the app, in its current state. */
export interface ServiceInspection {
  /** The name in the recipe. */
  readonly name: string
  /** For people: `1/1`, `running, pid 4711`. */
  readonly state: string
  readonly ok: boolean
  /** It ended, and nothing will restart it: no check of the app can pass any more. */
  readonly dead?: boolean
  /** Not a service of the app: a one-off command beside it, or a container that is being stopped. */
  readonly passing?: boolean
  /**
   * The image that it was deployed with, as written (`postgres:16`, also with a digest); null for runtimes without
   * images.
   */
  readonly image: string | null
  /**
   * The id of the image that its container really runs (several, joined with `, `, if its instances differ); null:
   * nothing runs, or not on this host.
   */
  readonly digest: string | null
  /** The release that lastgood recorded on it when it deployed it (LAW-16). null: lastgood did not deploy it. */
  readonly version: string | null
  readonly commit: string | null
  /**
   * A keyed hash (`fingerprint.ts`) of everything that the engine was asked to run. A manual change changes it; a
   * restart or another deploy of the same release does not. null: not known. `domain/sameConfig.ts` compares two.
   */
  readonly config: string | null
  /** The number of instances that should run; null: the engine decides, or it is not known. */
  readonly replicas: number | null
  /** Since when it runs, ISO 8601 in UTC (of the newest instance); null: it does not run. */
  readonly since: string | null
  /**
   * How often the engine has restarted it since it was deployed (the maximum over its instances). A lower bound if the
   * engine forgets restarts.
   */
  readonly restarts: number
  /** The state of its HEALTHCHECK, the worst of its instances; null: it has none. */
  readonly health: "healthy" | "unhealthy" | "starting" | null
}

/** The current state of the app, as the runtime reports it. */
export interface Inspection {
  /** Something of the app exists (running, starting or stopping). */
  readonly present: boolean
  /** All services that should run are running. */
  readonly converged: boolean
  /** The running version, if all services report the same (labels, process environment). */
  readonly version: string | null
  readonly commit: string | null
  /**
   * Its services are not from one deployment: they report different releases, or lastgood did not deploy one of them.
   * Then neither `version` nor the log tells what runs (LAW-16).
   */
  readonly mixed: boolean
  /** By name. Includes ended services that are still known, even when nothing of the app is `present`. */
  readonly services: ReadonlyArray<ServiceInspection>
}

export interface ExecResult {
  readonly code: number
  readonly output: string
}

/** A file of the host that the engine's client reads, as root, for a release. */
export interface HostPath {
  /** The file of the release that names it, relative to the release. */
  readonly file: string
  /** The place in that file: `services.web.env_file`. */
  readonly at: string
  /** The path as written there. */
  readonly path: string
}

/** The state of a container's HEALTHCHECK, or of the process on runtimes without containers. */
export interface ContainerState {
  readonly ok: boolean
  /** It ended and nothing will restart it, so waiting longer would not help. */
  readonly dead: boolean
  readonly seen: string
}

/** When a HEALTHCHECK can first report. Milliseconds. */
export interface HealthcheckTiming {
  readonly startPeriodMs: number
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly retries: number
}

/** The declaration of a service in a release. */
export interface DeclaredService {
  readonly name: string
  /** Interpolated. Only labels of `lastgood.`, `coop-cloud.` and `backupbot.`: others may contain secrets (LAW-12). */
  readonly labels: Readonly<Record<string, string>>
  /** Where the HEALTHCHECK of its containers comes from; null: it has none, or its image is not on this host yet. */
  readonly healthcheck: "compose" | "image" | null
  /** Of its HEALTHCHECK, with the engine's defaults. */
  readonly timing?: HealthcheckTiming
}

/** Paths of the host that an app can write to, without links. */
export interface HostFolders {
  readonly data: ReadonlyArray<string>
  /** The operator called them external. Volumes too, as the operator named them. */
  readonly external: ReadonlyArray<string>
  /** The operator answered for them, but no service mounts them. */
  readonly unused?: ReadonlyArray<string>
}

export interface Runtime {
  readonly kind: RuntimeKind
  /** Services that it deploys have lastgood's labels. A service without them was not deployed by lastgood (LAW-16). */
  readonly labels: boolean
  /** Whether the tool is installed and usable. Run by `doctor` and before anything else. */
  readonly available: Effect.Effect<{ readonly version: string }, RuntimeUnavailable>
  readonly preflight: (
    app: App,
    release: Release
  ) => Effect.Effect<ReadonlyArray<Hazard>, RuntimeError | InvalidRelease>
  /** The declarations of the release's services, as the engine reads them. Empty if a recipe has no labels. */
  readonly declared: (
    app: App,
    release: Release
  ) => Effect.Effect<ReadonlyArray<DeclaredService>, RuntimeError | InvalidRelease>
  /** The services of a release with their images, as the engine reads its files. Absent: a runtime without images. */
  readonly project?: (app: App, release: Release) => Effect.Effect<Project, RuntimeError | InvalidRelease>
  /**
   * Keeps what a release needs that is on this host now, until it is forgotten.
   *
   * @param how `isRunning`: the app runs this release. What it runs counts, not what the release's names mean now.
   */
  readonly keepRelease?: (
    app: App,
    release: Release,
    how: { readonly isRunning: boolean }
  ) => Effect.Effect<void, RuntimeError>
  /** The release with what was kept when it ran, where its names mean something else now, or nothing (LAW-2). */
  readonly asKept?: (app: App, release: Release) => Effect.Effect<Release, RuntimeError | InvalidRelease>
  /**
   * The app had the name `from`: keeps under its name what was kept under that one for these releases (LAW-2). It may be
   * asked again after a crash.
   */
  readonly renameReleases?: (
    app: App,
    from: string,
    commits: ReadonlyArray<string>
  ) => Effect.Effect<void, RuntimeError>
  /** Removes what it keeps for releases that were removed. */
  readonly forgetReleases?: (app: App, commits: ReadonlyArray<string>) => Effect.Effect<void, RuntimeError>
  /** The images that run, by service, with their digests if they came from a registry. Absent: as for `project`. */
  readonly runningImages?: (app: App) => Effect.Effect<ReadonlyMap<string, string>, RuntimeError>
  /** Files outside of the release that it names (LAW-17). Absent: a release of this runtime cannot name any. */
  readonly hostPaths?: (app: App, release: Release) => Effect.Effect<ReadonlyArray<HostPath>, InvalidRelease>
  /**
   * Files of the app's folder that the release reads and does not contain: env files, secrets; without the app's own env
   * file. Those of the release's copy, if it has one. Absent: apps of this runtime have no folder.
   */
  readonly operatorFiles?: (
    app: App,
    release: Release
  ) => Effect.Effect<ReadonlyArray<OperatorFile>, RuntimeError | InvalidRelease>
  /** Brings everything that `deploy` needs onto this host while the app still runs. Returns the images, if any. */
  readonly prefetch: (
    app: EffectiveApp,
    release: Release
  ) => Effect.Effect<{ readonly images: ReadonlyArray<string> }, RuntimeError | InvalidRelease>
  /**
   * Folders and files of the host that contain data of the app: what its containers mount now, and what the release
   * would mount. `preflight` asks what only an operator can say about them. Absent: apps of this runtime have none.
   */
  readonly folders?: (app: App, release: Release) => Effect.Effect<HostFolders, RuntimeError | InvalidRelease>
  /**
   * The data volumes that exist now, also while the app is down.
   *
   * @param folders known paths of the host with data of the app
   */
  readonly volumes: (app: App, folders: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Volume>, RuntimeError>
  /** Creates a volume of a snapshot that the host lacks, with its original properties (driver, options, labels). */
  readonly createVolume: (app: App, volume: Omit<Volume, "path" | "created">) => Effect.Effect<Volume, RuntimeError>
  /** Deletes a volume with its data, for good. One that does not exist is deleted already. Never a folder of the host. */
  readonly removeVolume: (app: App, volume: Volume) => Effect.Effect<void, RuntimeError>
  /**
   * @param how `takeOver`: under the app's claim. lastgood takes over the running app, so that `config` is known from
   *   now on.
   */
  readonly inspect: (app: App, how?: { readonly takeOver: boolean }) => Effect.Effect<Inspection, RuntimeError>
  readonly undeploy: (
    app: App,
    deadlineMs: number,
    folders: ReadonlyArray<string>
  ) => Effect.Effect<
    { readonly removed: ReadonlyArray<string>; readonly quietAfterMs: number },
    RuntimeError | NotQuiet
  >
  readonly assertQuiet: (app: App, folders: ReadonlyArray<string>) => Effect.Effect<void, RuntimeError | NotQuiet>
  readonly deploy: (
    app: App,
    release: Release,
    deadlineMs: number
  ) => Effect.Effect<{ readonly services: ReadonlyArray<string> }, RuntimeError | InvalidRelease>
  /** Runs a command in a service's container (in the release's folder on runtimes without containers). */
  readonly exec: (app: App, command: string, service: string | undefined) => Effect.Effect<ExecResult, RuntimeError>
  readonly containerState: (app: App, service: string | undefined) => Effect.Effect<ContainerState, RuntimeError>
  /** The last log lines of the app, without secrets: the evidence of a failure. */
  readonly logs: (app: App, lines: number) => Effect.Effect<string, RuntimeError>
  /** Bounds what the runtime keeps about a running app. Called periodically, without the claim on the app. */
  readonly tidy?: (app: App) => Effect.Effect<void, RuntimeError>
}

/** The runtimes of this lastgood, by name. */
export class Runtimes extends Context.Service<
  Runtimes,
  { readonly get: (kind: RuntimeKind) => Effect.Effect<Runtime, RuntimeUnavailable> }
>()("lastgood/runtime/Runtimes") {}

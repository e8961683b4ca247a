/**
 * Port: what runs an app. One adapter per runtime (`local/`, `swarm/`); one conformance suite over all
 * (`test/conformance/RuntimeSuite.ts`).
 *
 * Contract:
 * - Every method is idempotent: it may be called again after a crash and ends in the same state.
 * - `undeploy` succeeds only when nothing of the app can write any more (LAW-1): no service, no task, no container or
 *   process of the stack, running or stopping, none of anybody else's that mounts or holds open one of its volumes, and
 *   the stack's networks are gone. It is bounded and names what is left. It never removes a named volume.
 * - `assertQuiet` proves the same without changing anything; snapshot and restore call it at both ends of the window.
 * - `deploy` ends with exactly the release's services running and converged, whatever ran before. It does not judge
 *   health. After a failure the app may be in any state that `undeploy` can clear.
 * - `preflight` finds the hazards of LAW-14 while the app still runs, and changes nothing.
 * - Neither errors nor evidence hold values from the env file (LAW-12).
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, EffectiveApp, Release, RuntimeKind, Volume } from "../domain/App.ts"
import type { Project } from "../domain/Project.ts"

/** A reason not to undeploy this app, found early. */
export interface Hazard {
  /** Short and stable: `anonymous-volume`, `bind-mount`, `shared-volume`, `foreign-driver`, `invalid-recipe` … */
  readonly kind: string
  readonly what: string
  readonly next: string
}

/** One service (or process) of the app, as it is now. */
export interface ServiceInspection {
  /** As in the recipe. */
  readonly name: string
  /** For people: `1/1`, `running, pid 4711`. */
  readonly state: string
  readonly ok: boolean
  /** It ended, and nothing will start it again: no check of the app can pass any more. */
  readonly dead?: boolean
  /** No service of the app: a command that somebody runs in its place, or a container that is being stopped. */
  readonly passing?: boolean
  /** The image that it was deployed with, as written there (`postgres:16`, also with a digest); null where there are none. */
  readonly image: string | null
  /**
   * What that image is: the id of the image that its container really runs (all of them, with `, `, where its instances
   * differ); null: nothing runs, or not on this host.
   */
  readonly digest: string | null
  /** What lastgood wrote on it when it deployed it (LAW-16). null: somebody else deployed it. */
  readonly version: string | null
  readonly commit: string | null
  /**
   * A keyed hash (`fingerprint.ts`) of everything that the engine was asked to run: a change by hand changes it, a restart
   * or another deploy of the same release does not. null: not known. `domain/sameConfig.ts` compares two.
   */
  readonly config: string | null
  /** How many instances are asked for; null where that is for the engine to find out, or is not known. */
  readonly replicas: number | null
  /** Since when it runs, ISO 8601 in UTC (the newest instance counts); null: it does not run. */
  readonly since: string | null
  /**
   * How often the engine started it again since it was deployed, after it had ended (of its instances, the one most often);
   * at least, where it forgets.
   */
  readonly restarts: number
  /** What its own HEALTHCHECK says, the worst of its instances; null: it has none. */
  readonly health: "healthy" | "unhealthy" | "starting" | null
}

/** What the runtime says of the app now. */
export interface Inspection {
  /** Something of the app exists (running, starting or stopping). */
  readonly present: boolean
  /** All services that should run do. */
  readonly converged: boolean
  /** The version that runs, if all services tell the same (labels, process environment). */
  readonly version: string | null
  readonly commit: string | null
  /**
   * Its services are not of one deployment: they name different releases, or somebody else deployed one of them. Neither
   * `version` nor the log says then what runs (LAW-16).
   */
  readonly mixed: boolean
  /** By name. Also those that have ended and are still known, when nothing of the app is `present`. */
  readonly services: ReadonlyArray<ServiceInspection>
}

export interface ExecResult {
  readonly code: number
  readonly output: string
}

/** A file of the host that a release has the engine's client read, as root. */
export interface HostPath {
  /** The release's file that names it, relative to the release. */
  readonly file: string
  /** Where in it: `services.web.env_file`. */
  readonly at: string
  /** As written there. */
  readonly path: string
}

/** State of a container's own HEALTHCHECK, or of the process where there are no containers. */
export interface ContainerState {
  readonly ok: boolean
  /** It ended and nothing will start it again: waiting longer is of no use. */
  readonly dead: boolean
  readonly seen: string
}

/** How long a HEALTHCHECK takes to say anything. Milliseconds. */
export interface HealthcheckTiming {
  readonly startPeriodMs: number
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly retries: number
}

/** What a service of a release says of itself. */
export interface DeclaredService {
  readonly name: string
  /** Interpolated; those of `lastgood.`, `coop-cloud.` and `backupbot.` only: others may hold secrets (LAW-12). */
  readonly labels: Readonly<Record<string, string>>
  /** Where the HEALTHCHECK of its containers comes from; null: it has none, or its image is not on this host yet. */
  readonly healthcheck: "compose" | "image" | null
  /** Of its HEALTHCHECK, with the engine's defaults. */
  readonly timing?: HealthcheckTiming
}

/** The runtime cannot be used at all: not installed, not running, not a swarm, no permission. */
export class RuntimeUnavailable extends Schema.TaggedError<RuntimeUnavailable>()("RuntimeUnavailable", {
  runtime: Schema.String,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `the ${this.runtime} runtime cannot be used: ${this.reason}`
  }
}

/** One operation on an app failed. `reason` is the tool's own word, with secrets removed. */
export class RuntimeFailed extends Schema.TaggedError<RuntimeFailed>()("RuntimeFailed", {
  app: Schema.String,
  operation: Schema.String,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `${this.operation} of ${this.app} failed: ${this.reason}`
  }
}

/** The release cannot be deployed as it is: no compose file, no Procfile, syntax errors, missing variables. */
export class InvalidRelease extends Schema.TaggedError<InvalidRelease>()("InvalidRelease", {
  app: Schema.String,
  version: Schema.String,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `version ${this.version} of ${this.app} cannot be deployed: ${this.reason}`
  }
}

/** Something can still write to the app's volumes. `left` names each service, container, process or network. */
export class NotQuiet extends Schema.TaggedError<NotQuiet>()("NotQuiet", {
  app: Schema.String,
  left: Schema.Array(Schema.String),
  waitedMs: Schema.Number
}) {
  override get message() {
    return `${this.app} is not down after ${Math.round(this.waitedMs / 1000)} s, still there: ${this.left.join(", ")}`
  }
}

export type RuntimeError = RuntimeUnavailable | RuntimeFailed

export interface Runtime {
  readonly kind: RuntimeKind
  /** What it deploys bears lastgood's labels: a service without them was deployed by somebody else (LAW-16). */
  readonly labels: boolean
  /** Is the tool there and usable? Run by `doctor` and before anything else. */
  readonly available: Effect.Effect<{ readonly version: string }, RuntimeUnavailable>
  readonly preflight: (
    app: App,
    release: Release
  ) => Effect.Effect<ReadonlyArray<Hazard>, RuntimeError | InvalidRelease>
  /** What the release's services declare, by the engine's own reading of it. Empty where a recipe has no labels. */
  readonly declared: (
    app: App,
    release: Release
  ) => Effect.Effect<ReadonlyArray<DeclaredService>, RuntimeError | InvalidRelease>
  /** The services of a release with their images, as the engine reads its files. Absent: this runtime has no images. */
  readonly project?: (app: App, release: Release) => Effect.Effect<Project, RuntimeError | InvalidRelease>
  /** Files outside of the release that it names (LAW-17). Absent: a release of this runtime names none. */
  readonly hostPaths?: (app: App, release: Release) => Effect.Effect<ReadonlyArray<HostPath>, InvalidRelease>
  /** Brings everything that `deploy` needs onto this host while the app still runs. Returns the images, if any. */
  readonly prefetch: (
    app: EffectiveApp,
    release: Release
  ) => Effect.Effect<{ readonly images: ReadonlyArray<string> }, RuntimeError | InvalidRelease>
  /** The data volumes that exist now, also while the app is down. */
  readonly volumes: (app: App) => Effect.Effect<ReadonlyArray<Volume>, RuntimeError>
  /** Makes a volume that a snapshot holds and the host lacks, as it was (driver, options, labels). */
  readonly createVolume: (app: App, volume: Omit<Volume, "path" | "created">) => Effect.Effect<Volume, RuntimeError>
  /** @param how `takeOver`: under the app's claim; what runs becomes lastgood's, so that `config` is known from here on. */
  readonly inspect: (app: App, how?: { readonly takeOver: boolean }) => Effect.Effect<Inspection, RuntimeError>
  readonly undeploy: (
    app: App,
    deadlineMs: number
  ) => Effect.Effect<
    { readonly removed: ReadonlyArray<string>; readonly quietAfterMs: number },
    RuntimeError | NotQuiet
  >
  readonly assertQuiet: (app: App) => Effect.Effect<void, RuntimeError | NotQuiet>
  readonly deploy: (
    app: App,
    release: Release,
    deadlineMs: number
  ) => Effect.Effect<{ readonly services: ReadonlyArray<string> }, RuntimeError | InvalidRelease>
  /** Runs a command in a service's container (in the release's folder where there are none). */
  readonly exec: (app: App, command: string, service: string | undefined) => Effect.Effect<ExecResult, RuntimeError>
  readonly containerState: (app: App, service: string | undefined) => Effect.Effect<ContainerState, RuntimeError>
  /** The last lines that the app printed, secrets removed: the evidence of a failure. */
  readonly logs: (app: App, lines: number) => Effect.Effect<string, RuntimeError>
  /** Bounds what the runtime keeps of a running app. Called now and then, with no claim on the app. */
  readonly tidy?: (app: App) => Effect.Effect<void, RuntimeError>
}

/** The runtimes that this lastgood has, by name. */
export class Runtimes extends Context.Service<
  Runtimes,
  { readonly get: (kind: RuntimeKind) => Effect.Effect<Runtime, RuntimeUnavailable> }
>()("lastgood/runtime/Runtimes") {}

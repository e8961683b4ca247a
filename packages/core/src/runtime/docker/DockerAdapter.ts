/** The parts in which the runtimes on a Docker engine differ. `DockerRuntime.ts` combines them. */
import type * as Effect from "effect/Effect"
import type { App, Release, RuntimeKind, Volume } from "../../domain/App.ts"
import type {
  ContainerState,
  ExecResult,
  Hazard,
  Inspection,
  InvalidRelease,
  RuntimeError,
  RuntimeUnavailable
} from "../Runtime.ts"
import type { ComposeService } from "./Compose.ts"
import type { Docker } from "./Docker.ts"
import type { DeployParts, ReadFiles } from "./deploy.ts"
import type { UndeployParts } from "./undeploy.ts"
import type { EngineVolume } from "./volumes.ts"

/**
 * @typeParam Read a release that was read.
 * @typeParam State the state of the app on the engine.
 * @typeParam Left what remains of the app, or could still write to its volumes.
 */
export interface DockerAdapter<Read extends ReadFiles, State, Left>
  extends DeployParts<Read, State>,
    UndeployParts<Left> {
  readonly kind: RuntimeKind
  /** As in the port. */
  readonly labels: boolean
  readonly available: (docker: Docker) => Effect.Effect<{ readonly version: string }, RuntimeUnavailable>

  /** An env file of the release for apps without their own; null: there is none. */
  readonly ownEnvFile: (release: Release) => Effect.Effect<string | null>
  /** The compose files of the release. */
  readonly files: (app: App, release: Release) => Effect.Effect<ReadonlyArray<string>, InvalidRelease>
  readonly hazards: (
    app: App,
    release: Release,
    read: Read
  ) => Effect.Effect<ReadonlyArray<Hazard>, RuntimeError | InvalidRelease>
  /** Whether a service's containers are on this host. Only then can their HEALTHCHECK be read. */
  readonly isHere: (read: Read) => Effect.Effect<(service: ComposeService) => boolean, RuntimeError>
  /** The platform for a service's image; null: the release does not set it. */
  readonly platformOf: (read: Read, service: string) => string | null

  readonly volumes: (docker: Docker, app: App) => Effect.Effect<ReadonlyArray<Volume>, RuntimeError>
  readonly toVolume: (app: App, volume: EngineVolume) => Volume
  readonly inspect: (docker: Docker, app: App) => Effect.Effect<Inspection, RuntimeError>
  readonly exec: (
    docker: Docker,
    app: App,
    command: string,
    service: string | undefined
  ) => Effect.Effect<ExecResult, RuntimeError>
  readonly containerState: (
    docker: Docker,
    app: App,
    service: string | undefined
  ) => Effect.Effect<ContainerState, RuntimeError>
  readonly logs: (docker: Docker, app: App, lines: number) => Effect.Effect<string, RuntimeError>
}

/** The parts in which the runtimes on a Docker engine differ. `DockerRuntime.ts` combines them. */
import type * as Effect from "effect/Effect"
import type { App, Release, RuntimeKind, Volume } from "../../domain/App.ts"
import type {
  ContainerState,
  ExecResult,
  Hazard,
  HostFolders,
  Inspection,
  InvalidRelease,
  Runtime,
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
  /** As `read`, but goes on where something is missing, so that `hazards` can name all of it. Absent: `read` does. */
  readonly look?: (docker: Docker, app: App, release: Release) => Effect.Effect<Read, RuntimeError | InvalidRelease>
  /** As in the port. Absent: such an app has no folder. */
  readonly operatorFiles?: NonNullable<Runtime["operatorFiles"]>
  /** Files of a plain folder that are the operator's and no part of a version, if the app works in that folder. */
  readonly settings?: (app: App, release: Release) => Effect.Effect<ReadonlyArray<string>, InvalidRelease>
  readonly hazards: (
    app: App,
    release: Release,
    read: Read
  ) => Effect.Effect<ReadonlyArray<Hazard>, RuntimeError | InvalidRelease>
  /** As in the port; null: apps of this runtime have no data folders. */
  readonly folders: ((app: App, read: Read) => Effect.Effect<HostFolders, RuntimeError>) | null
  /** Whether a service's containers are on this host. Only then can their HEALTHCHECK be read. */
  readonly isHere: (read: Read) => Effect.Effect<(service: ComposeService) => boolean, RuntimeError>
  /** The platform for a service's image; null: the release does not set it. */
  readonly platformOf: (read: Read, service: string) => string | null

  /** @param folders paths of the host that are known to hold data of the app */
  readonly volumes: (
    docker: Docker,
    app: App,
    folders: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Volume>, RuntimeError>
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

/** What brings stacks up and takes them down: docker itself, or a tool that people use in its place. */
import type * as Effect from "effect/Effect"
import type { App, Release, RuntimeKind } from "../../../domain/App.ts"
import type { Hazard, InvalidRelease, Runtime, RuntimeError } from "../../Runtime.ts"
import type { ComposeSource } from "../composeEnv.ts"
import type { Docker } from "../Docker.ts"
import type { ReadFiles, Ready } from "../deploy.ts"
import type { Service } from "./Services.ts"

/** What the compose files of a release ask of the swarm. */
export interface ReadRelease extends ReadFiles {
  readonly source: ComposeSource
  /** `version:` of the first file, which all files of one stack must share for old clients; null: it has none. */
  readonly schemaVersion: string | null
}

/** Gives a release to the swarm; whether it has done all of it is asked afterwards. */
export type BringUp = (ready: Ready<ReadRelease>) => Effect.Effect<void, RuntimeError | InvalidRelease>

export interface StackTool {
  readonly kind: RuntimeKind
  readonly bringUp: BringUp
  /**
   * Takes the stack down in the tool's own way, as far as that goes: what is left is cleared, and waited for, whatever
   * it says. null: nothing beyond that.
   *
   * @returns the tool's complaint; null: none.
   */
  readonly takeDown:
    | ((docker: Docker, app: App, running: ReadonlyArray<Service>, deadlineMs: number) => Effect.Effect<string | null>)
    | null
  /** Variables that the tool gives to the compose files, beside those of the env file, which they overrule. */
  readonly variables: (app: App, release: Release) => Effect.Effect<Readonly<Record<string, string>>, InvalidRelease>
  /** What would keep the tool from deploying this release, found while the app still runs (LAW-14). */
  readonly hazards: (
    docker: Docker,
    app: App,
    release: Release
  ) => Effect.Effect<ReadonlyArray<Hazard>, RuntimeError | InvalidRelease>
  /** Beside a swarm: is the tool itself there and usable? Its name and version; null: there is nothing beside docker. */
  readonly available: Effect.Effect<string | null, RuntimeError>
}

/** Makes the runtime of stacks that one tool brings up and takes down. It starts nothing. */
export type MakeStackRuntime = (tool: StackTool) => Effect.Effect<Runtime>

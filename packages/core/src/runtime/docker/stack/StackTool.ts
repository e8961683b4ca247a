/** Deploys stacks and takes them down: docker itself, or another tool such as abra. */
import type * as Effect from "effect/Effect"
import type { App, Release, RuntimeKind } from "../../../domain/App.ts"
import type { Hazard, InvalidRelease, Runtime, RuntimeError } from "../../Runtime.ts"
import type { ComposeSource } from "../composeEnv.ts"
import type { Docker } from "../Docker.ts"
import type { ReadFiles, Ready } from "../deploy.ts"
import type { Service } from "./Services.ts"

/** A release with its parsed compose files. */
export interface ReadRelease extends ReadFiles {
  readonly source: ComposeSource
  /** `version:` of the first file, which all files of one stack must share for old clients; null: it has none. */
  readonly schemaVersion: string | null
}

/** Passes a release to the swarm. Convergence is checked afterwards. */
export type BringUp = (ready: Ready<ReadRelease>) => Effect.Effect<void, RuntimeError | InvalidRelease>

export interface StackTool {
  readonly kind: RuntimeKind
  readonly bringUp: BringUp
  /**
   * Takes the stack down with the tool. Whatever its result, what remains is removed and waited for. null: the tool has
   * no such command.
   *
   * @returns the tool's complaint; null: none.
   */
  readonly takeDown:
    | ((docker: Docker, app: App, running: ReadonlyArray<Service>, deadlineMs: number) => Effect.Effect<string | null>)
    | null
  /** Variables that the tool gives to the compose files beside those of the env file, which take precedence. */
  readonly variables: (app: App, release: Release) => Effect.Effect<Readonly<Record<string, string>>, InvalidRelease>
  /** Problems that would keep the tool from deploying this release, found while the app still runs (LAW-14). */
  readonly hazards: (
    docker: Docker,
    app: App,
    release: Release
  ) => Effect.Effect<ReadonlyArray<Hazard>, RuntimeError | InvalidRelease>
  /** Checks that the tool, beside docker, is installed and usable. Its name and version; null: docker is the tool. */
  readonly available: Effect.Effect<string | null, RuntimeError>
}

/** Makes the runtime of stacks for one tool. Making it starts nothing. */
export type MakeStackRuntime = (tool: StackTool) => Effect.Effect<Runtime>

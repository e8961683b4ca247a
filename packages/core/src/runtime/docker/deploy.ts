/** Deploys a release and waits until all of it runs, or has completed. It does not check the app's health. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import type { InvalidRelease, RuntimeError, RuntimeFailed } from "../Runtime.ts"
import type { Compose } from "./Compose.ts"
import type { Docker } from "./Docker.ts"
import { againIfNetworkGoes } from "./networkGoing.ts"
import { type Convergence, untilConverged } from "./untilConverged.ts"

/** A release whose compose files were read. */
export interface ReadFiles {
  /** The client, which also keeps back the secrets that were found in them (LAW-12). */
  readonly docker: Docker
  readonly compose: Compose
}

/** A release that may be deployed: nothing that remains of an earlier one would write to its data. */
export interface Ready<Read> {
  readonly app: App
  readonly release: Release
  readonly read: Read
  /** Epoch milliseconds. */
  readonly deadline: number
}

/**
 * @typeParam Read a release that was read.
 * @typeParam State the state of the app on the engine.
 */
export interface DeployParts<Read extends ReadFiles, State> {
  readonly read: (docker: Docker, app: App, release: Release) => Effect.Effect<Read, RuntimeError | InvalidRelease>
  /**
   * Ends, or waits for, whatever still runs of an earlier release and would write to the same data: databases do not
   * survive a second writer.
   */
  readonly clear: (app: App, read: Read, deadline: number) => Effect.Effect<void, RuntimeError>
  readonly state: (docker: Docker, app: App) => Effect.Effect<State, RuntimeError>
  /** Passes a release to the engine. Convergence is checked afterwards. */
  readonly bringUp: (ready: Ready<Read>) => Effect.Effect<void, RuntimeError | InvalidRelease>
  /**
   * @param before the state before the deploy.
   * @param begunAt start of the deploy, and `now`: epoch milliseconds.
   */
  readonly converge: (ready: Ready<Read>, before: State, begunAt: number) => (seen: State, now: number) => Convergence
  readonly servicesOf: (read: Read) => ReadonlyArray<string>
  readonly pollMs: number
  /** As in `its tasks do not stay up`. */
  readonly units: string
  readonly failed: (docker: Docker, app: App, reason: string) => Effect.Effect<RuntimeFailed>
}

/** How long the same containers or tasks must run: one that ends at once still runs for a moment. */
const settleMs = 1000

export const deploy = Effect.fn("Docker.deploy")(function* <Read extends ReadFiles, State>(
  parts: DeployParts<Read, State>,
  begun: Docker,
  app: App,
  release: Release,
  deadlineMs: number
) {
  const deadline = (yield* Clock.currentTimeMillis) + deadlineMs
  const read = yield* parts.read(begun, app, release)
  const { docker } = read
  const ready = { app, release, read, deadline }
  yield* parts.clear(app, read, deadline)
  const before = yield* parts.state(docker, app)
  const converge = parts.converge(ready, before, yield* Clock.currentTimeMillis)
  yield* againIfNetworkGoes(parts.bringUp(ready))
  yield* untilConverged({
    look: Effect.zipWith(parts.state(docker, app), Clock.currentTimeMillis, converge),
    settleMs,
    pollMs: parts.pollMs,
    deadline,
    units: parts.units,
    failed: (reason) => parts.failed(docker, app, reason)
  })
  return { services: parts.servicesOf(read) }
})

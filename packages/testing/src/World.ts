/**
 * The world of a test that uses lastgood from outside: a folder with a configuration and a root, the real `lastgood` in it,
 * and what it wrote there. Tests add the app, its recipe, and what they see of it.
 */
import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { EventStore } from "@lastgood/core/log/EventStore"
import { layerReadOnly } from "@lastgood/core/log/EventStoreSqlite"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { lastgoodCommand } from "./binary.ts"
import { AlertFile, Status } from "./outputs.ts"
import { mentioning } from "./processes.ts"
import { type Ran, type Running, startProgram } from "./startProgram.ts"

export type { Ran }

/** The test's own environment, with the configuration of the folder. */
export const environmentIn = (home: string) => ({
  ...process.env,
  LASTGOOD_ROOT: "",
  LASTGOOD_CONFIG: join(home, "lastgood.yaml"),
  NO_COLOR: "1"
})

export interface WorldOptions {
  /** The whole environment of lastgood. A run adds to it. */
  readonly env?: NodeJS.ProcessEnv
  /** Whether the output of lastgood keeps its last newline. */
  readonly exact?: boolean
}

const decoded = <A>(schema: Schema.Decoder<A>, input: unknown): Effect.Effect<A> =>
  Effect.orDie(Schema.decodeUnknownEffect(schema)(input))

/** The environment of a run that ends or hangs at a step: `forward/deploy:after:kill`. */
export const fault = (what: string) => ({ LASTGOOD_TEST_FAULTS: "1", LASTGOOD_FAULT: what })

/** The world in a folder that the caller makes and removes. */
export const worldIn = (home: string, { env = environmentIn(home), exact = false }: WorldOptions = {}) => {
  const at = (...parts: ReadonlyArray<string>) => join(home, ...parts)

  /** Starts lastgood now. `command` replaces how it is started. */
  const start = (
    args: ReadonlyArray<string>,
    more: Readonly<Record<string, string>> = {},
    command: ReadonlyArray<string> = lastgoodCommand
  ): Running => startProgram([...command, ...args], { cwd: home, env: { ...env, ...more }, exact })

  /** Runs lastgood to its end, each time that the effect is run. */
  const lastgood = (...given: Parameters<typeof start>): Effect.Effect<Ran> =>
    Effect.suspend(() => start(...given).done)

  const textOf = (...path: ReadonlyArray<string>): Effect.Effect<string | null> =>
    Effect.promise(() => readFile(at(...path), "utf8").catch(() => null))

  const namesIn = (...path: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>> =>
    Effect.promise(() =>
      readdir(at(...path)).then(
        (names) => names.sort(),
        () => []
      )
    )

  /** Alert files of the app, or of `_host`: what belongs to no app. */
  const alertsOf = (app: string) =>
    Effect.flatMap(namesIn("root", app, "alerts"), (names) =>
      Effect.forEach(names, (name) =>
        Effect.flatMap(textOf("root", app, "alerts", name), (text) => decoded(AlertFile, text))
      )
    )

  /** What `status` says of the first app. */
  const status = Effect.gen(function* () {
    const ran = yield* lastgood(["status", "--json"])
    const [app] = (yield* decoded(Status, ran.stdout)).apps
    return app ?? (yield* Effect.die(new Error(`status names no app: ${ran.stdout}${ran.stderr}`)))
  })

  /** Everything in the log, and what is wrong with its chain. */
  const log = Effect.gen(function* () {
    const store = yield* EventStore
    return { events: yield* store.readAll(), problems: (yield* store.verify()).problems }
  }).pipe(Effect.provide(layerReadOnly({ path: at("root", "events.db") })), Effect.orDie)

  /** The step that was last begun; null: none. */
  const lastStep = Effect.map(log, ({ events }) => {
    const data = events.findLast(({ type }) => type === "StepStarted")?.data
    return typeof data === "object" && data !== null && "step" in data ? data.step : null
  })

  return {
    home,
    root: at("root"),
    at,
    /** @param path below the folder. */
    write: (path: string, text: string) => Effect.promise(() => writeFile(at(path), text)),
    textOf,
    namesIn,
    start,
    lastgood,
    fault,
    alertsOf,
    status,
    log,
    lastStep,
    /** Processes that belong to this world: the app's, and whatever lastgood left behind. */
    processes: mentioning(home)
  }
}

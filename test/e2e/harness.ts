/**
 * A world for an end-to-end test: a recipe's git repository, a configuration, a root, and the real `lastgood` binary as a
 * child process. What a test believes of the app it sees from outside: over HTTP, in its volume, in /proc. All of it is
 * gone when the scope closes, whatever happened.
 */
import { existsSync } from "node:fs"
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { EventStore } from "@lastgood/core/log/EventStore"
import { layerReadOnly } from "@lastgood/core/log/EventStoreSqlite"
import { lastgoodCommand } from "@lastgood/testing/binary"
import { git } from "@lastgood/testing/git"
import { mentioning, processFolder } from "@lastgood/testing/processes"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execa } from "execa"
import { vi } from "vitest"

// A test runs lastgood several times, beside others of its file (`describe.concurrent`: each mostly waits for health
// gates, in a world of its own), on a machine that may have two cores.
vi.setConfig({ testTimeout: 300_000, maxConcurrency: 5 })

const repository = join(import.meta.dirname, "../..")
/** lastgood runs on what runs the test; the app on Node, which starts fastest, where npm installed one. */
const node = join(repository, "node_modules/node/bin/node")
const appInterpreter: Readonly<Record<string, string>> = existsSync(node)
  ? { INTERPRETER: node }
  : { INTERPRETER: process.execPath, INTERPRETER_ARGS: '"run --allow-all"' }

export { lastgoodCommand }

/** How a version of the app behaves (app/server.mjs). */
export interface Behaviour {
  readonly schema: number
  readonly start: "runs" | "exits"
  readonly health: number
  /** A row that it writes when it starts. */
  readonly writes: string | null
  /** How long it goes on writing after SIGTERM, milliseconds. */
  readonly slowStop: number
}

const healthy: Behaviour = { schema: 1, start: "runs", health: 200, writes: null, slowStop: 0 }

export const v1 = "1.0.0+1.0.0"
export const v2 = "1.1.0+1.1.0"
export const v3 = "1.2.0+1.2.0"

/** Migrates one way and works. */
export const migrates: Partial<Behaviour> = { schema: 2, writes: "written by 2" }
/** Migrates one way, writes, and answers 500. */
export const harms: Partial<Behaviour> = { ...migrates, health: 500 }
/** Ends at once. */
export const exits: Partial<Behaviour> = { start: "exits" }

/** How a run of lastgood ended. */
export interface Ran {
  /** null: killed. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const Page = Schema.Struct({
  version: Schema.String,
  schema: Schema.Int,
  rows: Schema.Array(Schema.String),
  mark: Schema.String
})
export type Page = typeof Page.Type

const Witnessed = Schema.fromJsonString(
  Schema.Struct({ version: Schema.String, schema: Schema.Int, found: Schema.Int })
)

const AlertFile = Schema.fromJsonString(
  Schema.Struct({
    outcome: Schema.String,
    attempted: Schema.NullOr(Schema.String),
    last_good: Schema.NullOr(Schema.String),
    recovered: Schema.Boolean,
    why: Schema.String,
    next: Schema.String
  })
)

const Status = Schema.fromJsonString(
  Schema.Struct({
    apps: Schema.Array(
      Schema.Struct({
        app: Schema.String,
        phase: Schema.String,
        running: Schema.NullOr(Schema.String),
        lastGood: Schema.NullOr(Schema.String),
        snapshot: Schema.NullOr(Schema.String),
        waitingFor: Schema.NullOr(Schema.String),
        quarantined: Schema.Array(Schema.Struct({ version: Schema.String }))
      })
    )
  })
)

const decoded = <A>(schema: Schema.Decoder<A>, input: unknown): Effect.Effect<A> =>
  Effect.orDie(Schema.decodeUnknownEffect(schema)(input))

/** Polls until it holds; otherwise fails with the message, which therefore says what did not happen. */
export const waitUntil = (message: string, holds: Effect.Effect<boolean>, timeoutMs = 15_000): Effect.Effect<void> =>
  Effect.gen(function* () {
    const deadline = (yield* Clock.currentTimeMillis) + timeoutMs
    while (!(yield* holds)) {
      if ((yield* Clock.currentTimeMillis) > deadline) return yield* Effect.die(new Error(message))
      yield* Effect.sleep("25 millis")
    }
  })

const freePort = Effect.promise(
  () =>
    new Promise<number>((resolve, reject) => {
      const server = createServer().once("error", reject)
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
      })
    })
)

const makeRecipe = Effect.fnUntraced(function* (recipe: string) {
  yield* Effect.promise(() => cp(join(import.meta.dirname, "app"), recipe, { recursive: true }))
  yield* git(recipe, "init", "--quiet", "--initial-branch=main")
})

export interface Options {
  /** Further lines of the env file. */
  readonly env?: Readonly<Record<string, string>>
  /** Further keys of the app's configuration, as YAML. */
  readonly config?: string
  /** Further keys of its health gate, as YAML: `, watch: 1s`. */
  readonly health?: string
  /** The list of checks, as YAML; null: none. By default `/health` must answer 200. */
  readonly checks?: string | null
}

export type World = Effect.Success<ReturnType<typeof makeWorld>>

/** Nothing is tagged or deployed yet. */
export const makeWorld = Effect.fn("makeWorld")(function* (options: Options = {}) {
  const home = yield* processFolder
  const at = (...parts: ReadonlyArray<string>) => join(home, ...parts)
  const url = `http://127.0.0.1:${yield* freePort}`
  const root = at("root")
  const checks =
    options.checks === null ? "" : `, checks: ${options.checks ?? `[{ http: "${url}/health", status: 200 }]`}`
  const write = (path: string, text: string) => Effect.promise(() => writeFile(path, text))

  /** Writes the env file: what is given, over what the app needs. */
  const setEnv = (env: Readonly<Record<string, string>>) => {
    const all = {
      FOLDER: home,
      ...appInterpreter,
      PORT: new URL(url).port,
      MARK: "one",
      SECRET: "k9Xw3fQ2vT7m",
      ...env
    }
    return write(
      at("demo.env"),
      Object.entries(all)
        .map(([key, value]) => `${key}=${value}\n`)
        .join("")
    )
  }

  const tag = Effect.fnUntraced(function* (version: string, behaviour: Partial<Behaviour> = {}) {
    yield* write(at("recipe", "release.json"), JSON.stringify({ ...healthy, ...behaviour }))
    yield* git(at("recipe"), "add", "--all")
    yield* git(at("recipe"), "commit", "--quiet", "--allow-empty", "--message", version)
    yield* git(at("recipe"), "tag", version)
  })

  /** Runs the real binary to its end. `env`: added to the environment, for the fault switch. */
  const lastgood = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): Effect.Effect<Ran> =>
    Effect.promise(async (signal) => {
      const [file, ...before] = lastgoodCommand
      const result = await execa(file, [...before, ...args], {
        cwd: home,
        env: { LASTGOOD_ROOT: "", LASTGOOD_CONFIG: at("lastgood.yaml"), NO_COLOR: "1", ...env },
        reject: false,
        cancelSignal: signal,
        stdin: "ignore"
      })
      return { code: result.exitCode ?? null, stdout: result.stdout, stderr: result.stderr }
    })

  /** The environment of a run that the fault ends: `forward/deploy:after:kill`. */
  const fault = (what: string) => ({ LASTGOOD_TEST_FAULTS: "1", LASTGOOD_FAULT: what })

  /** What the running app says of itself. */
  const page: Effect.Effect<Page> = Effect.promise(async () =>
    (await fetch(url, { signal: AbortSignal.timeout(5000) })).json()
  ).pipe(Effect.flatMap((json) => decoded(Page, json)))

  const isUp: Effect.Effect<boolean> = Effect.promise(() =>
    fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      () => true,
      () => false
    )
  )

  const addRow = (row: string) =>
    Effect.promise(async () => {
      const response = await fetch(url, { method: "POST", body: row, signal: AbortSignal.timeout(5000) })
      if (response.status !== 201) throw new Error(`the row was not taken: ${response.status}`)
    })

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

  const status = Effect.gen(function* () {
    const ran = yield* lastgood(["status", "--json"])
    const [app] = (yield* decoded(Status, ran.stdout)).apps
    return app ?? (yield* Effect.die(new Error(`status names no app: ${ran.stdout}${ran.stderr}`)))
  })

  /** What the app depends on is down: its health check says 503, whatever its version. */
  const setTrouble = (down: boolean) =>
    Effect.promise(() => (down ? writeFile(at("sick"), "") : rm(at("sick"), { force: true })))

  /** Flips one bit in the middle of a file. */
  const flipBit = (...path: ReadonlyArray<string>) =>
    Effect.promise(async () => {
      const bytes = await readFile(at(...path))
      const middle = bytes.length >> 1
      bytes[middle] = (bytes[middle] ?? 0) ^ 1
      await writeFile(at(...path), bytes)
    })

  /** A process that has nothing to do with the app holds a file open, until the scope closes. */
  const holdOpen = (...path: ReadonlyArray<string>) =>
    Effect.acquireRelease(
      Effect.gen(function* () {
        const holder = execa("tail", ["--follow", at(...path)], { reject: false, stdin: "ignore" })
        yield* waitUntil(
          "tail does not run",
          Effect.map(mentioning(at(...path)), (found) => found.length > 0)
        )
        return holder
      }),
      (holder) =>
        Effect.promise(async () => {
          holder.kill("SIGKILL")
          await holder
        })
    )

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

  /** Every start of the app, as it saw it itself: its own schema, and that of the data which it started on. */
  const starts = Effect.flatMap(textOf("witness"), (text) =>
    Effect.forEach(
      (text ?? "").split("\n").filter((l) => l !== ""),
      (line) => decoded(Witnessed, line)
    )
  )

  yield* makeRecipe(at("recipe"))
  yield* setEnv(options.env ?? {})
  yield* write(
    at("lastgood.yaml"),
    `root: ./root
apps:
  demo:
    recipe: ./recipe
    runtime: local
    env: ./demo.env
    volumes: [data]
    health: { deadline: 6s, stableFor: 150ms, interval: 50ms${checks}${options.health ?? ""} }
${options.config ?? ""}`
  )
  yield* Effect.promise(() => mkdir(root, { mode: 0o700 }))

  return {
    home,
    root,
    url,
    at,
    setEnv,
    tag,
    lastgood,
    fault,
    page,
    isUp,
    addRow,
    textOf,
    namesIn,
    alerts: alertsOf("demo"),
    alertsOf,
    setTrouble,
    flipBit,
    holdOpen,
    status,
    log,
    lastStep,
    starts,
    /** Processes that belong to this world: the app's, and whatever lastgood left behind. */
    processes: mentioning(home)
  }
})

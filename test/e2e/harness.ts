/**
 * A world for an end-to-end test: a recipe's git repository, a configuration, a root, and the real `lastgood` binary as a
 * child process. What a test believes of the app it sees from outside: over HTTP, in its volume, in /proc. All of it is
 * gone when the scope closes, whatever happened.
 */
import { existsSync } from "node:fs"
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { freePort } from "@lastgood/testing/freePort"
import { mentioning, processFolder, withProcesses } from "@lastgood/testing/processes"
import { initRecipe, tagRecipe } from "@lastgood/testing/recipe"
import { type Ran, worldIn } from "@lastgood/testing/World"
import { waitUntil } from "@lastgood/testing/waitUntil"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
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

export { type Ran, waitUntil }

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

const decoded = <A>(schema: Schema.Decoder<A>, input: unknown): Effect.Effect<A> =>
  Effect.orDie(Schema.decodeUnknownEffect(schema)(input))

export interface Options {
  /** Further lines of the env file. */
  readonly env?: Readonly<Record<string, string>>
  /** Further keys of the configuration, as YAML. By default the daemon serves no HTTP: tests would share its port. */
  readonly top?: string
  /** Further keys of the app's configuration, as YAML. */
  readonly config?: string
  /** Further keys of its health gate, as YAML: `, watch: 1s`. */
  readonly health?: string
  /** The list of checks, as YAML; null: none. By default `/health` must answer 200. */
  readonly checks?: string | null
  /** An empty folder for it; absent: a temporary one. */
  readonly home?: Effect.Effect<string, never, Scope.Scope>
}

export type World = Effect.Success<ReturnType<typeof makeWorld>>

/** Nothing is tagged or deployed yet. */
export const makeWorld = Effect.fn("makeWorld")(function* (options: Options = {}) {
  const home = yield* options.home === undefined ? processFolder : withProcesses(options.home)
  const own = worldIn(home)
  const { at, textOf } = own
  const url = `http://127.0.0.1:${yield* Effect.promise(freePort)}`
  const checks =
    options.checks === null ? "" : `, checks: ${options.checks ?? `[{ http: "${url}/health", status: 200 }]`}`

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
    return own.write(
      "demo.env",
      Object.entries(all)
        .map(([key, value]) => `${key}=${value}\n`)
        .join("")
    )
  }

  const tag = Effect.fnUntraced(function* (version: string, behaviour: Partial<Behaviour> = {}) {
    yield* own.write("recipe/release.json", JSON.stringify({ ...healthy, ...behaviour }))
    yield* tagRecipe(at("recipe"), version)
  })

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

  /** Every start of the app, as it saw it itself: its own schema, and that of the data which it started on. */
  const starts = Effect.flatMap(textOf("witness"), (text) =>
    Effect.forEach(
      (text ?? "").split("\n").filter((l) => l !== ""),
      (line) => decoded(Witnessed, line)
    )
  )

  yield* Effect.promise(() => cp(join(import.meta.dirname, "app"), at("recipe"), { recursive: true }))
  yield* initRecipe(at("recipe"))
  yield* setEnv(options.env ?? {})
  yield* own.write(
    "lastgood.yaml",
    `root: ./root
${options.top ?? "http: off"}
apps:
  demo:
    recipe: ./recipe
    runtime: local
    env: ./demo.env
    volumes: [data]
    health: { deadline: 6s, stableFor: 150ms, interval: 50ms${checks}${options.health ?? ""} }
${options.config ?? ""}`
  )
  yield* Effect.promise(() => mkdir(own.root, { mode: 0o700 }))

  return {
    ...own,
    url,
    setEnv,
    tag,
    page,
    isUp,
    addRow,
    alerts: own.alertsOf("demo"),
    setTrouble,
    flipBit,
    holdOpen,
    starts
  }
})

/** Creates the guestbook's files: the recipe's git repository, an env file and a configuration. */
import { mkdir, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { messageOf } from "@lastgood/core/domain/messageOf"
import { isOneFile, runsAs } from "@lastgood/core/installation"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import { DemoFailed } from "./DemoFailed.ts"
import { readReleases, readServer } from "./guestbookFiles.ts"

export const appName = "guestbook"

export interface Guestbook {
  readonly folder: string
  readonly config: string
  /** The app's address. */
  readonly url: string
}

const cannot = (what: string) => (cause: unknown) =>
  new DemoFailed({
    claim: `${what} can be created`,
    expected: "that it is created",
    seen: messageOf(cause),
    next: "the demo needs git, and a folder that it may write to"
  })

/** A free port, chosen by the kernel. */
const freePort = Effect.callback<number, DemoFailed>((resume) => {
  const server = createServer()
  server.once("error", (cause) => resume(Effect.fail(cannot("a free port")(cause))))
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Runs git without the host's configuration, which may sign commits or run hooks. */
const git = (cwd: string, args: ReadonlyArray<string>) =>
  Effect.mapError(
    run("git", ["-c", "user.name=guestbook", "-c", "user.email=guestbook@example.org", "-C", cwd, ...args], {
      env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" }
    }),
    cannot("the guestbook's git repository")
  )

/** `sh` splits these variables of the env file by its own rules, so no data is part of the command. */
const procfile = 'web: exec "$INTERPRETER" $INTERPRETER_ARGS server.mjs\n'

/** One commit and one tag per version. */
const makeRecipe = Effect.fnUntraced(function* (folder: string) {
  const write = (act: () => Promise<unknown>) =>
    Effect.tryPromise({ try: act, catch: cannot("the guestbook's git repository") })
  yield* write(() => mkdir(folder, { recursive: true }))
  yield* git(folder, ["init", "--quiet", "--initial-branch=main"])
  yield* write(() => writeFile(join(folder, "Procfile"), procfile))
  yield* write(async () => writeFile(join(folder, "server.mjs"), await readServer()))
  const releases = yield* Effect.tryPromise({ try: readReleases, catch: cannot("the guestbook's git repository") })
  for (const { version, code } of releases) {
    yield* write(() => writeFile(join(folder, "release.mjs"), code))
    yield* git(folder, ["add", "--all"])
    yield* git(folder, ["commit", "--quiet", "--message", `guestbook ${version}`])
    yield* git(folder, ["tag", version])
  }
})

/** Hides Node's warning about SQLite, which would be among the last log lines of a failing version. */
const interpreterArguments =
  "Deno" in globalThis ? "run --allow-all" : isOneFile ? runsAs.script : "--disable-warning=ExperimentalWarning"

/** The interpreter of lastgood also runs the app, so the demo needs no other program. */
const envFile = (port: number): string =>
  `${[`PORT=${port}`, `INTERPRETER=${process.execPath}`, `INTERPRETER_ARGS="${interpreterArguments}"`].join("\n")}\n`

const configFile = (url: string): string => `root: ./root
apps:
  ${appName}:
    recipe: ./recipe
    runtime: local
    env: ./${appName}.env
    volumes: [data]
    health:
      deadline: 6s
      stableFor: 1s
      interval: 200ms
      checks: [{ http: "${url}/health", status: 200 }]
`

/** @param folder an existing, empty folder. */
export const makeGuestbook = Effect.fn("Demo.makeGuestbook")(function* (folder: string) {
  yield* makeRecipe(join(folder, "recipe"))
  const port = yield* freePort
  const url = `http://127.0.0.1:${port}`
  const config = join(folder, "lastgood.yaml")
  yield* Effect.tryPromise({
    try: async () => {
      await writeFile(join(folder, `${appName}.env`), envFile(port), { mode: 0o600 })
      await writeFile(config, configFile(url))
    },
    catch: cannot("the guestbook's configuration")
  })
  const guestbook: Guestbook = { folder, config, url }
  return guestbook
})

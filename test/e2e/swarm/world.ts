/**
 * A world for an end-to-end test on a real engine, as a stack of the swarm or a project of compose: a light app with two services and two volumes (`app/`), its recipe's git
 * repository, a configuration, a root, and the real `lastgood` binary. What is believed of the app is seen from outside:
 * over HTTP, in the volumes' folders, in Docker's lists, in what the app itself told when it started.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { EventStore } from "@lastgood/core/log/EventStore"
import { layerReadOnly } from "@lastgood/core/log/EventStoreSqlite"
import { binary } from "@lastgood/testing/binary"
import { interpreter } from "@lastgood/testing/interpreter"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { composeEnv } from "../../docker/composePlugin.ts"
import { removeStack } from "../../docker/testStack.ts"

const command = [...interpreter, binary]

export const v1 = "1.0.0+1.0.0"
export const v2 = "1.1.0+1.1.0"

/** How a version of the app behaves. */
export interface Behaviour {
  readonly schema: number
  readonly start: "runs" | "exits"
  readonly health: number
  /** A row that it writes when it migrates. */
  readonly writes: string
}
const healthy: Behaviour = { schema: 1, start: "runs", health: 200, writes: "" }
/** Migrates one way and works. */
export const migrates: Partial<Behaviour> = { schema: 2, writes: "written by 2" }
/** Migrates one way, writes, and is not healthy. */
export const harms: Partial<Behaviour> = { ...migrates, health: 500 }

export interface Ran {
  /** null: killed. */
  readonly code: number | null
  readonly said: string
}

export interface Start {
  readonly version: string
  readonly schema: number
  readonly found: number
}

export interface Options {
  /** `abra`: the app's env file lies where abra has it, and the configuration names none. */
  readonly runtime?: "swarm" | "abra" | "compose"
  /** Further keys of the app's configuration, as YAML. */
  readonly config?: string
  /** Further variables of the environment that lastgood runs in. */
  readonly environment?: Readonly<Record<string, string>>
}

export type World = Awaited<ReturnType<typeof makeWorld>>

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port))
  })

export const freePort = async (): Promise<number> => {
  const server = createServer()
  const port = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Polls until it holds; otherwise fails with the message, which therefore says what did not happen. */
export const until = async (message: string, holds: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> => {
  const end = Date.now() + timeoutMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(message)
    await sleep(100)
  }
}

export const docker = async (...args: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const { stdout } = await execa("docker", args)
  return stdout.split("\n").filter((line) => line !== "")
}

/** The same app as a project: compose knows no external network `host`, and no placement of a swarm. */
const forCompose = (text: string): string =>
  text
    .replace("    networks: [host]\n", "    network_mode: host\n")
    .replace("  host: { external: true, name: host }\n", "")
    .replace(/^ {4}deploy: &deploy\n(?: {6}.*\n)+/m, "")
    .replace("    deploy: *deploy\n", "")

let made = 0

/** Nothing is tagged or deployed yet. `end` removes all of it. */
export const makeWorld = async (options: Options = {}) => {
  const home = await mkdtemp(join(tmpdir(), "lastgood-swarm-e2e-"))
  const { runtime = "swarm" } = options
  const isAbra = runtime === "abra"
  const isCompose = runtime === "compose"
  const at = (...parts: ReadonlyArray<string>) => join(home, ...parts)
  const root = at("root")
  // The last letter keeps one name from being the beginning of another.
  const stack = `lge_${process.pid}_${made++}e`
  const starts: Array<Start> = []
  const witness = createServer((request, response) => {
    const said = new URL(request.url ?? "/", "http://witness").searchParams
    // A `+` in a query stands for a space.
    const version = (said.get("version") ?? "").replace(" ", "+")
    starts.push({ version, schema: Number(said.get("schema")), found: Number(said.get("found")) })
    response.end("noted")
  })
  const witnessPort = await listening(witness)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const git = (...args: ReadonlyArray<string>) =>
    execa("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", "-C", at("recipe"), ...args])

  /** @param change changes the compose file of this version. */
  const tag = async (
    version: string,
    behaviour: Partial<Behaviour> = {},
    change: (compose: string) => string = (compose) => compose
  ) => {
    const { schema, start, health, writes } = { ...healthy, ...behaviour }
    const values = { version, schema, start, health, writes }
    const template = await readFile(join(import.meta.dirname, "app/compose.yml"), "utf8")
    const text = Object.entries(values).reduce(
      (all, [key, value]) => all.replaceAll(`@${key}@`, String(value)),
      template
    )
    await writeFile(at("recipe", "compose.yml"), change(isCompose ? forCompose(text) : text))
    await git("add", "--all")
    await git("commit", "--quiet", "--allow-empty", "--message", version)
    await git("tag", version)
  }

  const start = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) => {
    const [file = "", ...before] = command
    return execa(file, [...before, ...args], {
      cwd: home,
      env: {
        LASTGOOD_ROOT: "",
        LASTGOOD_CONFIG: at("lastgood.yaml"),
        NO_COLOR: "1",
        ...(isAbra ? { ABRA_DIR: at("abra") } : {}),
        ...(isCompose ? composeEnv : {}),
        ...options.environment,
        ...environment
      },
      reject: false,
      stdin: "ignore",
      all: true
    })
  }
  const lastgood = async (args: ReadonlyArray<string>, environment = {}): Promise<Ran> => {
    const { exitCode, all } = await start(args, environment)
    return { code: exitCode ?? null, said: `lastgood ${args.join(" ")} → ${exitCode}\n${all}` }
  }

  /** The running app over HTTP; null: it does not answer. */
  const page = async () => {
    try {
      const response = await fetch(`${url}/cgi-bin/state`, { signal: AbortSignal.timeout(3000) })
      const [first = "", ...rows] = (await response.text()).trimEnd().split("\n")
      const [version = "", schema = ""] = first.split(" ")
      return { version, schema: Number(schema), rows: rows.filter((row) => row !== "") }
    } catch {
      return null
    }
  }
  const addRow = async (row: string) => {
    const response = await fetch(`${url}/cgi-bin/add?${row}`, { signal: AbortSignal.timeout(5000) })
    if ((await response.text()) !== "added\n") throw new Error("the row was not taken")
  }

  const volume = async (key: string): Promise<string> =>
    (await docker("volume", "inspect", "--format", "{{.Mountpoint}}", `${stack}_${key}`))[0] ?? ""
  /** What the worker did, from its volume. */
  const jobs = async (): Promise<ReadonlyArray<string>> =>
    (await readFile(join(await volume("jobs"), "log"), "utf8")).trimEnd().split("\n")

  const namesIn = (...path: ReadonlyArray<string>): Promise<ReadonlyArray<string>> =>
    readdir(at(...path)).then(
      (names) => names.toSorted(),
      () => []
    )
  const alerts = async () =>
    Promise.all(
      (await namesIn("root", "demo", "alerts")).map(async (name) =>
        JSON.parse(await readFile(at("root", "demo", "alerts", name), "utf8"))
      )
    )
  const lastGood = async () => (await readFile(at("root", "demo", "last_good"), "utf8").catch(() => "")).trim()

  /** Everything in the log, and what is wrong with its chain. */
  const log = () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      return { events: yield* store.readAll(), problems: (yield* store.verify()).problems }
    }).pipe(Effect.provide(layerReadOnly({ path: at("root", "events.db") })), Effect.runPromise)

  /** Names of what Docker has of the stack, or project, volumes included. */
  const objects = async () => {
    const owner = isCompose ? "com.docker.compose.project" : "com.docker.stack.namespace"
    const label = ["--filter", `label=${owner}=${stack}`]
    const list = async (noun: string, format: string, ...flags: ReadonlyArray<string>) =>
      (await docker(noun, "ls", ...flags, ...label, "--format", format)).toSorted()
    return {
      services: isCompose
        ? await list("container", `${stack}_{{.Label "com.docker.compose.service"}}`, "--all")
        : await list("service", "{{.Name}}"),
      containers: await list("container", "{{.State}}", "--all"),
      networks: await list("network", "{{.Name}}"),
      volumes: (await docker("volume", "ls", "--quiet", "--filter", `name=${stack}_`)).toSorted(),
      configs: await list("config", "{{.Name}}"),
      secrets: await list("secret", "{{.Name}}")
    }
  }

  const end = async () => {
    await Effect.runPromise(removeStack(stack))
    witness.closeAllConnections()
    witness.close()
    await rm(home, { recursive: true, force: true })
  }

  await cp(join(import.meta.dirname, "app"), at("recipe"), { recursive: true })
  await git("init", "--quiet", "--initial-branch=main")
  await mkdir(root, { mode: 0o700 })
  const envFile = isAbra ? at("abra/servers/default/demo.example.org.env") : at("demo.env")
  await mkdir(dirname(envFile), { recursive: true })
  const type = isAbra ? "TYPE=recipe:0.0.1+1\n" : ""
  await writeFile(envFile, `${type}PORT=${port}\nWITNESS=${witnessPort}\n`, { mode: 0o600 })
  await writeFile(
    at("lastgood.yaml"),
    `root: ./root
apps:
  demo:
    recipe: ./recipe
    runtime: ${runtime}
    domain: demo.example.org
    stack: ${stack}
${isAbra ? "" : "    env: ./demo.env\n"}    health: { deadline: 20s, stableFor: 300ms, interval: 100ms, checks: [{ http: "${url}/health", status: 200 }] }
${options.config ?? ""}`
  )

  return {
    runtime,
    home,
    root,
    stack,
    url,
    at,
    tag,
    start,
    lastgood,
    page,
    addRow,
    volume,
    jobs,
    starts,
    namesIn,
    alerts,
    lastGood,
    log,
    objects,
    end
  }
}

/** A world where 1.0.0 runs with one row. `use` sees it; it is gone afterwards. */
export const inWorld = async (use: (world: World) => Promise<void>, options: Options = {}): Promise<void> => {
  const world = await makeWorld(options)
  try {
    await world.tag(v1)
    const ran = await world.lastgood(["deploy", "demo"])
    if (ran.code !== 0) throw new Error(ran.said)
    await world.addRow("a")
    await use(world)
  } finally {
    await world.end()
  }
}

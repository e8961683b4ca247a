/**
 * A world for an end-to-end test on a real engine, as a stack of the swarm or a project of compose: a light app with two services and two volumes (`app/`), its recipe's git
 * repository, a configuration, a root, and the real `lastgood` binary. What is believed of the app is seen from outside:
 * over HTTP, in the volumes' folders, in Docker's lists, in what the app itself told when it started.
 */
import assert from "node:assert/strict"
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { freePort } from "@lastgood/testing/freePort"
import { initRecipe, tagRecipe } from "@lastgood/testing/recipe"
import { environmentIn, worldIn } from "@lastgood/testing/World"
import { waitUntil } from "@lastgood/testing/waitUntil"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { composeEnv } from "../../docker/composePlugin.ts"
import { removeStack } from "../../docker/testStack.ts"

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
  /** Of compose: the worker's data is in a folder and a file of the host, instead of a volume. */
  readonly inFolder?: boolean
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

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Polls until it holds; otherwise fails with the message, which therefore says what did not happen. */
export const until = (message: string, holds: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> =>
  Effect.runPromise(waitUntil(message, Effect.promise(holds), timeoutMs, 100))

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

/** The worker's data beside the compose file, in a folder and in a single file. */
const withFolder = (text: string): string =>
  text
    .replace('    volumes: ["jobs:/jobs"]\n', '    volumes: ["./jobs:/jobs", "./state:/state"]\n')
    .replace("  jobs: {}\n", "")

let made = 0

/** Nothing is tagged or deployed yet. `end` removes all of it. */
export const makeWorld = async (options: Options = {}) => {
  const home = await mkdtemp(join(tmpdir(), "lastgood-swarm-e2e-"))
  const { inFolder = false, runtime = "swarm" } = options
  const isAbra = runtime === "abra"
  const isCompose = runtime === "compose"
  const own = worldIn(home, {
    env: {
      ...environmentIn(home),
      ...(isAbra ? { ABRA_DIR: join(home, "abra") } : {}),
      ...(isCompose ? composeEnv : {}),
      ...options.environment
    }
  })
  const { at } = own
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
    const fitting = isCompose ? forCompose(text) : text
    await writeFile(at("recipe", "compose.yml"), change(inFolder ? withFolder(fitting) : fitting))
    await Effect.runPromise(tagRecipe(at("recipe"), version))
  }

  const start = (...[args, environment]: Parameters<typeof own.lastgood>) => {
    const running = own.start(args, environment)
    const ended = Effect.runPromise(running.done).then(
      ({ code }): Ran => ({ code, said: `lastgood ${args.join(" ")} → ${code}\n${running.said()}` })
    )
    return { signal: running.signal, ended }
  }
  const lastgood = (...given: Parameters<typeof start>): Promise<Ran> => start(...given).ended

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
    inFolder && key === "jobs"
      ? at("app/jobs")
      : ((await docker("volume", "inspect", "--format", "{{.Mountpoint}}", `${stack}_${key}`))[0] ?? "")
  /** What the worker did, from its volume. */
  const jobs = async (): Promise<ReadonlyArray<string>> => {
    const log = await readFile(join(await volume("jobs"), "log"), "utf8")
    // The folder and the file are put back together, or not at all.
    if (inFolder) assert.equal(await readFile(at("app/state"), "utf8"), log)
    return log.trimEnd().split("\n")
  }

  const lastGood = async () => ((await Effect.runPromise(own.textOf("root", "demo", "last_good"))) ?? "").trim()

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
  await Effect.runPromise(initRecipe(at("recipe")))
  await mkdir(own.root, { mode: 0o700 })
  if (inFolder) {
    await mkdir(at("app/jobs"), { recursive: true })
    await writeFile(at("app/state"), "")
  }
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
${inFolder ? "    folder: ./app\n" : ""}${isAbra ? "" : "    env: ./demo.env\n"}    health: { deadline: 20s, stableFor: 300ms, interval: 100ms, checks: [{ http: "${url}/health", status: 200 }] }
${options.config ?? ""}`
  )

  return {
    runtime,
    inFolder,
    home,
    root: own.root,
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
    namesIn: (...path: ReadonlyArray<string>) => Effect.runPromise(own.namesIn(...path)),
    alerts: () => Effect.runPromise(own.alertsOf("demo")),
    lastGood,
    /** Everything in the log, and what is wrong with its chain. */
    log: () => Effect.runPromise(own.log),
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

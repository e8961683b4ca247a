/** A host of many apps of the `local` runtime under one daemon, with the real `lastgood`, in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { openSync } from "node:fs"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { readConfig } from "@lastgood/core/config/loadConfig"
import type { App } from "@lastgood/core/domain/App"
import { Engine } from "@lastgood/core/engine/Engine"
import { live } from "@lastgood/core/live"
import { withoutPlugin } from "@lastgood/core/plugin/applyPlugins"
import { killContained, removeGroups } from "@lastgood/core/runtime/local/Containment"
import { isAlive, leaders } from "@lastgood/core/runtime/local/Members"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { workerOf } from "./usage.ts"

export interface Options {
  readonly home: string
  /** The `lastgood.mjs` to run. */
  readonly bin: string
  readonly apps: number
  /** Upgrades at the same time. */
  readonly concurrency: number
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly ms: number
}

/** Answers the health checks of all apps, which have no server of their own. */
const healthServer = async () => {
  const asked: Array<{ readonly app: string; readonly at: number }> = []
  const server = createServer((incoming, response) => {
    asked.push({ app: (incoming.url ?? "").slice(1), at: performance.now() })
    response.end("ok")
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return { asked, port: (server.address() as AddressInfo).port, close: () => server.close() }
}

export const nameOf = (index: number): string => `app-${String(index).padStart(4, "0")}`

const git = (folder: string, ...args: ReadonlyArray<string>) =>
  execa("git", ["-c", "user.name=bench", "-c", "user.email=bench@localhost", ...args], { cwd: folder })

/** Only what the kernel says is the app's (`Containment.ts`). */
const killApp = (app: Pick<App, "dir" | "name">) => {
  for (const { pid } of leaders(app).filter(isAlive)) process.kill(-pid, "SIGKILL")
  killContained(app)
}

export type Fleet = Awaited<ReturnType<typeof makeFleet>>

/** Makes the folder's recipe and configuration. Nothing runs yet. */
export const makeFleet = async ({ apps, bin, concurrency, home }: Options) => {
  const [recipe, root] = [path.join(home, "recipe"), path.join(home, "root")]
  const health = await healthServer()
  const names = Array.from({ length: apps }, (_, index) => nameOf(index))
  await mkdir(recipe, { recursive: true })
  await git(recipe, "init", "--quiet", "--initial-branch=main", "--template=")

  /** @param schedule of each app, as in the configuration. */
  const configure = async (schedule: (app: string) => string) => {
    const blocks = names.map((app) =>
      [
        `  ${app}:`,
        `    recipe: ${recipe}`,
        "    runtime: local",
        "    volumes: [data]",
        `    health: { stableFor: 500ms, checks: [{ http: "http://127.0.0.1:${health.port}/${app}" }] }`,
        `    schedule: "${schedule(app)}"`
      ].join("\n")
    )
    const text = `root: ${root}\nhttp: { listen: off }\nbreaker: off\napps:\n${blocks.join("\n")}\n`
    await writeFile(path.join(home, "lastgood.yaml"), text)
  }

  /** Adds a version to the recipe of all apps. */
  const tag = async (version: string) => {
    await writeFile(path.join(recipe, "Procfile"), `web: exec sleep infinity # ${version}\n`)
    await git(recipe, "add", "--all")
    await git(recipe, "commit", "--quiet", "--message", version)
    await git(recipe, "tag", version)
  }

  const env = { ...process.env, LASTGOOD_CONFIG: path.join(home, "lastgood.yaml"), LASTGOOD_ROOT: "" }
  let daemon: ChildProcess | null = null

  const ask = (where: string, method = "GET", body = ""): Promise<Answer> => {
    const start = performance.now()
    return new Promise((resolve, reject) => {
      const headers = body === "" ? {} : { "content-type": "application/json" }
      const sent = request(
        { socketPath: path.join(root, "http.sock"), path: where, method, headers, agent: false },
        (response) => {
          let text = ""
          response.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk
          })
          response.once("end", () => resolve({ status: response.statusCode ?? 0, text, ms: performance.now() - start }))
        }
      )
      sent.once("error", reject)
      sent.end(body)
    })
  }

  /** Starts the daemon and waits until it answers. @param nodeArgs such as `--cpu-prof`. */
  const start = async (nodeArgs: ReadonlyArray<string> = []) => {
    const log = openSync(path.join(home, "daemon.log"), "a")
    daemon = spawn(
      process.execPath,
      [...nodeArgs, bin, "reconcile", "--skip-fetch", "--concurrency", String(concurrency)],
      { cwd: home, env, stdio: ["ignore", log, log] }
    )
    for (let tries = 0; tries < 1200; tries++) {
      const answer = await ask("/readyz").catch(() => null)
      if (answer?.status === 200) return workerOf(daemon.pid ?? 0)
      if (daemon.exitCode !== null) break
      await sleep(100)
    }
    throw new Error(`the daemon does not answer: ${await readFile(path.join(home, "daemon.log"), "utf8")}`)
  }

  const stop = async () => {
    const running = daemon
    daemon = null
    if (running === null || running.exitCode !== null) return
    const ended = once(running, "exit")
    running.kill("SIGTERM")
    await ended
  }

  const lastgood = async (...args: ReadonlyArray<string>) => {
    const before = performance.now()
    const { stdout } = await execa(process.execPath, [bin, ...args], {
      cwd: home,
      env,
      reject: false,
      maxBuffer: 2 ** 28
    })
    return { stdout, ms: performance.now() - before }
  }

  /** Deploys the version to all apps in this process, as `lastgood deploy` does for one. */
  const deployAll = (version: string) =>
    Effect.gen(function* () {
      const config = yield* readConfig(path.join(home, "lastgood.yaml"), null)
      const reports = yield* Effect.forEach(
        config.apps,
        (app) => Engine.use((engine) => engine.run(withoutPlugin(app), { _tag: "Deploy", to: version, fetch: false })),
        { concurrency: 8 }
      ).pipe(Effect.provide(live(config, { readOnly: false })))
      const failed = reports.find(({ outcome }) => outcome !== "committed")
      if (failed !== undefined) return yield* Effect.die(new Error(`${failed.app}: ${failed.outcome}: ${failed.why}`))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer), Effect.runPromise)

  /** Ends every app and removes its control groups. The folder goes with the caller. */
  const end = async () => {
    await stop()
    health.close()
    const all = names.map((name) => ({ name, dir: path.join(root, name) }))
    for (const app of all) killApp(app)
    // A group is empty once its processes are gone.
    await sleep(2000)
    for (const app of all) removeGroups(app)
  }

  return { ask, configure, deployAll, end, health, home, lastgood, names, recipe, root, start, stop, tag }
}

/**
 * One app, its recipe, its root and the real `lastgood` binary, seen from outside only: HTTP, files, /proc, the log's
 * rows, plain tar. Nothing of lastgood's own code runs in here.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import { binary } from "@lastgood/testing/binary"
import type { Data } from "./data.ts"
import { digest } from "./data.ts"

const repository = join(import.meta.dirname, "../../..")
const interpreter = join(repository, "node_modules/node/bin/node")
const app = "demo"

/** What a version of the app does (app/server.mjs). */
export interface Behaviour {
  readonly schema: number
  readonly start: "runs" | "exits"
  readonly health: number
  /** The row that it writes when it starts. */
  readonly writes: string
  /** How long it takes to end, milliseconds. */
  readonly slowStop: number
}

export interface Ended {
  /** null: by a signal. */
  readonly code: number | null
  readonly said: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export interface Page {
  readonly version: string
  readonly schema: number
  readonly rows: ReadonlyArray<string>
}

export interface Options {
  readonly home: string
  readonly port: number
  /** Upgrades that the reconciler takes by itself. */
  readonly policy?: "manual" | "major"
  /** How volumes are captured, as the configuration says it. */
  readonly engine?: "btrfs" | "mirror" | "tar"
}

export type World = ReturnType<typeof worldAt>

/** The world in a folder: made by `lay`, or there already. */
export const worldAt = ({ engine, home, port }: Options) => {
  const at = (...parts: ReadonlyArray<string>) => join(home, ...parts)
  const root = at("root")
  const appDir = join(root, app)
  const url = `http://127.0.0.1:${port}`

  const git = (...args: ReadonlyArray<string>) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", "-C", at("recipe"), ...args], {
      env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
      stdio: ["ignore", "ignore", "pipe"]
    })

  /** @param deadline of the gate: of a version that is healthy, longer than any machine stands still. */
  const configure = (policy: "manual" | "major", deadline = "6s") =>
    fs.writeFileSync(
      at("lastgood.yaml"),
      `root: ./root
apps:
  ${app}:
    recipe: ./recipe
    runtime: local
    env: ./demo.env
    volumes: [data]
    policy: ${policy}
    health: { deadline: ${deadline}, stableFor: 150ms, interval: 50ms, checks: [{ http: "${url}/health", status: 200 }] }
    snapshot: { keep: 3, asideFor: 10s${engine === undefined ? "" : `, engine: ${engine}`} }
`
    )

  return {
    home,
    root,
    appDir,
    url,
    at,
    configure,
    log: join(root, "events.db"),
    volume: join(appDir, "volumes", "data"),

    /** Makes recipe, configuration and env file. The root is there already where it is a mount. */
    lay: (policy: "manual" | "major") => {
      fs.mkdirSync(root, { recursive: true, mode: 0o700 })
      for (const own of ["tmp", "seen"]) fs.mkdirSync(at(own), { recursive: true })
      fs.cpSync(join(import.meta.dirname, "../app"), at("recipe"), { recursive: true })
      git("init", "--quiet", "--initial-branch=main")
      fs.writeFileSync(at("demo.env"), `INTERPRETER=${interpreter}\nPORT=${port}\nWITNESS=${at("seen", "witness")}\n`)
      configure(policy)
    },

    tag: (version: string, behaviour: Behaviour) => {
      fs.writeFileSync(at("recipe", "release.json"), JSON.stringify(behaviour))
      git("add", "--all")
      git("commit", "--quiet", "--message", version)
      git("tag", version)
    },

    /** Starts the real binary, in a process group of its own. */
    start: (...args: ReadonlyArray<string>): Running => {
      const child = spawn(interpreter, [binary, ...args], {
        cwd: home,
        detached: true,
        env: {
          ...process.env,
          LASTGOOD_ROOT: "",
          LASTGOOD_CONFIG: at("lastgood.yaml"),
          NO_COLOR: "1",
          TMPDIR: at("tmp")
        },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let said = ""
      // Tools that outlive a killed lastgood keep its stderr open: its own end counts, not that of the pipe.
      for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (said += chunk))
      const ended = new Promise<Ended>((resolve) => {
        child.once("exit", (code) => {
          setTimeout(() => resolve({ code, said }), 5)
        })
      })
      return { child, ended }
    },

    page: async (): Promise<Page | null> => {
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(5000) })
        return (await response.json()) as Page
      } catch {
        return null
      }
    },

    isHealthy: async (): Promise<boolean> => {
      try {
        return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(5000) })).status === 200
      } catch {
        return false
      }
    },

    /** A row that the app has answered for: it is on disk. */
    addRow: async (row: string): Promise<void> => {
      const response = await fetch(url, { method: "POST", body: row, signal: AbortSignal.timeout(5000) })
      if (response.status !== 201) throw new Error(`the row was not taken: ${response.status}`)
    },

    /** A large file in the app's volume, on disk. @returns its digest. */
    addBlob: (name: string, bytes: number): string => {
      const content = randomBytes(bytes)
      const file = join(appDir, "volumes", "data", name)
      const fd = fs.openSync(file, "w")
      fs.writeSync(fd, content)
      fs.fsyncSync(fd)
      fs.closeSync(fd)
      const folder = fs.openSync(join(appDir, "volumes", "data"), "r")
      fs.fsyncSync(folder)
      fs.closeSync(folder)
      return digest(content)
    },

    /** Every start of the app, as it saw it itself: its own schema, and that of the data which it started on. */
    starts: (): ReadonlyArray<{ readonly version: string; readonly schema: number; readonly found: number }> =>
      fs.existsSync(at("seen", "witness"))
        ? fs
            .readFileSync(at("seen", "witness"), "utf8")
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => JSON.parse(line))
        : []
  }
}

/** The data after a version has started on it. */
export const after = (data: Data, { schema, writes }: Behaviour): Data => ({
  ...data,
  schema,
  rows: data.rows.includes(writes) ? data.rows : [...data.rows, writes]
})

/** A clone of the repository on a machine that has git and Deno, and no Node: what docs/install.md says works there. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, join, relative } from "node:path"
import { killAll } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import { repository } from "./interpreters.ts"

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let home = ""
const at = (...parts: ReadonlyArray<string>) => join(home, ...parts)

const isNode = (name: string) => ["node", "nodejs", "npm", "npx", "corepack"].includes(name)

/** All programs of this machine but Node's. */
const linkPrograms = async (into: string) => {
  await mkdir(into)
  await symlink(join(repository, "node_modules/deno/deno"), join(into, "deno"))
  for (const folder of (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !folder.startsWith(repository))) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (!isNode(name)) await symlink(join(folder, name), join(into, name)).catch(() => undefined)
    }
  }
}

const notCloned = /(^|\/)(node_modules|\.git|\.cache|\.turbo|dist)$/

/** What this run of the tests says to programs that it starts; certificates and proxies of the host are not. */
const isOfThisRun = (name: string) => /^(VITEST|LASTGOOD_|npm_|NODE_(ENV|OPTIONS|PATH)$|INIT_CWD)/.test(name)
const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOfThisRun(name)))

const environment = () => ({
  ...inherited,
  PATH: at("bin"),
  HOME: at("home"),
  TMPDIR: at("tmp"),
  // What was downloaded once is kept.
  DENO_DIR: join(repository, ".cache/deno"),
  DENO_NO_UPDATE_CHECK: "1",
  NO_COLOR: "1"
})

/** As on that machine. */
const run = async (file: string, ...args: ReadonlyArray<string>) => {
  const { exitCode, all } = await execa(file, args, {
    cwd: at("clone"),
    env: environment(),
    extendEnv: false,
    reject: false,
    all: true,
    stdin: "ignore"
  })
  assert.strictEqual(exitCode, 0, `${file} ${args.join(" ")}\n${all}`)
  return all
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "lastgood-deno-"))
  await Promise.all([mkdir(at("home")), mkdir(at("tmp")), linkPrograms(at("bin"))])
  const filter = (path: string) => !notCloned.test(relative(repository, path))
  await cp(repository, at("clone"), { recursive: true, filter })
  // Fails where deno.lock does not belong to the package.json files.
  await run("deno", "install", "--frozen")
})

afterAll(async () => {
  await Effect.runPromise(killAll(home))
  await rm(home, { recursive: true, force: true })
})

describe("a clone, with Deno alone", () => {
  it("runs the demo", async () => {
    const printed = await run("deno", "task", "demo")
    assert.isAbove(printed.split("✓").length, 20)
    assert.notInclude(printed, "✗")
    assert.deepStrictEqual(await readdir(at("tmp")), [])
  })

  it("builds the command and installs it", async () => {
    await run("deno", "task", "build")
    const name = ["--name", "lastgood", "--root", at("home/.deno")]
    await run("deno", "install", "--global", "--allow-all", ...name, "dist/npm/lastgood/bin/lastgood.mjs")
    const { version } = JSON.parse(await readFile(at("clone/packages/cli/package.json"), "utf8"))
    assert.strictEqual(await run(at("home/.deno/bin/lastgood"), "--version"), version)
    assert.include(await run(at("home/.deno/bin/lastgood"), "--help"), "USAGE")
  })

  // Of `deno task test`, which takes as long as CI's own run on Deno, the part that needs the most: apps, git, processes.
  it("runs a test from end to end", async () => {
    const vitest = ["run", "--allow-all", "node_modules/vitest/vitest.mjs", "run"]
    const printed = await run("deno", ...vitest, "test/e2e/local/upgrade", "--testNamePattern", "commits a healthy")
    assert.match(printed, /Tests .*1 passed/)
  })
})

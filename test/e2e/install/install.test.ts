/**
 * lastgood as users install it: the packages of `npm run build`, packed by npm and installed from these files into empty
 * folders, on everything that it promises to run on.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { killAll } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import { interpreters, repository, repositoryNode } from "./interpreters.ts"
import { plain, typed, typedTest } from "./plugins.ts"

vi.setConfig({ testTimeout: 180_000, hookTimeout: 300_000, maxConcurrency: 5 })

let home = ""
const at = (...parts: ReadonlyArray<string>) => join(home, ...parts)
/** Where npm puts the command. */
const command = () => at("global/lib/node_modules/lastgood/bin/lastgood.mjs")

/** Ends with code 0, or fails with all that it printed. */
const succeed = async (file: string, args: ReadonlyArray<string>, options: { cwd?: string; env?: object } = {}) => {
  const { exitCode, all } = await execa(file, args, {
    cwd: options.cwd ?? home,
    env: { NO_COLOR: "1", LASTGOOD_ROOT: "", ...options.env },
    reject: false,
    all: true,
    stdin: "ignore"
  })
  assert.strictEqual(exitCode, 0, `${file} ${args.join(" ")}\n${all}`)
  return all
}

const npmInstall = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"]

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "lastgood-install-"))
  await succeed(repositoryNode, [join(repository, "build/main.ts"), "--into", at("npm")])
  const packages = ["lastgood", "core", "plugins"].map((name) => at("npm", name))
  await succeed("npm", ["pack", "--silent", "--pack-destination", home, ...packages])
  await mkdir(at("plugins"))
  await writeFile(at("plugins/package.json"), JSON.stringify({ private: true, type: "module" }))
  await Promise.all([
    succeed("npm", [...npmInstall, "--global", "--prefix", at("global"), at("lastgood-0.1.0.tgz")]),
    succeed("npm", [...npmInstall, at("lastgood-core-0.1.0.tgz"), at("lastgood-plugins-0.1.0.tgz")], {
      cwd: at("plugins")
    })
  ])
  await writeFile(at("plugins/typed.ts"), typed)
  await writeFile(at("plugins/plain.js"), plain)
  await writeFile(at("plugins/test.ts"), typedTest)
})

afterAll(async () => {
  await Effect.runPromise(killAll(home))
  await rm(home, { recursive: true, force: true })
})

describe.concurrent.each(Object.keys(interpreters))("lastgood, installed, on %s", (name) => {
  const lastgood = async (args: ReadonlyArray<string>, options: { cwd?: string; env?: object } = {}) => {
    const [program, ...before] = (await interpreters[name]?.()) ?? [""]
    return succeed(program, [...before, command(), ...args], options)
  }

  it("runs its demo in an empty folder, and prints no warning", async () => {
    const folder = at(name.replace(" ", ""))
    await mkdir(join(folder, "tmp"), { recursive: true })
    const printed = await lastgood(["demo"], { cwd: folder, env: { TMPDIR: join(folder, "tmp") } })
    assert.isAbove(printed.split("✓").length, 20)
    assert.notMatch(printed, /✗|warning/i)
    assert.deepStrictEqual(await readdir(join(folder, "tmp")), [])
  })

  it.each(["typed.ts", "plain.js"])("loads the plugin %s, which imports @lastgood/core", async (file) => {
    const printed = await lastgood(["plugin", "test", `./${file}`], { cwd: at("plugins") })
    assert.match(
      printed,
      /^OK +plugin: .*for the recipe (typed|plain)\nOK +health: checks that ask the app itself or the engine: 1/
    )
  })
})

describe("the command, installed", () => {
  it("is on the PATH of npm's prefix", async () => {
    const printed = await succeed(at("global/bin/lastgood"), ["--version"], {
      env: { PATH: `${join(repositoryNode, "..")}:${process.env["PATH"]}` }
    })
    assert.match(printed, /^\d+\.\d+\.\d+$/)
  })

  it("says on an old Node which one to install, and exits with 64", async () => {
    const old = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } })`
    const pretend = ["--import", `data:text/javascript,${encodeURIComponent(old)}`]
    const { exitCode, stderr } = await execa(repositoryNode, [...pretend, command(), "status"], { reject: false })
    assert.strictEqual(exitCode, 64)
    assert.match(
      stderr,
      /^lastgood: Node 20\.20\.2 .* is not supported: .*\nnext: install Node 24 [^\n]*run lastgood again$/
    )
  })
})

describe("the packages for plugins, installed", () => {
  it("contain types that check a plugin against its contract", async () => {
    const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--allowImportingTsExtensions"]
    const types = ["--types", "node", "--typeRoots", join(repository, "node_modules/@types")]
    await succeed(
      repositoryNode,
      [join(repository, "node_modules/typescript/bin/tsc"), ...flags, ...types, "test.ts"],
      {
        cwd: at("plugins")
      }
    )
  })

  it.each(Object.keys(interpreters))("test a plugin with the testkit on %s", async (name) => {
    const [program, ...before] = (await interpreters[name]?.()) ?? [""]
    await succeed(program, [...before, "test.ts"], { cwd: at("plugins") })
  })
})

describe("each package", () => {
  it.each(["lastgood", "core", "plugins"])("%s has a README, the licence and no tests", async (name) => {
    const { stdout } = await execa("npm", ["pack", "--dry-run", "--json", at("npm", name)])
    const [packed] = JSON.parse(stdout) as ReadonlyArray<{ readonly files: ReadonlyArray<{ readonly path: string }> }>
    const paths = packed?.files.map(({ path }) => path) ?? []
    assert.includeMembers(paths, ["README.md", "LICENSE", "package.json"])
    assert.deepStrictEqual(
      paths.filter((path) => /(^|\/)test\/|\.test\.|(?<!\.d)\.ts$/.test(path)),
      []
    )
  })

  it("lastgood contains the licences of its dependencies", async () => {
    const licences = await readFile(at("npm/lastgood/THIRD-PARTY-LICENSES"), "utf8")
    for (const name of ["effect", "execa", "semver", "tar", "yaml"]) {
      assert.match(licences, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((MIT|ISC|BlueOak-1\\.0\\.0)\\)$`, "m"))
    }
  })
})

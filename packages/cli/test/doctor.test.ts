import { execFileSync } from "node:child_process"
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { assert, describe, it, vi } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import type { Finding } from "../src/doctor/Finding.ts"
import { probe } from "../src/doctor/probe.ts"
import { onePerFact, type Summary, summaryOf } from "../src/doctor/summary.ts"
import { jsonOf, makeWorld } from "./world.ts"

// Each test starts several processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

const finding = (app: string | null, what: string, level: Finding["level"], seen: string, next = ""): Finding => ({
  level,
  app,
  what,
  seen,
  next
})

describe("the findings", () => {
  it("name a cause once, with the checks that met it, and not again for an app if the host has it", () => {
    const found = [
      finding(null, "runtime compose", "fail", "no answer", "start docker"),
      finding("web", "running", "fail", "no answer", "start docker"),
      finding("web", "recipe", "fail", "no such folder", "clone it"),
      finding("web", "volumes", "fail", "no such folder", "clone it"),
      finding("web", "settings", "ok", "same"),
      finding("web", "deadlines", "ok", "same")
    ]
    assert.deepStrictEqual(
      onePerFact(found).map(({ app, what }) => [app, what]),
      [
        [null, "runtime compose"],
        ["web", "recipe, volumes"],
        ["web", "settings"],
        ["web", "deadlines"]
      ]
    )
  })

  it("end with their number and what to do first: the host before the apps, failures before warnings", () => {
    const warn = finding(null, "PATH", "warn", "odd", "mend PATH")
    const ofApp = finding("web", "recipe", "fail", "missing", "clone it")
    const ofHost = finding(null, "root", "fail", "read-only", "mount it")
    const first = (...found: ReadonlyArray<Finding>) => summaryOf(found).first?.next
    assert.strictEqual(first(warn, ofApp, ofHost), "mount it")
    assert.strictEqual(first(warn, ofApp), "clone it")
    assert.strictEqual(first(warn), "mend PATH")
    assert.strictEqual(first(warn, finding("web", "running", "warn", "stopped", "deploy it")), "deploy it")
    assert.deepStrictEqual(summaryOf([finding(null, "log", "ok", "whole")]), {
      failed: 0,
      warned: 0,
      passed: 1,
      first: null
    })
  })
})

describe("the test of a folder", () => {
  it.effect("writes and renames, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      assert.isNull(yield* probe(folder))
      assert.deepStrictEqual(readdirSync(folder), [])
      assert.deepInclude(yield* probe(`${folder}/missing`), { code: "ENOENT" })
    }).pipe(Effect.scoped)
  )

  it.live.skipIf(process.getuid?.() !== 0)("finds a full and a read-only filesystem", () =>
    Effect.gen(function* () {
      const folder = `${yield* temporaryFolder()}/disk`
      mkdirSync(folder)
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", folder])
      yield* Effect.addFinalizer(() => Effect.sync(() => execFileSync("umount", [folder])))
      writeFileSync(`${folder}/filler`, Buffer.alloc(60 * 1024))
      assert.deepInclude(yield* probe(folder), { code: "ENOSPC" })
      assert.deepStrictEqual(readdirSync(folder), ["filler"])
      execFileSync("mount", ["-o", "remount,ro", folder])
      assert.deepStrictEqual(yield* probe(folder), { code: "EROFS", operation: "create a folder" })
    }).pipe(Effect.scoped)
  )
})

interface Doctor {
  readonly format: number
  readonly findings: ReadonlyArray<Finding>
  readonly summary: Summary
}

describe("doctor", () => {
  it.live("tells once that Docker does not answer, and says of each app that it was not checked", () =>
    Effect.gen(function* () {
      const { lastgood, write } = yield* makeWorld()
      const app = "{ recipe: ./recipe, runtime: compose, domain: w.example.org }"
      yield* write("lastgood.yaml", `root: ./root\napps:\n  one: ${app}\n  two: ${app.replace("w.", "v.")}\n`)
      const ran = yield* lastgood(["doctor", "--json"], { DOCKER_HOST: "unix:///nonexistent/docker.sock" })
      assert.strictEqual(ran.code, 1)
      const { findings, format, summary } = jsonOf(ran) as Doctor
      assert.strictEqual(format, 1)
      const failed = findings.filter(({ level }) => level === "fail")
      assert.deepStrictEqual(
        failed.map(({ app, what }) => [app, what]),
        [[null, "runtime compose"]],
        ran.stdout
      )
      assert.deepStrictEqual(
        findings.flatMap(({ app, what }) => (what === "not checked" ? [app] : [])),
        ["one", "two"]
      )
      assert.strictEqual(summary.failed, 1)
      assert.strictEqual(summary.first?.what, "runtime compose")
    }).pipe(Effect.scoped)
  )

  it.live("says once that an operator stopped the app, by whom, and how to start it", () =>
    Effect.gen(function* () {
      const { lastgood } = yield* makeWorld()
      yield* lastgood(["deploy", "web", "--to", "1.0.0+1.0.0"])
      yield* lastgood(["stop", "web"])
      const { stdout } = yield* lastgood(["doctor", "web"])
      assert.match(stdout, /^OK {4}web: running: it is down: it was stopped by cli:\S+ at .*; lastgood start web$/m)
      assert.lengthOf(stdout.match(/stopped by/g) ?? [], 1)
      assert.notInclude(stdout, "lastgood has not deployed it")
    }).pipe(Effect.scoped)
  )

  it.live("shows hooks and gates of a plugin, and ends with a summary", () =>
    Effect.gen(function* () {
      const { lastgood, write } = yield* makeWorld()
      yield* write(
        "plugin.ts",
        `export default { recipe: "recipe", gates: { busy: () => null }, hooks: { before: { snapshot: () => null }, after: { deploy: () => null } } }\n`
      )
      yield* write(
        "lastgood.yaml",
        "root: ./root\nplugins: [./plugin.ts]\napps:\n  web: { recipe: ./recipe, runtime: local, volumes: [data] }\n"
      )
      const ran = yield* lastgood(["doctor"])
      assert.strictEqual(ran.code, 0, ran.stdout + ran.stderr)
      assert.match(ran.stdout, /^OK {4}web: plugin: .*: hooks before snapshot, after deploy; gates busy$/m)
      assert.match(
        ran.stdout,
        /\n\n0 failures, \d+ warnings?, \d+ ok\nfirst: notifications: name where alerts go .*\n$/
      )
    }).pipe(Effect.scoped)
  )
})

import { readdirSync, realpathSync, rmSync, truncateSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { basename, join } from "node:path"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { jsonOf, makeWorld } from "./world.ts"

// Each test starts several processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

const test = (name: string, body: (world: Effect.Success<ReturnType<typeof makeWorld>>) => Effect.Effect<void>) =>
  it.live(name, () => Effect.scoped(Effect.flatMap(makeWorld(), body)))

const first = "1.0.0+1.0.0"

/** Verifies: LAW-6 */
describe("a command that only reads, on a missing root", () => {
  const cases: ReadonlyArray<ReadonlyArray<string>> = [
    ["status"],
    ["plan"],
    ["doctor"],
    ["log"],
    ["replay"],
    ["snapshots"],
    ["verify"]
  ]
  for (const args of cases) {
    test(`${args.join(" ")} succeeds and creates nothing`, ({ lastgood, names }) =>
      Effect.gen(function* () {
        const before = yield* names
        const ran = yield* lastgood([...args, "--json"])
        assert.strictEqual(ran.code, 0, ran.stderr + ran.stdout)
        assert.deepStrictEqual(yield* names, before)
      }))
  }
})

describe("after a deploy", () => {
  const deployed = (body: (world: Effect.Success<ReturnType<typeof makeWorld>>) => Effect.Effect<void>) => () =>
    Effect.scoped(
      Effect.gen(function* () {
        const world = yield* makeWorld()
        const { code, stderr, stdout } = yield* world.lastgood(["deploy", "web", "--to", first, "--json"])
        assert.strictEqual(code, 0, stdout + stderr)
        assert.match(stderr, /^\d\d:\d\d:\d\d {2}UpgradeCommitted {4}1\.0\.0\+1\.0\.0 is the last good version$/m)
        yield* body(world)
      })
    )

  it.live(
    "times for people are in the host's time zone, in JSON in UTC",
    deployed(({ lastgood }) =>
      Effect.gen(function* () {
        const utc = yield* lastgood(["log"])
        const kolkata = yield* lastgood(["log"], { TZ: "Asia/Kolkata" })
        const at = /(\d{4}-\d\d-\d\d) ([\d:]{8})(\S+)/
        const [, day = "", clock = "", zone] = at.exec(utc.stdout) ?? []
        const [, there = "", later = "", offset] = at.exec(kolkata.stdout) ?? []
        assert.deepStrictEqual([zone, offset], ["Z", "+05:30"])
        assert.strictEqual(Date.parse(`${there}T${later}+05:30`), Date.parse(`${day}T${clock}Z`))
        assert.notStrictEqual(later, clock)
        const json = yield* lastgood(["log", "--json", "--limit", "1"], { TZ: "Asia/Kolkata" })
        assert.match(json.stdout, /"at":"[^"]+Z"/)
      })
    )
  )

  it.live(
    "status, log and replay agree, in the documented formats",
    deployed(({ lastgood }) =>
      Effect.gen(function* () {
        const status = jsonOf(yield* lastgood(["status", "--json"]))
        assert.deepNestedInclude(status, {
          "apps[0].app": "web",
          "apps[0].phase": "running",
          "apps[0].running": first,
          "apps[0].lastGood": first,
          "apps[0].quarantined": [],
          "apps[0].held": null,
          "apps[0].waitingFor": null
        })

        const log = yield* lastgood(["log", "web", "--json"])
        const envelopes = log.stdout
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as Record<string, unknown>)
        assert.deepStrictEqual(
          envelopes.map((e) => e["position"]),
          envelopes.map((_, i) => i + 1)
        )
        assert.hasAllKeys(envelopes[0], [
          ...["id", "stream", "version", "position", "type", "v", "at", "actor", "attempt", "data", "prev", "hash"]
        ])
        assert.match(String(envelopes[0]?.["actor"]), /^cli:/)

        const newest = yield* lastgood(["log", "--json", "--limit", "1"])
        assert.strictEqual(newest.stdout.trimEnd(), log.stdout.trimEnd().split("\n").at(-1))

        const now = yield* lastgood(["replay", "web", "--json"])
        assert.deepNestedInclude(jsonOf(now), {
          position: envelopes.length,
          "apps[0].app": "web",
          "apps[0].state.running.version": first,
          "apps[0].state.lastGood.version": first
        })
        assert.strictEqual((yield* lastgood(["replay", "web", "--json"])).stdout, now.stdout)

        const early = yield* lastgood(["replay", "--until", "2", "--json"])
        assert.deepNestedInclude(jsonOf(early), {
          position: 2,
          "apps[0].state.running": null,
          "apps[0].state.attempt.kind": "deploy"
        })
        const at = String(envelopes.at(-1)?.["at"])
        assert.strictEqual((yield* lastgood(["replay", "web", "--until", at, "--json"])).stdout, now.stdout)
        const before = yield* lastgood(["replay", "--until", "2020-01-01", "--json"])
        assert.deepNestedInclude(jsonOf(before), { position: 0, apps: [] })
      })
    )
  )

  /** Verifies: LAW-3, LAW-6 */
  it.live(
    "verify reads snapshots and the chain, and detects a log without the expected head",
    deployed(({ lastgood }) =>
      Effect.gen(function* () {
        const { code, stdout } = yield* lastgood(["verify"])
        assert.strictEqual(code, 0)
        const head = /head (\d+:[0-9a-f]{64})$/m.exec(stdout)?.[1] ?? ""
        assert.strictEqual((yield* lastgood(["verify", "--expect-head", head])).code, 0)
        const other = yield* lastgood(["verify", "--expect-head", head.replace(/.$/, (c) => (c === "0" ? "1" : "0"))])
        assert.strictEqual(other.code, 1)
        assert.match(other.stdout, /^FAIL {2}the log: .*\n/)
        const longer = yield* lastgood(["verify", "--json", "--expect-head", `999:${"a".repeat(64)}`])
        assert.strictEqual(longer.code, 1)
        assert.deepNestedInclude(jsonOf(longer), { ok: false, "log.ok": false })
      })
    )
  )

  /** Verifies: LAW-4 */
  it.live(
    "verify detects a snapshot that is truncated, undescribed or missing",
    deployed(({ at, lastgood }) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* lastgood(["snapshot", "web"])).code, 0)
        const folder = realpathSync(at("root/web/snapshot"))
        const archive = join(folder, "volumes", readdirSync(join(folder, "volumes"))[0] ?? "")
        const expectFound = Effect.fnUntraced(function* (problem: RegExp) {
          const { code, stdout } = yield* lastgood(["verify", "web"])
          assert.strictEqual(code, 1, stdout)
          assert.match(stdout, problem)
          const named = yield* lastgood(["verify", "web", "--snapshot", basename(folder), "--json"])
          assert.strictEqual(named.code, 1)
          assert.deepNestedInclude(jsonOf(named), { ok: false, "snapshots[0].snapshot": basename(folder) })
        })
        truncateSync(archive, 1000)
        assert.match((yield* lastgood(["snapshots", "web"])).stdout, new RegExp(`${basename(folder)} .*DAMAGED`))
        assert.match((yield* lastgood(["doctor", "web"])).stdout, /FAIL .*last snapshot: .*no longer whole on disk/)
        yield* expectFound(/^FAIL {2}web .*expected \d+ bytes, found 1000/m)
        rmSync(join(folder, "meta.json"))
        yield* expectFound(/^FAIL {2}web .*meta\.json/m)
        rmSync(folder, { recursive: true })
        yield* expectFound(/^FAIL {2}web .*has no snapshot/m)
      })
    )
  )

  it.live(
    "plan says what would be done, and prints nothing on standard error with --quiet",
    deployed(({ lastgood }) =>
      Effect.gen(function* () {
        const ran = yield* lastgood(["plan", "--json"])
        assert.strictEqual(ran.stderr, "")
        assert.deepNestedInclude(jsonOf(ran), {
          errors: [],
          "plans[0].action": "upgrade",
          "plans[0].to": "1.1.0+1.0.0",
          "plans[0].steps[0]": "prefetch"
        })
      })
    )
  )

  it.live(
    "an app with a missing recipe is reported beside the others",
    deployed(({ at, lastgood, write }) =>
      Effect.gen(function* () {
        yield* Effect.promise(() => mkdir(at("empty")))
        const app = (name: string, recipe: string) =>
          `  ${name}: { recipe: ${recipe}, runtime: local, volumes: [data], health: { stableFor: 100ms } }\n`
        yield* write("lastgood.yaml", `root: ./root\napps:\n${app("gone", "./empty")}${app("web", "./recipe")}`)
        const ran = yield* lastgood(["doctor", "--json"])
        assert.strictEqual(ran.code, 1)
        const all = yield* lastgood(["doctor"])
        assert.match(all.stdout, /^FAIL {2}gone: recipe: .*\n {6}next: /m)
        assert.match(all.stdout, /^OK {4}web: recipe: \/.*: 2 versions, the newest is 1\.1\.0\+1\.0\.0$/m)
      })
    )
  )

  it.live(
    "$CCCI_SKIP_FETCH and --skip-fetch do not contact an unreachable remote",
    deployed(({ git, lastgood }) =>
      Effect.gen(function* () {
        yield* git("remote", "add", "origin", "/nowhere/at/all")
        const fetched = yield* lastgood(["plan", "web"])
        assert.strictEqual(fetched.code, 1)
        assert.match(fetched.stderr, /recipe .*\nnext: /)
        assert.strictEqual((yield* lastgood(["plan", "web", "--skip-fetch"])).code, 0)
        assert.strictEqual((yield* lastgood(["plan", "web"], { CCCI_SKIP_FETCH: "1" })).code, 0)
      })
    )
  )
})

import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { decodeEnvelope } from "@lastgood/core/log/Codec"
import type { Envelope } from "@lastgood/core/log/EventStore"
import * as Effect from "effect/Effect"
import { liveLine, logLine } from "../../src/render/timeline.ts"

const fixtures = join(import.meta.dirname, "../../../../test/fixtures/events")
const names = readdirSync(fixtures).filter((name) => /^\w+\.v\d+\.json$/.test(name))

const envelopeOf = (type: string, v: number, data: unknown): Envelope => ({
  id: "01890a5d-ac96-774b-bcce-b302099a8057",
  stream: "app/web",
  version: 1,
  position: 7,
  type,
  v,
  at: "2026-11-23T22:10:03.123Z",
  actor: "cli:root",
  attempt: null,
  data,
  prev: "0",
  hash: "1"
})

const linesOf = (envelope: Envelope) =>
  Effect.map(decodeEnvelope(envelope), (event) => ({ live: liveLine(envelope, event), log: logLine(envelope, event) }))

describe("the line of an event", () => {
  it.effect("tells of free space only if the attempt needs some, because it was not measured otherwise", () =>
    Effect.gen(function* () {
      const data = { version: "1.0.0", commit: "c", images: [], volumes: [], needBytes: 0, freeBytes: 0 }
      const nothing = yield* linesOf(envelopeOf("Prefetched", 1, data))
      assert.match(nothing.live, / 1\.0\.0: 0 images, 0 volumes$/)
      const some = yield* linesOf(envelopeOf("Prefetched", 1, { ...data, needBytes: 1000, freeBytes: 2000 }))
      assert.match(some.live, /; needs [\d.]+ kB, [\d.]+ kB free$/)
    })
  )

  for (const name of names) {
    it.effect(`tells ${name.replace(/\.json$/, "")} on one line, without holes`, () =>
      Effect.gen(function* () {
        const [type = "", v = ""] = name.split(".")
        const fixture: unknown = JSON.parse(readFileSync(join(fixtures, name), "utf8"))
        const data = typeof fixture === "object" && fixture !== null && "data" in fixture ? fixture.data : fixture
        const { live, log } = yield* linesOf(envelopeOf(type, Number(v.slice(1)), data))
        assert.match(live, new RegExp(`^22:10:03 {2}${type}`))
        assert.match(log, new RegExp(`^ {4}7 {2}2026-11-23 22:10:03Z {2}web {2}${type}`))
        for (const line of [live, log]) assert.notMatch(line, /undefined|NaN|\[object|\n/)
      })
    )
  }

  it.effect("cuts long versions in the middle as it happens, and has them whole in the log", () =>
    Effect.gen(function* () {
      const ref = (end: string) => ({ version: `12-0a1b2c3+web=2026.11.4-alpine3.22,db=16.${end}`, commit: "c" })
      const data = { from: ref("1"), to: ref("2"), trigger: "operator", snapshot: "s", plan: [] }
      const { live, log } = yield* linesOf(envelopeOf("UpgradeAttempted", 1, data))
      assert.match(live, /^22:10:03 {2}UpgradeAttempted {4}12-0\S+…\S+16\.1 → 12-0\S+…\S+16\.2$/)
      assert.isAtMost(live.length, 80)
      assert.include(log, `${ref("1").version} → ${ref("2").version}`)
    })
  )

  it.effect("says once when a refusal ends, in the host's time zone", () =>
    Effect.gen(function* () {
      const until = "2026-12-05T01:00:00.000Z"
      const data = { from: { version: "1.0.0", commit: "c" }, to: { version: "2.0.0", commit: "d" }, next: "" }
      const lineFor = (gate: string, reason: string) =>
        linesOf(envelopeOf("UpgradeRefused", 1, { ...data, gate, reason, until }))
      const end = "until 2026-12-05 01:00:00Z"
      const failed = yield* lineFor("quarantine", `2.0.0 is quarantined until ${until}: 503`)
      assert.include(failed.log, `2.0.0: quarantine: 2.0.0 is quarantined ${end}: 503`)
      const closed = yield* lineFor("window", "outside of its window")
      assert.include(closed.log, `window: outside of its window, ${end}`)
      assert.strictEqual(failed.log.split("until").length, 2)
    })
  )

  it.effect("says what happens to the data in a rollback without a snapshot", () =>
    Effect.gen(function* () {
      const attempted = { version: "1.0.0+1", commit: "c" }
      const back = { attempted, snapshot: null, by: "failure", reason: "503", plan: [] }
      const lineFor = (lastGood: unknown) => linesOf(envelopeOf("RollbackStarted", 1, { ...back, lastGood }))
      assert.include((yield* lineFor(null)).log, "1.0.0+1 → nothing, the data is not restored: 503")
      assert.include((yield* lineFor({ version: "0.9.0+1", commit: "d" })).log, "the data was not touched: 503")
    })
  )

  it.effect("shows an event of a newer lastgood as it is stored", () =>
    Effect.gen(function* () {
      const { log } = yield* linesOf(envelopeOf("MoonPhase", 3, { phase: "full" }))
      assert.strictEqual(log, `    7  2026-11-23 22:10:03Z  web  MoonPhase           (v3) {"phase":"full"}`)
    })
  )
})

/**
 * The demo: an install, a good upgrade, a version that does not start, and a version that migrates the data one way and is
 * unhealthy. Every step goes through the real engine, and every claim is proven from outside (`outside.ts`).
 */
import { join } from "node:path"
import type { App, PluggedApp } from "@lastgood/core/domain/App"
import { statusOf } from "@lastgood/core/domain/status"
import { Engine } from "@lastgood/core/engine/Engine"
import { streamOf } from "@lastgood/core/engine/Journal"
import { decodeEnvelope } from "@lastgood/core/log/Codec"
import { EventStore } from "@lastgood/core/log/EventStore"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { liveLine } from "../render/timeline.ts"
import type { Guestbook } from "./guestbook.ts"
import { chapter, holds, note, typed } from "./Narrator.ts"
import { isUp, readAlerts, readApp, readDataIn, readText, sign } from "./outside.ts"

const first = "1.0.0+1.0.0"
const good = "1.1.0+1.1.0"
const broken = "1.2.0+1.2.0"
const harmful = "1.3.0+1.3.0"

const ada = "Ada was here"
const grace = "Grace was here"

const shortened = (line: string): string => (line.length > 110 ? `${line.slice(0, 109)}…` : line)

/** Proves that the app over HTTP and its database file agree. */
const expectGuestbook = Effect.fnUntraced(function* (
  { url }: Guestbook,
  app: App,
  expected: { readonly version: string; readonly schema: number; readonly entries: ReadonlyArray<string> }
) {
  const { version, schema, entries } = expected
  yield* holds(
    `over HTTP: version ${version}, schema ${schema}, ${entries.map((e) => `"${e}"`).join(" and ") || "no entries"}`,
    { version, schema, entries },
    { ...(yield* readApp(url)) }
  )
  yield* holds(
    "in the SQLite file: the same",
    { schema, entries },
    { ...(yield* readDataIn(join(app.dir, "volumes", "data"))) }
  )
})

const expectLastGood = Effect.fnUntraced(function* (app: App, version: string) {
  const file = join(app.dir, "last_good")
  yield* holds(`last_good says ${version}`, `${version}\n`, yield* readText(file))
})

const upgrade = Effect.fnUntraced(function* (app: PluggedApp, to: string) {
  yield* typed(`lastgood upgrade ${app.name} --to ${to}`)
  const report = yield* (yield* Engine).run(app, { _tag: "Upgrade", to, trigger: "operator", fetch: false })
  if (report.outcome !== "committed") yield* note(report.why)
  return report
})

const install = Effect.fnUntraced(function* (guestbook: Guestbook, app: PluggedApp) {
  yield* chapter(`1. First install: ${first}`)
  yield* holds("nothing is running yet", false, yield* isUp(guestbook.url))
  yield* typed(`lastgood deploy ${app.name} --to ${first}`)
  const report = yield* (yield* Engine).run(app, { _tag: "Deploy", to: first, fetch: false })
  yield* holds("it is deployed, passes its health gate, and is committed", "committed", report.outcome)
  yield* expectLastGood(app, first)
  yield* typed(`curl --data "${ada}" ${guestbook.url}/entries`)
  yield* sign(guestbook.url, ada)
  yield* expectGuestbook(guestbook, app, { version: first, schema: 1, entries: [ada] })
})

const goodUpgrade = Effect.fnUntraced(function* (guestbook: Guestbook, app: PluggedApp) {
  yield* chapter(`2. A good version: ${good} migrates the schema forward`)
  const report = yield* upgrade(app, good)
  yield* holds("it is committed", "committed", report.outcome)
  yield* expectLastGood(app, good)
  yield* expectGuestbook(guestbook, app, { version: good, schema: 2, entries: [ada] })
})

const brokenUpgrade = Effect.fnUntraced(function* (guestbook: Guestbook, app: PluggedApp) {
  yield* chapter(`3. A version that does not start: ${broken}`)
  const report = yield* upgrade(app, broken)
  yield* holds("it is rolled back and recovered: exit code 3", "recovered", report.outcome)
  yield* expectGuestbook(guestbook, app, { version: good, schema: 2, entries: [ada] })
  yield* expectLastGood(app, good)
  const alerts = yield* readAlerts(join(app.dir, "alerts"))
  yield* holds(
    "an alert says so",
    [{ attempted: broken, last_good: good, recovered: true }],
    alerts.map(({ attempted, last_good, recovered }) => ({ attempted, last_good, recovered }))
  )
})

const harmfulUpgrade = Effect.fnUntraced(function* (guestbook: Guestbook, app: PluggedApp) {
  yield* chapter(`4. The bad night: ${harmful} migrates the data one way, writes to it, and answers 500`)
  yield* typed(`curl --data "${grace}" ${guestbook.url}/entries`)
  yield* sign(guestbook.url, grace)
  const report = yield* upgrade(app, harmful)
  yield* holds("version and data are rolled back, and the app is recovered: exit code 3", "recovered", report.outcome)
  yield* expectGuestbook(guestbook, app, { version: good, schema: 2, entries: [ada, grace] })
  yield* expectLastGood(app, good)
  const state = yield* (yield* Engine).state(app)
  const aside = state.aside.find((one) => one.attempt === report.attempt)?.volumes[0]?.path ?? ""
  yield* holds(
    `the data that ${harmful} changed (schema 3, its own entry) is set aside, not lost and not in the app`,
    { schema: 3, entries: [ada, grace, "1.3.0 was here"] },
    { ...(yield* readDataIn(aside)) }
  )
  yield* note(`set aside: ${aside}`)
  const alerts = yield* readAlerts(join(app.dir, "alerts"))
  const alert = alerts.find(({ attempted }) => attempted === harmful)
  yield* holds(
    "an alert says what happened and what to do next",
    { outcome: "recovered", last_good: good, recovered: true },
    { outcome: alert?.outcome ?? "", last_good: alert?.last_good ?? "", recovered: alert?.recovered ?? false }
  )
  yield* note(`alert: ${join(app.dir, "alerts", alert?.name ?? "")}`)
  yield* note(`why:  ${alert?.why}`)
  yield* note(`next: ${alert?.next}`)
  return report.attempt
})

const again = Effect.fnUntraced(function* (app: PluggedApp) {
  yield* chapter("5. The next night")
  yield* typed(`lastgood upgrade ${app.name}`)
  const report = yield* (yield* Engine).run(app, { _tag: "Upgrade", to: null, trigger: "reconciler", fetch: false })
  yield* note(report.why)
  yield* holds(
    "both bad versions are quarantined and not tried again automatically (exit code 5)",
    "refused",
    report.outcome
  )
})

const afterwards = Effect.fnUntraced(function* (app: App, attempt: string | null) {
  const store = yield* EventStore
  const snapshots = yield* SnapshotStore
  yield* chapter("6. The log and the snapshots")
  yield* typed("lastgood status")
  const state = yield* (yield* Engine).state(app)
  const status = statusOf(app.name, state, yield* Clock.currentTimeMillis)
  yield* note(`${status.app}: ${status.phase} ${status.running}, the last good version is ${status.lastGood}`)
  yield* note(`quarantined: ${status.quarantined.map(({ version }) => version).join(", ")}`)
  yield* holds(
    "status agrees with the app",
    { phase: "running", running: good, lastGood: good, quarantined: [broken, harmful] },
    {
      phase: status.phase,
      running: status.running,
      lastGood: status.lastGood,
      quarantined: status.quarantined.map(({ version }) => version).sort()
    }
  )
  yield* typed(`lastgood log ${app.name}`)
  for (const envelope of yield* store.read(streamOf(app.name))) {
    if (envelope.attempt !== attempt || envelope.type === "StepStarted") continue
    yield* note(shortened(liveLine(envelope, yield* decodeEnvelope(envelope))))
  }
  yield* typed("lastgood verify")
  const { head, problems } = yield* store.verify()
  yield* holds(`the hash chain of all ${head.position} events is whole`, [], problems)
  const verified = yield* Effect.forEach(state.snapshots, ({ id }) => snapshots.verify(app, id))
  yield* holds(
    `${verified.length} snapshots are whole, byte by byte`,
    [],
    verified.flatMap((v) => v.problems)
  )
})

export const story = Effect.fn("Demo.story")(function* (guestbook: Guestbook, app: PluggedApp) {
  yield* install(guestbook, app)
  yield* goodUpgrade(guestbook, app)
  yield* brokenUpgrade(guestbook, app)
  const attempt = yield* harmfulUpgrade(guestbook, app)
  yield* again(app)
  yield* afterwards(app, attempt)
})

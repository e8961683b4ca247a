/**
 * Proves by doing it that an app can be taken down, captured, started, and restored with its data, on this host and with
 * these tools. A failed part ends the proof.
 */
import { live } from "@lastgood/core/live"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import * as Effect from "effect/Effect"
import { perform } from "../acting.ts"
import { ExitCode, ofOutcome } from "../exitCode.ts"
import { pluggedApp } from "../plugged.ts"
import { oneLine } from "../render/format.ts"
import { configuration } from "../session.ts"
import { type Finding, fail, ok, orFail } from "./Finding.ts"

const part = (name: string, what: string, seen: string, request: Parameters<typeof perform>[1], waitMs: number) =>
  Effect.gen(function* () {
    const about = { app: name, what: `proof: ${what}` }
    const { report } = yield* perform(name, request, waitMs)
    return ofOutcome(report.outcome) === ExitCode.done
      ? [ok(about, seen)]
      : [fail(about, `${report.outcome}: ${oneLine(report.why)}`, `lastgood log ${name}`)]
  }).pipe(orFail({ app: name, what: `proof: ${what}` }))

const whole = (name: string) =>
  Effect.gen(function* () {
    const about = { app: name, what: "proof: verify" }
    const config = yield* configuration
    const app = yield* pluggedApp(config, name)
    const { id, problems } = yield* Effect.gen(function* () {
      const store = yield* SnapshotStore
      const newest = (yield* store.list(app)).at(-1)?.id ?? ""
      return { id: newest, ...(yield* store.verify(app, newest)) }
    }).pipe(Effect.provide(live(config, { readOnly: true })))
    return problems.length === 0
      ? [ok(about, `every byte of ${id} is unchanged`)]
      : [fail(about, oneLine(problems.join("; ")), `lastgood verify ${name}`)]
  }).pipe(orFail({ app: name, what: "proof: verify" }))

/** Takes the app down twice. Data that the app writes in between is set aside. */
export const proofOf = Effect.fn("Doctor.proof")(function* (name: string, waitMs: number) {
  const found: Array<Finding> = []
  const parts = [
    part(
      name,
      "snapshot",
      "taken down, captured while nothing could write, started again and healthy",
      { _tag: "Snapshot" },
      waitMs
    ),
    whole(name),
    part(
      name,
      "restore",
      "taken down, version and data restored, started again and healthy",
      { _tag: "Restore", snapshot: null },
      waitMs
    )
  ]
  for (const next of parts) {
    found.push(...(yield* next))
    if (found.some(({ level }) => level === "fail")) break
  }
  return found
})

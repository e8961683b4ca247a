import { assert, describe, it } from "@effect/vitest"
import { about } from "@lastgood/core/engine/about"
import * as Effect from "effect/Effect"
import { daemonLogger } from "../src/log/daemonLogger.ts"
import { type LogLine, textOf, toJournal, toJson } from "../src/log/LogLine.ts"
import type { Form } from "../src/log/sayLine.ts"
import { logger } from "../src/logger.ts"
import { makeScreen } from "../src/Screen.ts"

const work = Effect.logWarning("the file was not written").pipe(about({ app: "wiki", attempt: "a1", step: "tidy" }))
const failing = Effect.fail(new Error("the log cannot be read")).pipe(
  Effect.catchCause((cause) => Effect.logWarning("the alerts were not delivered", cause))
)
const summary = Effect.annotateLogs(Effect.logInfo("committed"), { app: "wiki", summary: true })
const refused = Effect.annotateLogs(Effect.logInfo("refused: policy"), { app: "wiki", next: "lastgood approve wiki 2" })

/** The lines of the daemon's log. */
const linesOf = (isForPeople: boolean, logged: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const lines: Array<LogLine> = []
    const form: Form = { isForPeople, say: (line) => lines.push(line) }
    yield* Effect.provide(logged, daemonLogger(form))
    return lines
  })

const line: LogLine = {
  ...{ time: "2026-11-30T03:00:00.000Z", level: "warning", app: "wiki", event: "StepFailed" },
  ...{ message: "deploy: no\nspace", next: "free some", more: { position: 7 } }
}

describe("a line of the daemon's log", () => {
  it.effect("has the facts that the message was annotated with", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* linesOf(false, work)).map(toJson), [
        '{"time":"1970-01-01T00:00:00.000Z","level":"warning","app":"wiki","message":"the file was not written","attempt":"a1","step":"tidy"}'
      ])
    })
  )

  it.effect("ends with the message of its cause", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* linesOf(true, failing)).map(textOf), [
        "the alerts were not delivered: the log cannot be read"
      ])
    })
  )

  it.effect("says to a person what can be done, and what events said already", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* linesOf(true, Effect.andThen(refused, summary))).map(textOf), [
        "refused: policy (next: lastgood approve wiki 2)",
        "committed"
      ])
      assert.deepStrictEqual(
        (yield* linesOf(false, Effect.andThen(refused, summary))).map(({ next }) => next),
        ["lastgood approve wiki 2"]
      )
    })
  )

  it("is one JSON object, whatever the message is", () => {
    const strange = { ...line, message: 'a "b"\n\u001B[31m\u202Ec\u2028d' }
    assert.match(toJson(strange), /^[\x20-\x7e]+$/)
    assert.strictEqual(JSON.parse(toJson(strange)).message, strange.message)
  })

  it("has the priority that systemd reads, and neither time nor process, which the journal has", () => {
    assert.strictEqual(toJournal(line), "<4>wiki: StepFailed deploy: no space (next: free some)")
    assert.strictEqual(
      toJournal({ ...line, level: "error", app: null, event: "DaemonStopping", message: "stops", next: "", more: {} }),
      "<3>stops"
    )
  })

  it("has times in the zone of the host, which people read beside those of the journal", () => {
    const message = "refused: held until 2026-11-30T03:00:00.000Z"
    assert.include(toJournal({ ...line, message }), "held until 2026-11-30 03:00:00Z")
    assert.include(toJson({ ...line, message }), message)
  })
})

describe("a line of a command's log", () => {
  it.effect("is only the message, because the command works on one app", () =>
    Effect.gen(function* () {
      const written: Array<string> = []
      const screen = makeScreen({ write: (text) => written.push(text), columns: () => null }, false)
      yield* Effect.provide(Effect.andThen(work, Effect.logInfo("2 apps")), logger(screen))
      assert.deepStrictEqual(written, ["warning: the file was not written\n", "2 apps\n"])
    })
  )
})

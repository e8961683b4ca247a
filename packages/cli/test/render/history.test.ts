import type { ShownAttempt } from "@lastgood/reconciler/reading/attempts"
import { assert, describe, it } from "vitest"
import { historyText } from "../../src/render/history.ts"

const at = (minute: number): string => `2026-11-30T09:${String(minute).padStart(2, "0")}:00.000Z`
const step = (name: string, from: number, until: number, ok = true) => ({
  ...{ step: name, at: at(from), until: at(until), ok, isBack: false }
})
const attempt = (id: string, kind: ShownAttempt["kind"], steps: ShownAttempt["steps"]): ShownAttempt => ({
  ...{ id, kind, at: steps[0]?.at ?? at(0), endedAt: steps.at(-1)?.until ?? at(0), from: "1.0.0", to: "1.0.0" },
  ...{ outcome: "done", why: "", steps, isBack: false }
})

const stop = attempt("stopped", "stop", [step("undeploy", 1, 2)])
const failed = attempt("failed", "deploy", [step("deploy", 5, 6), step("health", 6, 9, false)])
const start = attempt("started", "deploy", [step("deploy", 10, 11), step("health", 11, 13)])

const downFor = (attempts: ReadonlyArray<ShownAttempt>) =>
  historyText(attempts, attempts.length, null)
    .split("\n")
    .filter((line) => line.includes(" stop "))
    .map((line) =>
      line
        .replace(/.*done/, "")
        .replace("stopped", "")
        .trim()
    )

describe("history of a stopped app", () => {
  it("tells how long it was down: from the undeploy to the next passed health gate", () => {
    assert.deepStrictEqual(downFor([stop, failed, start]), ["12 m 0 s"])
  })

  it("tells that it is still down", () => {
    assert.deepStrictEqual(downFor([stop, failed]), ["still down"])
  })
})

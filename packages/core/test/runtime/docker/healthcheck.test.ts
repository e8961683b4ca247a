import { assert, describe, it } from "@effect/vitest"
import type { Container } from "../../../src/runtime/docker/containers.ts"
import { failingHealthchecks, healthOf } from "../../../src/runtime/docker/healthcheck.ts"
import { container } from "../compose/container.ts"

const withHealth = (Health: Container["State"]["Health"], service = "web"): Container => {
  const one = container({ service })
  return { ...one, State: { ...one.State, ...(Health === undefined ? {} : { Health }) } }
}
const serviceOf = (one: Container) => one.Config.Labels?.["com.docker.compose.service"] ?? ""
const refused = { ExitCode: 7, Output: "curl: (7)  Failed\n to connect with s3cret-value\n" }

describe("a HEALTHCHECK", () => {
  /** Verifies: LAW-10, LAW-12 */
  it("that fails is reported with its output, exit code and count, without secrets", () => {
    const { ok, seen } = healthOf(withHealth({ Status: "unhealthy", FailingStreak: 3, Log: [refused] }), [
      "s3cret-value"
    ])
    assert.isFalse(ok)
    assert.strictEqual(seen, "unhealthy, 3 times in a row: curl: (7) Failed to connect with *** (exit 7)")
  })

  it("with much output is reported by its end", () => {
    const Output = `${"trace ".repeat(500)}ConnectionRefused`
    const { seen } = healthOf(withHealth({ Status: "unhealthy", Log: [{ ExitCode: 1, Output }] }), [])
    assert.isBelow(seen.length, 250)
    assert.match(seen, /ConnectionRefused \(exit 1\)$/)
  })

  it("that passes or is absent is reported in one word", () => {
    assert.deepInclude(healthOf(withHealth({ Status: "healthy", Log: [refused] }), []), { ok: true, seen: "healthy" })
    assert.isTrue(healthOf(withHealth(undefined), []).ok)
  })

  it("is reported once per service, from the newest container with a result", () => {
    const said = failingHealthchecks(
      [
        withHealth({ Status: "starting", Log: [] }),
        withHealth({ Status: "unhealthy", Log: [{ ExitCode: 1, Output: "newer" }] }),
        withHealth({ Status: "unhealthy", Log: [{ ExitCode: 1, Output: "older" }] }),
        withHealth({ Status: "healthy", Log: [] }, "db")
      ],
      serviceOf,
      []
    )
    assert.strictEqual(said, "HEALTHCHECK of web: unhealthy: newer (exit 1); ")
    assert.strictEqual(failingHealthchecks([withHealth({ Status: "healthy" })], serviceOf, []), "")
  })
})

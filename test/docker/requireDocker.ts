/**
 * Suites that need a real swarm. Without one they are skipped and say why; `LASTGOOD_TEST_DOCKER=required` makes that a
 * failure, so that a CI lane cannot pass by having lost its engine.
 */
import { describe, it } from "@effect/vitest"
import { execaSync } from "execa"

const whyNot = (): string | null => {
  const info = execaSync("docker", ["info", "--format", "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}"], {
    reject: false,
    timeout: 20_000
  })
  if (info.failed) return "no Docker engine answers"
  return info.stdout.trim() === "active true" ? null : "this host manages no swarm (docker swarm init)"
}

/** Like `describe`, over a real swarm. */
export const describeSwarm = (name: string, body: () => void): void => {
  const reason = whyNot()
  if (reason === null) describe(name, body)
  else if (process.env["LASTGOOD_TEST_DOCKER"] === "required") {
    describe(name, () => {
      it("has a swarm to run on", () => {
        throw new Error(`LASTGOOD_TEST_DOCKER=required, but ${reason}`)
      })
    })
  } else describe.skip(`${name} (skipped: ${reason})`, body)
}

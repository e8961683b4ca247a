/** Suites that need a real swarm (`LASTGOOD_TEST_DOCKER=required`: it must be there). */
import { execaSync } from "execa"
import { describeNeeding } from "../needing.ts"

/** What this host lacks; null: nothing. */
export const whyNoSwarm = (): string | null => {
  const info = execaSync("docker", ["info", "--format", "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}"], {
    reject: false,
    timeout: 20_000
  })
  if (info.failed) return "no Docker engine answers"
  return info.stdout.trim() === "active true" ? null : "this host manages no swarm (docker swarm init)"
}

/** Like `describe`, over a real swarm. */
export const describeSwarm = (name: string, body: () => void): void =>
  describeNeeding("LASTGOOD_TEST_DOCKER", whyNoSwarm(), name, body)

/** The state and output of containers' own HEALTHCHECKs. */

import { redact } from "../../secrets/Redact.ts"
import type { ContainerState } from "../Runtime.ts"
import type { Container } from "./containers.ts"

const charactersAtMost = 200

/** Keeps the end of a check's output, which tells the most: stack traces and progress come before it. */
const cut = (text: string): string => (text.length > charactersAtMost ? `…${text.slice(-charactersAtMost)}` : text)

/** `unhealthy, 14 times in a row: curl: (7) Failed to connect (exit 7)`. */
const seenOf = ({ State }: Container, secrets: ReadonlyArray<string>): string => {
  const { FailingStreak = 0, Log, Status = "none" } = State.Health ?? {}
  const last = Log?.at(-1)
  if (Status === "healthy" || last === undefined || last.ExitCode === 0) return Status
  const said = cut(redact(last.Output, secrets).replaceAll(/\s+/g, " ").trim())
  const times = FailingStreak > 1 ? `, ${FailingStreak} times in a row` : ""
  return `${Status}${times}: ${said === "" ? "" : `${said} `}(exit ${last.ExitCode})`
}

/** The HEALTHCHECK of a running container, or that it runs if it has none. */
export const healthOf = (container: Container, secrets: ReadonlyArray<string>): ContainerState => {
  const health = container.State.Health?.Status ?? "none"
  return health === "none"
    ? { ok: true, dead: false, seen: "running, without a HEALTHCHECK" }
    : { ok: health === "healthy", dead: false, seen: seenOf(container, secrets) }
}

/**
 * The failing HEALTHCHECKs, one per service: they explain why a deploy that waits for them does not finish. Ended
 * containers keep the output of theirs.
 *
 * @param containers the newest first.
 * @returns `HEALTHCHECK of app: unhealthy: …; `, or an empty text.
 */
export const failingHealthchecks = (
  containers: ReadonlyArray<Container>,
  serviceOf: (container: Container) => string,
  secrets: ReadonlyArray<string>
): string => {
  const failing = containers.filter(({ State }) => ["unhealthy", "starting"].includes(State.Health?.Status ?? ""))
  const said = new Map<string, string>()
  for (const container of failing) {
    const service = serviceOf(container)
    const before = said.get(service)
    // A container that has just started has no result yet, but the previous one does.
    if (before === undefined || before === "starting") said.set(service, seenOf(container, secrets))
  }
  return [...said].map(([service, seen]) => `HEALTHCHECK of ${service}: ${seen}; `).join("")
}

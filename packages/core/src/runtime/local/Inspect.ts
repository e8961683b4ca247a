/** What the kernel says of an app's processes now, and the records of those that have ended. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { processInfo, startedAt } from "../host/Proc.ts"
import { commonRelease, isoSecond, serviceSeen } from "../inspection.ts"
import type { Inspection, ServiceInspection } from "../Runtime.ts"
import { isAlive, type Leader, leaders, members } from "./Members.ts"

export const inspect = Effect.fn("local.inspect")(function* (app: App) {
  const known = leaders(app)
  const missing = new Set(known.flatMap(({ processes }) => processes))
  for (const { name } of known) missing.delete(name)
  const services = [
    ...known.map(lineOf),
    ...[...missing].map((name) => serviceSeen({ name, state: "never started", ok: false, replicas: 1 }))
  ].toSorted((a, b) => a.name.localeCompare(b.name))
  // Looking through all of /proc is for when something is missing: a host of many apps is looked at once a minute.
  const present = known.some(isAlive) || (yield* members(app)).length > 0
  const inspection: Inspection = {
    present,
    converged: present && services.length > 0 && services.every((s) => s.ok),
    ...commonRelease(known.filter(isAlive)),
    services
  }
  return inspection
})

const lineOf = (leader: Leader): ServiceInspection => {
  const { name, pid, version, commit, deployment, startTicks } = leader
  const common = { name, version, commit, config: deployment, replicas: 1 }
  if (!isAlive(leader)) return serviceSeen({ ...common, state: "ended", ok: false, dead: true })
  const isFrozen = processInfo(pid)?.stopped === true
  const state = isFrozen ? `stopped by a signal, pid ${pid}: kill -CONT ${pid} continues it` : `running, pid ${pid}`
  return serviceSeen({ ...common, state, ok: !isFrozen, since: isoSecond(startedAt(startTicks)) })
}

/** What the kernel says of an app's processes now, and the records of those that have ended. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { processInfo, startedAt, variableOf } from "../../host/Proc.ts"
import { commonRelease, isoSecond, serviceSeen } from "../inspection.ts"
import { lookAtHost } from "../lookAtHost.ts"
import type { Inspection, ServiceInspection } from "../Runtime.ts"
import { isAlive, type Leader, leaders, type Member, members } from "./Members.ts"

export const inspect = Effect.fn("Local.inspect")(function* (app: App) {
  const known = leaders(app)
  const missing = new Set(known.flatMap(({ processes }) => processes))
  for (const { name } of known) missing.delete(name)
  const running = known.filter(isAlive)
  // Looking through all of /proc is for when something is missing: a host of many apps is looked at once a minute.
  const isWhole = running.length > 0 && running.length === known.length && missing.size === 0
  const alive = isWhole ? [] : yield* members(app)
  const recorded = new Set(running.map(({ pid }) => pid))
  const others = yield* lookAtHost("local", () =>
    alive.filter(({ pid }) => !recorded.has(pid)).flatMap((one) => ofAnother(one, known))
  )
  const services = [
    ...known.map(lineOf),
    ...others,
    ...[...missing].map((name) => serviceSeen({ name, state: "never started", ok: false, replicas: 1 }))
  ].toSorted((a, b) => a.name.localeCompare(b.name))
  const present = running.length > 0 || alive.length > 0
  const inspection: Inspection = {
    present,
    converged: present && services.length > 0 && services.every((s) => s.ok),
    ...commonRelease([...running, ...others]),
    services
  }
  return inspection
})

const lineOf = (leader: Leader): ServiceInspection => {
  const { name, pid, version, commit, config = null, startTicks } = leader
  const common = { name, version, commit, config, replicas: 1 }
  if (!isAlive(leader)) return serviceSeen({ ...common, state: "ended", ok: false, dead: true })
  const isFrozen = processInfo(pid)?.stopped === true
  const state = isFrozen ? `stopped by a signal, pid ${pid}: kill -CONT ${pid} continues it` : `running, pid ${pid}`
  return serviceSeen({ ...common, state, ok: !isFrozen, since: isoSecond(startedAt(startTicks)) })
}

/**
 * A process that bears the app's mark, and that the records know nothing of: it leads a session of its own, and says that
 * it is another release than the one that was started last. So it is when an older copy of the root was put back, or
 * somebody started one by hand. What a process of the app left behind says the same as that one, and is no service.
 */
const ofAnother = (
  { pid, session, startTicks }: Member,
  known: ReadonlyArray<Leader>
): ReadonlyArray<ServiceInspection> => {
  const name = variableOf(pid, "LASTGOOD_PROCESS")
  if (pid !== session || name === null) return []
  const version = variableOf(pid, "LASTGOOD_VERSION")
  const commit = variableOf(pid, "LASTGOOD_COMMIT")
  const recorded = known.find((leader) => leader.name === name)
  if (recorded !== undefined && recorded.version === version && recorded.commit === commit) return []
  const state = `running, pid ${pid}, not as it was started last`
  return [serviceSeen({ name, version, commit, state, ok: false, since: isoSecond(startedAt(startTicks)) })]
}

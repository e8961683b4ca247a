/** The current processes of an app, from the kernel, and the records of ended ones. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { type ProcessInfo, startedAt, variableOf } from "../../host/Proc.ts"
import { commonRelease, isoSecond, serviceSeen } from "../inspection.ts"
import type { Inspection, ServiceInspection } from "../Runtime.ts"
import { readHost } from "../readHost.ts"
import { type Leader, leaders, livingLeader, type Member, members } from "./Members.ts"

interface Recorded {
  readonly leader: Leader
  /** Its process; null: it has ended. */
  readonly process: ProcessInfo | null
}

export const inspect = Effect.fnUntraced(function* (app: App) {
  const known = leaders(app)
  const missing = new Set(known.flatMap(({ processes }) => processes))
  for (const { name } of known) missing.delete(name)
  const recorded = known.map((leader): Recorded => ({ leader, process: livingLeader(leader) }))
  const running = recorded.flatMap(({ leader, process }) => (process === null ? [] : [leader]))
  // All of /proc is scanned only if a process is missing: a host with many apps is inspected once a minute.
  const isWhole = running.length > 0 && running.length === known.length && missing.size === 0
  const alive = isWhole ? [] : yield* members(app)
  const pids = new Set(running.map(({ pid }) => pid))
  const others = isWhole
    ? []
    : yield* readHost("local", () => alive.filter(({ pid }) => !pids.has(pid)).flatMap((one) => ofAnother(one, known)))
  const services = [
    ...recorded.map(lineOf),
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

const lineOf = ({ leader, process }: Recorded): ServiceInspection => {
  const { name, pid, version, commit, config = null, startTicks } = leader
  const common = { name, version, commit, config, replicas: 1 }
  if (process === null) return serviceSeen({ ...common, state: "ended", ok: false, dead: true })
  const isFrozen = process.stopped
  const state = isFrozen ? `stopped by a signal, pid ${pid}: kill -CONT ${pid} continues it` : `running, pid ${pid}`
  return serviceSeen({ ...common, state, ok: !isFrozen, since: isoSecond(startedAt(startTicks)) })
}

/**
 * A process with the app's mark that is not recorded: it leads a session, and its release differs from the one that was
 * started last. This happens after an older copy of the root was restored, or after a manual start. Leftovers of a
 * recorded process have the same release, and are not a service.
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
  const state = `running, pid ${pid}, not the process that was started last`
  return [serviceSeen({ name, version, commit, state, ok: false, since: isoSecond(startedAt(startTicks)) })]
}

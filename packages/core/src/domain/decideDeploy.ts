/** `deploy`: the first install, and every start of an app on the data that it has. */
import { allOf } from "./allOf.ts"
import { begin, reject, snapshotId } from "./answers.ts"
import type { Command, Decision } from "./Decision.ts"
import { make } from "./Event.ts"
import { givenUp, isDataInDoubt, nothingToGiveUp } from "./givenUp.ts"
import { advise, type Next } from "./Next.ts"
import { deployPlan, upgradePlan } from "./Plan.ts"
import type { Ref } from "./Ref.ts"
import { isOfFilter, refuse } from "./refuse.ts"
import { refuseDrift } from "./refuseDrift.ts"
import { removedData } from "./removedData.ts"
import type { AppState } from "./State.ts"
import { compareVersions } from "./Version.ts"

type DeployCommand = Extract<Command, { _tag: "Deploy" }>

/** The decision about an app that is running; null: deploy it. */
const deployRunning = (state: AppState, command: DeployCommand): Decision | null => {
  const { envChanged, observed, to } = command
  if (observed.drift !== null || !observed.present || !observed.converged) return null
  if (state.running?.version === to.version && state.running.commit === to.commit) {
    return envChanged ? null : { _tag: "Nothing", why: `${to.version} is already running` }
  }
  // lastgood began to deploy it, and could not tell how that ended.
  const isOwn = observed.version === to.version && state.data?.version === to.version && state.data.commit === to.commit
  if (state.running === null && isOwn) return null
  return state.running === null
    ? reject("it is already running, but lastgood did not deploy it", { do: "Promote" })
    : reject(`${state.running.version} is already running`, { do: "Upgrade", to: to.version })
}

const olderThanData = (to: Ref, data: string, next: Next): Decision =>
  reject(
    `its data was last used by ${data}, and ${to.version} is older: lastgood never starts old code on new data`,
    next
  )

/** LAW-15: never automatically without the data that the log knows, or on data that it does not know. */
const driftOnDeploy = (state: AppState, { observed, to, withoutData }: DeployCommand): Decision | null => {
  const { drift } = observed
  if (drift === null) return null
  if (drift.kind === "drift") {
    const isOlder = drift.usedBy !== null && compareVersions(to.version, drift.usedBy) < 0
    return isOlder ? refuseDrift(state, drift, observed) : null
  }
  if (!withoutData) return refuseDrift(state, drift, observed)
  return drift.usedBy !== null && compareVersions(to.version, drift.usedBy) < 0
    ? olderThanData(to, drift.usedBy, { do: "Deploy", to: drift.usedBy, withoutData: true })
    : null
}

export const decideDeploy = (state: AppState, command: DeployCommand): Decision => {
  const { envChanged, observed, to, withoutData } = command
  const answered = driftOnDeploy(state, command) ?? deployRunning(state, command)
  if (answered !== null) return answered
  const gone = removedData(state)
  if (gone !== null && !withoutData) return reject(gone.reason, gone.next)
  // A failed first install may begin again without its data. Data with a snapshot is given up only by `--without-data`.
  const isFirst = state.snapshots.length === 0
  if (withoutData && gone === null && !isDataInDoubt(observed)) return nothingToGiveUp({ do: "Deploy" })
  // Only a lost volume is given up; the data of the other volumes is as new as before (LAW-2).
  const isGivenUp = withoutData ? !observed.holdsData : command.withoutVolumes && isFirst
  const data = isGivenUp ? null : state.data
  if (data !== null && compareVersions(to.version, data.version) < 0) {
    return olderThanData(
      to,
      data.version,
      isFirst
        ? advise`${{ do: "Deploy", to: data.version }} or a newer version; to start again without its data, remove its volumes`
        : advise`${{ do: "Rollback" }} (version and data), or ${{ do: "Deploy", to: data.version }}`
    )
  }
  // LAW-16: an unknown version may have changed the data, so its snapshot is not labelled with a version.
  const from = observed.drift === null ? data : null
  const plan = from === null || envChanged ? upgradePlan : deployPlan(from, to)
  // The same version on its own data takes no snapshot, so a filter is not a hazard.
  const hazard = allOf(command.hazards.filter((one) => plan.includes("snapshot") || !isOfFilter(one)))
  if (hazard !== undefined) return refuse(state, to, hazard, command.id)
  return begin(
    make("DeployAttempted", { from, to, snapshot: snapshotId(command), plan }),
    ...(withoutData ? [givenUp(observed)] : [])
  )
}

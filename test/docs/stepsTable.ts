/** The table of steps in `docs/architecture.md`, made from the plan of an upgrade and the table of steps. Pure. */
import { isPerformed, type OnFailure, performed, type Step, upgradePlan } from "@lastgood/core/domain/Plan"

const consequences: Readonly<Record<OnFailure, string>> = {
  untouched: "refused; the app was not touched",
  versionBack: "lastgood starts the old version again; no restore is needed",
  dataBack: "rollback of version and data",
  keep: "the result stands, and lastgood raises an alert"
}

/** The event of a step that is done. */
const evidence: Readonly<Partial<Record<Step, string>>> = {
  prefetch: "Prefetched",
  undeploy: "Undeployed",
  snapshot: "SnapshotTaken",
  deploy: "Deployed",
  health: "HealthPassed",
  commit: "UpgradeCommitted",
  seal: "SnapshotVerified (SHA-256)",
  tidy: "StepDone, SnapshotPruned …"
}

const row = (step: Step): string => {
  const app = !isPerformed(step) || performed[step].appUp ? "up" : "going down, down or coming up"
  const failed = isPerformed(step) ? consequences[performed[step].onFailure] : "–"
  return `| ${step} | ${app} | ${evidence[step] ?? "–"} | ${failed} |`
}

export const stepsTable = (): string =>
  ["| step | app | evidence | if the step fails |", "|---|---|---|---|", ...upgradePlan.map(row)].join("\n")

/**
 * The rows of the fault matrix: every way that an app is moved, with its steps taken from the plans themselves
 * (`domain/Plan.ts`), so that a new step has its cells at once. What each fault comes to is said by rules over the steps,
 * not cell by cell: a step that no rule fits fails the matrix.
 */

import {
  deployPlan,
  isPerformed,
  type PerformedStep,
  performed,
  rollbackPlan,
  type Step,
  snapshotPlan,
  stopPlan,
  tryPlan,
  upgradePlan
} from "@lastgood/core/domain/Plan"
import type { Ref } from "@lastgood/core/domain/Ref"

/** How the app is found in the end. `old`: version and data of before; `new`: of after. */
export type App = "old" | "new"

export interface Ending {
  /** Exit code of the run that met the fault. */
  readonly code: number
  readonly app: App | "down"
  /** Outcomes of the alerts, in order. */
  readonly alerts: ReadonlyArray<string>
}

export interface Way {
  readonly name: string
  /** Given once with the fault, and again without it. */
  readonly command: ReadonlyArray<string>
  /** What runs before: nothing, 1.0.0, 1.1.0 that was upgraded to, or 1.0.0 that was stopped. */
  readonly before: "nothing" | "installed" | "upgraded" | "stopped"
  /** What the newer version does: it works, or it harms the data. Null: there is none. */
  readonly newer: "works" | "harms" | null
  readonly direction: "forward" | "back"
  readonly steps: ReadonlyArray<Step>
  /** A fault that leads into this way, before the one of the cell. */
  readonly after: string | null
  /** Further keys of the app's configuration, as YAML. */
  readonly config?: string
  /** Without any fault, or after lastgood was killed and asked again. */
  readonly ending: Ending
  /** A failure of a step leaves it unhealthy: there is no other version to roll back to (`test/e2e/local/life`). */
  readonly onlyKills?: true
  /** When the step fails, or hangs, once. */
  readonly failing: (step: PerformedStep) => Ending
}

const from: Ref = { version: "1.0.0+1.0.0", commit: "c" }
const cleaning: ReadonlyArray<string> = ["seal", "tidy"]
const looking: ReadonlyArray<string> = ["prefetch", "check"]
const begun: ReadonlyArray<string> = ["deploy", "health"]

/** Forward: untouched, version rolled back, version and data rolled back, or only the cleanup failed. */
const forward =
  (done: Ending, refused: Ending) =>
  (step: PerformedStep): Ending => {
    if (looking.includes(step)) return refused
    return cleaning.includes(step) ? { ...done, alerts: ["committed"] } : { code: 3, app: "old", alerts: ["recovered"] }
  }

/** Rollback: a failing step is retried; a failing cleanup keeps the result and raises an alert of its own. */
const back =
  (done: Ending, outcome: string) =>
  (step: PerformedStep): Ending =>
    cleaning.includes(step) ? { ...done, alerts: [...done.alerts, outcome] } : done

const recovered: Ending = { code: 3, app: "old", alerts: ["recovered"] }
const quiet = (app: App): Ending => ({ code: 0, app, alerts: [] })
const untouched = (app: App): Ending => ({ code: 1, app, alerts: ["failed"] })

/** An operator waits for the answer: what cannot be staged is said at once, and nothing was touched. */
const asked =
  (from: App) =>
  (step: PerformedStep): Ending =>
    step === "stage" ? untouched(from) : back(quiet("old"), "done")(step)

/** Rolled back in any case, without an alert: the outcome of a try is its answer. */
const tried: Pick<Way, "command" | "before" | "newer" | "after" | "config" | "ending"> = {
  command: ["try", "demo", "1.1.0+1.1.0", "--timeout", "2s", "--", "true"],
  before: "installed",
  newer: "works",
  after: null,
  // What was tried is as free to be upgraded to as before.
  config: "    policy: manual\n",
  ending: quiet("old")
}

const codeOfTry = (step: PerformedStep): number => {
  if (looking.includes(step)) return 5
  return step === "command" ? 1 : 3
}

export const ways: ReadonlyArray<Way> = [
  {
    name: "upgrade, forward",
    command: ["upgrade", "demo"],
    before: "installed",
    newer: "works",
    direction: "forward",
    steps: upgradePlan,
    after: null,
    ending: quiet("new"),
    failing: forward(quiet("new"), { code: 5, app: "old", alerts: ["refused"] })
  },
  {
    name: "upgrade, back with the data",
    command: ["upgrade", "demo"],
    before: "installed",
    newer: "harms",
    direction: "back",
    steps: rollbackPlan({ to: from, snapshot: "s" }),
    after: null,
    ending: recovered,
    failing: back(recovered, "recovered")
  },
  {
    name: "upgrade, back before the data was touched",
    command: ["upgrade", "demo"],
    before: "installed",
    newer: "works",
    direction: "back",
    steps: rollbackPlan({ to: from, snapshot: null }),
    after: "forward/undeploy:after:error",
    ending: recovered,
    failing: back(recovered, "recovered")
  },
  {
    name: "rollback",
    command: ["rollback", "demo"],
    before: "upgraded",
    newer: "works",
    direction: "back",
    steps: rollbackPlan({ to: from, snapshot: "s" }),
    after: null,
    ending: quiet("old"),
    failing: asked("new")
  },
  {
    name: "restore",
    command: ["restore", "demo"],
    before: "upgraded",
    newer: "works",
    direction: "back",
    steps: rollbackPlan({ to: from, snapshot: "s" }),
    after: null,
    ending: quiet("old"),
    failing: asked("new")
  },
  {
    name: "snapshot",
    command: ["snapshot", "demo"],
    before: "installed",
    newer: null,
    direction: "forward",
    steps: snapshotPlan({ purpose: "manual", up: true, capture: true }),
    after: null,
    ending: quiet("old"),
    failing: (step) => {
      const ending = forward(quiet("old"), untouched("old"))(step)
      return cleaning.includes(step) ? { ...ending, code: 1, alerts: ["failed"] } : ending
    }
  },
  {
    name: "promote",
    command: ["promote", "demo"],
    before: "installed",
    newer: null,
    direction: "forward",
    steps: snapshotPlan({ purpose: "promote", up: true, capture: true }),
    after: null,
    ending: quiet("old"),
    failing: forward(quiet("old"), untouched("old"))
  },
  {
    name: "promote at a teardown",
    command: ["promote", "demo", "--at-teardown"],
    before: "installed",
    newer: null,
    direction: "forward",
    steps: snapshotPlan({ purpose: "promote", up: false, capture: true }),
    after: null,
    ending: { code: 0, app: "down", alerts: [] },
    failing: forward({ code: 0, app: "down", alerts: [] }, untouched("old"))
  },
  {
    name: "stop",
    command: ["stop", "demo"],
    before: "installed",
    newer: null,
    direction: "forward",
    steps: stopPlan,
    after: null,
    ending: { code: 0, app: "down", alerts: [] },
    failing: forward({ code: 0, app: "down", alerts: [] }, untouched("old"))
  },
  {
    name: "start",
    command: ["start", "demo"],
    before: "stopped",
    newer: null,
    direction: "forward",
    steps: deployPlan(from, from),
    after: null,
    ending: quiet("old"),
    onlyKills: true,
    failing: forward(quiet("old"), { code: 1, app: "down", alerts: ["failed"] })
  },
  {
    ...tried,
    name: "try, forward",
    direction: "forward",
    steps: tryPlan({ command: true }),
    failing: (step) => ({ ...quiet("old"), code: codeOfTry(step) })
  },
  {
    ...tried,
    name: "try, back with the data",
    direction: "back",
    steps: rollbackPlan({ to: from, snapshot: "s" }),
    failing: back(quiet("old"), "done")
  },
  {
    ...tried,
    name: "try, back before the data was touched",
    direction: "back",
    steps: rollbackPlan({ to: from, snapshot: null }),
    after: "forward/undeploy:after:error",
    failing: back({ ...quiet("old"), code: 3 }, "recovered")
  },
  {
    name: "first deploy",
    command: ["deploy", "demo"],
    before: "nothing",
    newer: null,
    direction: "forward",
    steps: deployPlan(null, from),
    after: null,
    ending: quiet("old"),
    failing: (step) => {
      if (cleaning.includes(step)) return { code: 0, app: "old", alerts: ["committed"] }
      return begun.includes(step)
        ? { code: 4, app: "down", alerts: ["left-down"] }
        : { code: 1, app: "down", alerts: ["failed"] }
    }
  }
]

export interface Cell {
  readonly way: Way
  readonly step: Step
  readonly kind: "error" | "kill" | "hang"
  readonly moment: "before" | "after"
}

/**
 * Step × {kill -9 before, kill -9 after the act but before its event, error, hang}. An error after the act is the harder
 * one: it happened, and counts as failed. A step that only records has only the two kills.
 */
export const cellsOf = (way: Way): ReadonlyArray<Cell> => {
  const kills = (step: Step): ReadonlyArray<Cell> => [
    { way, step, kind: "kill", moment: "before" },
    { way, step, kind: "kill", moment: "after" }
  ]
  return way.steps.flatMap((step) =>
    isPerformed(step) && way.onlyKills !== true
      ? [
          ...kills(step),
          { way, step, kind: "error", moment: "after" } as const,
          { way, step, kind: "hang", moment: "before" } as const
        ]
      : kills(step)
  )
}

export const isDown = (step: Step): boolean => isPerformed(step) && !performed[step].appUp

/** `after:`: an app is upgraded automatically only after other apps of the host. Pure. */
import type { Refusal } from "../Decision.ts"
import { advise, nextText } from "../Next.ts"
import { type AppState, phaseOf } from "../State.ts"

export interface Ordered {
  readonly name: string
  readonly after: ReadonlyArray<string>
}

/** What is wrong with one entry of `after`. */
export interface OrderProblem {
  readonly app: string
  /** Index into its `after`. */
  readonly index: number
  readonly text: string
}

/** The way from an app back to itself through `after`, with the app at both ends; null: there is none. */
const cycleFrom = (apps: ReadonlyMap<string, Ordered>, start: string, first: string): ReadonlyArray<string> | null => {
  const seen = new Set<string>()
  const walk = (name: string, way: ReadonlyArray<string>): ReadonlyArray<string> | null => {
    if (name === start) return [...way, name]
    if (seen.has(name)) return null
    seen.add(name)
    for (const next of apps.get(name)?.after ?? []) {
      const found = walk(next, [...way, name])
      if (found !== null) return found
    }
    return null
  }
  return walk(first, [start])
}

/** Names that are not apps, and cycles, in which no app would ever be upgraded. */
export const orderProblems = (all: ReadonlyArray<Ordered>): ReadonlyArray<OrderProblem> => {
  const apps = new Map(all.map((app) => [app.name, app]))
  return all.flatMap(({ after, name }) =>
    after.flatMap((other, index): ReadonlyArray<OrderProblem> => {
      if (!apps.has(other)) return [{ app: name, index, text: `there is no app \`${other}\`` }]
      const cycle = cycleFrom(apps, name, other)
      return cycle === null ? [] : [{ app: name, index, text: `the order is a cycle: ${cycle.join(" after ")}` }]
    })
  )
}

/** Apps in an order in which each comes after those of its `after`, otherwise unchanged. */
export const inOrder = <A extends Ordered>(all: ReadonlyArray<A>): ReadonlyArray<A> => {
  const apps = new Map(all.map((app) => [app.name, app]))
  const done = new Set<A>()
  const add = (app: A) => {
    if (done.has(app)) return
    // Also ends in a cycle, which the configuration refuses.
    for (const name of app.after) {
      const other = apps.get(name)
      if (other !== undefined && other !== app && !other.after.includes(app.name)) add(other)
    }
    done.add(app)
  }
  for (const app of all) add(app)
  return [...done]
}

/** An app that comes first. */
export interface Earlier {
  readonly name: string
  /** null: it cannot be used now. */
  readonly state: AppState | null
  /** The version that it takes now; null: it has been passed over, and takes none. */
  readonly takes: string | null
}

const because = ({ state, takes }: Earlier): string | null => {
  if (state === null) return "which lastgood cannot use now"
  const phase = phaseOf(state)
  if (state.attempt !== null) return `which has an attempt in flight (${phase})`
  if (phase === "unknown") return "which was neither deployed nor promoted yet"
  if (phase !== "running") return `which is ${phase}`
  return takes === null ? null : `which is upgraded to ${takes} first`
}

/** The refusal of an app whose earlier app is not healthy, or takes a version of its own first; null: none. */
export const refusedByEarlier = (earlier: Earlier): Refusal | null => {
  const { name } = earlier
  const why = because(earlier)
  if (why === null) return null
  const next = advise`wait, or ${{ do: "Upgrade" }}; ${nextText(name, { do: "Doctor" })} tells about ${name}`
  return { gate: "after", reason: `it comes after ${name}, ${why}`, next }
}

/** The findings as a whole: each fact once, how many there are of each kind, and what to do first. Pure. */
import { plural } from "../render/format.ts"
import type { Finding } from "./Finding.ts"

export interface Summary {
  readonly failed: number
  readonly warned: number
  readonly passed: number
  /** The finding to act on first; null: there is nothing to do. */
  readonly first: Pick<Finding, "app" | "what" | "next"> | null
}

const isSameFact = (a: Finding, b: Finding): boolean =>
  a.level !== "ok" && a.app === b.app && a.seen === b.seen && a.next === b.next

/**
 * A cause that several checks of an app meet becomes one finding, which names the checks. What the host has reported already
 * is not repeated for an app.
 */
export const onePerFact = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> => {
  const kept: Array<Finding> = []
  for (const one of findings) {
    const isOfHost = kept.some((other) => other.app === null && isSameFact(other, { ...one, app: null }))
    if (isOfHost && one.app !== null) continue
    const known = kept.findIndex((other) => isSameFact(other, one))
    const same = kept[known]
    if (same === undefined) kept.push(one)
    else kept[known] = { ...same, what: same.what === one.what ? same.what : `${same.what}, ${one.what}` }
  }
  return kept
}

/** The host comes before the apps, a failure before a warning, and an app that should run before other warnings. */
export const summaryOf = (findings: ReadonlyArray<Finding>): Summary => {
  const of = (level: Finding["level"]) => findings.filter((one) => one.level === level)
  const [fails, warns] = [of("fail"), of("warn")]
  const down = warns.filter(({ app, what }) => app !== null && what === "running")
  const candidates = [fails.filter(({ app }) => app === null), fails, down, warns].flat()
  const first = candidates.find(({ next }) => next !== "")
  return {
    failed: fails.length,
    warned: warns.length,
    passed: of("ok").length,
    first: first === undefined ? null : { app: first.app, what: first.what, next: first.next }
  }
}

export const summaryText = ({ failed, first, passed, warned }: Summary): string => {
  const counts = `${plural(failed, "failure")}, ${plural(warned, "warning")}, ${passed} ok`
  if (first === null) return `\n${counts}`
  const of = first.app === null ? "" : `${first.app}: `
  return `\n${counts}\nfirst: ${of}${first.what}: ${first.next}`
}

/** Makes the value again that `plain` converted in the process of a plugin. Accepts any input, never throws. */
import type { FunctionPath } from "./Message.ts"

const deepest = 40

/** @param call makes a function that calls into the process. */
export const revive = (sent: unknown, call: (path: FunctionPath) => unknown): unknown => {
  const of = (value: unknown, depth: number): unknown => {
    if (typeof value !== "object" || value === null) return value
    if (depth > deepest) return undefined
    if ("l" in value && Array.isArray(value.l)) return value.l.map((one: unknown) => of(one, depth + 1))
    if ("o" in value && Array.isArray(value.o)) {
      const entries = value.o.flatMap(
        (entry: unknown): ReadonlyArray<readonly [string, unknown]> =>
          Array.isArray(entry) && typeof entry[0] === "string" ? [[entry[0], of(entry[1], depth + 1)]] : []
      )
      return Object.fromEntries(entries)
    }
    if ("f" in value) return call(pathOf(value.f))
    if ("s" in value) return { "~standard": { version: 1, vendor: "", validate: call(pathOf(value.s)) } }
    return "n" in value ? Number(value.n) : undefined
  }
  return of(sent, 0)
}

const pathOf = (value: unknown): FunctionPath =>
  Array.isArray(value)
    ? value.filter((part): part is string | number => typeof part === "string" || typeof part === "number")
    : []

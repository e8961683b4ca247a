/**
 * Converts a plugin's value to JSON, from which `revive` makes it again on the other side. Functions stay here and are named
 * by their path. The value may be anything: getters that throw, proxies, cycles. Its size is limited.
 */
import { isStandardSchema } from "../StandardSchema.ts"
import type { FunctionPath } from "./Message.ts"

const deepest = 12
const mostValues = 20_000
const mostText = 1_048_576

type Keep = (path: FunctionPath, value: unknown) => void

/** @param keep called with each function and each schema. Throws if the value throws or is too large. */
export const plain = (whole: unknown, at: FunctionPath, keep: Keep): unknown => {
  let values = 0
  let texts = 0
  const room = (text: string): string => {
    texts += text.length
    if (texts > mostText) throw new Error("it holds more text than 1 MiB")
    return text
  }
  const of = (value: unknown, path: FunctionPath): unknown => {
    values += 1
    if (values > mostValues) throw new Error(`it holds more than ${mostValues} values`)
    if (path.length - at.length > deepest) throw new Error(`it is nested more than ${deepest} deep`)
    switch (typeof value) {
      case "string":
        return room(value)
      case "boolean":
        return value
      case "number":
        return Number.isFinite(value) ? value : { n: String(value) }
      case "undefined":
        return { u: 1 }
      case "bigint":
      case "symbol":
        return String(value)
      default:
        return value === null || value === undefined ? null : ofObject(value, path)
    }
  }
  const ofObject = (value: object, path: FunctionPath): unknown => {
    // The parts of a schema are not converted.
    if (path.length > 0 && isStandardSchema(value)) {
      keep(path, value)
      return { s: path }
    }
    if (typeof value === "function") {
      keep(path, value)
      return { f: path }
    }
    if (Array.isArray(value)) return { l: Array.from(value, (one: unknown, i) => of(one, [...path, i])) }
    // Members of a class are not among its instance's own keys.
    const inherited = path.length === 0 ? ["recipe", "settings", "health", "volumes", "gates", "hooks"] : []
    const keys = [...Object.keys(value), ...inherited.filter((key) => key in value && !Object.hasOwn(value, key))]
    return { o: keys.map((key) => [room(key), of(Reflect.get(value, key), [...path, key])]) }
  }
  return of(whole, at)
}

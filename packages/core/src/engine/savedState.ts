/**
 * The text of a saved state (`docs/on-disk.md`): a header that says what it belongs to, and the state as JSON. Pure. A text
 * that is torn, changed, of another stream, or made by code that folds differently is not a saved state.
 */
import { hash as digest } from "node:crypto"
import * as HashMap from "effect/HashMap"
import { alertsOf } from "../domain/alerts.ts"
import type { AppState } from "../domain/State.ts"
import type { Folded } from "./Folds.ts"

/** What a saved state belongs to. */
export interface BelongsTo {
  /** Of the code that folded it (`stateDefinition.ts`). */
  readonly definition: string
  readonly stream: string
}

const sumOf = ({ definition, stream }: BelongsTo, hash: string, state: string): string =>
  digest("sha256", JSON.stringify([definition, stream, hash, state]), "hex")

const headerOf = (place: BelongsTo, hash: string, state: string): string => {
  const { definition, stream } = place
  return JSON.stringify({ lastgood: "state", definition, stream, hash, sum: sumOf(place, hash, state) })
}

export const encode = (place: BelongsTo, { hash, state }: Folded): string => {
  const text = JSON.stringify({ ...state, alerts: alertsOf(state) })
  return `${headerOf(place, hash, text)}\n${text}\n`
}

type Plain = Omit<AppState, "alerts"> & { readonly alerts: ReturnType<typeof alertsOf> }

/** @returns null: the text is not a saved state of this place. */
export const decode = (place: BelongsTo, text: string): Folded | null => {
  const [header = "", body = "", end] = text.split("\n", 3)
  const [, hash = ""] = /"hash":"([0-9a-f]{64})","sum":"[0-9a-f]{64}"}$/.exec(header) ?? []
  if (end !== "" || header !== headerOf(place, hash, body)) return null
  // The sum and the definition say that `encode` wrote it, from a state of the same shape.
  const plain: Plain = JSON.parse(body)
  return { hash, state: { ...plain, alerts: HashMap.fromIterable(plain.alerts.map((one) => [one.id, one])) } }
}

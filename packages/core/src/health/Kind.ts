/** What makes a kind of check that can be written, in the configuration or a label: all of it, in the kind's own file. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { EffectiveApp } from "../domain/App.ts"
import type { Check, CheckKind, WrittenKind } from "../domain/Check.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { positiveDuration } from "../yaml/duration.ts"
import { line } from "../yaml/text.ts"
import type { Look } from "./HealthGate.ts"

/** One look. It never fails: what went wrong is what was seen. Its time limit is the gate's business. */
export type LookAt<K extends CheckKind> = (check: Check<K>, app: EffectiveApp, runtime: Runtime) => Effect.Effect<Look>

interface Labelled {
  /** A check that is the value of a label `lastgood.health.<kind>` of a service. Default: the value under the kind's key. */
  readonly fromLabel?: (value: string, service: string) => object
  /** What a check in a label of a service leaves out, since the service says it. */
  readonly inService?: (written: object, service: string) => object
}

export interface Kind<K extends WrittenKind, S extends Schema.Constraint = Schema.Constraint> extends Labelled {
  /** As it is written. The first key is the kind. */
  readonly file: S
  /** @returns null: the check is of another kind. */
  readonly read: (written: object, domain: string) => Check<K> | null
  readonly look: LookAt<K>
}

interface Spec<K extends WrittenKind, S extends Schema.Constraint> extends Labelled {
  readonly file: S
  readonly toCheck: (written: S["Type"], domain: string) => Check<K>
  readonly look: LookAt<K>
}

/** The file's schema has decoded it: its key tells which kind it is. */
const isOf = <T extends object>(kind: WrittenKind, written: object): written is T => kind in written

export const defineKind = <K extends WrittenKind, S extends Schema.Constraint & { readonly Type: object }>(
  kind: K,
  { toCheck, ...rest }: Spec<K, S>
): Kind<K, S> => ({
  ...rest,
  read: (written, domain) => (isOf<S["Type"]>(kind, written) ? toCheck(written, domain) : null)
})

export const timeout = positiveDuration("Timeout of one check.", "5s").pipe(
  Schema.withDecodingDefaultKey(Effect.succeed("5s"))
)

/** The service in whose container a check runs. */
export const service = Schema.optionalKey(
  line({
    expected: "the name of a service",
    description: "The service in whose container it runs; needed where the app has several."
  })
)

export const serviceOf = (name: string | undefined) => (name === undefined ? {} : { service: name })

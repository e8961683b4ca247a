/** Defines a kind of check that can be written in the configuration or a label. A kind is complete in its own file. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { EffectiveApp } from "../domain/App.ts"
import type { Check, CheckKind, WrittenKind } from "../domain/Check.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { positiveDuration } from "../yaml/duration.ts"
import { line } from "../yaml/text.ts"
import type { CheckResult } from "./HealthGate.ts"

/** Runs a check once. Never fails: a problem is the result. The gate applies the time limit. */
export type RunCheck<K extends CheckKind> = (
  check: Check<K>,
  app: EffectiveApp,
  runtime: Runtime
) => Effect.Effect<CheckResult>

interface Labelled {
  /**
   * The check for the value of a label `lastgood.health.<kind>` of a service. Default: the value under the key of the
   * kind.
   */
  readonly fromLabel?: (value: string, service: string) => object
  /** Adds what a check in a label of a service leaves out because the service implies it. */
  readonly inService?: (written: object, service: string) => object
}

export interface Kind<K extends WrittenKind, S extends Schema.Constraint = Schema.Constraint> extends Labelled {
  /** The schema of a written check. Its first key is the kind. */
  readonly file: S
  /** @returns null: the check is of another kind. */
  readonly read: (written: object, domain: string) => Check<K> | null
  readonly run: RunCheck<K>
}

interface Spec<K extends WrittenKind, S extends Schema.Constraint> extends Labelled {
  readonly file: S
  readonly toCheck: (written: S["Type"], domain: string) => Check<K>
  readonly run: RunCheck<K>
}

/** The file's schema has decoded the check, so its key tells the kind. */
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

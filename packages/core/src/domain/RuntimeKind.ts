/**
 * The one list of runtimes that an app can run on. Configuration, JSON Schema and texts are made from it, and the compiler
 * names the other places of a new one (`runtime/RuntimesLive.ts`, the package for JSR).
 */

/** How runtimes differ, for the code outside their adapters. */
export interface RuntimeTraits {
  /** Where the names of an app's volumes come from. */
  readonly volumesFrom: "engine" | "configuration"
  /** If false, the app's name is the default domain. */
  readonly needsDomain: boolean
  /** Whether the engine restarts an app after a reboot or a crash. If not, the daemon does. */
  readonly startsAgain: boolean
  /** Whether a recipe can carry labels. */
  readonly hasLabels: boolean
  /** The tool whose folder holds recipes and env files, found by name; null: they are given by path. */
  readonly catalog: "abra" | null
  /** The longest domain from which the stack's name can be derived, in characters; null: no limit. */
  readonly longestDomain: number | null
  /** Lines of the env file that the runtime's tool writes; null: only the operator writes the file. */
  readonly ownEnvLines: RegExp | null
}

const onEngine: RuntimeTraits = {
  volumesFrom: "engine",
  needsDomain: true,
  startsAgain: true,
  hasLabels: true,
  catalog: null,
  longestDomain: null,
  ownEnvLines: null
}

export const runtimeTraits = {
  swarm: onEngine,
  compose: onEngine,
  abra: {
    ...onEngine,
    catalog: "abra",
    // abra shortens the names of longer stacks. Under the wrong name lastgood would find nothing running.
    longestDomain: 45,
    // abra writes the version there.
    ownEnvLines: /^[ \t]*(?:export[ \t]+)?(?:TYPE|RECIPE)[ \t]*=.*$/gm
  },
  local: {
    volumesFrom: "configuration",
    needsDomain: false,
    startsAgain: false,
    hasLabels: false,
    catalog: null,
    longestDomain: null,
    ownEnvLines: null
  }
} as const satisfies Readonly<Record<string, RuntimeTraits>>

export type RuntimeKind = keyof typeof runtimeTraits

const isRuntimeKind = (kind: string): kind is RuntimeKind => Object.hasOwn(runtimeTraits, kind)

export const runtimeKinds: ReadonlyArray<RuntimeKind> = Object.keys(runtimeTraits).filter(isRuntimeKind)

export const traitsOf = ({ runtime }: { readonly runtime: RuntimeKind }): RuntimeTraits => runtimeTraits[runtime]

/**
 * The runtimes that an app can run on: the one list. Configuration, JSON Schema and texts are made from it, and the
 * compiler names what else must know a new one (`runtime/RuntimesLive.ts`, the package for JSR).
 */

/** How a runtime differs for everything that is not the runtime itself. */
export interface RuntimeTraits {
  /** Where the names of an app's volumes come from. */
  readonly volumesFrom: "engine" | "configuration"
  /** Otherwise the app's name stands in for a domain that is missing. */
  readonly needsDomain: boolean
  /** Whether the engine starts an app again that a reboot or a crash took down. Otherwise the daemon does. */
  readonly startsAgain: boolean
  /** Whether an app may keep data in folders of the host, and run in a working folder of its own. */
  readonly hasFolders: boolean
  /** Whether a recipe can carry labels. */
  readonly hasLabels: boolean
  /** Whose folder holds recipes and env files that are found by name; null: they are named by path. */
  readonly catalog: "abra" | null
  /** The longest domain from which the stack's name can be told; null: any. */
  readonly longestDomain: number | null
  /** Lines of the env file that the runtime's tool writes; null: only the operator writes there. */
  readonly ownEnvLines: RegExp | null
}

const onEngine: RuntimeTraits = {
  volumesFrom: "engine",
  needsDomain: true,
  startsAgain: true,
  hasFolders: false,
  hasLabels: true,
  catalog: null,
  longestDomain: null,
  ownEnvLines: null
}

export const runtimeTraits = {
  swarm: onEngine,
  compose: { ...onEngine, hasFolders: true },
  abra: {
    ...onEngine,
    catalog: "abra",
    // It shortens the names of longer stacks; to look at the wrong one would be to find nothing running there.
    longestDomain: 45,
    // It writes the version there.
    ownEnvLines: /^[ \t]*(?:export[ \t]+)?(?:TYPE|RECIPE)[ \t]*=.*$/gm
  },
  local: {
    volumesFrom: "configuration",
    needsDomain: false,
    startsAgain: false,
    hasFolders: false,
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

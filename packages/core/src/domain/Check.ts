/**
 * The one list of health check kinds. Add a kind here and in a file of its own in `health/`; the compiler then names the
 * other places (`health/kinds.ts`, and the functions for plugin authors). Configuration, labels, JSON Schema and texts are
 * made from this list.
 */
import type { LookInside } from "./Extension.ts"
import { orList } from "./orList.ts"

/** The fields of each kind of check, besides its name and its timeout. */
interface Held {
  readonly http: { readonly url: string; readonly status: number; readonly contains?: string | undefined }
  readonly tcp: { readonly host: string; readonly port: number }
  readonly grpc: {
    readonly host: string
    readonly port: number
    /** Empty: the whole server. */
    readonly service: string
    readonly tls: boolean
  }
  readonly exec: { readonly command: string; readonly service?: string | undefined }
  readonly container: { readonly service?: string | undefined }
  /** A function of the app's plugin. */
  readonly plugin: { readonly look: LookInside }
}

export type CheckKind = keyof Held

/** The kinds that can be written in the configuration and in a label. */
export type WrittenKind = Exclude<CheckKind, "plugin">

/** One health check, as written in the configuration or made by a plugin. Durations are in milliseconds. */
export type Check<K extends CheckKind = CheckKind> = {
  readonly [P in K]: { readonly kind: P; readonly name: string; readonly timeoutMs: number } & Held[P]
}[K]

interface CheckTraits {
  /**
   * Who answers the check. `address`: a listener, asked without the runtime; another program may answer there. `engine`:
   * the engine's state of the container, which is weak evidence, since the app itself is not asked.
   */
  readonly asks: "address" | "inside" | "engine"
  /** Whether to advise it for an app without a check of its own. An app may accept connections before it can answer. */
  readonly isAdvised: boolean
}

const checkTraits: Readonly<Record<CheckKind, CheckTraits>> = {
  http: { asks: "address", isAdvised: true },
  tcp: { asks: "address", isAdvised: false },
  grpc: { asks: "address", isAdvised: true },
  exec: { asks: "inside", isAdvised: true },
  container: { asks: "engine", isAdvised: false },
  plugin: { asks: "inside", isAdvised: false }
}

type OfKind = Pick<Check, "kind">

export const asksAddress = ({ kind }: OfKind): boolean => checkTraits[kind].asks === "address"

/** Whether the check asks the app itself, at its address or inside its container. */
export const asksApp = ({ kind }: OfKind): boolean => checkTraits[kind].asks !== "engine"

const kindsWith = (has: (traits: CheckTraits) => boolean): ReadonlyArray<string> =>
  Object.entries(checkTraits).flatMap(([kind, traits]) => (kind !== "plugin" && has(traits) ? [kind] : []))

/** The kinds that ask the app itself, without a plugin. */
export const appKinds = kindsWith(({ asks }) => asks !== "engine")

/** The kinds to advise: `http or exec`. */
export const advisedKinds: string = orList(kindsWith(({ isAdvised }) => isAdvised))

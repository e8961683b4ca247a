/**
 * The kinds of health checks: the one list. A kind is added here, beside its own file in `health/`; the compiler then names
 * what must know it (`health/kinds.ts`, and the functions for plugin authors). Configuration, labels, JSON Schema and texts
 * follow.
 */
import type { LookInside } from "./Extension.ts"
import { orList } from "./orList.ts"

/** What a check of each kind holds, beside its name and its time limit. */
interface Held {
  readonly http: { readonly url: string; readonly status: number; readonly contains?: string | undefined }
  readonly tcp: { readonly host: string; readonly port: number }
  readonly grpc: {
    readonly host: string
    readonly port: number
    /** Empty: the server as a whole. */
    readonly service: string
    readonly tls: boolean
  }
  readonly exec: { readonly command: string; readonly service?: string | undefined }
  readonly container: { readonly service?: string | undefined }
  /** Code of the app's plugin. */
  readonly plugin: { readonly look: LookInside }
}

export type CheckKind = keyof Held

/** Those that the configuration and a label can hold. */
export type WrittenKind = Exclude<CheckKind, "plugin">

/** One health check, as written in the configuration or made by a plugin. Durations are in milliseconds. */
export type Check<K extends CheckKind = CheckKind> = {
  readonly [P in K]: { readonly kind: P; readonly name: string; readonly timeoutMs: number } & Held[P]
}[K]

interface CheckTraits {
  /**
   * Who is asked. `address`: whoever listens there, so it can be asked without the runtime, and something else may answer.
   * `engine`: its word on the container is weak evidence, since the app itself is not asked.
   */
  readonly asks: "address" | "inside" | "engine"
  /** Whether it is what to add where nothing asks the app. An app may accept connections before it can answer. */
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

/** Whether the app itself is asked, by its address or from inside. */
export const asksApp = ({ kind }: OfKind): boolean => checkTraits[kind].asks !== "engine"

const kindsWith = (has: (traits: CheckTraits) => boolean): ReadonlyArray<string> =>
  Object.entries(checkTraits).flatMap(([kind, traits]) => (kind !== "plugin" && has(traits) ? [kind] : []))

/** Those that ask the app itself, without a plugin's code. */
export const appKinds = kindsWith(({ asks }) => asks !== "engine")

/** For advice: `http or exec`. */
export const advisedKinds: string = orList(kindsWith(({ isAdvised }) => isAdvised))

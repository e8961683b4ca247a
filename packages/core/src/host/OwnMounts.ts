/**
 * The mounts that this process sees, for a look. Looks at many apps share one reading of them: on a host with containers it
 * takes longer than the rest of a look.
 */
import * as Context from "effect/Context"
import { type Mount, mountsOf } from "./Mounts.ts"

export const OwnMounts = Context.Reference<() => ReadonlyArray<Mount>>("lastgood/host/OwnMounts", {
  defaultValue: () => () => mountsOf("self")
})

/** @param forMs how long a reading is used, in milliseconds. */
export const makeSharedMounts = (forMs: number): (() => ReadonlyArray<Mount>) => {
  let last: { readonly mounts: ReadonlyArray<Mount>; readonly readAt: number } | null = null
  return () => {
    const now = performance.now()
    if (last === null || now - last.readAt >= forMs) last = { mounts: mountsOf("self"), readAt: now }
    return last.mounts
  }
}

/**
 * The states that this process has folded. A later fold continues after the last event of an earlier one, so that a look at
 * an app costs the same however old its log is. The log stays the state (LAW-6): an earlier fold counts only if that event
 * still is where it was. Its hash covers all events before it, also of other streams, so another log is never mistaken for
 * this one.
 */
import * as Context from "effect/Context"
import { makeRecent } from "../domain/recent.ts"
import type { AppState } from "../domain/State.ts"

export interface Folded {
  readonly state: AppState
  /** Of the event at `state.version`. */
  readonly hash: string
}

/** More than a host has apps. */
const most = 10_000

export interface Kept extends Folded {
  /** The version of the stream that was last saved in a file (`SavedStates.ts`); 0: none was. */
  readonly saved: number
}

/** The streams whose newest event is known, as far as the log was asked. */
export interface Unchanged {
  /** The newest event of the log then. */
  at: { readonly position: number; readonly hash: string } | null
  /**
   * The hash of the newest event of each stream without an event after `at`. A fold that began before that event may be kept
   * after the newer one: it does not count.
   */
  readonly streams: Map<string, string>
}

export interface Folds {
  readonly unchanged: Unchanged
  readonly of: (stream: string) => Kept | null
  readonly keep: (stream: string, kept: Kept) => void
}

export const makeFolds = (): Folds => {
  const kept = makeRecent<Kept>(most)
  return {
    unchanged: { at: null, streams: new Map() },
    of: (stream) => kept.get(stream) ?? null,
    keep: kept.set
  }
}

/** One for the whole process: the services of a pass live only as long as the pass. */
export const Folds = Context.Reference<Folds>("lastgood/engine/Folds", { defaultValue: makeFolds })

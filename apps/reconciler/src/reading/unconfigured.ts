/** Apps that the log knows and the configuration does not: lastgood does not watch them, and their data is still there. */
import { join } from "node:path"
import { leftOf } from "@lastgood/core/disk/appFolder"
import { hostName } from "@lastgood/core/domain/hostName"
import { advise, nextText } from "@lastgood/core/domain/Next"
import { type AppState, phaseOf } from "@lastgood/core/domain/State"
import { Journal, streamOf } from "@lastgood/core/engine/Journal"
import { EventStore } from "@lastgood/core/log/EventStore"
import * as Effect from "effect/Effect"
import { plural, size } from "./format.ts"

/** The shape is public (`lastgood status --json`). */
export interface Unconfigured {
  readonly app: string
  /** The version that ran last; null: it was forgotten, and what is kept of it is not deleted yet. */
  readonly version: string | null
  /** The log expects it to run. */
  readonly running: boolean
  readonly snapshots: { readonly count: number; readonly bytes: number }
  /** What is kept of it. */
  readonly folder: string
  readonly next: string
}

const prefix = streamOf("")

/** An app that was removed is over. One that was never deployed has nothing. */
const isLeft = (state: AppState): boolean =>
  phaseOf(state) !== "removed" && (state.running ?? state.data ?? state.lastGood) !== null

/** What is still there of the folder of an app that was forgotten; null: nothing, or it was not. */
const toForget = Effect.fnUntraced(function* (folder: string, name: string, { version }: AppState) {
  const left = yield* leftOf(folder)
  if (left === null) return null
  const [last] = yield* (yield* EventStore).read(streamOf(name), version - 1, 1)
  return last?.type === "AppForgotten" ? left : null
})

/** @param configured the names of the configured apps. */
export const unconfigured = Effect.fn("Reading.unconfigured")(function* (
  root: string,
  configured: ReadonlyArray<string>
) {
  const journal = yield* Journal
  const known = new Set([hostName, ...configured])
  const names = (yield* (yield* EventStore).streams)
    .filter((stream) => stream.startsWith(prefix))
    .map((stream) => stream.slice(prefix.length))
    .filter((name) => !known.has(name))
  const states = yield* Effect.forEach(
    names,
    Effect.fnUntraced(function* (name) {
      const state = yield* journal.load(name)
      const folder = join(root, name)
      const rest = isLeft(state) ? null : yield* toForget(folder, name, state)
      return { name, state, isBegun: rest !== null, folder: rest ?? folder }
    })
  )
  return states.flatMap(({ folder, isBegun, name, state }): ReadonlyArray<Unconfigured> => {
    if (!isLeft(state) && !isBegun) return []
    const bytes = state.snapshots.reduce((sum, one) => sum + one.bytes, 0)
    return [
      {
        app: name,
        version: (state.running ?? state.data ?? state.lastGood)?.version ?? null,
        running: state.running !== null,
        snapshots: { count: state.snapshots.length, bytes },
        folder,
        next: nextText(
          name,
          isBegun
            ? { do: "Forget" }
            : advise`put it back under apps: in the configuration; to give it up, run ${{ do: "Remove" }} after that`
        )
      }
    ]
  })
})

/** In one sentence. */
export const unconfiguredText = ({ folder, running, snapshots, version }: Unconfigured): string => {
  if (version === null) return `it was forgotten, but ${folder} is not deleted yet`
  const last = running
    ? `${version} should be running, and lastgood does not watch it`
    : `its last version is ${version}`
  const kept = `its log and ${plural(snapshots.count, "snapshot")} (${size(snapshots.bytes)}) in ${folder} stay`
  return `not in the configuration: ${last}; ${kept}`
}

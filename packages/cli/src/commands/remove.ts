import type { PluggedApp } from "@lastgood/core/domain/App"
import { isErasable } from "@lastgood/core/domain/erasable"
import { Engine } from "@lastgood/core/engine/Engine"
import { foldersOf } from "@lastgood/core/engine/world"
import { live } from "@lastgood/core/live"
import { Runtimes } from "@lastgood/core/runtime/Runtime"
import { DataIdentity } from "@lastgood/core/snapshot/DataIdentity"
import * as Effect from "effect/Effect"
import { act } from "../acting.ts"
import { confirm } from "../confirm.ts"
import { pluggedApp } from "../plugged.ts"
import { configuration } from "../session.ts"

/** The volumes to delete, and the data that stays, each with its size. */
const looked = Effect.fnUntraced(function* (app: PluggedApp) {
  const runtime = yield* (yield* Runtimes).get(app.runtime)
  const state = yield* (yield* Engine).state(app)
  const identity = yield* DataIdentity
  const volumes = yield* Effect.forEach(yield* runtime.volumes(app, foldersOf(app, state)), (volume) =>
    Effect.map(identity.sizeText(volume), (text) => ({
      name: volume.name,
      line: `${volume.name} (${volume.path}, ${text})`,
      isDoomed: isErasable(app, volume)
    }))
  )
  return { doomed: volumes.filter(({ isDoomed }) => isDoomed), kept: volumes.filter(({ isDoomed }) => !isDoomed) }
})

const asked = Effect.fnUntraced(function* (name: string, yes: boolean) {
  const config = yield* configuration
  const app = yield* pluggedApp(config, name)
  const { doomed, kept } = yield* looked(app).pipe(Effect.provide(live(config, { readOnly: true })))
  yield* confirm(
    [
      `lastgood takes ${name} down, takes a last snapshot and verifies it, and then deletes these volumes:`,
      ...doomed.map(({ line }) => `  ${line}`),
      ...(doomed.length === 0 ? ["  none"] : ["With a volume goes the data that was set aside inside of it."]),
      ...kept.map(({ line }) => `This stays: ${line}`),
      "Its log and its snapshots stay."
    ],
    yes
  )
  return doomed.map((one) => one.name)
})

export const run = Effect.fn("Cli.remove")(function* (input: {
  readonly app: string
  readonly data: boolean
  readonly yes: boolean
  readonly dryRun: boolean
  readonly wait: number
}) {
  const { app, data, dryRun, wait, yes } = input
  const volumes = data ? yield* asked(app, yes || dryRun) : []
  yield* act(app, { _tag: "Remove", data, ...(data ? { volumes } : {}) }, wait, dryRun)
})

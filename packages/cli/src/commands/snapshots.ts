import { Journal } from "@lastgood/core/engine/Journal"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import * as TarSnapshots from "@lastgood/core/snapshot/TarSnapshots"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import { Json } from "../options.ts"
import { size, time } from "../render/format.ts"
import { table } from "../render/table.ts"
import { print, printJson } from "../Screen.ts"
import { appsNamed, configuration, reading } from "../session.ts"

interface Shown {
  readonly app: string
  readonly id: string
  readonly version: string | null
  readonly commit: string | null
  readonly ts: string
  readonly bytes: number
  readonly volumes: ReadonlyArray<string>
  /** Result of the SHA-256 verification; null: not verified yet. */
  readonly verified: boolean | null
  /** `<app>/snapshot` points to it. */
  readonly current: boolean
}

const words = ({ verified, current }: Shown): string =>
  [verified === null ? "not verified yet" : verified ? "verified" : "DAMAGED", ...(current ? ["current"] : [])].join(
    ", "
  )

/** Lists the snapshots on disk, oldest first, with their data from the log. */
export const run = Effect.fn("Cli.snapshots")(function* (input: { readonly app: Option.Option<string> }) {
  const config = yield* configuration
  const named = yield* appsNamed(config, input.app)
  const found = yield* Effect.forEach(named, (app) =>
    Effect.gen(function* () {
      const store = yield* SnapshotStore
      const { snapshots } = yield* (yield* Journal).load(app.name)
      const current = yield* store.current(app)
      const whole = yield* store.list(app)
      const others = snapshots.filter(({ id }) => !whole.some((meta) => meta.id === id))
      const lost = others.map(({ id, version, commit, at, bytes, volumes }): Shown => {
        const names = volumes.map(({ name }) => name)
        return { app: app.name, id, version, commit, ts: at, bytes, volumes: names, verified: false, current: false }
      })
      const listed = whole.map(
        (meta): Shown => ({
          app: app.name,
          id: meta.id,
          version: meta.version,
          commit: meta.commit,
          ts: meta.ts,
          bytes: meta.bytes,
          volumes: meta.volumes,
          verified: snapshots.find((s) => s.id === meta.id)?.verified ?? null,
          current: meta.id === current
        })
      )
      return [...lost, ...listed].toSorted((a, b) => a.ts.localeCompare(b.ts))
    })
  ).pipe(Effect.provide(Layer.merge(reading(config), TarSnapshots.layer)))
  const shown = found.flat()
  if (yield* Json) return yield* printJson({ format: 1, snapshots: shown })
  if (shown.length === 0) return yield* print("no snapshots")
  const rows = shown.map((s) => [s.app, s.id, s.version ?? "", time(s.ts), size(s.bytes), words(s)])
  yield* print(table(["app", "snapshot", "version", "taken", "size", "state"], rows))
})

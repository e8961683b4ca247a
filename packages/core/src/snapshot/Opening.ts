/** A snapshot by its id: where it is, and its description. */
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import { readMeta } from "./Meta.ts"
import { locate } from "./Shelf.ts"
import { SnapshotDamaged } from "./SnapshotStore.ts"

/** The folder and meta of a snapshot. A snapshot whose meta is unreadable, or belongs to another, is damaged. */
export const openSnapshot = (app: App, id: string) =>
  Effect.gen(function* () {
    const folder = yield* locate(app, id)
    const damaged = (problem: string) => new SnapshotDamaged({ app: app.name, snapshot: id, problems: [problem] })
    const meta = yield* Effect.mapError(readMeta(app, folder), (error) => damaged(error.message))
    return meta.id === id ? { folder, meta } : yield* damaged(`meta.json: expected the id ${id}, found ${meta.id}`)
  })

/**
 * LAW-14: data folders that another app of lastgood used last, or that lie around or inside of one of another app's. That
 * app need not be running now.
 */
import * as Effect from "effect/Effect"
import type { App, Volume } from "../domain/App.ts"
import { writtenPath } from "../domain/DataFolder.ts"
import type { Refusal } from "../domain/Decision.ts"
import { isAnsweredOwn } from "../domain/folders.ts"
import { DataIdentity, type Overlap } from "../snapshot/DataIdentity.ts"
import { Journal } from "./Journal.ts"
import { together } from "./together.ts"

const overlapText = ({ path, where }: Overlap, other: string): string =>
  where === "same"
    ? `is a data folder of the app ${other} too`
    : `${where === "around" ? "is in" : "contains"} ${path}, a data folder of the app ${other}`

export const foldersOfOthers = Effect.fnUntraced(function* (app: App, volumes: ReadonlyArray<Volume>) {
  const asked = volumes.filter(({ kind, name }) => kind !== "volume" && !isAnsweredOwn(app, name))
  if (asked.length === 0) return []
  const identity = yield* DataIdentity
  const journal = yield* Journal
  const others = yield* together(journal.foldersOfOthers(app.name))
  const names = [app.name, ...((yield* journal.load(app.name)).formerNames ?? [])]
  const seen = yield* Effect.orElseSucceed(identity.look(app, asked), () => [])
  const reasonsFor = Effect.fnUntraced(function* (volume: Volume) {
    const { name } = volume
    const mark = seen.find((one) => one.name === name)?.mark ?? null
    if (mark !== null && !names.includes(mark.app)) {
      return [`was last used by the app ${mark.app} (${mark.version}, ${mark.at})`]
    }
    const found = yield* Effect.forEach(others, (other) =>
      Effect.map(identity.overlaps(volume, other.paths), (overlaps) =>
        overlaps
          // The app took it over: its mark is there.
          .filter(({ where }) => where !== "same" || mark === null)
          .map((overlap) => overlapText(overlap, other.app))
      )
    )
    return found.flat()
  })
  const found = yield* Effect.forEach(asked, (volume) =>
    Effect.gen(function* () {
      const reasons = yield* reasonsFor(volume)
      if (reasons.length === 0) return []
      const written = JSON.stringify(writtenPath(volume.name, app.folder))
      const refusal: Refusal = {
        gate: "unanswered-folder",
        reason: `the data folder ${volume.name} ${reasons.join(", and ")}`,
        next: `if it (${yield* identity.sizeText(volume)}) is data of ${app.name} alone, say so in lastgood.yaml: data: { ${written}: own }; else: external`
      }
      return [refusal]
    })
  )
  return found.flat()
})

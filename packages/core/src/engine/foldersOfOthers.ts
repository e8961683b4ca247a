/** LAW-14: data folders that another app of lastgood used last. That app need not be running now. */
import * as Effect from "effect/Effect"
import type { App, Volume } from "../domain/App.ts"
import { writtenPath } from "../domain/DataFolder.ts"
import type { Refusal } from "../domain/Decision.ts"
import { isAnsweredOwn } from "../domain/folders.ts"
import { DataIdentity } from "../snapshot/DataIdentity.ts"

export const foldersOfOthers = Effect.fnUntraced(function* (app: App, volumes: ReadonlyArray<Volume>) {
  const asked = volumes.filter(({ kind, name }) => kind !== "volume" && !isAnsweredOwn(app, name))
  if (asked.length === 0) return []
  const identity = yield* DataIdentity
  const seen = yield* Effect.orElseSucceed(identity.look(app, asked), () => [])
  return yield* Effect.forEach(
    seen.flatMap(({ mark, name }) => {
      const volume = asked.find((one) => one.name === name)
      return mark === null || mark.app === app.name || volume === undefined ? [] : [{ mark, name, volume }]
    }),
    ({ mark, name, volume }) =>
      Effect.map(identity.sizeText(volume), (size): Refusal => {
        const written = JSON.stringify(writtenPath(name, app.folder))
        return {
          gate: "unanswered-folder",
          reason: `the data folder ${name} was last used by the app ${mark.app} (${mark.version}, ${mark.at})`,
          next: `if it (${size}) is data of ${app.name} alone, say so in lastgood.yaml: data: { ${written}: own }; else: external`
        }
      })
  )
})

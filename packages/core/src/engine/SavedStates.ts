/**
 * States of long streams, kept in files beside the log, so that a process need not fold a long log from its beginning. They
 * are a cache: the log stays the state (LAW-6), and a saved state counts only where the log has the event that it was
 * folded up to (`Folds.ts`). The folder can be deleted at any time. Nothing here fails: without it, the log is folded.
 */
import { createHash } from "node:crypto"
import { lstatSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { faultInside } from "../disk/ownership.ts"
import { replaceFile } from "../disk/replaceFile.ts"
import type { Folded } from "./Folds.ts"
import { decode, encode } from "./savedState.ts"
import { stateDefinition } from "./stateDefinition.ts"

export interface SavedStates {
  readonly of: (stream: string) => Effect.Effect<Folded | null>
  readonly save: (stream: string, folded: Folded) => Effect.Effect<void>
}

/** A name of an app cannot begin with that of the log. */
const savedStatesOf = (log: string): string => `${log}-states`

/** LAW-17: a link, or a folder that another user could write to, is not used. */
const isOwn = (folder: string): boolean => {
  const stats = lstatSync(folder, { throwIfNoEntry: false })
  return stats?.isDirectory() === true && faultInside(folder, stats) === null
}

/** Not the stream itself: a log can come from elsewhere, and its names of streams can be anything. */
const fileOf = (folder: string, stream: string): string =>
  join(folder, `${createHash("sha256").update(stream).digest("hex").slice(0, 32)}.json`)

/** @param definition of the code that folds. */
export const makeSavedStates = (folder: string, definition = stateDefinition): SavedStates => ({
  of: (stream) =>
    Effect.try(() =>
      isOwn(folder) ? decode({ definition, stream }, readFileSync(fileOf(folder, stream), "utf8")) : null
    ).pipe(Effect.orElseSucceed(() => null)),
  save: (stream, folded) =>
    Effect.try(() => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      return isOwn(folder)
    }).pipe(
      Effect.andThen((own) =>
        own ? replaceFile(fileOf(folder, stream), encode({ definition, stream }, folded), 0o600) : Effect.void
      ),
      Effect.catch((error) => Effect.logDebug(`the state of ${stream} was not saved: ${String(error)}`))
    )
})

/** Default: none is kept. */
export const SavedStates = Context.Reference<SavedStates>("lastgood/engine/SavedStates", {
  defaultValue: () => ({ of: () => Effect.succeed(null), save: () => Effect.void })
})

/** @param log the file of the log, whose folder exists. */
export const layerBeside = (log: string): Layer.Layer<never> =>
  Layer.succeed(SavedStates, makeSavedStates(savedStatesOf(log)))

/** Which volumes of an app are lastgood's to delete. Pure. */
import type { App, Volume } from "./App.ts"
import { isAnsweredOwn } from "./folders.ts"

/**
 * Whether `remove --data` may delete the volume: a named volume of the app. Not a folder or file of the host, not a volume
 * whose data is elsewhere, and not one that the operator brought.
 */
export const isErasable = (app: Pick<App, "data">, { kind, name, options }: Volume): boolean =>
  kind === "volume" && options["device"] === undefined && !isAnsweredOwn(app, name)

/** The error of an erase that has deleted nothing. */
export const nothingErasedError = "NothingErased"

/** Adapter: an alert as a file, `<app>/alerts/<at>-<id>.json`. It needs only the disk, and scripts can read it. */
import { chmod, mkdir } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { replaceFile, syncedFolder } from "../disk/replaceFile.ts"
import { asError } from "../domain/messageOf.ts"
import { type Alert, AlertFailed, AlertSinks, type Sink } from "./AlertSink.ts"

/**
 * An alert always gets the same name, so that delivering it twice leaves one file. The name cannot lead out of the
 * folder.
 */
const fileName = ({ at, id }: Alert): string =>
  `${at}-${id}.json`.replaceAll(/[^0-9A-Za-z.:-]/g, "_").replace(/^\.+/, "_")

const name = "file"

/** LAW-10: on disk when it returns. LAW-12: mode 0600, in a folder that only root can enter. */
const deliver: Sink["deliver"] = Effect.fn("AlertFile.deliver")(function* (app, alert) {
  // A digest repeats what the log has, and needs nobody.
  if (alert.outcome === "digest") return
  const folder = join(app.dir, "alerts")
  const made = Effect.tryPromise({
    try: async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await chmod(folder, 0o700)
    },
    catch: asError
  })
  yield* made.pipe(
    Effect.andThen(syncedFolder(app.dir)),
    Effect.andThen(replaceFile(join(folder, fileName(alert)), `${JSON.stringify(alert, null, 2)}\n`, 0o600)),
    Effect.mapError((error) => new AlertFailed({ sink: name, reason: error.message }))
  )
})

export const sink: Sink = { name, deliver }

export const layer: Layer.Layer<AlertSinks> = Layer.succeed(
  AlertSinks,
  AlertSinks.of({ all: [sink], remote: Effect.succeed(null) })
)

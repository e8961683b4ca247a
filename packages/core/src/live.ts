/**
 * The composition root: which adapter serves which port. The CLI, the daemon and the end-to-end tests use it; the
 * engine knows none of it.
 */
import { mkdir } from "node:fs/promises"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ClaimsFlock from "./claim/ClaimsFlock.ts"
import * as HostCommands from "./command/HostCommands.ts"
import { assertOwnRoot } from "./config/ownFolders.ts"
import { messageOf } from "./domain/messageOf.ts"
import { Engine } from "./engine/Engine.ts"
import { Journal } from "./engine/Journal.ts"
import { Projections } from "./engine/Projections.ts"
import * as SavedStates from "./engine/SavedStates.ts"
import * as HealthGateLive from "./health/HealthGateLive.ts"
import { StoreUnavailable } from "./log/EventStore.ts"
import * as EventStoreSqlite from "./log/EventStoreSqlite.ts"
import { logFile } from "./log/logFile.ts"
import * as AlertFile from "./notify/AlertFile.ts"
import * as AlertSinksLive from "./notify/AlertSinksLive.ts"
import type { Address } from "./notify/addresses.ts"
import * as RuntimesLive from "./runtime/RuntimesLive.ts"
import * as FolderIdentity from "./snapshot/FolderIdentity.ts"
import * as TarSnapshots from "./snapshot/TarSnapshots.ts"
import * as VersionsLive from "./version/VersionsLive.ts"

export interface LiveOptions {
  /** Nothing is created or written, for commands that only read. A root without a log reads as an empty one. */
  readonly readOnly: boolean
}

/** The log of a root. A missing root is made (0700) unless it is only read. */
const logAt = (root: string, readOnly: boolean) => {
  const path = logFile(root)
  if (readOnly) return EventStoreSqlite.layerReadOnly({ path })
  const made = Effect.tryPromise({
    try: () => mkdir(root, { recursive: true, mode: 0o700 }),
    catch: (cause) =>
      new StoreUnavailable({
        path,
        reason: `its folder cannot be created: ${messageOf(cause)}`,
        next: "run lastgood as root, or choose another folder with --root, $LASTGOOD_ROOT or root: in lastgood.yaml"
      })
  })
  // Check again: in a folder such as /tmp another user could have created it in the meantime (LAW-17).
  const own = Effect.mapError(
    assertOwnRoot(root),
    ({ message, next }) => new StoreUnavailable({ path, reason: message, next })
  )
  return Layer.unwrap(Effect.as(Effect.andThen(made, own), EventStoreSqlite.layer({ path, reserve: true })))
}

/**
 * @param config the root that contains the log and every app's folder, and the sinks that alerts go to besides the alert
 * files (as an effect: as configured at the time; none: unknown, because no configuration was read).
 */
export const live = (
  config: { readonly root: string; readonly notify?: ReadonlyArray<Address> | Effect.Effect<ReadonlyArray<Address>> },
  options: LiveOptions
) => {
  const { notify } = config
  const ports = Layer.mergeAll(
    logAt(config.root, options.readOnly),
    TarSnapshots.layer,
    FolderIdentity.layer,
    RuntimesLive.layer,
    VersionsLive.layer,
    HealthGateLive.layer,
    ClaimsFlock.layer,
    HostCommands.layer,
    notify === undefined
      ? AlertFile.layer
      : AlertSinksLive.layer(Effect.isEffect(notify) ? notify : Effect.succeed(notify)),
    Projections.layer,
    SavedStates.layerBeside(logFile(config.root)),
    layerWebCrypto
  )
  return Engine.layer.pipe(Layer.provideMerge(Journal.layer), Layer.provideMerge(ports))
}

import { ToolFailed } from "@lastgood/core/process/Tool"
import { memberOf, writeContent } from "@lastgood/core/snapshot/ArchivedFile"
import * as TarSnapshots from "@lastgood/core/snapshot/TarSnapshots"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { BadUsage } from "../../errors.ts"
import { Json } from "../../options.ts"
import { appsNamed, configuration } from "../../session.ts"
import { locatedIn, notAFile, sayTouched, sayUnindexed, snapshotNamed } from "../../snapshotNamed.ts"

/** The reader has seen enough, as in `… | head`. */
const isReaderGone = (error: ToolFailed): boolean => error.code === null && /SIGPIPE/.test(error.said)

const standardOutput = 1

/** Writes one file of a snapshot to standard output, byte for byte. */
export const run = Effect.fn("Cli.snapshotsCat")(function* (input: {
  readonly app: string
  readonly snapshot: string
  readonly path: string
}) {
  if (yield* Json) {
    return yield* new BadUsage({
      reason: "--json does not apply: standard output is the file itself",
      next: "omit --json; lastgood snapshots ls --json describes the file"
    })
  }
  const [app] = yield* appsNamed(yield* configuration, Option.some(input.app))
  if (app === undefined) return
  const snapshot = yield* snapshotNamed(app, input.snapshot)
  const { path, volume } = yield* locatedIn(app, snapshot, input.path)
  const member = yield* memberOf(volume, path).pipe(
    Effect.catchTag("NotAFile", (error) => Effect.fail(notAFile(app, snapshot, input.path, error)))
  )
  yield* sayUnindexed(volume, member.indexed)
  yield* sayTouched(app, snapshot, volume)
  yield* writeContent(volume.path, member, standardOutput).pipe(
    Effect.catchIf(
      (error): error is ToolFailed => error instanceof ToolFailed && isReaderGone(error),
      () => Effect.void
    )
  )
}, Effect.provide(TarSnapshots.layer))

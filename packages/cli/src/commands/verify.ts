import { EventStore, type Head } from "@lastgood/core/log/EventStore"
import * as TarSnapshots from "@lastgood/core/snapshot/TarSnapshots"
import { type Checked, verifySnapshots } from "@lastgood/reconciler/reading/verify"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { BadUsage, Ended } from "../errors.ts"
import { ExitCode } from "../exitCode.ts"
import { onScreen } from "../onScreen.ts"
import { Json } from "../options.ts"
import { oneLine, plural, size } from "../render/format.ts"
import { liveLine } from "../render/timeline.ts"
import { print, printJson } from "../Screen.ts"
import { appsNamed, configuration, reading } from "../session.ts"

const headOf = (text: Option.Option<string>): Effect.Effect<Head | undefined, BadUsage> => {
  if (Option.isNone(text)) return Effect.succeed(undefined)
  const [, position, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text.value) ?? []
  return position === undefined || hash === undefined
    ? Effect.fail(
        new BadUsage({
          reason: `--expect-head ${text.value} is not of the form <position>:<64 hex digits>`,
          next: "give a head that an earlier lastgood verify printed"
        })
      )
    : Effect.succeed({ position: Number(position), hash })
}

const lineOf = (s: Checked): string =>
  s.ok
    ? `ok    ${s.app} ${s.snapshot} (${size(s.bytes)})`
    : `FAIL  ${s.app} ${s.snapshot}: ${oneLine(s.problems.join("; "))}`

export const run = Effect.fn("Cli.verify")(function* (input: {
  readonly app: Option.Option<string>
  readonly snapshot: Option.Option<string>
  readonly expectHead: Option.Option<string>
}) {
  const expected = yield* headOf(input.expectHead)
  if (Option.isSome(input.snapshot) && Option.isNone(input.app)) {
    return yield* new BadUsage({ reason: "--snapshot needs an app", next: "lastgood verify <app> --snapshot <id>" })
  }
  const config = yield* configuration
  const apps = yield* appsNamed(config, input.app)
  const { log, snapshots } = yield* Effect.gen(function* () {
    const log = yield* (yield* EventStore).verify(expected)
    const named = Option.getOrNull(input.snapshot)
    return { log, snapshots: (yield* Effect.forEach(apps, (app) => verifySnapshots(app, named))).flat() }
  }).pipe(Effect.provide(Layer.merge(reading(config), TarSnapshots.layer)), onScreen({ line: liveLine }))
  const ok = log.problems.length === 0 && snapshots.every((s) => s.ok)
  const head = `${log.head.position}:${log.head.hash}`
  if (yield* Json) {
    yield* printJson({ format: 1, ok, log: { head, ok: log.problems.length === 0, problems: log.problems }, snapshots })
  } else {
    yield* print(
      log.problems.length === 0
        ? `ok    the log: ${plural(log.head.position, "event")}, the hash chain is whole; head ${head}`
        : `FAIL  the log: ${oneLine(log.problems.join("; "))}`
    )
    yield* print(snapshots.length === 0 ? "      no snapshots" : snapshots.map(lineOf).join("\n"))
    if (!ok) {
      yield* print(
        "next: do not restore a snapshot that failed; lastgood snapshots lists the others, lastgood snapshot <app> takes a new one"
      )
    }
  }
  if (!ok) return yield* new Ended({ code: ExitCode.error })
})

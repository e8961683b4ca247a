import type { PluggedApp } from "@lastgood/core/domain/App"
import { ageText, prunable, prunableAside, retained } from "@lastgood/core/domain/retention"
import { Engine } from "@lastgood/core/engine/Engine"
import { live } from "@lastgood/core/live"
import { snapshotsOf } from "@lastgood/reconciler/reading/snapshots"
import { storedAsides, storedReleases, sumOf } from "@lastgood/reconciler/reading/storage"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { perform } from "../acting.ts"
import { confirm } from "../confirm.ts"
import { Ended } from "../errors.ts"
import { ExitCode, worst } from "../exitCode.ts"
import { Json } from "../options.ts"
import { type Looked, perApp } from "../perApp.ts"
import { pluggedApps } from "../plugged.ts"
import { countedSize, plural, size, time } from "../render/format.ts"
import { table } from "../render/table.ts"
import { Columns, print, printJson } from "../Screen.ts"
import { configuration } from "../session.ts"

/** What the retention of an app lets go now, what stays, and what that frees. */
const lookAt = Effect.fnUntraced(function* (app: PluggedApp) {
  const engine = yield* Engine
  const { snapshot: rule } = yield* engine.effective(app)
  const state = yield* engine.state(app)
  const now = yield* Clock.currentTimeMillis
  const onDisk = yield* snapshotsOf(app)
  const snapshots = retained(state, rule, now).map((one) => {
    const { bytes = 0, ts = "", version = null } = onDisk.find(({ id }) => id === one.id) ?? {}
    return { ...one, version, at: ts, bytes }
  })
  const expired = prunableAside(state, now)
  const aside = (yield* storedAsides(state)).map((one) => ({ ...one, stays: !expired.includes(one.attempt) }))
  const gone = prunable(state, rule, now).map(({ id }) => id)
  const releases = (yield* storedReleases(app, state, gone)).filter(({ isKept }) => !isKept)
  const going = { snapshots: snapshots.filter((one) => !one.stays), aside: aside.filter((one) => !one.stays), releases }
  const frees = sumOf([...going.snapshots.map((one) => ({ ...one, isPartial: false })), ...going.aside, ...releases])
  const { keep, keepWithinMs = null } = rule
  return { app: app.name, keep, keepWithinMs, snapshots, aside, releases, going, frees }
})

type Found = Effect.Success<ReturnType<typeof lookAt>>

const isNothing = ({ going }: Found): boolean =>
  going.snapshots.length + going.aside.length + going.releases.length === 0

const frees = ({ frees, going }: Found): string => {
  const what = [
    ...(going.snapshots.length === 0 ? [] : [plural(going.snapshots.length, "snapshot")]),
    ...(going.aside.length === 0 ? [] : [`data that ${plural(going.aside.length, "attempt")} set aside`]),
    ...(going.releases.length === 0 ? [] : [plural(going.releases.length, "release")])
  ]
  return what.length === 0 ? "frees nothing" : `frees ${countedSize(frees.bytes, frees.isPartial)}: ${what.join(", ")}`
}

/** @param width of the terminal; null: not a terminal. */
const textOf = (found: Found, width: number | null): string => {
  const within = found.keepWithinMs === null ? "" : `, keepWithin ${ageText(found.keepWithinMs)}`
  const rows = [
    ...found.snapshots.map((one) => [
      one.stays ? "stays" : "goes",
      `snapshot ${one.id}`,
      time(one.at),
      size(one.bytes),
      one.why
    ]),
    ...found.aside.map((one) => [
      one.stays ? "stays" : "goes",
      `aside ${one.attempt.slice(-8)}`,
      time(one.at),
      countedSize(one.bytes, one.isPartial),
      one.stays ? `kept until ${time(one.until)}, and while the app is not healthy` : "its time is over"
    ]),
    ...found.releases.map((one) => [
      "goes",
      `release ${one.commit.slice(0, 12)}`,
      "",
      countedSize(one.bytes, one.isPartial),
      "nothing needs it"
    ])
  ]
  const listed = rows.length === 0 ? [] : [table(["", "what", "since", "size", "why"], rows, width)]
  return [`${found.app}: keep ${found.keep}${within}; ${frees(found)}`, ...listed].join("\n")
}

const failedText = ({ app, message, next }: Looked<unknown>["errors"][number]): string =>
  `${app}: ${message}\nnext: ${next}`

const requestOf = ({ going }: Found) => ({
  _tag: "Prune" as const,
  snapshots: going.snapshots.map(({ id }) => id),
  asides: going.aside.map(({ attempt }) => attempt),
  by: "retention" as const
})

/** Removes what retention lets go, as the end of an attempt does. Shows it first. */
export const run = Effect.fn("Cli.prune")(function* (input: {
  readonly app: Option.Option<string>
  readonly dryRun: boolean
  readonly yes: boolean
  readonly wait: number
}) {
  const config = yield* configuration
  const looked = yield* perApp(input.app, yield* pluggedApps(config, input.app), ({ app }) =>
    Effect.flatMap(Effect.fromResult(app), lookAt)
  ).pipe(Effect.provide(live(config, { readOnly: true })))
  let pruned: Looked<void> = { found: [], errors: [], code: ExitCode.done }
  const todo = looked.found.filter((one) => !isNothing(one))
  const asJson = yield* Json
  if (!asJson) {
    const width = yield* Columns
    yield* print([...looked.found.map((one) => textOf(one, width)), ...looked.errors.map(failedText)].join("\n\n"))
  }
  if (!input.dryRun && todo.length > 0) {
    yield* confirm([`this will be removed for good:`, ...todo.map((one) => `  ${one.app} ${frees(one)}`)], input.yes)
    pruned = yield* perApp(
      input.app,
      todo.map((found) => ({ name: found.app, found })),
      Effect.fnUntraced(function* ({ found, name }) {
        const { report } = yield* perform(name, requestOf(found), input.wait)
        if (!asJson) yield* print(`${name}: ${report.why}`)
      })
    )
    if (!asJson && pruned.errors.length > 0) yield* print(pruned.errors.map(failedText).join("\n\n"))
  }
  if (asJson) {
    const apps = looked.found.map(({ going: _, ...found }) => found)
    yield* printJson({ format: 1, dryRun: input.dryRun, apps, errors: [...looked.errors, ...pruned.errors] })
  }
  const code = worst([looked.code, pruned.code])
  if (code !== ExitCode.done) return yield* new Ended({ code })
})

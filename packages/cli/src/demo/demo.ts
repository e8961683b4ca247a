/**
 * `lastgood demo`: upgrades and rollbacks of a small real web app, without Docker, in a temporary folder. It stops everything
 * that it started when it ends, also after a failure or Ctrl-C.
 */
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { readConfig } from "@lastgood/core/config/loadConfig"
import type { App, PluggedApp } from "@lastgood/core/domain/App"
import { messageOf } from "@lastgood/core/domain/messageOf"
import { Actor } from "@lastgood/core/engine/Observer"
import { live } from "@lastgood/core/live"
import { withoutPlugin } from "@lastgood/core/plugin/applyPlugins"
import { Runtimes } from "@lastgood/core/runtime/Runtime"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { DemoFailed } from "./DemoFailed.ts"
import { appName, type Guestbook, makeGuestbook } from "./guestbook.ts"
import { chapter, holds, note, typed } from "./Narrator.ts"
import { isUp } from "./outside.ts"
import { story } from "./story.ts"

export interface DemoOptions {
  /** The folder to keep, created if it is missing; null: a temporary one that is removed. */
  readonly keep: string | null
}

const cannot = (folder: string, expected: string) => (cause: unknown) =>
  new DemoFailed({
    claim: `${folder} can hold the demo`,
    expected,
    seen: messageOf(cause),
    next: "name an empty folder that you may write to: lastgood demo --keep <folder>"
  })

const temporary = Effect.acquireRelease(
  Effect.tryPromise({
    try: () => mkdtemp(join(tmpdir(), "lastgood-demo-")),
    catch: cannot(tmpdir(), "a temporary folder")
  }),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

const kept = Effect.fnUntraced(function* (path: string) {
  const folder = resolve(path)
  const found = yield* Effect.tryPromise({
    try: async () => {
      await mkdir(folder, { recursive: true })
      return readdir(folder)
    },
    catch: cannot(folder, "a folder")
  })
  return found.length === 0 ? folder : yield* cannot(folder, "an empty folder")(`${found.length} entries in it`)
})

/** Bypasses the log on purpose: an attempt in flight must not keep the app up. */
const stop = Effect.fnUntraced(function* (app: App) {
  const runtime = yield* (yield* Runtimes).get(app.runtime)
  yield* runtime.undeploy(app, 20_000)
})

const tryNext = Effect.fnUntraced(function* ({ folder, config }: Guestbook, keep: string | null) {
  if (keep === null) {
    yield* typed("lastgood demo --keep ./lastgood-demo")
    yield* note("keeps the folder, to look around and to continue")
    yield* typed("lastgood init")
    return yield* note("writes a configuration for an app of your own")
  }
  yield* note(`everything is in ${folder}`)
  yield* typed(`lastgood --config ${config} deploy ${appName}`)
  yield* note("starts it again")
  yield* typed(`lastgood --config ${config} rollback ${appName}`)
  yield* note("rolls back to the version before, with its data")
})

const tell = Effect.fnUntraced(function* (guestbook: Guestbook, app: PluggedApp) {
  yield* story(guestbook, app).pipe(
    Effect.ensuring(Effect.ignore(Effect.andThen(chapter("7. Stopping the guestbook"), stop(app))))
  )
  yield* holds("nothing answers at its address", false, yield* isUp(guestbook.url))
})

/** Fails with `DemoFailed` if a claim does not hold, and with the engine's errors. */
export const demo = Effect.fn("Demo.run")(function* ({ keep }: DemoOptions) {
  const begun = yield* Clock.currentTimeMillis
  const folder = yield* keep === null ? temporary : kept(keep)
  yield* Console.log("A guestbook with an SQLite database, kept up to date by lastgood, on the local runtime.")
  yield* note(`in ${folder}: recipe/ (git, 4 tags), guestbook.env, lastgood.yaml, root/ (lastgood's own)`)
  const guestbook = yield* makeGuestbook(folder)
  // The demo uses its own root and ignores $LASTGOOD_ROOT.
  const config = yield* readConfig(guestbook.config, join(folder, "root"))
  for (const app of config.apps) {
    yield* tell(guestbook, withoutPlugin(app)).pipe(
      Effect.provide(live(config, { readOnly: false })),
      Effect.provideService(Actor, "demo")
    )
  }
  const seconds = ((yield* Clock.currentTimeMillis) - begun) / 1000
  yield* chapter(`Every claim held, in ${seconds.toFixed(0)} s. Next:`)
  yield* tryNext(guestbook, keep)
}, Effect.scoped)

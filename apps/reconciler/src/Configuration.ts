/**
 * The configuration of a running daemon: read again when one of its files changes, and when it is told to. A file that is
 * broken keeps what was valid before it. Everything that begins asks `current` first, so that a word written a moment
 * before it counts.
 */
import type { App, PluggedApp } from "@lastgood/core/domain/App"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import { differences } from "./differences.ts"
import { marksOf } from "./marks.ts"
import { namedApp } from "./namedApp.ts"

/** An app that cannot be worked on, and why. */
export interface Disabled {
  readonly app: string
  readonly why: string
  readonly next: string
  /** false: it must not go on as it was either. */
  readonly isTrusted: boolean
}

/** What was read at one moment. */
export interface Configured {
  readonly root: string
  readonly apps: ReadonlyArray<PluggedApp>
  readonly disabled: ReadonlyArray<Disabled>
  /** Absolute paths of all that was read: the configuration, env files, plugins. */
  readonly files: ReadonlyArray<string>
  /** By app name: the file of its plugin, where it has one. */
  readonly plugins: ReadonlyMap<string, string>
  /** Plugins that could not be loaded. One that is broken does not say itself which recipe it is for. */
  readonly broken: ReadonlyArray<{ readonly file: string; readonly why: string; readonly next: string }>
}

export interface Broken {
  readonly message: string
  readonly next: string
}

export interface Source {
  /** Absolute path of the configuration. */
  readonly file: string
  /** Everything afresh, also the plugins. */
  readonly load: Effect.Effect<Configured, Broken>
}

export interface Trouble {
  /** null: the file as a whole. */
  readonly app: App | null
  /** It goes on as it was. */
  readonly isKept: boolean
  /** false: what it is made of could be somebody else's. */
  readonly isTrusted: boolean
  readonly why: string
  readonly next: string
}

/** An editor that replaces a file leaves a moment without one. */
const settleMs = 300

const patient = (load: Source["load"]): Source["load"] =>
  Effect.retry(load, { times: 1, schedule: Schedule.spaced(settleMs) })

/** The file as a whole: nothing of it is taken. */
const unusable = (why: string, next: string): Trouble => ({ app: null, isKept: true, isTrusted: true, why, next })

const leftAlone = (troubles: ReadonlyArray<Trouble>): ReadonlyArray<string> =>
  troubles.flatMap(({ app, isKept }) => (app === null || isKept ? [] : [app.name]))

const inWords = ({ app, why }: Trouble): string => `${app?.name ?? ""} ${why}`

export type Configuration = Effect.Success<ReturnType<typeof makeConfiguration>>

/**
 * @param first what the daemon was started with.
 * @param onTrouble told what is wrong now: at once, and each time that this changes.
 */
export const makeConfiguration = Effect.fnUntraced(function* (
  source: Source,
  first: Configured,
  onTrouble: (troubles: ReadonlyArray<Trouble>) => Effect.Effect<void>
) {
  const one = yield* Semaphore.make(1)
  let marks = yield* marksOf(source.file, first.files)
  let now = first
  let changed = yield* Deferred.make<void>()

  /** An app that cannot be worked on any more goes on as it was, unless somebody else could have changed it. */
  const kept = (found: Configured): { readonly next: Configured; readonly troubles: ReadonlyArray<Trouble> } => {
    const before = new Map(now.apps.map((app) => [app.name, app]))
    const troubles = [...found.apps.map(({ name }) => name), ...found.disabled.map(({ app }) => app)].flatMap(
      (name): ReadonlyArray<Trouble> => {
        const known = before.get(name)
        const disabled = found.disabled.find(({ app }) => app === name)
        const lost = found.broken.find(
          ({ file }) => known !== undefined && file === now.plugins.get(name) && file !== found.plugins.get(name)
        )
        const wrong = disabled ?? lost
        if (wrong === undefined) return []
        const isTrusted = disabled?.isTrusted !== false
        const { why, next } = wrong
        return [
          { app: known ?? namedApp(now.root, name), isKept: known !== undefined && isTrusted, isTrusted, why, next }
        ]
      }
    )
    const names = new Set(troubles.map(({ app }) => app?.name))
    const stay = troubles.flatMap(({ app, isKept }) => (isKept ? (before.get(app?.name ?? "") ?? []) : []))
    const files = troubles.flatMap(({ app }) => {
      const file = now.plugins.get(app?.name ?? "")
      return app === null || file === undefined ? [] : [[app.name, file] as const]
    })
    const next: Configured = {
      ...found,
      apps: [...found.apps.filter(({ name }) => !names.has(name)), ...stay],
      plugins: new Map([...found.plugins, ...files]),
      files: [...new Set([...found.files, ...files.map(([, file]) => file)])]
    }
    return { next, troubles }
  }

  /** As far as was last read: they stay while the file as a whole cannot be. */
  let ofApps = kept(first).troubles
  let told = ofApps

  const tell = Effect.fnUntraced(function* (troubles: ReadonlyArray<Trouble>) {
    const before = told.map(inWords)
    if (troubles.map(inWords).join("\n") === before.join("\n")) return
    told = troubles
    if (troubles.length === 0) yield* Effect.logInfo(`${source.file} is valid again`)
    for (const trouble of troubles) {
      const { app, isKept, why, next } = trouble
      if (before.includes(inWords(trouble))) continue
      const where = app === null ? source.file : app.name
      const now = isKept ? "what was valid before stays in force" : "lastgood leaves it alone"
      yield* Effect.logError(`${where}: ${why}; ${now} (next: ${next})`)
    }
    yield* onTrouble(troubles)
  })

  const read = Effect.fnUntraced(function* (why: string, isForced: boolean) {
    const seen = yield* marksOf(source.file, now.files)
    const files = [...seen].filter(([file, mark]) => marks.get(file) !== mark).map(([file]) => file)
    if (!isForced && files.length === 0) return
    marks = seen
    const loaded = yield* Effect.result(patient(source.load))
    if (Result.isFailure(loaded)) {
      return yield* tell([unusable(loaded.failure.message, loaded.failure.next), ...ofApps])
    }
    if (loaded.success.root !== now.root) {
      const moved = `its root is ${loaded.success.root} now, and a running daemon keeps ${now.root}`
      return yield* tell([unusable(moved, "restart lastgood, or put the root back"), ...ofApps])
    }
    const { next, troubles } = kept(loaded.success)
    const { apps, lines } = differences(now.apps, next.apps, {
      changed: files,
      plugins: next.plugins,
      alone: leftAlone(troubles),
      wasAlone: leftAlone(ofApps)
    })
    now = { ...next, apps }
    marks = new Map([...(yield* marksOf(source.file, next.files)), ...seen])
    for (const line of lines) yield* Effect.logInfo(line)
    if (isForced || lines.length === 0) {
      yield* Effect.logInfo(`${source.file} read again (${why})${lines.length === 0 ? ": no app changed" : ""}`)
    }
    ofApps = troubles
    yield* tell(troubles)
    if (lines.length > 0) {
      const before = changed
      changed = yield* Deferred.make<void>()
      yield* Deferred.succeed(before, undefined)
    }
  })

  const safely = (why: string, isForced: boolean) =>
    one.withPermits(1)(
      Effect.catchDefect(read(why, isForced), (defect) =>
        tell([unusable(`reading it failed: ${String(defect)}`, "correct it, then send SIGHUP"), ...ofApps])
      )
    )

  /** Reads again what has changed since. */
  const refresh = safely("changed", false)

  yield* onTrouble(ofApps)

  const named = (name: string): PluggedApp | null => now.apps.find((app) => app.name === name) ?? null

  return {
    apps: Effect.sync(() => now.apps),
    /** The app as it was last read: for a look at it, which begins nothing. */
    known: (name: string): Effect.Effect<PluggedApp | null> => Effect.sync(() => named(name)),
    /** The app as it is configured at this moment; null: it is not any more. */
    current: (name: string): Effect.Effect<PluggedApp | null> => Effect.map(refresh, () => named(name)),
    refresh,
    reload: (why: string) => safely(why, true),
    /** Ends at the next change of any app. */
    change: Effect.suspend(() => Deferred.await(changed))
  }
})

/**
 * The configuration of a running daemon. It is reloaded when one of its files changes, and on request. With a broken file
 * the last valid configuration stays. Every attempt reads `current` first, so that the newest change counts.
 */
import type { App, ConfiguredApp, PluggedApp } from "@lastgood/core/domain/App"
import type { Host } from "@lastgood/core/engine/Observer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import { differences } from "./differences.ts"
import { digestIn, marksOf } from "./marks.ts"
import { namedApp } from "./namedApp.ts"

/** An unusable app, and why. */
export interface Disabled {
  readonly app: string
  readonly why: string
  readonly next: string
  /** false: its last valid configuration must not be used either. */
  readonly isTrusted: boolean
}

/** The result of one reading. */
export interface Configured {
  readonly root: string
  readonly apps: ReadonlyArray<PluggedApp>
  /** All apps of the file whose folders are lastgood's own, usable or not. */
  readonly configured: ReadonlyArray<ConfiguredApp>
  /** Whether `configured` has all of them. */
  readonly isWhole: boolean
  readonly disabled: ReadonlyArray<Disabled>
  /** As in the configuration: how many automatic upgrades in a row may be rolled back; null: any number. */
  readonly breaker: number | null
  /** Absolute paths of all files read: the configuration, env files, plugins. */
  readonly files: ReadonlyArray<string>
  /** The file of each app's plugin, by app name. */
  readonly plugins: ReadonlyMap<string, string>
  /** Plugins that could not be loaded. The recipe of a broken plugin may be unknown. */
  readonly broken: ReadonlyArray<{ readonly file: string; readonly why: string; readonly next: string }>
}

export interface Broken {
  readonly message: string
  readonly next: string
}

export interface Source {
  /** Absolute path of the configuration. */
  readonly file: string
  /** Reads everything again, including the plugins. */
  readonly load: Effect.Effect<Configured, Broken>
  /** Of the file before it was first read, which takes a while (`marks.ts`); absent: it has not changed since. */
  readonly firstMarks?: ReadonlyMap<string, string>
}

export interface Trouble {
  /** null: the whole file. */
  readonly app: App | null
  /** The app keeps its last valid configuration. */
  readonly isKept: boolean
  /** false: another user could have written its files. */
  readonly isTrusted: boolean
  readonly why: string
  readonly next: string
}

/** Retries, because an editor that replaces a file may leave a moment without one. */
const settleMs = 300

const patient = (load: Source["load"]): Source["load"] =>
  Effect.retry(load, { times: 1, schedule: Schedule.spaced(settleMs) })

/** Trouble with the whole file, of which nothing is used. */
const unusable = (why: string, next: string): Trouble => ({ app: null, isKept: true, isTrusted: true, why, next })

const leftAlone = (troubles: ReadonlyArray<Trouble>): ReadonlyArray<string> =>
  troubles.flatMap(({ app, isKept }) => (app === null || isKept ? [] : [app.name]))

const inWords = ({ app, why }: Trouble): string => `${app?.name ?? ""} ${why}`

export type Configuration = Effect.Success<ReturnType<typeof makeConfiguration>>

/**
 * @param first the configuration that the daemon was started with.
 * @param onTrouble called with all present problems: at once, and after each change of them.
 */
export const makeConfiguration = Effect.fnUntraced(function* (
  source: Source,
  first: Configured,
  onTrouble: (troubles: ReadonlyArray<Trouble>) => Effect.Effect<void>
) {
  const one = yield* Semaphore.make(1)
  let marks = new Map([...(yield* marksOf(source.file, first.files)), ...(source.firstMarks ?? [])])
  let now = first
  /** Whether `now` is what the file says, as it was read last. */
  let isInForce = true
  let changed = yield* Deferred.make<void>()

  /** An app that has become unusable keeps its last valid configuration, unless another user could have changed it. */
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

  /** Problems of apps from the last valid file. They stay while the whole file is broken. */
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
      const now = isKept ? "the last valid configuration stays in force" : "lastgood does not work on it"
      yield* Effect.annotateLogs(Effect.logError(`${where}: ${why}; ${now}`), { next })
    }
    yield* onTrouble(troubles)
  })

  const read = Effect.fnUntraced(function* (why: string, isForced: boolean) {
    const seen = yield* marksOf(source.file, now.files)
    const files = [...seen].filter(([file, mark]) => marks.get(file) !== mark).map(([file]) => file)
    if (!isForced && files.length === 0) return
    marks = new Map(seen)
    const loaded = yield* Effect.result(patient(source.load))
    isInForce = Result.isSuccess(loaded) && loaded.success.root === now.root
    if (Result.isFailure(loaded)) {
      return yield* tell([unusable(loaded.failure.message, loaded.failure.next), ...ofApps])
    }
    if (loaded.success.root !== now.root) {
      const moved = `its root is now ${loaded.success.root}, but a running daemon keeps ${now.root}`
      return yield* tell([unusable(moved, "restart lastgood, or change the root back"), ...ofApps])
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
      yield* Effect.logInfo(`reloaded ${source.file} (${why})${lines.length === 0 ? ": no app changed" : ""}`)
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

  /** Reloads changed files. */
  const refresh = safely("changed", false)

  yield* onTrouble(ofApps)

  let byName: ReadonlyMap<string, PluggedApp> = new Map()
  let indexed: Configured["apps"] = []
  /** Each of many apps is asked for by its name several times a minute. */
  const named = (name: string): PluggedApp | null => {
    if (indexed !== now.apps) byName = new Map(now.apps.map((app) => [app.name, app]))
    indexed = now.apps
    return byName.get(name) ?? null
  }

  return {
    apps: Effect.sync(() => now.apps),
    host: Effect.sync((): Host => ({ apps: now.apps, breaker: now.breaker })),
    configured: Effect.sync(() => now.configured),
    /** The app as last read, for a health check, which begins no attempt. */
    known: (name: string): Effect.Effect<PluggedApp | null> => Effect.sync(() => named(name)),
    /** The app as configured now; null: it is no longer configured. */
    current: (name: string): Effect.Effect<PluggedApp | null> => Effect.map(refresh, () => named(name)),
    refresh,
    /** The SHA-256 of the file's text, if all that it says is in force. */
    digest: Effect.map(refresh, () => (isInForce && now.isWhole ? digestIn(marks, source.file) : null)),
    reload: (why: string) => safely(why, true),
    /** Waits for the next change of any app. */
    change: Effect.suspend(() => Deferred.await(changed))
  }
})

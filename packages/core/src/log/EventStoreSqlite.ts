/**
 * The log in one SQLite file, through `node:sqlite`: the embedded default. Several processes (the CLI beside the
 * daemon) read and append at the same time, safely. A commit is on disk when `append` returns (`synchronous = FULL`).
 * Calls are synchronous and short; a call that meets another process's transaction blocks for up to five seconds, then
 * says "try again".
 */
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { prepare } from "./Append.ts"
import { EventStore, StoreUnavailable } from "./EventStore.ts"
import { toEnvelope } from "./HashChain.ts"
import * as Reserve from "./Reserve.ts"
import { attempt, isDiskFull, unavailable } from "./SqliteFailure.ts"
import * as SqliteFile from "./SqliteFile.ts"
import * as SqliteLog from "./SqliteLog.ts"

export interface Options {
  /** The log's file, in a folder that exists. Its `-wal` and `-shm` lie beside it. */
  readonly path: string
  /** Appends are refused, and a log that is not there yet is an empty one: nothing is created. Default: false. */
  readonly readOnly?: boolean
  /** Keeps some room beside the log for when the disk is full (`Reserve.ts`). Default: false. */
  readonly reserve?: boolean
}

/** How often `tail` looks for events of other processes. */
const pollInterval = "250 millis"
const pageSize = 256

interface Connection {
  readonly log: SqliteLog.SqliteLog
  readonly replaced: () => boolean
}

const connect = (path: string, readOnly: boolean): Effect.Effect<Connection, StoreUnavailable, Scope.Scope> =>
  SqliteFile.open(path, readOnly).pipe(
    Effect.flatMap(({ db, replaced }) => attempt(path, () => ({ log: SqliteLog.make(db), replaced })))
  )

/**
 * A connection that only reads. A log that is there is opened now, so that a bad one is refused now; one that is not is
 * looked for at each use, so that a reader sees it appear.
 */
const connectWhenThere = Effect.fnUntraced(function* (path: string) {
  const scope = yield* Effect.scope
  const append = () => {
    throw unavailable(path, { reason: "it was opened for reading only", next: "use a command that writes" })
  }
  let connection: Connection | null = null
  const find = Effect.gen(function* () {
    if (connection !== null) return connection
    if (!(yield* SqliteFile.isThere(path))) return { log: { ...SqliteLog.empty, append }, replaced: () => false }
    const { log, replaced } = yield* Scope.provide(connect(path, true), scope)
    connection = { log: { ...log, append }, replaced }
    return connection
  })
  yield* find
  return find
})

/** What meets a full disk is tried once more with the room of the reserve, when there is one. */
const withReserve =
  (path: string) =>
  <A, E, R>(work: Effect.Effect<A, E | StoreUnavailable, R>): Effect.Effect<A, E | StoreUnavailable, R> =>
    Effect.catchIf(
      work,
      (error): error is E & StoreUnavailable =>
        error instanceof StoreUnavailable && (isDiskFull(error) || Reserve.isDiskFull(path)) && Reserve.giveUp(path),
      () =>
        Effect.andThen(
          Effect.logWarning(`the disk of ${path} is full: the log goes on in its reserve; free some space now`),
          work
        )
    )

const make = Effect.fnUntraced(function* ({ path, readOnly = false, reserve = false }: Options) {
  const kept = reserve && !readOnly ? withReserve(path) : identity
  const connection = readOnly ? yield* connectWhenThere(path) : Effect.succeed(yield* kept(connect(path, false)))
  if (reserve && !readOnly) yield* Effect.sync(() => Reserve.keep(path))

  const use = <A>(work: (log: SqliteLog.SqliteLog) => A): Effect.Effect<A, StoreUnavailable> =>
    Effect.flatMap(connection, ({ log, replaced }) =>
      attempt(path, () => {
        if (!replaced()) return work(log)
        throw unavailable(path, {
          reason: "the file was removed or replaced while lastgood had it open",
          next: "put the log back, then start lastgood again"
        })
      })
    )

  const readAll = (after: number, limit: number) => use((log) => log.readAll(after, limit).map(toEnvelope))

  return EventStore.of({
    append: Effect.fn("EventStore.append")(function* (stream, expected, events) {
      const prepared = yield* Effect.orDie(Effect.fromResult(prepare(stream, events)))
      const result = yield* kept(use((log) => log.append(stream, expected, prepared)))
      const plan = yield* Effect.fromResult(result).pipe(Effect.catchTag("BatchInvalid", Effect.die))
      return { events: plan.events.map(toEnvelope), duplicate: plan.duplicate }
    }),
    read: (stream, afterVersion = 0) => use((log) => log.read(stream, afterVersion).map(toEnvelope)),
    readAll: ({ after = 0, limit = -1 } = {}) => readAll(after, limit),
    tail: (after) =>
      Stream.paginate(after, (position) =>
        readAll(position, pageSize).pipe(
          Effect.repeat({ until: (page) => page.length > 0, schedule: Schedule.spaced(pollInterval) }),
          Effect.map((page) => [page, Option.some(page.at(-1)?.position ?? position)] as const)
        )
      ),
    streams: use((log) => log.streams()),
    head: use((log) => log.head()),
    verify: (expectHead) => use((log) => log.verify(expectHead))
  })
})

/** Opens the log, and makes it where there is none. Closed with the layer's scope. */
export const layer = (options: Options): Layer.Layer<EventStore, StoreUnavailable> =>
  Layer.effect(EventStore, make(options))

/** Looks at the log and changes nothing: for `log`, `replay`, `status`. Works where there is no log yet. */
export const layerReadOnly = (options: Pick<Options, "path">): Layer.Layer<EventStore, StoreUnavailable> =>
  layer({ ...options, readOnly: true })

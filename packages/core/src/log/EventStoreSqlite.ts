/**
 * The log in one SQLite file, through `node:sqlite`: the embedded default. Several processes (the CLI beside the
 * daemon) can read and append at the same time. A commit is on disk when `append` returns (`synchronous = FULL`). Calls
 * are synchronous and short. A call that meets the transaction of another process blocks for up to five seconds, then
 * fails with "try again".
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
import { toEnvelope, toFoldable } from "./HashChain.ts"
import * as Reserve from "./Reserve.ts"
import { attempt, isDiskFull, unavailable } from "./SqliteFailure.ts"
import * as SqliteFile from "./SqliteFile.ts"
import * as SqliteLog from "./SqliteLog.ts"

export interface Options {
  /** The log's file, in an existing folder. Its `-wal` and `-shm` are beside it. */
  readonly path: string
  /** Appends are refused, and a missing log reads as an empty one. Nothing is created. Default: false. */
  readonly readOnly?: boolean
  /** Keeps some disk space in reserve beside the log, for when the disk is full (`Reserve.ts`). Default: false. */
  readonly reserve?: boolean
}

/** How often `tail` checks for events of other processes. */
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
 * A read-only connection. An existing log is opened at once, so that a damaged one is refused at once. A missing log is
 * opened when it appears, so each call checks for it.
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

/** When the disk is full, gives up the reserve, if there is one, and tries once more. */
const withReserve =
  (path: string) =>
  <A, E, R>(work: Effect.Effect<A, E | StoreUnavailable, R>): Effect.Effect<A, E | StoreUnavailable, R> =>
    Effect.catchIf(
      work,
      (error): error is E & StoreUnavailable =>
        error instanceof StoreUnavailable && (isDiskFull(error) || Reserve.isDiskFull(path)) && Reserve.giveUp(path),
      () =>
        Effect.andThen(
          Effect.logWarning(`the disk of ${path} is full: the log is using its reserve; free some space now`),
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
          next: "put the log back, then restart lastgood"
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
    read: (stream, afterVersion = 0, limit = -1) => use((log) => log.read(stream, afterVersion, limit).map(toEnvelope)),
    readAll: ({ after = 0, limit = -1 } = {}) => readAll(after, limit),
    readToFold: (after, limit) => use((log) => log.readToFold(after, limit).map(toFoldable)),
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

/** Opens the log, and creates it if it does not exist. Closed with the layer's scope. */
export const layer = (options: Options): Layer.Layer<EventStore, StoreUnavailable> =>
  Layer.effect(EventStore, make(options))

/** Reads the log and changes nothing: for `log`, `replay`, `status`. Works without a log too. */
export const layerReadOnly = (options: Pick<Options, "path">): Layer.Layer<EventStore, StoreUnavailable> =>
  layer({ ...options, readOnly: true })

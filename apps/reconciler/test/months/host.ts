/** A host in memory with apps that get a version every week, some of which fail. The log is a real file. */
import { join } from "node:path"
import { Claims, type Holder, Locked } from "@lastgood/core/claim/Claims"
import { Commands } from "@lastgood/core/command/Commands"
import { defaultSettings } from "@lastgood/core/config/defaults"
import type { App, PluggedApp, Volume } from "@lastgood/core/domain/App"
import type { Ref } from "@lastgood/core/domain/Ref"
import { iso } from "@lastgood/core/domain/time"
import { fromTags } from "@lastgood/core/domain/VersionsFrom"
import type { DataMark } from "@lastgood/core/domain/World"
import { Engine } from "@lastgood/core/engine/Engine"
import { Journal } from "@lastgood/core/engine/Journal"
import { Projections } from "@lastgood/core/engine/Projections"
import { HealthGate } from "@lastgood/core/health/HealthGate"
import * as EventStoreSqlite from "@lastgood/core/log/EventStoreSqlite"
import { AlertFailed, AlertSinks, type RemoteSink } from "@lastgood/core/notify/AlertSink"
import { serviceSeen } from "@lastgood/core/runtime/inspection"
import { type Inspection, type Runtime, Runtimes } from "@lastgood/core/runtime/Runtime"
import { DataIdentity } from "@lastgood/core/snapshot/DataIdentity"
import { type SnapshotMeta, SnapshotMissing, SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { VersionSource } from "@lastgood/core/version/VersionSource"
import * as Clock from "effect/Clock"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"

const hour = 60 * 60_000
export const day = 24 * hour
const week = 7 * day

export const start = Date.parse("2026-01-05T00:00:00.000Z")

/** What the disk and the runtime have of one app. */
interface Held {
  running: Ref | null
  since: string
  mark: DataMark | null
  readonly snapshots: Map<string, SnapshotMeta>
  readonly asides: Set<string>
  readonly releases: Set<string>
}

const versionOf = (number: number): Ref => ({ version: `1.${number}.0`, commit: String(number).padStart(40, "0") })
const numberOf = ({ version }: Pick<Ref, "version">): number => Number(version.split(".")[1])

/** One of eight versions is broken, in other weeks for each app. */
const isBroken = (index: number, number: number): boolean => number > 0 && (number + index * 3) % 8 === 5

/** Every app is unhealthy for some hours of every tenth day or so, by itself. */
const isFlapping = (index: number, now: number): boolean =>
  (Math.floor((now - start) / day) + index) % 10 === 7 && (now - start) % day < 8 * hour

/** A chat that is down for five weeks of every twenty. */
export const isChatDown = (now: number): boolean => Math.floor((now - start) / week) % 20 >= 15

export const makeHost = Effect.fnUntraced(function* (root: string, count: number) {
  const held = new Map<string, Held>()
  const of = ({ name }: Pick<App, "name">): Held => {
    const known = held.get(name)
    if (known !== undefined) return known
    const fresh: Held = {
      ...{ running: null, since: iso(start), mark: null },
      ...{ snapshots: new Map(), asides: new Set(), releases: new Set() }
    }
    held.set(name, fresh)
    return fresh
  }
  const apps = Array.from({ length: count }, (_, index): PluggedApp => {
    const name = `app-${index}`
    const check = { kind: "tcp", name: "tcp", timeoutMs: 1000, host: "127.0.0.1", port: 1 } as const
    return {
      ...defaultSettings,
      ...{ name, recipe: "/recipe", versions: fromTags, recipeName: "recipe", runtime: "local", domain: name },
      ...{ stack: name, envFile: null, volumes: ["data"], folder: null, data: new Map(), dir: join(root, name) },
      gate: { ...defaultSettings.gate, checks: [check] },
      ...{ intervalMs: day, watchMs: day / 2, stage: "plugged", extension: null }
    }
  })
  const indexOf = ({ name }: Pick<App, "name">): number => Number(name.split("-")[1])

  const volume: Volume = {
    ...{ kind: "volume", name: "data", key: "data", path: "/data", driver: "local", options: {}, labels: {} },
    created: null
  }
  const inspect = (app: App): Effect.Effect<Inspection> =>
    Effect.sync(() => {
      const { running, since } = of(app)
      const config = `config-${running?.commit}`
      return {
        ...{ present: running !== null, converged: running !== null, mixed: false },
        ...{ version: running?.version ?? null, commit: running?.commit ?? null },
        services:
          running === null
            ? []
            : [serviceSeen({ name: "web", state: "running", ok: true, replicas: 1, ...running, config, since })]
      }
    })
  const unasked = () => Effect.die(new Error("not asked for"))
  const runtime: Runtime = {
    ...{ kind: "local", labels: true, available: Effect.succeed({ version: "1" }) },
    preflight: () => Effect.succeed([]),
    declared: () => Effect.succeed([]),
    prefetch: () => Effect.succeed({ images: [] }),
    volumes: () => Effect.succeed([volume]),
    createVolume: unasked,
    removeVolume: unasked,
    inspect,
    undeploy: (app) =>
      Effect.sync(() => {
        of(app).running = null
        return { removed: ["web"], quietAfterMs: 1 }
      }),
    assertQuiet: () => Effect.void,
    deploy: (app, { commit, version }) =>
      Effect.gen(function* () {
        const at = iso(yield* Clock.currentTimeMillis)
        Object.assign(of(app), { running: { version, commit }, since: at })
        return { services: ["web"] }
      }),
    exec: unasked,
    containerState: unasked,
    logs: () => Effect.succeed("error: it does not start")
  }

  const health = HealthGate.of({
    run: (app) =>
      Effect.sync(() => {
        const { running } = of(app)
        const passed = running !== null && !isBroken(indexOf(app), numberOf(running))
        return { passed, reason: passed ? "tcp: passed" : "tcp: connection refused", tookMs: 1000, checks: [] }
      }),
    runCheck: (app) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const ok = !isFlapping(indexOf(app), now)
        return { ok, dead: false, seen: ok ? "connected" : "connection refused" }
      })
  })

  const offers = Effect.map(Clock.currentTimeMillis, (now) =>
    Array.from({ length: Math.floor((now - start) / week) + 1 }, (_, n) => ({ ...versionOf(n), at: start + n * week }))
  )
  const release = (ref: Ref) => ({ ...ref, dir: "/release", envFile: null })
  const versions = VersionSource.of({
    list: () => offers,
    find: (_, name) => Effect.map(offers, (all) => all.find(({ version }) => version === name) ?? null),
    resolve: unasked,
    asRuns: () => Effect.succeed(null),
    checkout: (app, ref) =>
      Effect.sync(() => {
        of(app).releases.add(ref.commit)
        return release(ref)
      }),
    preview: (_, ref) => Effect.succeed(release(ref)),
    keepFiles: (_, one) => Effect.succeed(one),
    isEnvCurrent: () => Effect.succeed(true),
    existing: (app, ref) => Effect.sync(() => (of(app).releases.has(ref.commit) ? release(ref) : null)),
    prune: (app, keep) =>
      Effect.sync(() => {
        const { releases } = of(app)
        const gone = [...releases].filter((commit) => !keep.some((ref) => ref.commit === commit))
        for (const commit of gone) releases.delete(commit)
        return gone
      })
  })

  const metaOf = (app: App, id: string) =>
    Effect.suspend(() => {
      const meta = of(app).snapshots.get(id)
      return meta === undefined
        ? Effect.fail(new SnapshotMissing({ app: app.name, snapshot: id, known: [] }))
        : Effect.succeed(meta)
    })
  const archive = {
    ...{ file: "data.tar", bytes: 1000, crc: "1 1000", sha256: null, key: "data", driver: "local" },
    ...{ options: {}, labels: {}, include: [], exclude: [] }
  }
  const snapshots = SnapshotStore.of({
    prepare: () =>
      Effect.succeed({
        volumes: [{ name: "data", bytes: 1000, entries: 1, size: { bytes: 1000 } }],
        needBytes: 2000,
        freeBytes: 1e9
      }),
    capture: (app, { id, of: from, stillQuiet, ts }) =>
      Effect.gen(function* () {
        yield* stillQuiet
        const meta: SnapshotMeta = {
          ...{ recipe: app.recipe, domain: app.domain, ...from, ts, volumes: ["data"], format: 1, id, app: app.name },
          ...{ runtime: "local", stack: app.stack, env: null, archives: { data: archive } }
        }
        of(app).snapshots.set(id, meta)
        return meta
      }),
    engines: () => Effect.succeed([]),
    refresh: () => Effect.void,
    mirrors: () => Effect.succeed({ count: 0, refreshedAt: null, isOnlyCopy: false, isUnused: false }),
    archive: metaOf,
    seal: metaOf,
    verify: (app, id) => Effect.map(metaOf(app, id), (meta) => ({ meta, problems: [] })),
    stage: (app, { id }) => metaOf(app, id),
    swap: (app, { attempt, stillQuiet }) =>
      Effect.andThen(
        stillQuiet,
        Effect.sync(() => {
          of(app).asides.add(attempt)
          return [{ name: "data", path: `/data.${attempt}` }]
        })
      ),
    unstage: () => Effect.void,
    list: (app) => Effect.sync(() => [...of(app).snapshots.values()].map((meta) => ({ ...meta, bytes: 1000 }))),
    envFile: () => Effect.succeed(null),
    operatorFiles: () => Effect.succeed(null),
    current: (app) => Effect.sync(() => [...of(app).snapshots.keys()].at(-1) ?? null),
    onFilesystemOf: () => Effect.succeed({ snapshots: [], others: [] }),
    remove: (app, id) => Effect.sync(() => void of(app).snapshots.delete(id)),
    removeMirrors: () => Effect.void,
    removeAside: (app, attempt) => Effect.sync(() => void of(app).asides.delete(attempt))
  })

  const identity = DataIdentity.of({
    look: (app) =>
      Effect.sync(() => [
        { name: "data", inode: "1", created: null, mounted: false, held: true, mark: of(app).mark, moved: false }
      ]),
    overlaps: () => Effect.succeed([]),
    sizeText: () => Effect.succeed("1 kB"),
    mark: (app, _, mark) =>
      Effect.sync(() => {
        of(app).mark = mark
      })
  })

  const locks = new Map<string, Semaphore.Semaphore>()
  const claims = Claims.of({
    hold: (app, _, waitMs) =>
      Effect.gen(function* () {
        const lock = locks.get(app.name) ?? (yield* Semaphore.make(1))
        locks.set(app.name, lock)
        const taken = Effect.acquireRelease(lock.take(1), () => lock.release(1))
        const isFree = yield* Effect.timeoutOption(taken, waitMs)
        if (isFree._tag === "Some") return { fd: 0 }
        return yield* new Locked({ app: app.name, holder: "another", waitedMs: waitMs, next: "" })
      }),
    borrow: (app) => Effect.fail(new Locked({ app: app.name, holder: "another", waitedMs: 0, next: "" })),
    holder: () => Effect.succeed(null),
    holders: () => Effect.succeed(new Map<string, Holder>())
  })

  const sent = { chat: 0, log: 0 }
  const sink = (name: keyof typeof sent, isDown: (now: number) => boolean): RemoteSink => ({
    ...{ name, level: "info" },
    send: () =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (isDown(now)) return Effect.fail(new AlertFailed({ sink: name, reason: "503 Service Unavailable" }))
        sent[name] += 1
        return Effect.succeed("200 OK")
      })
  })
  const sinks = AlertSinks.of({
    all: [],
    remote: Effect.succeed([sink("chat", isChatDown), sink("log", () => false)])
  })

  const ports = Layer.mergeAll(
    EventStoreSqlite.layer({ path: join(root, "events.db") }),
    Layer.succeed(SnapshotStore, snapshots),
    Layer.succeed(DataIdentity, identity),
    Layer.succeed(Runtimes, Runtimes.of({ get: () => Effect.succeed(runtime) })),
    Layer.succeed(VersionSource, versions),
    Layer.succeed(HealthGate, health),
    Layer.succeed(Claims, claims),
    Layer.mock(Commands)({}),
    Layer.succeed(AlertSinks, sinks),
    Layer.succeed(Projections, Projections.of({ write: () => Effect.void, isCurrent: () => Effect.succeed(true) })),
    layerWebCrypto
  )
  const world = Engine.layer.pipe(Layer.provideMerge(Journal.layer), Layer.provideMerge(ports))
  return { apps, of, sent, world }
})

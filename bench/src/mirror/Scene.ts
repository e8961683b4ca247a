/** A volume on a filesystem, its app's snapshots, and GNU tar beside them. */
import { mkdir, rm } from "node:fs/promises"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import type { EffectiveApp, Volume } from "@lastgood/core/domain/App"
import { LongestWrite } from "@lastgood/core/snapshot/mirror/tree/Racy"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import * as TarSnapshots from "@lastgood/core/snapshot/TarSnapshots"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { execa } from "execa"

type Store = typeof SnapshotStore.Service

export class Scene {
  readonly data: string
  readonly archive: string
  private readonly disk: string
  private readonly app: EffectiveApp
  private readonly volume: Volume
  /** Seconds; what changed before a refresh for as long as this is not copied again. */
  private readonly longestWrite: number
  private snapshots = 0

  /** @param longestWrite the default is short: a benchmark makes its data just before. */
  constructor(disk: string, longestWrite = 0.1) {
    this.disk = disk
    this.longestWrite = longestWrite
    this.data = path.join(disk, "vol/_data")
    this.archive = path.join(disk, "archive.tar")
    const dir = path.join(disk, "root/bench")
    const hour = 3_600_000
    this.app = testApp({
      name: "bench",
      recipe: disk,
      dir,
      snapshot: { keep: 1, filters: {}, asideMs: 0, engine: "mirror", prepare: { ioIdle: false } },
      deadlines: { prefetchMs: hour, undeployMs: hour, deployMs: hour, stallMs: hour }
    })
    this.volume = {
      kind: "volume",
      name: "data",
      key: "data",
      path: this.data,
      driver: "local",
      options: {},
      labels: {},
      created: null
    }
  }

  private use<A, E>(use: (store: Store) => Effect.Effect<A, E>): Promise<A> {
    return Effect.runPromise(
      SnapshotStore.use(use).pipe(
        Effect.provide(TarSnapshots.layer),
        Effect.provideService(LongestWrite, this.longestWrite)
      )
    )
  }

  /** What lastgood does while the app is up. */
  refresh(): Promise<void> {
    return this.use((store) => store.refresh(this.app, [this.volume]))
  }

  /** What lastgood does while the app is down, but for its two looks at the processes and containers. */
  async capture(engine: "mirror" | "tar" = "mirror"): Promise<string> {
    this.snapshots++
    const id = `s${this.snapshots}`
    const app = { ...this.app, snapshot: { ...this.app.snapshot, engine } }
    const meta = await this.use((store) =>
      store.capture(app, {
        id,
        of: { version: "1", commit: "c" },
        ts: "2026-01-01T00:00:00.000Z",
        envFile: null,
        volumes: [this.volume],
        stillQuiet: Effect.void
      })
    )
    const isMirrored = Object.values(meta.archives).every(({ mirror }) => mirror !== undefined)
    if (isMirrored !== (engine === "mirror")) throw new Error(`expected a capture as ${engine}`)
    return id
  }

  /** What lastgood does while the health gate judges. */
  makeArchive(id: string): Promise<unknown> {
    return this.use((store) => store.archive(this.app, id))
  }

  seal(id: string): Promise<unknown> {
    return this.use((store) => store.seal(this.app, id))
  }

  /** What lastgood does after a failure of the health gate, but for taking the app down. */
  async restore(id: string): Promise<void> {
    const request = { id, attempt: id, volumes: [this.volume] }
    await this.use((store) => store.stage(this.app, request))
    await this.use((store) => store.swap(this.app, { ...request, stillQuiet: Effect.void }))
  }

  /** Snapshots and what restores set aside. The mirror stays. */
  async forget(): Promise<void> {
    for (const name of ["snapshots", "snapshot", "aside", "indexes"]) {
      await rm(path.join(this.app.dir, name), { recursive: true, force: true })
    }
  }

  async forgetMirror(): Promise<void> {
    await rm(path.join(this.app.dir, "mirror"), { recursive: true, force: true })
  }

  /** As a script would use it. */
  async tar(): Promise<void> {
    await execa("tar", ["-C", this.data, "-cf", this.archive, "."])
    await this.synced()
  }

  async begin(): Promise<void> {
    await mkdir(path.dirname(this.data), { recursive: true })
    await mkdir(this.app.dir, { recursive: true, mode: 0o700 })
  }

  async synced(): Promise<void> {
    await execa("sync", ["-f", this.disk])
  }

  /** What changed just before the walk is copied by the next one, too. */
  async settled(): Promise<void> {
    await setTimeout(500)
    await this.synced()
  }

  async clear(): Promise<void> {
    for (const made of ["vol", "root", "archive.tar"]) {
      await rm(path.join(this.disk, made), { recursive: true, force: true })
    }
    await this.synced()
  }
}

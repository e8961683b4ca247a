/** Reads from the host what an app mounts, and who else mounts it. `domain/DataFolder.ts` judges the result. */
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { kindBehind } from "../../disk/kindAt.ts"
import { readSmallText } from "../../disk/readSmallFile.ts"
import type { App } from "../../domain/App.ts"
import {
  type ForeignMount,
  type HostMount,
  judgeMounts,
  type MountJudgement,
  type Surroundings
} from "../../domain/DataFolder.ts"
import { isPath } from "../../domain/folders.ts"
import type { RuntimeKind } from "../../domain/RuntimeKind.ts"
import { realSource, sourceIn } from "../../host/hostSource.ts"
import { type Mount, mountsOf } from "../../host/Mounts.ts"
import { readHost } from "../readHost.ts"
import type { Compose } from "./Compose.ts"
import { type Container, nameOf } from "./containers.ts"
import type { Docker } from "./Docker.ts"
import type { OtherService } from "./others.ts"
import { boundFolder, type EngineVolume, toVolume } from "./volumes.ts"

/** A bind mount that a service of the release asks for, or one of its containers has. */
export interface Bind {
  readonly service: string
  readonly source: string
  readonly readOnly: boolean
}

/** What the engine says now. */
export interface SeenMounts {
  readonly kind: RuntimeKind
  readonly binds: ReadonlyArray<Bind>
  /** Of others, in any state. */
  readonly otherContainers: ReadonlyArray<Container>
  readonly otherServices: ReadonlyArray<OtherService>
  /** The app's own. */
  readonly volumes: ReadonlyArray<EngineVolume>
  /** Every volume of the engine. */
  readonly known: ReadonlyArray<EngineVolume>
}

/** The bind mounts of a release. */
export const bindsOf = (compose: Compose): ReadonlyArray<Bind> =>
  compose.services.flatMap(({ mounts, name }) =>
    mounts.flatMap(({ kind, readOnly, source }) =>
      kind === "bind" && source !== null ? [{ service: name, source, readOnly }] : []
    )
  )

const mountIn = Effect.fnUntraced(function* ({ readOnly, service, source }: Bind, mounts: ReadonlyArray<Mount>) {
  const found = yield* sourceIn(source, mounts)
  const kind = yield* kindBehind(found.path)
  const here = mounts.findLast(({ point }) => point === found.path)
  const mount: HostMount = {
    ...found,
    ...{ service, source, readOnly },
    kind: kind === null ? "nothing" : kind === "folder" || kind === "file" ? kind : "special",
    isFilesystemRoot: here?.root === "/"
  }
  return mount
})

/** What the host has at some bind mounts. */
export const hostMountsOf = Effect.fnUntraced(function* (kind: RuntimeKind, binds: ReadonlyArray<Bind>) {
  const mounts = yield* readHost(kind, () => mountsOf("self"))
  return yield* Effect.forEach(binds, (bind) => mountIn(bind, mounts))
})

/** The folder of the host behind a mount of a container: a bind mount, or a volume that is bound to a folder. */
export const boundBy = (known: ReadonlyArray<EngineVolume>) => {
  const folders = new Map(known.map((volume) => [volume.Name, boundFolder(volume)]))
  return ({ Name, Source, Type }: Pick<Container["Mounts"][number], "Name" | "Source" | "Type">): string | null =>
    Type === "bind" ? (Source ?? null) : Type === "volume" && Name !== undefined ? (folders.get(Name) ?? null) : null
}

const foreignIn = Effect.fnUntraced(function* (
  { known, otherContainers, otherServices }: SeenMounts,
  mounts: ReadonlyArray<Mount>
) {
  const boundAt = boundBy(known)
  const found = yield* Effect.forEach(otherContainers, (container) =>
    Effect.forEach(container.Mounts, (mount) => {
      const path = boundAt(mount)
      if (path === null) return Effect.succeed([])
      const who = `container ${nameOf(container)}`
      return Effect.map(
        sourceIn(path, mounts),
        (source): ReadonlyArray<ForeignMount> => [{ ...source, who, readOnly: !mount.RW }]
      )
    })
  )
  const services = yield* Effect.forEach(otherServices, ({ binds, name }) =>
    Effect.forEach(binds, ({ readOnly, source }) =>
      Effect.map(sourceIn(source, mounts), (one): ForeignMount => ({ ...one, who: `service ${name}`, readOnly }))
    )
  )
  return [...found.flat(2), ...services.flat()]
})

/** Home folders of people. Those of services (`/var/lib/postgresql`) are data. */
const homes = readSmallText("/etc/passwd").pipe(
  Effect.map((text) =>
    text.split("\n").flatMap((line) => {
      const [, , uid, , , home = ""] = line.split(":")
      return (uid === "0" || Number(uid) >= 1000) && home.length > 1 ? [home] : []
    })
  ),
  Effect.orElseSucceed((): ReadonlyArray<string> => [])
)

const Info = Schema.Struct({ DockerRootDir: Schema.optionalKey(Schema.String) })

/** The answers about paths. The others are about volumes. */
const answersOf = ({ data }: App) => [...data].filter(([path]) => isPath(path))

/** Judges the bind mounts of an app. */
export const judgeHostMounts = Effect.fn("Docker.hostMounts")(function* (docker: Docker, app: App, seen: SeenMounts) {
  if (seen.binds.length === 0) {
    const unused = yield* Effect.forEach(answersOf(app), ([path]) => realSource(path))
    const nothing: MountJudgement = { data: [], external: [], questions: [], unused }
    return nothing
  }
  const mounts = yield* readHost(seen.kind, () => mountsOf("self"))
  const { DockerRootDir = "/var/lib/docker" } = yield* docker.info(Info)
  const around: Surroundings = {
    answers: yield* Effect.forEach(answersOf(app), ([path, answer]) =>
      Effect.map(sourceIn(path, mounts), (source) => ({ ...source, answer }))
    ),
    foreign: yield* foreignIn(seen, mounts),
    volumes: yield* Effect.forEach(seen.volumes, (volume) => {
      const { name, path } = toVolume(volume, "")
      return Effect.map(sourceIn(path, mounts), (source) => ({ ...source, name }))
    }),
    homes: yield* homes,
    machinery: yield* Effect.forEach(
      [
        { path: DockerRootDir, whose: "the engine" },
        { path: app.dir, whose: "lastgood" },
        { path: join(dirname(app.dir), "events.db"), whose: "lastgood" }
      ],
      ({ path, whose }) => Effect.map(sourceIn(path, mounts), (source) => ({ ...source, whose }))
    )
  }
  return judgeMounts(yield* Effect.forEach(seen.binds, (bind) => mountIn(bind, mounts)), around)
})

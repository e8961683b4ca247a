/** Data folders of an app on a Docker engine: folders and files of this host to which its services can write. */
import { mkdir, writeFile } from "node:fs/promises"
import { dirname, relative } from "node:path"
import * as Effect from "effect/Effect"
import { folderSize, folderSizeText } from "../../disk/folderSize.ts"
import { kindAt } from "../../disk/kindAt.ts"
import { faultOf, faultText, personOf, remedyFor } from "../../disk/ownership.ts"
import type { App, Volume, VolumeKind } from "../../domain/App.ts"
import { answerLine, type DataFolder, type MountJudgement, writtenPath } from "../../domain/DataFolder.ts"
import { folderAt, ownFolders } from "../../domain/folders.ts"
import { messageOf } from "../../domain/messageOf.ts"
import { realSource } from "../../host/hostSource.ts"
import type { Hazard } from "../Runtime.ts"
import type { Compose } from "./Compose.ts"
import type { Docker } from "./Docker.ts"
import { bindsOf } from "./hostMounts.ts"
import { isInside } from "./hostPaths.ts"

const volumeAt = Effect.fnUntraced(function* (app: App, path: string, kind: VolumeKind) {
  const folder = app.folder === null ? null : yield* realSource(app.folder)
  return { ...folderAt(path), kind, key: writtenPath(path, folder) } satisfies Volume
})

/** The existing data folders among some paths, without external ones. */
export const folderVolumes = Effect.fn("Docker.folderVolumes")(function* (app: App, paths: ReadonlyArray<string>) {
  const looked = yield* Effect.forEach(ownFolders(app, paths), (path) =>
    Effect.map(kindAt(path), (kind) => ({ path, kind }))
  )
  const there = looked.filter(({ kind }) => kind !== null)
  // A link counts as a folder here. The snapshot store refuses it.
  return yield* Effect.forEach(there, ({ kind, path }) => volumeAt(app, path, kind === "file" ? "file" : "folder"))
})

/**
 * Creates a data folder (or file) of a snapshot that the host lacks. The folder around it must exist: it may be on a disk
 * that is not mounted.
 */
export const createFolder = Effect.fn("Docker.createFolder")(function* (
  docker: Docker,
  app: App,
  { kind, name: path }: Pick<Volume, "kind" | "name">
) {
  const make = () => (kind === "file" ? writeFile(path, "", { flag: "wx", mode: 0o600 }) : mkdir(path, { mode: 0o700 }))
  yield* Effect.tryPromise({
    try: () =>
      make().catch((error: NodeJS.ErrnoException) => (error.code === "EEXIST" ? undefined : Promise.reject(error))),
    catch: (cause) =>
      docker.failed(
        `the data folder ${path} cannot be made: ${messageOf(cause)}`,
        `see that ${dirname(path)} is there and can be written (findmnt -T ${dirname(path)})`
      )
  })
  return yield* volumeAt(app, path, kind)
})

/** LAW-14: the questions to the operator, and data folders that another user could replace (LAW-13). */
export const folderHazards = Effect.fn("Docker.folderHazards")(function* (
  app: App,
  { data, questions }: MountJudgement
) {
  const asked = yield* Effect.forEach(
    questions,
    (question) =>
      Effect.map(folderSize(question.path), (size): Hazard => {
        const { path, reasons, services, source } = question
        const written = source === path ? source : `${source} (${path})`
        // The size is part of the remedy: the reason tells whether the refusal is another one than before.
        return {
          kind: "unanswered-folder",
          what: `${services.join(", ")} can write to ${written}, which ${reasons.join(", ")}`,
          next: `say in lastgood.yaml whether it (${folderSizeText(size)}) is data of ${app.name}: ${answerLine(question, app.folder)}`
        }
      }),
    { concurrency: 4 }
  )
  const person = personOf(app.folder)
  return [...asked, ...data.flatMap((one) => replaceable(one, person))]
})

const replaceable = ({ path }: DataFolder, person: number | null): ReadonlyArray<Hazard> => {
  const fault = faultOf(dirname(path), person)
  return fault === null
    ? []
    : [
        {
          kind: "untrusted-folder",
          what: `another user could put something else in the place of the data folder ${path}: ${faultText(fault)}`,
          next: remedyFor(fault)
        }
      ]
}

/** Writable mounts inside of a release's folder: their data would not survive the release. */
export const relativeMounts = (compose: Compose, dir: string, next: string): ReadonlyArray<Hazard> =>
  bindsOf(compose)
    .filter(({ readOnly, source }) => !readOnly && isInside(dir, source))
    .map(({ service, source }) => ({
      kind: "relative-folder",
      what: `${service} writes to ./${relative(dir, source)}, a path relative to the compose file`,
      next
    }))

/** Images of this host. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Timing } from "./ComposeLabels.ts"
import type { Docker } from "./Docker.ts"

/** The configuration of an image. */
export const Image = Schema.Struct({
  Id: Schema.String,
  RepoDigests: Schema.NullOr(Schema.Array(Schema.String)),
  Config: Schema.optionalKey(
    Schema.NullOr(
      Schema.Struct({
        /** Keys are paths; values are empty. */
        Volumes: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown))),
        Healthcheck: Schema.optionalKey(
          Schema.NullOr(
            Schema.Struct({
              Test: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.String))),
              /** Nanoseconds; 0: the engine's default. */
              Interval: Schema.optionalKey(Schema.Number),
              Timeout: Schema.optionalKey(Schema.Number),
              StartPeriod: Schema.optionalKey(Schema.Number),
              Retries: Schema.optionalKey(Schema.Number)
            })
          )
        )
      })
    )
  )
})
export type Image = typeof Image.Type

/** The image on this host; null: it is not here. */
export const findImage = Effect.fn("Docker.findImage")(function* (docker: Docker, name: string) {
  const [image] = yield* docker.inspect("image", [name], Image)
  return image ?? null
})

/** Paths that an image declares as volumes: anonymous ones unless something is mounted there. */
export const declaredVolumes = (image: Image): ReadonlyArray<string> => Object.keys(image.Config?.Volumes ?? {})

/** `HEALTHCHECK NONE` counts as none. */
export const hasHealthcheck = (image: Image): boolean => {
  const [kind] = image.Config?.Healthcheck?.Test ?? []
  return kind !== undefined && kind !== "NONE"
}

/** The times of an image's HEALTHCHECK that are set. */
export const imageTiming = (image: Image | undefined): Timing => {
  const { Interval = 0, Retries = 0, StartPeriod = 0, Timeout = 0 } = image?.Config?.Healthcheck ?? {}
  const ms = (nanos: number) => nanos / 1e6
  return { intervalMs: ms(Interval), timeoutMs: ms(Timeout), startPeriodMs: ms(StartPeriod), retries: Retries }
}

/** Repository of a reference: `registry:5000/app:1@sha256:…` → `registry:5000/app`. */
export const repositoryOf = (name: string): string => name.replace(/@.*$/, "").replace(/:[^/:]*$/, "")

/** Docker's short form of a repository name, as in `RepoDigests`. */
const familiar = (repository: string): string =>
  repository.replace(/^(?:index\.)?docker\.io\//, "").replace(/^library\//, "")

/**
 * The reference with the digest of the local image. A node asks the registry for a tag at every start, even if it has
 * the image. It does not for a digest, and a moved tag cannot start another image. Images that never came from a
 * registry have no digest and stay as they are.
 */
export const pinned = (name: string, image: Image): string => {
  if (name.includes("@")) return name
  const digest = digestIn(name, image)
  return digest === undefined ? name : `${name}${digest}`
}

/** The same image may come from several registries, under other names. */
const digestIn = (name: string, { RepoDigests }: Image): string | undefined => {
  const repository = familiar(repositoryOf(name))
  const entry = RepoDigests?.find((one) => one.slice(0, one.indexOf("@")) === repository)
  return entry?.slice(entry.indexOf("@"))
}

/** Whether the image was made on this host, and has never been in a registry by its name. */
export const isMadeHere = (name: string, image: Image | undefined): boolean =>
  image !== undefined && digestIn(name, image) === undefined

/** Images of this host. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Timing } from "./ComposeLabels.ts"
import type { Docker } from "./Docker.ts"

/** What an image says of itself. */
export const Image = Schema.Struct({
  Id: Schema.String,
  RepoDigests: Schema.NullOr(Schema.Array(Schema.String)),
  Config: Schema.optionalKey(
    Schema.NullOr(
      Schema.Struct({
        /** Keys are paths; the values say nothing. */
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

/** The image as this host has it; null: it has not. */
export const findImage = Effect.fn("Docker.findImage")(function* (docker: Docker, name: string) {
  const [image] = yield* docker.inspect("image", [name], Image)
  return image ?? null
})

/** Paths that an image declares as volumes: anonymous ones unless something is mounted there. */
export const declaredVolumes = (image: Image): ReadonlyArray<string> => Object.keys(image.Config?.Volumes ?? {})

/** `HEALTHCHECK NONE` is none. */
export const hasHealthcheck = (image: Image): boolean => {
  const [kind] = image.Config?.Healthcheck?.Test ?? []
  return kind !== undefined && kind !== "NONE"
}

/** The times of an image's HEALTHCHECK, as far as it says them. */
export const imageTiming = (image: Image | undefined): Timing => {
  const { Interval = 0, Retries = 0, StartPeriod = 0, Timeout = 0 } = image?.Config?.Healthcheck ?? {}
  const ms = (nanos: number) => nanos / 1e6
  return { intervalMs: ms(Interval), timeoutMs: ms(Timeout), startPeriodMs: ms(StartPeriod), retries: Retries }
}

/** Repository of a reference: `registry:5000/app:1@sha256:…` → `registry:5000/app`. */
const repositoryOf = (name: string): string => name.replace(/@.*$/, "").replace(/:[^/:]*$/, "")

/** Docker's short form of a repository name: what `RepoDigests` uses. */
const familiar = (repository: string): string =>
  repository.replace(/^(?:index\.)?docker\.io\//, "").replace(/^library\//, "")

/**
 * The reference with the digest of the image that is here. A node asks the registry for a tag at every start, also when
 * it has the image: it does not for a digest, and a tag that moved meanwhile starts nothing else. Images that never came
 * from a registry have no digest and stay as they are.
 */
export const pinned = (name: string, image: Image): string => {
  if (name.includes("@")) return name
  const repository = familiar(repositoryOf(name))
  const digest = image.RepoDigests?.find((entry) => entry.slice(0, entry.indexOf("@")) === repository)
  return digest === undefined ? name : `${name}${digest.slice(digest.indexOf("@"))}`
}

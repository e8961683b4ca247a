/**
 * Keeps the images of releases that may be started again, until they are forgotten:
 * - a tag: an image that was pulled by its digest has none, and `docker image prune` removes images without a tag. It is in
 *   the image's own repository: `prune --all` keeps the digest of an image in use only if all its names are of one.
 * - a container that is never started: `docker image prune --all` removes images without a container.
 *
 * `docker system prune --all` removes both. Then a rollback pulls the image again.
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, Release } from "../../domain/App.ts"
import type { Docker } from "./Docker.ts"
import { declaredVolumes, Image } from "./images.ts"

const Kept = Schema.Struct({
  ...Image.fields,
  Config: Schema.optionalKey(
    Schema.NullOr(
      Schema.Struct({
        Volumes: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown))),
        Labels: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.String)))
      })
    )
  )
})

export const keepsImageLabel = "lastgood.keeps-image-of"

const releaseOf = (commit: string): string => commit.slice(0, 12)

/** Of the tags and containers of a release. A name of an app is also valid in both. */
export const prefixOf = (app: Pick<App, "name">, commit: string): string => `lastgood-${app.name}-${releaseOf(commit)}-`

/** A tag has at most 128 characters, and the name of an app 63. */
const longestService = 128 - prefixOf({ name: "a".repeat(63) }, "0".repeat(12)).length

/** Does not depend on the app, so that a rename finds it under the new name, and differs for each service. */
const inTag = (service: string): string => {
  const name = service.replaceAll(/[^A-Za-z0-9._-]/g, "_")
  if (name.length <= longestService) return name
  const hash = createHash("sha256").update(service).digest("hex").slice(0, 8)
  return `${name.slice(0, longestService - hash.length - 1)}-${hash}`
}

/** The name of the container too. */
export const tagOf = (app: Pick<App, "name">, commit: string, service: string): string =>
  prefixOf(app, commit) + inTag(service)

/** A failure only costs a pull later. */
export const quietly = (effect: Effect.Effect<unknown, { readonly message: string }>): Effect.Effect<void> =>
  Effect.catch(Effect.asVoid(effect), ({ message }) => Effect.logDebug(message))

/**
 * It has no network, no volume and no command. Labels of the image would make it a container of the project that built
 * the image, so they are emptied.
 */
export const createHolder = Effect.fnUntraced(function* (docker: Docker, app: App, image: string, name: string) {
  const [found] = yield* docker.inspect("image", [image], Kept)
  if (found === undefined) return
  const emptied = Object.keys(found.Config?.Labels ?? {}).flatMap((key) => ["--label", `${key}=`])
  yield* docker.run([
    ...["container", "create", "--pull", "never", "--name", name, "--network", "none", "--no-healthcheck"],
    ...emptied,
    ...["--label", `${keepsImageLabel}=${app.name}`, "--restart", "no", "--entrypoint", "/lastgood-keeps-this-image"],
    ...declaredVolumes(found).flatMap((path) => ["--tmpfs", path]),
    image
  ])
})

const listed = (docker: Docker, args: ReadonlyArray<string>) =>
  docker.run(args).pipe(
    Effect.map(({ stdout }) => stdout.split("\n").filter((line) => line !== "")),
    Effect.orElseSucceed((): ReadonlyArray<string> => [])
  )

export const holdersOf = (docker: Docker, app: App) =>
  listed(docker, [
    "container",
    "ls",
    "--all",
    "--filter",
    `label=${keepsImageLabel}=${app.name}`,
    "--format",
    "{{.Names}}"
  ])

/** Does nothing for a release whose recipe names its images. */
export const keepImages = Effect.fn("Docker.keepImages")(function* (docker: Docker, app: App, release: Release) {
  const images = Object.entries(release.images ?? {})
  if (images.length === 0) return
  const holders = yield* holdersOf(docker, app)
  for (const [service, { image }] of images) {
    const tag = tagOf(app, release.commit, service)
    const name = image.replace(/:[^:/@]+@/, "@")
    const repository = name.replace(/@.*$/, "")
    if (repository !== name) yield* quietly(docker.run(["image", "tag", name, `${repository}:${tag}`]))
    if (!holders.includes(tag)) yield* quietly(createHolder(docker, app, name, tag))
  }
})

/** Removes what keeps the images of removed releases, and each image with its last tag. */
export const forgetImages = Effect.fn("Docker.forgetImages")(function* (
  docker: Docker,
  app: App,
  commits: ReadonlyArray<string>
) {
  if (commits.length === 0) return
  const prefixes = commits.map((commit) => prefixOf(app, commit))
  const isGone = (name: string) => prefixes.some((prefix) => name.startsWith(prefix))
  for (const name of (yield* holdersOf(docker, app)).filter(isGone)) {
    yield* quietly(docker.run(["container", "rm", name]))
  }
  const images = yield* listed(docker, ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"])
  const isTagged = (image: string) => isGone(image.slice(image.lastIndexOf(":") + 1))
  for (const image of images.filter(isTagged)) yield* quietly(docker.run(["image", "rm", image]))
})

/**
 * Keeps the images that an app runs, for a release that names them by tags: a tag may be moved or removed on this host
 * before a rollback starts that release again (LAW-2).
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, Release, ReleaseImage } from "../../domain/App.ts"
import type { ServiceInspection } from "../Runtime.ts"
import type { Compose } from "./Compose.ts"
import type { Docker } from "./Docker.ts"
import { findImage, pinned, repositoryOf } from "./images.ts"
import { createHolder, holdersOf, quietly, tagOf } from "./keptImages.ts"

const Holder = Schema.Struct({
  /** The id of its image. */
  Image: Schema.String,
  Name: Schema.String,
  Config: Schema.Struct({ Image: Schema.String })
})

/** Instances of a service with several images do not tell which one is the release's. */
const isOne = (digest: string | null): digest is string => digest !== null && /^sha256:[0-9a-f]+$/.test(digest)

/** @param services of the app, which runs the release now. */
export const keepRunning = Effect.fn("Docker.keepRunning")(function* (
  docker: Docker,
  app: App,
  { commit }: Release,
  services: ReadonlyArray<ServiceInspection>
) {
  const holders = yield* docker.inspect("container", yield* holdersOf(docker, app), Holder)
  for (const { digest, image, name, passing = false } of services) {
    if (image === null || passing || !isOne(digest)) continue
    const tag = tagOf(app, commit, name)
    const kept = `${repositoryOf(image)}:${tag}`
    const holder = holders.find(({ Name }) => Name === `/${tag}`)
    if (holder?.Image === digest && holder.Config.Image === kept) continue
    yield* quietly(docker.run(["image", "tag", digest, kept]))
    // The release was deployed again with another image.
    if (holder !== undefined) yield* quietly(docker.run(["container", "rm", tag]))
    yield* quietly(createHolder(docker, app, kept, tag))
  }
})

/**
 * The images to start instead of those that a release names: where a tag gives another image than the one that ran, or
 * none.
 *
 * @param compose of the release, with the images that it names.
 */
export const movedImages = Effect.fn("Docker.movedImages")(function* (
  docker: Docker,
  app: App,
  { commit }: Release,
  compose: Compose
) {
  const moved: Record<string, ReleaseImage> = {}
  const named = compose.services.flatMap(({ image, name }) =>
    image === null || image.includes("@") ? [] : [{ image, name, tag: tagOf(app, commit, name) }]
  )
  const known = yield* holdersOf(docker, app)
  const asked = named.filter(({ tag }) => known.includes(tag))
  if (asked.length === 0) return moved
  const holders = yield* docker.inspect(
    "container",
    asked.map(({ tag }) => tag),
    Holder
  )
  for (const { image, name, tag } of asked) {
    const id = holders.find(({ Name }) => Name === `/${tag}`)?.Image
    const here = yield* findImage(docker, image)
    const kept = id === undefined || id === here?.Id ? null : yield* findImage(docker, id)
    if (kept === null) continue
    const exact = pinned(image, kept)
    const own = exact === image ? `${repositoryOf(image)}:${tag}` : exact
    moved[name] = { image: own, version: null, source: null, revision: null }
  }
  return moved
})

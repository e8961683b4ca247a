/**
 * Tags the images of releases. An image that was pulled by its digest has no tag, so `docker image prune` removes it when
 * its container is gone. `prune --all` removes it anyway; then a rollback pulls it again.
 */
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import type { Docker } from "./Docker.ts"

/** `.invalid` never resolves, so the tag is never pulled or pushed. */
const repositoryOf = ({ name }: App): string =>
  `lastgood.invalid/${name.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "")}`

const releaseOf = (commit: string): string => commit.slice(0, 12)

const tagOf = (commit: string, service: string): string =>
  `${releaseOf(commit)}-${service.replaceAll(/[^A-Za-z0-9._-]/g, "_")}`.slice(0, 128)

/** A failure only costs a pull later. */
const quietly = (effect: Effect.Effect<unknown, { readonly message: string }>): Effect.Effect<void> =>
  Effect.catch(Effect.asVoid(effect), ({ message }) => Effect.logDebug(message))

/** Tags the images of a release that have a digest. */
export const keepImages = Effect.fn("Docker.keepImages")(function* (docker: Docker, app: App, release: Release) {
  for (const [service, { image }] of Object.entries(release.images ?? {})) {
    if (!image.includes("@")) continue
    const tag = `${repositoryOf(app)}:${tagOf(release.commit, service)}`
    yield* quietly(docker.run(["image", "tag", image.replace(/:[^:/@]+@/, "@"), tag]))
  }
})

/** Removes the tags of removed releases, and each image with its last tag. */
export const forgetImages = Effect.fn("Docker.forgetImages")(function* (
  docker: Docker,
  app: App,
  commits: ReadonlyArray<string>
) {
  if (commits.length === 0) return
  const repository = repositoryOf(app)
  const listed = yield* Effect.orElseSucceed(docker.run(["image", "ls", "--format", "{{.Tag}}", repository]), () => ({
    stdout: ""
  }))
  const prefixes = commits.map((commit) => `${releaseOf(commit)}-`)
  const gone = listed.stdout.split("\n").filter((tag) => prefixes.some((prefix) => tag.startsWith(prefix)))
  for (const tag of gone) yield* quietly(docker.run(["image", "rm", `${repository}:${tag}`]))
})

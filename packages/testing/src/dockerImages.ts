/** Images that run, made on this host and pushed to a registry of the test. They are removed with the scope. */
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"

const docker = (...args: ReadonlyArray<string>) =>
  run("docker", args, { env: { PATH: process.env["PATH"] ?? "" } }).pipe(
    Effect.map(({ stdout }) => stdout.trim()),
    Effect.orDie
  )

/** The base of `test/docker/images.ts`: whoever uses this has made it. */
const base = "lastgood-test/busybox:1"

/** Its value is the registry that a test pushes to. */
const label = "lastgood.test.registry"
const registryIn = (name: string): string => name.slice(0, name.indexOf("/"))

export interface RunningImage {
  /** By `sh -c`. */
  readonly command: string
  readonly version?: string
}

/** Makes `name` run a command. @returns the id of the image. */
const commit = Effect.fnUntraced(function* (name: string, { command, version }: RunningImage) {
  const container = yield* docker("create", base, "true")
  const told = version === undefined ? [] : ["--change", `LABEL org.opencontainers.image.version=${version}`]
  const labels = [...told, "--change", `LABEL ${label}=${registryIn(name)}`]
  const start = ["--change", `CMD ${JSON.stringify(["sh", "-c", command])}`, "--change", "ENTRYPOINT []"]
  const id = yield* docker("commit", ...labels, ...start, container, name)
  yield* docker("rm", container)
  return id
})

const forget = (id: string) => Effect.ignore(docker("image", "rm", "--force", id).pipe(Effect.sandbox))

/** Makes `name` run a command, on this host alone: its tag moves here. @returns the id of the image. */
export const makeRunning = (name: string, image: RunningImage) => Effect.acquireRelease(commit(name, image), forget)

/** Makes `name` run a command, and pushes it. @returns its digest. */
export const pushRunning = (name: string, image: RunningImage) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const id = yield* commit(name, image)
      yield* docker("push", "--quiet", name)
      const digest = yield* docker("image", "inspect", "--format", "{{index .RepoDigests 0}}", name)
      return { id, digest: digest.slice(digest.indexOf("@") + 1) }
    }),
    ({ id }) => forget(id)
  ).pipe(Effect.map(({ digest }) => digest))

/** Removes what keeps the images of an app. */
export const forgetKept = (app: string) =>
  Effect.flatMap(Effect.andThen(forgetHolders(app), keptImages(app)), (tags) =>
    Effect.forEach(tags, (tag) => docker("image", "rm", "--force", tag))
  )

/** As an operator does it, of the images that were pushed to a registry of a test. */
export const pruneAll = (registry: string) =>
  docker("image", "prune", "--all", "--force", "--filter", `label=${label}=${registry}`)

/** Removes the containers that keep the images of an app, as `docker container prune` does. */
export const forgetHolders = (app: string) =>
  Effect.flatMap(
    docker("container", "ls", "--all", "--quiet", "--filter", `label=lastgood.keeps-image-of=${app}`),
    (ids) => (ids === "" ? Effect.void : docker("container", "rm", ...ids.split("\n")))
  )

export const hasImage = (name: string) =>
  Effect.map(docker("image", "ls", "--quiet", "--no-trunc", "--filter", `reference=${name}`), (ids) => ids !== "")

/** As a prune does it: this host has the image no more. */
export const forgetImage = (name: string) => docker("image", "rm", "--force", name)

/** What the containers of a project run, by service: the image as it was deployed. */
export const imagesOf = (project: string) =>
  Effect.gen(function* () {
    const ids = yield* docker("ps", "--quiet", "--filter", `label=com.docker.compose.project=${project}`)
    const lines = yield* Effect.forEach(
      ids.split("\n").filter((id) => id !== ""),
      (id) =>
        docker("inspect", "--format", '{{index .Config.Labels "com.docker.compose.service"}} {{.Config.Image}}', id)
    )
    return Object.fromEntries(
      lines.map((line) => line.split(" ")).map(([service = "", image = ""]) => [service, image])
    )
  })

/** The tags of the images that lastgood keeps for an app. */
export const keptImages = (app: string) =>
  Effect.map(docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"), (images) =>
    images.split("\n").filter((image) => image.includes(`:lastgood-${app}-`))
  )

/** Looks at everything that `Hazards.ts` judges, and brings images here, all while the app still runs. */
import { stat } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, Release } from "../../domain/App.ts"
import { allContainers, labelOf } from "../docker/containers.ts"
import type { Call, Docker, Noun } from "../docker/Docker.ts"
import { declaredVolumes, findImage, type Image } from "../docker/images.ts"
import { RuntimeFailed } from "../Runtime.ts"
import type { Compose, ComposeObject } from "./Compose.ts"
import { composeSource } from "./composeEnv.ts"
import { anonymousInRelease, externals, type Facts, hazardsOf } from "./Hazards.ts"
import { swarmInfo } from "./info.ts"
import { readCompose } from "./readCompose.ts"
import { namespaceLabel, readStack, type Stack } from "./Services.ts"
import { allServices, stackVolumes, volumeOwners } from "./volumes.ts"

export const preflight = Effect.fn("swarm.preflight")(function* (
  docker: Docker,
  call: Call,
  app: App,
  release: Release
) {
  const source = yield* composeSource(app, release)
  const { compose } = yield* readCompose(docker, call, app, release, source)
  const running = yield* readStack(docker, call, app.stack)
  const containers = yield* allContainers(docker, call)
  const isOwn = (labels: Readonly<Record<string, string>> | null | undefined) => labels?.[namespaceLabel] === app.stack
  const services = yield* allServices(docker, call)
  const facts: Facts = {
    stack: app.stack,
    compose,
    images: yield* imagesHere(docker, call, compose),
    withoutData: yield* withoutData(compose, running),
    owners: yield* volumeOwners(docker, call),
    volumes: yield* stackVolumes(docker, call, app),
    running,
    containers: {
      own: containers.filter((container) => labelOf(container, namespaceLabel) === app.stack),
      others: containers.filter((container) => labelOf(container, namespaceLabel) !== app.stack)
    },
    otherServices: services.filter(({ Spec }) => !isOwn(Spec.Labels)),
    node: yield* swarmInfo(docker, call),
    missing: yield* missing(docker, call, compose)
  }
  return hazardsOf(facts)
})

const imagesHere = Effect.fnUntraced(function* (docker: Docker, call: Call, compose: Compose) {
  const images = new Map<string, Image>()
  for (const { name, image } of compose.services) {
    const found = image === null ? null : yield* findImage(docker, call, image)
    if (found !== null) images.set(name, found)
  }
  return images
})

/** Of the bind mounts, those whose source is a socket or a device. */
const withoutData = Effect.fnUntraced(function* (compose: Compose, running: Stack) {
  const sources = new Set([
    ...compose.services.flatMap(({ mounts }) =>
      mounts.flatMap(({ kind, source }) => (kind === "bind" && source !== null ? [source] : []))
    ),
    ...running.services.flatMap(({ Spec }) =>
      (Spec.TaskTemplate.ContainerSpec?.Mounts ?? []).flatMap(({ Type, Source }) =>
        Type === "bind" && Source !== undefined ? [Source] : []
      )
    )
  ])
  const special = yield* Effect.filter([...sources], (path) =>
    Effect.promise(() =>
      stat(path).then(
        (found) => found.isSocket() || found.isCharacterDevice() || found.isBlockDevice(),
        () => false
      )
    )
  )
  return new Set(special)
})

const Named = Schema.Struct({
  Name: Schema.optionalKey(Schema.String),
  Spec: Schema.optionalKey(Schema.Struct({ Name: Schema.String })),
  Scope: Schema.optionalKey(Schema.String)
})

const missing = Effect.fnUntraced(function* (docker: Docker, call: Call, compose: Compose) {
  const look = Effect.fnUntraced(function* (noun: Noun, objects: ReadonlyArray<ComposeObject>) {
    const names = externals(objects)
    const found = yield* docker.inspect(call, noun, names, Named)
    const there = new Map(found.map(({ Name, Spec, Scope }) => [Name ?? Spec?.Name, Scope]))
    return names.flatMap((name) => {
      if (!there.has(name)) return [{ noun, name, why: "does not exist, and the release expects it" }]
      const isUsable = noun !== "network" || there.get(name) === "swarm" || ["host", "none", "bridge"].includes(name)
      return isUsable ? [] : [{ noun, name, why: "is a network of this host only: a stack needs an overlay network" }]
    })
  })
  const withFile = [
    ...compose.secrets.map((object) => ({ noun: "secret", object })),
    ...compose.configs.map((object) => ({ noun: "config", object }))
  ]
  const noFile = yield* Effect.filter(withFile, ({ object }) =>
    object.file === null ? Effect.succeed(false) : Effect.map(exists(object.file), (there) => !there)
  )
  return [
    ...(yield* look("secret", compose.secrets)),
    ...(yield* look("config", compose.configs)),
    ...(yield* look("network", compose.networks)),
    ...(yield* look("volume", compose.volumes)),
    ...noFile.map(({ noun, object }) => ({ noun, name: object.name, why: `has no file ${object.file}` }))
  ]
})

const exists = (path: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    stat(path).then(
      () => true,
      () => false
    )
  )

/**
 * Pulls what is not here yet. The caller bounds it: a pull may take as long as the network does. What an image declares
 * as a volume is known only now, so the hazard that preflight could not see is refused here; still at no downtime.
 */
export const prefetch = Effect.fn("swarm.prefetch")(function* (docker: Docker, call: Call, app: App, release: Release) {
  const source = yield* composeSource(app, release)
  const { compose } = yield* readCompose(docker, call, app, release, source)
  const failed = (reason: string, next: string) =>
    new RuntimeFailed({ app: app.name, operation: call.operation, reason, next })
  const images = [...new Set(compose.services.flatMap(({ image }) => (image === null ? [] : [image])))]
  for (const image of images) {
    if ((yield* findImage(docker, call, image)) !== null) continue
    yield* docker
      .run(call, ["image", "pull", "--quiet", image], { timeoutMs: app.deadlines.prefetchMs })
      .pipe(
        Effect.catchTag("RuntimeFailed", ({ reason }) =>
          Effect.fail(
            failed(
              `the image ${image} cannot be pulled: ${reason}`,
              `see that the registry has it: docker pull ${image}; a private registry needs docker login on this host`
            )
          )
        )
      )
  }
  const here = yield* imagesHere(docker, call, compose)
  for (const service of compose.services) {
    const image = here.get(service.name)
    const [hazard] = anonymousInRelease(service, image)
    if (image !== undefined && declaredVolumes(image).length > 0 && hazard !== undefined) {
      return yield* failed(hazard.what, hazard.next)
    }
  }
  return { images }
})

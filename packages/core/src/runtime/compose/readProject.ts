/**
 * Reads a release's compose files through compose itself: merged, interpolated, checked, without services of inactive
 * profiles.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, Release } from "../../domain/App.ts"
import { type Compose, composeOf } from "../docker/Compose.ts"
import { type Invalid, invalid } from "../docker/composeEnv.ts"
import type { Docker } from "../docker/Docker.ts"
import { decodeJson, whereItDiffers } from "../docker/decodeJson.ts"
import { secretsOfCompose } from "../docker/recipeSecrets.ts"
import type { ComposeConfig } from "./composeConfig.ts"
import { type ProjectSource, projectSource } from "./source.ts"

/** Properties of a service that only docker compose has. */
export interface ServiceMore {
  /** The number of containers that should run. */
  readonly scale: number
  readonly containerName: string | null
  readonly platform: string | null
  /** Published ports, by the address of the host (`*`: all). */
  readonly published: ReadonlyArray<{ readonly address: string; readonly port: number; readonly protocol: string }>
}

export interface Project {
  readonly source: ProjectSource
  readonly compose: Compose
  readonly more: ReadonlyMap<string, ServiceMore>
  /** Services that run, with the number of their containers. */
  readonly services: ReadonlyMap<string, number>
  /** Variables that the files use but that are not set. */
  readonly unset: ReadonlyArray<string>
  /** Variables from which secrets and configs take their content. */
  readonly contents: ReadonlyArray<string>
  /** The client, which also redacts the secrets in the interpolated files (LAW-12). */
  readonly docker: Docker
}

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const NumberOrText = Schema.Union([Schema.Number, Schema.String])
const Contents = optional(Schema.Record(Schema.String, Schema.Struct({ environment: optional(Schema.String) })))

const More = Schema.Struct({
  services: Schema.Record(
    Schema.String,
    Schema.Struct({
      image: optional(Schema.String),
      build: optional(Schema.Unknown),
      scale: optional(Schema.Number),
      container_name: optional(Schema.String),
      platform: optional(Schema.String),
      deploy: optional(Schema.Struct({ replicas: optional(NumberOrText) })),
      ports: optional(
        Schema.Array(
          Schema.Struct({
            published: optional(NumberOrText),
            protocol: optional(Schema.String),
            host_ip: optional(Schema.String)
          })
        )
      )
    })
  ),
  secrets: Contents,
  configs: Contents
})
type RawService = (typeof More.Type)["services"][string]

const repair = "correct the recipe or the env file, then check it: docker compose config"

export const readProject = Effect.fn("Compose.readProject")(function* (
  config: ComposeConfig,
  docker: Docker,
  app: App,
  release: Release
) {
  const fail = invalid(app, release)
  const source = yield* projectSource(app, release)
  const answer = yield* config(docker, app, source)
  if (answer.code !== 0) return yield* refused(docker, answer.complaint, fail)
  const differs = (what: string) => fail(`unexpected output of docker compose config: ${what}`, repair)
  const document = yield* Effect.mapError(decodeJson(Schema.Unknown, answer.stdout), differs)
  const compose = yield* composeOf(document, app.stack, source.dir).pipe(
    Effect.mapError((error) => differs(whereItDiffers(error)))
  )
  const raw = yield* Schema.decodeUnknownEffect(More)(document).pipe(
    Effect.mapError((error) => differs(whereItDiffers(error)))
  )
  if (compose.services.length === 0) {
    return yield* fail(
      "its compose file has no services, or each needs a profile that COMPOSE_PROFILES does not name",
      repair
    )
  }
  yield* assertImages(raw.services, fail)
  const more = new Map(Object.entries(raw.services).map(([name, service]) => [name, moreOf(service)]))
  const project: Project = {
    source,
    compose,
    more,
    services: new Map([...more].flatMap(([name, { scale }]) => (scale > 0 ? [[name, scale] as const] : []))),
    unset: answer.unset,
    contents: [raw.secrets, raw.configs].flatMap((objects) =>
      Object.values(objects ?? {}).flatMap(({ environment }) => environment ?? [])
    ),
    docker: docker.withSecrets(secretsOfCompose(document))
  }
  return project
})

/**
 * Each build gives another image, so a rollback would not run what ran before. An image with a name is used by that
 * name and never built.
 */
const assertImages = (services: Readonly<Record<string, RawService>>, fail: Invalid) => {
  const [found] = Object.entries(services).filter(
    ([, { image }]) => image === undefined || image === null || image === ""
  )
  if (found === undefined) return Effect.void
  const [name, { build }] = found
  return Effect.fail(
    build === undefined || build === null
      ? fail(`its service ${name} has no image`, repair)
      : fail(
          `its service ${name} is built from the recipe (build:), so a rollback would not get the same image`,
          "build and push the image of each version, and set `image:` beside `build:`"
        )
  )
}

const moreOf = ({ scale, deploy, container_name, platform, ports }: RawService): ServiceMore => ({
  scale: Number(scale ?? deploy?.replicas ?? 1),
  containerName: container_name ?? null,
  platform: platform ?? null,
  published: (ports ?? []).flatMap(({ published, protocol, host_ip }) => {
    const port = Number(published ?? Number.NaN)
    const address = host_ip ?? ""
    if (!Number.isInteger(port) || port === 0) return []
    return [{ address: isAny(address) ? "*" : address, port, protocol: protocol ?? "tcp" }]
  })
})

export const isAny = (address: string): boolean => ["", "0.0.0.0", "::"].includes(address)

/** Compose quotes lines of an env file that it cannot read. Only their numbers are repeated (LAW-12). */
const refused = (docker: Docker, complaint: string, fail: Invalid) => {
  const words = complaint.slice(0, 16 * 1024)
  const env = /failed to read [^\n]*?: (?:line (\d+): )?([a-z ]*)/.exec(words)
  if (env !== null) {
    const [, line, why = ""] = env
    const known = /^(?:unterminated quoted value|key cannot contain a space|unexpected character)/.exec(why)?.[0]
    return Effect.fail(
      fail(
        `docker compose cannot read its env file${line === undefined ? "" : `, line ${line}`}: ${known ?? "a value is neither text nor a variable"}`,
        "put values with a $, a quote or a # in single quotes, then check it: docker compose --env-file <file> config"
      )
    )
  }
  return Effect.fail(fail(docker.redact(words).trim().split("\n").slice(0, 5).join("; ").slice(0, 1000), repair))
}

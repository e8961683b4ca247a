/**
 * Reads a release's compose files through compose itself: merged, interpolated, checked, without services of inactive
 * profiles.
 */
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, Release } from "../../domain/App.ts"
import { type Compose, composeOf } from "../docker/Compose.ts"
import { type Invalid, invalid } from "../docker/composeEnv.ts"
import type { Docker } from "../docker/Docker.ts"
import { decodeJson, whereItDiffers } from "../docker/decodeJson.ts"
import { realSource } from "../docker/hostMounts.ts"
import { isInside } from "../docker/hostPaths.ts"
import { secretsOfCompose } from "../docker/recipeSecrets.ts"
import type { ComposeConfig } from "./composeConfig.ts"
import { type ComposeOutput, composeTool } from "./plugin.ts"
import { type ProjectSource, projectSource, sourceEnv, sourceFlags } from "./source.ts"
import { deployable, ledBack, projectView, type View } from "./view.ts"

/** Properties of a service that only docker compose has. */
export interface ServiceMore {
  /** The number of containers that should run. */
  readonly scale: number
  readonly containerName: string | null
  readonly platform: string | null
  /** Published ports, by the address of the host (`*`: all). */
  readonly published: ReadonlyArray<{ readonly address: string; readonly port: number; readonly protocol: string }>
}

/** A service that lastgood cannot run, because no image of it has a name. */
export interface Imageless {
  readonly service: string
  /** The predicate of `its service <name> <what>`. */
  readonly what: string
  readonly next: string
}

export interface Project {
  readonly source: ProjectSource
  /** The release's folder. */
  readonly dir: string
  /** What is deployed in place of the files, every path in it absolute; null: the files are. */
  readonly model: unknown
  /** Those that its services have, where the env file asks for any. */
  readonly profiles: ReadonlySet<string>
  /** Files that the version brings to a folder which the app writes to, and that are not in its own one. */
  readonly lacking: ReadonlyArray<string>
  readonly imageless: ReadonlyArray<Imageless>
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
  const answered = yield* resolved(config, docker, app, release, source)
  if (answered.answer.code !== 0) return yield* refused(docker, answered.answer.complaint, fail)
  const project = yield* projectOf(docker, app, release, source, answered)
  const [first] = project.imageless
  if (first !== undefined) return yield* fail(`its service ${first.service} ${first.what}`, first.next)
  return project
})

/** What compose makes of the files of a project. */
export interface Answered {
  readonly answer: Pick<ComposeOutput, "unset">
  /** The output of `docker compose config`. */
  readonly model: string
  readonly profiles: ReadonlySet<string>
  readonly lacking: ReadonlyArray<string>
}

export const projectOf = Effect.fnUntraced(function* (
  docker: Docker,
  app: App,
  release: Release,
  source: ProjectSource,
  { answer, lacking, model, profiles }: Answered
) {
  const fail = invalid(app, release)
  const differs = (what: string) => fail(`unexpected output of docker compose config: ${what}`, repair)
  const document = yield* Effect.mapError(decodeJson(Schema.Unknown, model), differs)
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
  const more = new Map(Object.entries(raw.services).map(([name, service]) => [name, moreOf(service)]))
  const project: Project = {
    source,
    dir: release.dir,
    model: app.folder === null ? null : deployable(document),
    profiles,
    lacking,
    imageless: imageless(raw.services),
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

/** As compose reads it: of an app with a folder of its own, from that and the release together. */
const resolved = Effect.fnUntraced(function* (
  config: ComposeConfig,
  docker: Docker,
  app: App,
  release: Release,
  source: ProjectSource
) {
  const ask = Effect.fnUntraced(function* (from: ProjectSource) {
    const tool = (...args: ReadonlyArray<string>) =>
      composeTool(docker, app.stack, [...sourceFlags(from), "config", ...args], { env: sourceEnv(from, app) })
    const answer = yield* from === source ? config(docker, app, source) : tool("--format", "json")
    const asks = (source.variables["COMPOSE_PROFILES"] ?? "") !== ""
    const profiles = asks && answer.code === 0 ? (yield* tool("--profiles")).stdout.split("\n") : []
    return { answer, model: answer.stdout, profiles: new Set(profiles), lacking: [] }
  })
  const { folder } = app
  if (folder === null) return yield* ask(source)
  return yield* Effect.gen(function* () {
    const envFile = app.envFile === join(folder, ".env") ? source.envFile : null
    const view = yield* projectView(docker, { envFile, folder, release: release.dir })
    const files = yield* Effect.forEach(source.files, (file) => viewed(view, file))
    const { answer, model, profiles } = yield* ask({ ...source, files, dir: view.dir })
    const complaint = answer.complaint.replaceAll(view.dir, folder)
    if (answer.code !== 0) return { answer: { ...answer, complaint }, model, profiles, lacking: [] }
    const led = yield* decodeJson(Schema.Json, model).pipe(
      Effect.flatMap((value) => ledBack(view, value)),
      Effect.map((value) => JSON.stringify(value)),
      // What is no JSON is refused where it is read.
      Effect.orElseSucceed(() => model)
    )
    return { answer, model: led, profiles, lacking: view.lacking }
  }).pipe(Effect.scoped)
})

/** A compose file of the release or of the folder, by its name in the view. */
const viewed = Effect.fnUntraced(function* (view: View, file: string) {
  const roots = yield* Effect.forEach([view.release, view.folder], realSource)
  const root = roots.find((one) => isInside(one, file))
  return root === undefined ? file : join(view.dir, relative(root, file))
})

/**
 * Each build gives another image, so a rollback would not run what ran before. An image with a name is used by that
 * name and never built.
 */
const imageless = (services: Readonly<Record<string, RawService>>): ReadonlyArray<Imageless> =>
  Object.entries(services)
    .filter(([, { image }]) => image === undefined || image === null || image === "")
    .map(([service, { build }]) =>
      build === undefined || build === null
        ? { service, what: "has no image", next: repair }
        : {
            service,
            what: "is built from the recipe (build:), so a rollback would not get the same image",
            next: "build and push the image of each version, and set `image:` beside `build:`"
          }
    )

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

const refused = (docker: Docker, said: string, fail: Invalid) => {
  const { next, reason } = complaintOf(docker, said)
  return Effect.fail(fail(reason, next))
}

/** Compose quotes lines of an env file that it cannot read. Only their numbers are repeated (LAW-12). */
export const complaintOf = (
  docker: Pick<Docker, "redact">,
  complaint: string
): { readonly reason: string; readonly next: string } => {
  const words = complaint.slice(0, 16 * 1024)
  const env = /failed to read [^\n]*?: (?:line (\d+): )?([a-z ]*)/.exec(words)
  if (env !== null) {
    const [, line, why = ""] = env
    const known = /^(?:unterminated quoted value|key cannot contain a space|unexpected character)/.exec(why)?.[0]
    return {
      reason: `docker compose cannot read its env file${line === undefined ? "" : `, line ${line}`}: ${known ?? "a value is neither text nor a variable"}`,
      next: "put values with a $, a quote or a # in single quotes, then check it: docker compose --env-file <file> config"
    }
  }
  return { reason: docker.redact(words).trim().split("\n").slice(0, 5).join("; ").slice(0, 1000), next: repair }
}

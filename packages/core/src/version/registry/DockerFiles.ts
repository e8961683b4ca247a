/**
 * Docker's settings for registries, so that lastgood asks the registry that the engine pulls from, with the same
 * credentials and certificates. LAW-17: a file that another user could have written is refused.
 */
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { kindBehind } from "../../disk/kindAt.ts"
import { faultOf, faultText, remedyFor } from "../../disk/ownership.ts"
import { readSmallText } from "../../disk/readSmallFile.ts"
import { ownHome } from "../../process/environment.ts"

export interface DockerFiles {
  /** The client's folder, with `config.json` in it; null: `$DOCKER_CONFIG`, or `.docker` in the user's home. */
  readonly config: string | null
  /** The engine's certificates, by registry. */
  readonly certificates: string
  /** The engine's settings. */
  readonly daemon: string
}

export const DockerFiles = Context.Reference<DockerFiles>("lastgood/version/DockerFiles", {
  defaultValue: () => ({ config: null, certificates: "/etc/docker/certs.d", daemon: "/etc/docker/daemon.json" })
})

/** A file of docker's that cannot be used. */
export class DockerFileFault extends Schema.TaggedError<DockerFileFault>()("DockerFileFault", {
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** null: there is none. */
const readOwn = Effect.fnUntraced(function* (path: string) {
  if ((yield* kindBehind(path)) === null) return null
  const fault = faultOf(path)
  if (fault !== null) return yield* new DockerFileFault({ reason: faultText(fault), next: remedyFor(fault) })
  return yield* Effect.mapError(
    readSmallText(path),
    ({ message }) => new DockerFileFault({ reason: `${path} cannot be read: ${message}`, next: "repair the file" })
  )
})

/** LAW-12: an error never quotes the file. */
const readJson = Effect.fnUntraced(function* <A>(path: string, schema: Schema.Codec<A, unknown>) {
  const text = yield* readOwn(path)
  if (text === null) return null
  return yield* Schema.decodeUnknownEffect(Schema.fromJsonString(schema))(text).pipe(
    Effect.mapError(
      () => new DockerFileFault({ reason: `${path} does not have the format of docker`, next: "repair the file" })
    )
  )
})

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const ClientConfig = Schema.Struct({
  auths: optional(
    Schema.Record(
      Schema.String,
      Schema.Struct({
        auth: optional(Schema.String),
        username: optional(Schema.String),
        password: optional(Schema.String),
        identitytoken: optional(Schema.String)
      })
    )
  ),
  credsStore: optional(Schema.String),
  credHelpers: optional(Schema.Record(Schema.String, Schema.String))
})
export type ClientConfig = typeof ClientConfig.Type

export const configFolder = Effect.gen(function* () {
  const { config } = yield* DockerFiles
  if (config !== null) return config
  const named = yield* Effect.orDie(Config.option(Config.String("DOCKER_CONFIG")))
  const home = yield* Effect.orDie(Config.option(Config.String("HOME")))
  return Option.getOrElse(named, () => join(ownHome(Option.getOrUndefined(home)), ".docker"))
})

/** The client's `config.json`; null: there is none. */
export const clientConfig = Effect.flatMap(configFolder, (folder) =>
  readJson(join(folder, "config.json"), ClientConfig)
)

const DaemonConfig = Schema.Struct({
  "registry-mirrors": optional(Schema.Array(Schema.String)),
  "insecure-registries": optional(Schema.Array(Schema.String))
})

export interface EngineSettings {
  /** URLs of mirrors of Docker Hub. The engine has none of other registries. */
  readonly mirrors: ReadonlyArray<string>
  /** Hosts and networks whose registries need no valid certificate, or no TLS. */
  readonly insecure: ReadonlyArray<string>
}

/** The engine itself reports errors in its settings. */
export const engineSettings: Effect.Effect<EngineSettings> = Effect.gen(function* () {
  const { daemon } = yield* DockerFiles
  const found = yield* readJson(daemon, DaemonConfig)
  return {
    mirrors: (found?.["registry-mirrors"] ?? []).filter((url) => /^https?:\/\//.test(url)),
    insecure: found?.["insecure-registries"] ?? []
  }
}).pipe(Effect.orElseSucceed(() => ({ mirrors: [], insecure: [] })))

export interface Certificates {
  /** PEM, in addition to the authorities of the host. */
  readonly authorities: ReadonlyArray<string>
  /** true: the engine is told not to check the registry's certificate. */
  readonly areUnchecked: boolean
  /** For a registry that requires a client certificate. */
  readonly client: { readonly cert: string; readonly key: string } | null
}

/** `<certs.d>/<registry>/*.crt`, and pairs `x.cert`, `x.key`, as the engine reads them. */
export const certificatesFor = Effect.fn("DockerFiles.certificatesFor")(function* (registry: string) {
  const { certificates } = yield* DockerFiles
  const folder = join(certificates, registry)
  const names = yield* Effect.promise(() => readdir(folder).catch(() => [] as ReadonlyArray<string>))
  const read = (name: string) => Effect.map(readOwn(join(folder, name)), (text) => text ?? "")
  const authorities = yield* Effect.forEach(
    names.filter((name) => name.endsWith(".crt")),
    read
  )
  const pair = names.find((name) => name.endsWith(".cert") && names.includes(name.replace(/\.cert$/, ".key")))
  const client =
    pair === undefined ? null : { cert: yield* read(pair), key: yield* read(pair.replace(/\.cert$/, ".key")) }
  const found: Certificates = { authorities, areUnchecked: false, client }
  return found
})

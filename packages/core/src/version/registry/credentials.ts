/** The credentials of docker's client: from `config.json`, or from the credential helper that it names. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { networkEnvironment } from "../../process/environment.ts"
import { run } from "../../process/Tool.ts"
import { type ClientConfig, clientConfig, configFolder, DockerFileFault } from "./DockerFiles.ts"

/** LAW-12: never shown. */
export type Credentials =
  | { readonly _tag: "Password"; readonly user: string; readonly password: Redacted.Redacted }
  /** Exchanged for a token of the registry (OAuth 2). */
  | { readonly _tag: "Identity"; readonly token: Redacted.Redacted }

/** What a registry may repeat of a request, and no error may: the secret, alone and as it is sent with its user. */
export const secretsOf = (credentials: Credentials | null): ReadonlyArray<string> => {
  if (credentials === null) return []
  if (credentials._tag === "Identity") return [Redacted.value(credentials.token)]
  const password = Redacted.value(credentials.password)
  return [password, Buffer.from(`${credentials.user}:${password}`).toString("base64")]
}

const hubKey = "https://index.docker.io/v1/"

/** The name of a registry in docker's files. */
const keyOf = (registry: string): string => (registry === "docker.io" ? hubKey : registry)

/** An entry may be a URL, of which the host counts. */
const hostOf = (key: string): string => key.replace(/^https?:\/\//, "").replace(/\/.*$/, "")

const credentialsOf = (user: string, secret: string): Credentials =>
  // A credential helper returns this user for a token.
  user === "<token>"
    ? { _tag: "Identity", token: Redacted.make(secret) }
    : { _tag: "Password", user, password: Redacted.make(secret) }

const inFile = ({ auths }: ClientConfig, registry: string): Credentials | null => {
  const key = keyOf(registry)
  const entry = auths?.[key] ?? Object.entries(auths ?? {}).find(([name]) => hostOf(name) === hostOf(key))?.[1]
  if (entry === undefined) return null
  if (entry.identitytoken) return { _tag: "Identity", token: Redacted.make(entry.identitytoken) }
  if (entry.auth) {
    const text = Buffer.from(entry.auth, "base64").toString()
    const colon = text.indexOf(":")
    return colon < 1 ? null : credentialsOf(text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, ""))
  }
  return entry.username && entry.password ? credentialsOf(entry.username, entry.password) : null
}

const Answer = Schema.fromJsonString(Schema.Struct({ Username: Schema.String, Secret: Schema.String }))

const helperMs = 30_000
const helperBytes = 64 * 1024

/** A helper without credentials says so on its standard output, and exits with 1. */
const askHelper = Effect.fnUntraced(function* (name: string, registry: string) {
  const program = `docker-credential-${name}`
  const failed = (why: string) =>
    new DockerFileFault({
      reason: `the credential helper ${program} ${why}`,
      next: `see what it says: echo ${keyOf(registry)} | ${program} get`
    })
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name)) {
    return yield* new DockerFileFault({
      reason: "docker's config.json names a credential helper that is not a name",
      next: "correct credsStore or credHelpers there"
    })
  }
  const { code, stdout } = yield* run(program, ["get"], {
    input: keyOf(registry),
    env: { ...networkEnvironment(), DOCKER_CONFIG: yield* configFolder },
    timeoutMs: helperMs,
    maxBytes: helperBytes,
    codes: [0, 1]
  }).pipe(
    Effect.mapError((error) =>
      failed(error.notFound ? "is not installed" : error.timedOut ? "did not end in time" : "failed")
    )
  )
  if (code !== 0) {
    return /credentials not found|no credentials/i.test(stdout) ? null : yield* failed("ended with code 1")
  }
  const answer = yield* Effect.mapError(Schema.decodeUnknownEffect(Answer)(stdout), () =>
    failed("answers what is not credentials")
  )
  return answer.Secret === "" ? null : credentialsOf(answer.Username, answer.Secret)
})

/** null: docker has no credentials for it. */
export const credentialsFor = Effect.fn("DockerFiles.credentialsFor")(function* (registry: string) {
  const config = yield* clientConfig
  if (config === null) return null
  const helper = config.credHelpers?.[registry] ?? config.credHelpers?.[keyOf(registry)] ?? config.credsStore
  const found = helper ? yield* askHelper(helper, registry) : null
  return found ?? inFile(config, registry)
})

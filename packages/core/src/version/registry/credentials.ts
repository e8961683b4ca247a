/** What this host's docker knows of a registry's users: `config.json`, or the program that it names. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { networkEnvironment } from "../../process/environment.ts"
import { run } from "../../process/Tool.ts"
import { type ClientConfig, clientConfig, configFolder, DockerFileFault } from "./DockerFiles.ts"

/** LAW-12: neither part is ever shown. */
export type Credentials =
  | { readonly _tag: "Password"; readonly user: string; readonly password: Redacted.Redacted }
  /** Is exchanged for a token of the registry's (OAuth 2). */
  | { readonly _tag: "Identity"; readonly token: Redacted.Redacted }

const hubKey = "https://index.docker.io/v1/"

/** Under what name docker keeps a registry's user. */
const keyOf = (registry: string): string => (registry === "docker.io" ? hubKey : registry)

/** An entry may be written as a URL: its host is what counts. */
const hostOf = (key: string): string => key.replace(/^https?:\/\//, "").replace(/\/.*$/, "")

const credentialsOf = (user: string, secret: string): Credentials =>
  // What a credential helper says in place of a user when it has a token.
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

/** A helper says on its standard output that it has nothing, and ends with 1. */
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

/** null: docker has none for it, and asks as nobody. */
export const credentialsFor = Effect.fn("DockerFiles.credentialsFor")(function* (registry: string) {
  const config = yield* clientConfig
  if (config === null) return null
  const helper = config.credHelpers?.[registry] ?? config.credHelpers?.[keyOf(registry)] ?? config.credsStore
  const found = helper ? yield* askHelper(helper, registry) : null
  return found ?? inFile(config, registry)
})

/**
 * LAW-12: secrets in the recipe itself (a password under `environment`, the hash of a basic-auth label, an option of a
 * command). A failing task, or docker in an error about a file, may repeat them.
 */
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { readSmallText } from "../../disk/readSmallFile.ts"
import type { Release } from "../../domain/App.ts"
import { confidentialIn, confidentialOf } from "../../secrets/confidential.ts"
import { parseSource } from "../../yaml/Source.ts"

/** Plain configuration values (`db`, `keycloak`, a path, a host) stay readable whatever their name. */
const isLong = (value: string): boolean =>
  value.length >= 12 && !/[\s/]/.test(value) && !/^[\w-]+(?:\.[\w-]+)+$/.test(value)

const entriesOf = (value: unknown): ReadonlyArray<readonly [name: string, value: string]> => {
  if (Array.isArray(value)) {
    return value.map((line) => {
      const [name = "", ...rest] = String(line).split("=")
      return [name, rest.join("=")]
    })
  }
  return Predicate.isObject(value) ? Object.entries(value).map(([name, one]) => [name, String(one)]) : []
}

const property = (value: unknown, key: string): unknown => (Predicate.hasProperty(value, key) ? value[key] : undefined)

const isReference = (value: string): boolean => /^\$[{\w]/.test(value)

/** Secrets of a parsed compose file, before or after its interpolation. */
export const secretsOfCompose = (document: unknown): ReadonlyArray<string> => {
  const services = property(document, "services")
  const found = (Predicate.isObject(services) ? Object.values(services) : []).flatMap((service) => {
    const named = [
      ...entriesOf(property(service, "environment")),
      ...entriesOf(property(service, "labels")),
      ...entriesOf(property(property(service, "deploy"), "labels"))
    ].filter(([, value]) => !isReference(value))
    const words = [property(service, "command"), property(service, "entrypoint")].flat().filter(Predicate.isString)
    return [
      // A label or a variable of the recipe that is neither named like a secret nor long is a setting.
      ...named.flatMap(([name, value]) => (isLong(value) ? [value] : confidentialIn(`${name}=${value}`))),
      ...named.flatMap(([, value]) => confidentialIn(value)),
      ...confidentialIn(words.join(" "))
    ]
  })
  return [...new Set(found.flatMap((value) => [value, value.replaceAll("$$", "$")]))]
}

/**
 * Secrets of every YAML file at the top of a release. Unreadable files are ignored here; `readCompose` reports them.
 */
export const secretsOfRecipe = Effect.fn("Docker.secretsOfRecipe")(function* (release: Release) {
  const names = yield* Effect.promise(() => readdir(release.dir).catch((): ReadonlyArray<string> => []))
  const found = yield* Effect.forEach(names.filter((name) => /\.ya?ml$/.test(name)).slice(0, 50), (name) =>
    readSmallText(join(release.dir, name), { followLinks: false }).pipe(
      Effect.map((text) => {
        const parsed = parseSource(text, { unknownTags: "ignore" })
        return [...confidentialIn(text), ...(Result.isSuccess(parsed) ? secretsOfCompose(parsed.success.value) : [])]
      }),
      Effect.catch(() => Effect.succeed<ReadonlyArray<string>>([]))
    )
  )
  return [...new Set(found.flat())]
})

/** Longer ones are keys and certificates, of which apps print no more than a part. */
const mostSecretBytes = 16 * 1024

/** A line of a secret. A shorter one may be any word. */
const shortestLine = 12

/** What files of secrets contain, and its lines. */
export const secretsInFiles = (files: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(
    Effect.forEach(files, (file) => Effect.orElseSucceed(readSmallText(file, { maxBytes: mostSecretBytes }), () => "")),
    (texts) =>
      texts.flatMap((text) => [
        text.trim(),
        ...text
          .split("\n")
          .map((line) => line.trim())
          .filter((line) => line.length >= shortestLine)
      ])
  )

/** Secrets of a running container, from its variables as `NAME=value`. */
export const secretsOfEnv = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  confidentialOf(Object.fromEntries(entriesOf(lines)))

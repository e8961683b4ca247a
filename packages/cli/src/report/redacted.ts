/** LAW-12: redacts the whole content of a report once more. Pure. */
import { redact, withoutSecrets } from "@lastgood/core/secrets/Redact"

const isSecretName = (name: string): boolean =>
  /pass(?:word|wd|phrase)|pwd|secret|token|(?:api|private|client|access)[_-]?key|credential|cookie|authorization|^auth$|salt/i.test(
    name
  )

const walk = (value: unknown, secrets: ReadonlyArray<string>): unknown => {
  if (typeof value === "string") return redact(value, secrets)
  if (Array.isArray(value)) return value.map((item) => walk(item, secrets))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isSecret = isSecretName(name) && (typeof inner === "string" || typeof inner === "number")
      return [redact(name, secrets), isSecret ? "***" : walk(inner, secrets)]
    })
  )
}

const textsIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => [name, ...textsIn(inner)])
    : []
}

/** Redacts each text separately, so that the result is JSON again. */
const withoutSecretsIn = <A>(values: ReadonlyArray<A>, secrets: ReadonlyArray<string>): ReadonlyArray<unknown> => {
  // The raw texts, because a secret that JSON escapes would not be found.
  const whole = textsIn(values).join("\n")
  // Searching for each secret in each of a million texts would take minutes.
  const present = secrets.filter((secret) => withoutSecrets(whole, [secret]) !== whole)
  return values.map((value) => walk(value, present))
}

export const redactedJson = (value: unknown, secrets: ReadonlyArray<string>): string =>
  `${JSON.stringify(withoutSecretsIn([value], secrets)[0], null, 2)}\n`

/** One value per line. */
export const redactedLines = (values: ReadonlyArray<unknown>, secrets: ReadonlyArray<string>): string =>
  withoutSecretsIn(values, secrets)
    .map((value) => `${JSON.stringify(value)}\n`)
    .join("")

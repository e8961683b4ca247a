/**
 * Reads a project although variables or env files that it needs are missing, to name all of them at once. Each missing
 * value is replaced by a placeholder, so the result is for an examination only and must never be deployed.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { kindBehind } from "../../disk/kindAt.ts"
import type { App } from "../../domain/App.ts"
import type { Docker } from "../docker/Docker.ts"
import { decodeJson } from "../docker/decodeJson.ts"
import { type ComposeOutput, composeTool } from "./plugin.ts"
import { type ProjectSource, sourceEnv, sourceFlags } from "./source.ts"

export interface Tolerated {
  /** The last answer. Its code is not 0 if something else is wrong with the project. */
  readonly answer: ComposeOutput
  readonly profiles: ReadonlySet<string>
  /** Variables that the project requires (`${NAME:?}`). */
  readonly required: ReadonlyArray<string>
  /** Variables that it uses, and for which compose would take an empty value. */
  readonly unset: ReadonlyArray<string>
  /** Absolute paths. */
  readonly missingEnvFiles: ReadonlyArray<string>
}

/** More missing values than any project has. */
const mostAttempts = 100

/** Values for what must be a path, and for what may be a number or a name. The first that compose accepts is taken. */
const placeholders = [
  { path: "./unset", other: "1" },
  { path: "./unset", other: "./unset" },
  { path: "1", other: "1" }
] as const

const EnvFile = Schema.Union([
  Schema.String,
  Schema.Struct({ path: Schema.String, required: Schema.optionalKey(Schema.Boolean) })
])
const Uninterpolated = Schema.Struct({
  services: Schema.Record(
    Schema.String,
    Schema.Struct({
      env_file: Schema.optionalKey(Schema.NullOr(Schema.Array(EnvFile))),
      volumes: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.Unknown)))
    })
  )
})

const requiredIn = (complaint: string): string | null =>
  /required variable (\w+) is missing a value/.exec(complaint)?.[1] ?? null

const envFileIn = (complaint: string): string | null => /env file (\S.*?) not found/.exec(complaint)?.[1] ?? null

export const tolerantConfig = Effect.fn("Compose.tolerantConfig")(function* (
  docker: Docker,
  app: App,
  source: ProjectSource
) {
  const tool = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>, input: string | null) =>
    composeTool(
      docker,
      app.stack,
      [...sourceFlags(source), ...(input === null ? [] : ["--file", "-"]), "config", ...args],
      { env: { ...sourceEnv(source, app), ...env }, ...(input === null ? {} : { input }) }
    )
  const required: Array<string> = []
  const unset = new Set<string>()
  const missingEnvFiles = new Set<string>()
  let raw: Raw | null = null
  let placed = 0
  let override: string | null = null
  const env = (): Readonly<Record<string, string>> => {
    const { other, path } = placeholders[Math.max(0, placed - 1)] ?? placeholders[0]
    const names = placed === 0 ? required : [...required, ...unset]
    return Object.fromEntries(names.map((name) => [name, raw?.paths.has(name) === true ? path : other]))
  }
  let answer = yield* tool(["--format", "json"], {}, null)
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    for (const name of answer.unset) unset.add(name)
    if (answer.code === 0) break
    raw ??= yield* rawOf(yield* tool(withoutValues, {}, null))
    const name = requiredIn(answer.complaint)
    const file = envFileIn(answer.complaint)
    if (name !== null && !required.includes(name)) required.push(name)
    else if (file !== null && override === null) {
      for (const one of [file, ...raw.missingEnvFiles]) missingEnvFiles.add(one)
      override = withoutEnvFiles(raw.services)
    } else if ((unset.size > 0 || required.length > 0) && placed < placeholders.length) placed += 1
    else break
    answer = yield* tool(["--format", "json"], env(), override)
  }
  const asks = (source.variables["COMPOSE_PROFILES"] ?? "") !== ""
  const profiles = asks && answer.code === 0 ? (yield* tool(["--profiles"], env(), override)).stdout.split("\n") : []
  const tolerated: Tolerated = {
    answer,
    profiles: new Set(profiles),
    required,
    unset: [...unset].filter((name) => !required.includes(name)),
    missingEnvFiles: [...missingEnvFiles]
  }
  return tolerated
})

const withoutValues = ["--no-interpolate", "--no-env-resolution", "--format", "json"]

/** What the files say before variables have values. */
interface Raw {
  readonly services: ReadonlyArray<string>
  /** Env files that they require. */
  readonly missingEnvFiles: ReadonlyArray<string>
  /** Variables in the sources of mounts. */
  readonly paths: ReadonlySet<string>
}

/** Older plugins do not tell it. */
const rawOf = Effect.fnUntraced(function* ({ code, stdout }: ComposeOutput) {
  const nothing: typeof Uninterpolated.Type = { services: {} }
  const { services } =
    code === 0 ? yield* Effect.orElseSucceed(decodeJson(Uninterpolated, stdout), () => nothing) : nothing
  const named = Object.values(services).flatMap(({ env_file }) =>
    (env_file ?? []).flatMap((one) => (typeof one === "string" ? [one] : one.required === false ? [] : [one.path]))
  )
  const plain = [...new Set(named)].filter((path) => !path.includes("$"))
  const mounts = JSON.stringify(Object.values(services).map(({ volumes }) => volumes ?? []))
  const raw: Raw = {
    services: Object.keys(services),
    missingEnvFiles: yield* Effect.filter(plain, (path) => Effect.map(kindBehind(path), (kind) => kind === null)),
    paths: new Set([...mounts.matchAll(/\$\{?(\w+)/g)].map(([, name = ""]) => name))
  }
  return raw
})

const withoutEnvFiles = (services: ReadonlyArray<string>): string =>
  ["services:", ...services.flatMap((name) => [`  ${JSON.stringify(name)}:`, "    env_file: !reset null"])].join("\n")

/**
 * What docker compose makes of the files of a project: merged, interpolated, checked, without services of inactive
 * profiles. The project of an app with a folder consists of the files of that folder and of the release together.
 *
 * A tolerant reading names everything that is missing at once: an empty file takes the place of each env file that is
 * not there, and a placeholder that of each variable without a value. Its result is judged and never deployed.
 */
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, Release } from "../../domain/App.ts"
import { isAnsweredOwn } from "../../domain/folders.ts"
import { realSource } from "../../host/hostSource.ts"
import type { Docker } from "../docker/Docker.ts"
import { decodeJson } from "../docker/decodeJson.ts"
import { isInside } from "../docker/hostPaths.ts"
import type { ComposeConfig } from "./composeConfig.ts"
import { propertyOf } from "./deployedModel.ts"
import { withKeptContents } from "./keptFiles.ts"
import { withPlaceholders } from "./placeholders.ts"
import { composeTool } from "./plugin.ts"
import type { ProjectFiles } from "./projectFiles.ts"
import { type ProjectSource, sourceEnv, sourceFlags } from "./source.ts"
import { ledBack, projectView, type View } from "./view.ts"

export interface Reading {
  readonly source: ProjectSource
  readonly named: ProjectFiles
  /** Whether something stands in for what is missing. Otherwise the project is refused. */
  readonly isTolerant: boolean
}

export interface Resolved {
  /** Why compose cannot use the files; null: it can. */
  readonly complaint: string | null
  /** The output of `docker compose config`. */
  readonly model: string
  /** Those that its services have, where the env file asks for any. */
  readonly profiles: ReadonlySet<string>
  /** Variables that the files require and that are not set: only of a tolerant reading. */
  readonly required: ReadonlyArray<string>
  /** Other variables that compose missed. A name may come from a `$` in a value, which may be secret (LAW-12). */
  readonly unset: ReadonlyArray<string>
  /** Missing env files: only of a tolerant reading. */
  readonly missing: ProjectFiles["missing"]
  /** Files that the version brings to a folder which the app writes to, and that are not in its own one. */
  readonly lacking: ReadonlyArray<string>
}

export const resolveProject = Effect.fn("Compose.resolve")(function* (
  config: ComposeConfig,
  docker: Docker,
  app: App,
  release: Release,
  reading: Reading
) {
  const { named, source } = reading
  const { folder } = app
  const copy = release.operatorFiles ?? null
  const ask = asker(config, docker, app, reading)
  const missing = reading.isTolerant ? named.missing.filter(({ use }) => use === "env") : []
  // A project that is examined where it is needs no view, if nothing stands in for anything.
  if (folder === null || (folder === release.dir && missing.length === 0)) {
    const resolved: Resolved = { ...(yield* ask(source)), lacking: [], missing: [] }
    return resolved
  }
  return yield* Effect.gen(function* () {
    const view = yield* projectView(docker, {
      copy,
      envFile: app.envFile === join(folder, ".env") ? source.envFile : null,
      folder,
      named: new Set([".env", ...named.paths]),
      isData: (path) => isAnsweredOwn(app, path),
      written: new Map([...missing.map(({ path }) => [path, ""] as const), ...named.kept]),
      release: release.dir
    })
    const files = yield* Effect.forEach(source.files, (file) => viewed(view, file))
    const asked = yield* ask({ ...source, files, dir: view.dir })
    const complaint = asked.complaint?.replaceAll(view.dir, folder) ?? null
    if (complaint !== null) return { ...asked, complaint, missing, lacking: [] }
    const led = yield* decodeJson(Schema.Json, asked.model).pipe(
      Effect.flatMap((value) => ledBack(view, value)),
      Effect.flatMap((value) => (copy === null ? Effect.succeed(value) : withKeptContents({ copy, folder }, value))),
      Effect.map((value) => ({ model: JSON.stringify(value), missing: missing.filter(isNeededBy(value, named)) })),
      // What is not JSON is refused where it is read.
      Effect.orElseSucceed(() => ({ model: asked.model, missing }))
    )
    const resolved: Resolved = { ...asked, ...led, lacking: view.lacking }
    return resolved
  }).pipe(Effect.scoped)
})

/** Asks compose about the project, whose own files may be in a view. */
const asker = (config: ComposeConfig, docker: Docker, app: App, { isTolerant, named, source }: Reading) =>
  Effect.fnUntraced(function* (from: ProjectSource) {
    const given = sourceEnv(from, app)
    const tool = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
      composeTool(docker, app.stack, [...sourceFlags(from), "config", ...args], { env: { ...given, ...env } })
    const modelWith = (env: Readonly<Record<string, string>>) =>
      from === source && Object.keys(env).length === 0 ? config(docker, app, source) : tool(env, "--format", "json")
    const { answer, env, required, unset } = isTolerant
      ? yield* withPlaceholders(modelWith, { known: new Set(Object.keys(given)), named })
      : yield* Effect.map(modelWith({}), (plain) => ({ answer: plain, env: {}, required: [], unset: plain.unset }))
    const isUsable = answer.code === 0
    const asks = (source.variables["COMPOSE_PROFILES"] ?? "") !== ""
    const profiles = asks && isUsable ? (yield* tool(env, "--profiles")).stdout.split("\n") : []
    return {
      complaint: isUsable ? null : answer.complaint,
      model: answer.stdout,
      profiles: new Set(profiles),
      required,
      unset
    }
  })

/** A compose file of the release or of the folder, by its name in the view. */
const viewed = Effect.fnUntraced(function* (view: View, file: string) {
  const layers = [view.release, ...(view.copy === null ? [] : [view.copy]), view.folder]
  const roots = yield* Effect.forEach(layers, realSource)
  const root = roots.find((one) => isInside(one, file))
  return root === undefined ? file : join(view.dir, relative(root, file))
})

/** Compose does not read the env files of a service whose profile is inactive. */
const isNeededBy = (model: unknown, { profiles }: ProjectFiles) => {
  const active = new Set(Object.keys(propertyOf(model, "services") ?? {}))
  return ({ at }: ProjectFiles["missing"][number]): boolean => {
    const [, service = ""] = /^services\.(.+)\.(?:env|label)_file$/.exec(at) ?? []
    return active.has(service) || !profiles.has(service)
  }
}

/** Reads what there is to know about a project that was found. Changes nothing. */
import { readdir } from "node:fs/promises"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { kindBehind } from "../disk/kindAt.ts"
import { examine } from "../examine.ts"
import { projectFiles } from "../runtime/compose/projectFiles.ts"
import { readVariables } from "../secrets/EnvFile.ts"
import { git, locate } from "../version/git.ts"
import { suggestFor } from "../version/images/suggest.ts"
import { allTags, versionsAmong } from "../version/tags.ts"
import type { Obstacle, ProjectFacts } from "./AppEntry.ts"
import type { FoundProject } from "./Found.ts"
import { filesOf } from "./filesOf.ts"
import { probePorts } from "./probe.ts"

/** Problems because of which the app could never be deployed. */
const hopeless: ReadonlySet<string> = new Set(["no-image", "invalid-recipe"])

/** Said once for the whole host, or not true of a repository. */
const saidElsewhere = (kind: string, hasTags: boolean): boolean =>
  kind === "watchtower" || (hasTags && kind === "not-a-recipe")

const gone = (what: string): Obstacle => ({
  what: `${what} does not exist on this host (a program in a container, such as Portainer, may have made the project)`,
  next: "put its compose file and its env file into a folder of this host, and start it from there"
})

/** The longest name of a stack in the configuration. */
const longName = ({ name }: FoundProject): ReadonlyArray<Obstacle> =>
  /^[a-z0-9][a-z0-9_-]{0,62}$/.test(name)
    ? []
    : [{ what: "its name has more than 63 characters", next: "start it under a shorter one (docker compose -p)" }]

/** The tags of the repository; null: it is not one, or has none that is a version. */
const tagsOf = Effect.fnUntraced(
  function* (recipe: string) {
    const repository = yield* locate(recipe)
    // What another user wrote is read when the app is configured.
    if (repository.owner !== null) return null
    const versions = versionsAmong(yield* allTags(repository))
    const newest = versions.at(-1)?.version
    if (newest === undefined) return null
    const { stdout } = yield* git(repository, ["tag", "--points-at", "HEAD"], { codes: [0, 1, 128, 129] })
    const here = stdout.split("\n").find((tag) => versions.some(({ version }) => version === tag)) ?? null
    return { newest, here }
  },
  (found) => Effect.orElseSucceed(found, () => null)
)

const namesIn = (folder: string): Effect.Effect<ReadonlySet<string>> =>
  Effect.promise(() => readdir(folder).catch(() => [])).pipe(Effect.map((names) => new Set(names)))

/** The first profile of each service that has any: one is enough to run it. */
const profilesOf = Effect.fnUntraced(function* (recipe: string, files: ReadonlyArray<string>) {
  const { profiles } = yield* projectFiles({ dir: recipe }, recipe, { files, variables: {} })
  return new Map(
    [...profiles].flatMap(([service, names]) => {
      const first = names.find((name) => /^[\w.-]+$/.test(name))
      return first === undefined ? [] : [[service, first] as const]
    })
  )
})

const nothingKnown = {
  tags: null,
  files: [],
  profiles: [],
  images: [],
  data: [],
  questions: [],
  hazards: [],
  ports: [],
  published: null
}

/** Nothing else can be told about it. */
const unknown = (project: FoundProject, recipe: string, obstacle: Obstacle): ProjectFacts => ({
  ...{ ...nothingKnown, project, recipe },
  obstacles: [obstacle]
})

/** @param root the folder in which lastgood keeps its own data. */
export const projectFacts = Effect.fn("Init.project")(function* (project: FoundProject, root: string) {
  const { folder } = project
  const [first, ...more] = project.files
  if (folder === null || first === undefined) return unknown(project, folder ?? "/", gone("its folder"))
  if ((yield* kindBehind(folder)) !== "folder") return unknown(project, folder, gone(`its folder ${folder}`))
  const missing = yield* Effect.findFirst([first, ...more], (file) =>
    Effect.map(kindBehind(file), (kind) => kind !== "file")
  )
  if (missing._tag === "Some") return unknown(project, dirname(first), gone(`its compose file ${missing.value}`))

  const envFile = project.envFiles[0] ?? null
  const said = yield* Effect.orElseSucceed(readVariables(envFile ?? join(folder, ".env")), () => undefined)
  const { named, outside, recipe } = filesOf([first, ...more], yield* namesIn(dirname(first)), said?.["COMPOSE_FILE"])
  const tags = yield* tagsOf(recipe)
  const looked = yield* Effect.result(
    examine({
      folder,
      files: named.length === 0 && recipe === folder ? [] : project.files,
      name: project.name,
      envFile,
      answers: new Map(),
      root
    })
  )
  if (Result.isFailure(looked)) {
    const { message, next } = looked.failure
    return unknown(project, recipe, { what: message, next })
  }
  const examined = looked.success
  const inFile = new Set(examined.services.map(({ name }) => name))
  const beside = project.services.filter(({ isRunning, service }) => isRunning && !inFile.has(service))
  const profiles = yield* profilesOf(recipe, project.files)
  const images = [
    ...examined.services.flatMap(({ image, name: service, versions: { follow } }) => {
      return image === null ? [] : [{ service, image, follow }]
    }),
    ...beside
      .filter(({ service }) => profiles.has(service))
      .map(({ image, service }) => ({ service, image, follow: suggestFor(image, false).follow }))
  ]
  const problems = examined.problems.filter(({ kind }) => !saidElsewhere(kind, tags !== null))
  const healthchecks = new Set(
    examined.services.flatMap(({ healthcheck, name }) => (healthcheck === null ? [] : [name]))
  )
  const services = project.services.map((service) => ({
    ...service,
    hasHealthcheck: service.hasHealthcheck || healthchecks.has(service.service)
  }))
  const [published] = examined.services.flatMap((service) =>
    service.published.filter(({ protocol }) => protocol === "tcp")
  )
  const facts: ProjectFacts = {
    ...{ recipe, tags, files: named, images },
    project: { ...project, services },
    published: published?.port ?? null,
    profiles: [...new Set(beside.flatMap(({ service }) => profiles.get(service) ?? []))],
    data: examined.data,
    questions: examined.questions,
    obstacles: [
      ...longName(project),
      ...outside.map((file) => ({
        what: `its compose file ${file} is not in the folder ${recipe}`,
        next: "copy the file into that folder, and start the project with it"
      })),
      ...problems.filter(({ kind }) => hopeless.has(kind))
    ],
    hazards: problems.filter(({ kind }) => !hopeless.has(kind)),
    ports: yield* probePorts(project.services)
  }
  return facts
})

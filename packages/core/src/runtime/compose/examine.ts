/**
 * What lastgood would make of a project of docker compose: its data, the questions about it, and everything that would
 * be refused. Needs no configuration, and the engine only for what it alone knows. Changes nothing, and its result
 * contains no value of an env file (LAW-12).
 */
import { realpath } from "node:fs/promises"
import { basename, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { kindBehind } from "../../disk/kindAt.ts"
import { faultOf, faultText, personOf, remedyFor } from "../../disk/ownership.ts"
import type { App, DataAnswer, Release } from "../../domain/App.ts"
import { writtenPath } from "../../domain/DataFolder.ts"
import { projectNameOf } from "../../domain/projectNameOf.ts"
import { fromTags } from "../../domain/VersionsFrom.ts"
import { readVariables, secretsIn } from "../../secrets/EnvFile.ts"
import { type Docker, makeDocker } from "../docker/Docker.ts"
import { declaredBy } from "../docker/declared.ts"
import { distinct } from "../docker/hazards.ts"
import { isInside } from "../docker/hostPaths.ts"
import { isMadeHere } from "../docker/images.ts"
import { secretsOfRecipe } from "../docker/recipeSecrets.ts"
import { withoutEngine } from "../docker/withoutEngine.ts"
import type { Hazard } from "../Runtime.ts"
import { type ComposeProject, projectOf } from "./ComposeProject.ts"
import { makeComposeConfig } from "./composeConfig.ts"
import { dataIn, type ExaminedProject, foreignQuestions, notDataIn, questionsIn, unnamedQuestions } from "./examined.ts"
import { hazardsOf, unsetVariable } from "./Hazards.ts"
import { factsOf, namesUsedBy, projectName } from "./preflight.ts"
import { projectFiles } from "./projectFiles.ts"
import { complaintOf, replaceFile, unusableText } from "./refusal.ts"
import { type Resolved, resolveProject } from "./resolve.ts"
import { type ProjectSource, projectSource } from "./source.ts"

/** A project. Every path is absolute. */
export interface ProjectInput {
  /** Its working folder. */
  readonly folder: string
  /** Its compose files, in the order in which compose merges them. Empty: those that compose finds itself. */
  readonly files: ReadonlyArray<string>
  /** null: as compose names the project of the folder. */
  readonly name: string | null
  /** null: `.env` of the folder, if there is one. */
  readonly envFile: string | null
  /** Answers of the operator about its data, by path. */
  readonly answers: ReadonlyMap<string, DataAnswer>
  /** The folder in which lastgood keeps its own data. */
  readonly root: string
}

/** For the code that it shares with the apps of a configuration. */
const appFor = ({ answers, envFile, folder, name, root }: ProjectInput): App => {
  const stack = name ?? stackNameOf(folder)
  return {
    ...{ name: stack, recipe: folder, versions: fromTags, recipeName: basename(folder), runtime: "compose" },
    ...{ domain: stack, stack, envFile, volumes: [], folder, data: answers, dir: join(root, stack) }
  }
}

/** As compose names the project of a folder. */
const stackNameOf = (folder: string): string => projectNameOf(folder) || "project"

/** As the configuration takes it for an app with a folder. */
const envFileOf = (folder: string): Effect.Effect<string | null> => {
  const file = join(folder, ".env")
  return Effect.map(kindBehind(file), (kind) => (kind === "file" ? file : null))
}

const hazard = (kind: string, what: string, next: string): Hazard => ({ kind, what, next })

/** The compose files. */
const sourceFor = Effect.fnUntraced(function* (app: App, release: Release, files: ReadonlyArray<string>) {
  if (files.length === 0) return yield* projectSource({ ...app, folder: null }, release)
  const variables = yield* readVariables(release.envFile).pipe(
    Effect.mapError(({ message: reason, next }) => ({ reason, next }))
  )
  const outside = files.find((file) => !isInside(release.dir, file))
  if (outside !== undefined) {
    return yield* Effect.fail({
      reason: `${outside} is outside of the project's folder ${release.dir}`,
      next: "name a folder that holds all of its compose files"
    })
  }
  const source: ProjectSource = { files, variables, dir: release.dir, envFile: release.envFile }
  return source
})

/** LAW-17: lastgood refuses to read such a folder. */
const folderProblems = (folder: string): ReadonlyArray<Hazard> => {
  const fault = faultOf(folder, personOf(folder))
  if (fault === null) return []
  const what = `another user could change what the folder ${folder} says: ${faultText(fault)}`
  return [hazard("untrusted-folder", what, remedyFor(fault))]
}

const envFileProblems = ({ missing }: Resolved, folder: string): ReadonlyArray<Hazard> =>
  missing.map(({ path }) => {
    const name = writtenPath(join(folder, path), folder)
    return hazard("missing-file", `the env file ${name} does not exist`, `create it: touch ${name}`)
  })

const Anything = Schema.Struct({})

/** The engine, or in its place one that has nothing. */
const engineOf = (client: Docker) =>
  client.info(Anything).pipe(
    Effect.map(() => ({ docker: client, reason: null })),
    Effect.catch(({ reason }) => Effect.succeed({ docker: withoutEngine(client), reason }))
  )

const isQuestion: ReadonlySet<string> = new Set(["unanswered-folder", "anonymous-volume", "external-volume"])

/** An engine alone knows whether these are missing. */
const needsEngine: ReadonlySet<string> = new Set(["missing-network", "missing-volume"])

export const examineProject = Effect.fn("Compose.examine")(function* (input: ProjectInput) {
  const folder = yield* Effect.promise(() => realpath(input.folder).catch(() => input.folder))
  const envFile = input.envFile ?? (yield* envFileOf(folder))
  const app = appFor({ ...input, folder, envFile })
  const release: Release = { version: "now", commit: "", dir: folder, envFile }
  const secrets = [...(yield* secretsIn([envFile])), ...(yield* secretsOfRecipe(release))]
  const clientFor = yield* makeDocker("compose")
  const client = clientFor({ app: app.name, operation: "check", secrets })
  const nothing: Omit<ExaminedProject, "problems"> = {
    ...{ name: app.stack, folder, files: input.files, envFile, withoutEngine: null },
    ...{ services: [], data: [], external: [], questions: [], notData: [] }
  }
  const examined = (more: Partial<ExaminedProject>, problems: ReadonlyArray<Hazard>): ExaminedProject => ({
    ...nothing,
    ...more,
    problems: distinct([...problems, ...folderProblems(folder)])
  })

  const sourced = yield* Effect.result(sourceFor(app, release, input.files))
  if (Result.isFailure(sourced)) {
    const { next, reason } = sourced.failure
    return examined({}, [hazard("invalid-recipe", reason, next)])
  }
  const source = sourced.success
  const named = yield* projectFiles(release, folder, source)
  const stack = input.name ?? projectName({ source, givenName: named.name }) ?? app.stack
  const target: App = { ...app, stack }
  const files = { name: stack, files: source.files }
  if (named.unusable.length > 0) {
    return examined(
      files,
      named.unusable.map((one) => hazard("invalid-recipe", unusableText(one), replaceFile))
    )
  }
  const config = yield* makeComposeConfig
  const resolved = yield* resolveProject(config, client, target, release, { source, named, isTolerant: true })
  const missing = envFileProblems(resolved, folder)
  const unset = [...resolved.required, ...resolved.unset]
  if (resolved.complaint !== null) {
    const unnamed = yield* namesUsedBy(named, unset)
    const { next, reason } = complaintOf(client, resolved.complaint)
    // With placeholders for what is missing, the complaint may be about these.
    const isWhole = missing.length + unset.length > 0
    const rest = isWhole ? [] : [hazard("invalid-recipe", reason, next)]
    return examined(files, [...missing, ...unnamed.map(unsetVariable), ...rest])
  }
  const engine = yield* engineOf(client)
  const read = yield* Effect.result(
    // Missing env files are named as problems of their own.
    projectOf(client, target, release, source, named, { ...resolved, missing: [] })
  )
  if (Result.isFailure(read)) {
    const { next, reason } = read.failure
    return examined(files, [...missing, hazard("invalid-recipe", reason, next)])
  }
  // The recipe is a plain folder, without what services write to.
  const project: ComposeProject = { ...read.success, docker: engine.docker, dir: join(app.dir, "releases", "now") }
  const { facts, judged } = yield* factsOf(target, project)
  const hazards = hazardsOf(facts).filter(
    ({ kind }) => !isQuestion.has(kind) && (engine.reason === null || !needsEngine.has(kind))
  )
  const declared = yield* declaredBy(engine.docker, project.compose)
  const imageless = project.imageless.map(({ next, service, what }) =>
    hazard("no-image", `the service ${service} ${what}`, next)
  )
  return examined(
    {
      ...files,
      withoutEngine: engine.reason,
      services: declared.map(({ healthcheck, name }) => {
        const image = project.compose.services.find((one) => one.name === name)?.image ?? null
        const isLocal = image !== null && isMadeHere(image, facts.images.get(name))
        return { name, image, isLocal, healthcheck, published: project.more.get(name)?.published ?? [] }
      }),
      ...dataIn(project, judged, folder, facts),
      questions: [...questionsIn(judged, folder), ...unnamedQuestions(facts), ...foreignQuestions(facts)],
      notData: yield* notDataIn(project, folder)
    },
    [...missing, ...imageless, ...hazards]
  )
})

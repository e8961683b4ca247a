/**
 * Whether lastgood can take a project of docker compose, and what it would make of it, before any configuration. Changes
 * nothing.
 */
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { kindAt } from "./disk/kindAt.ts"
import { runningUser } from "./disk/ownership.ts"
import { diskUsage } from "./process/diskUsage.ts"
import { examineProject, type ProjectInput } from "./runtime/compose/examine.ts"
import type { ExaminedData, ExaminedProject, ExaminedQuestion, ExaminedService } from "./runtime/compose/examined.ts"
import { hashFolder } from "./version/folder.ts"
import { type Suggestion, suggestFor, versionsLine } from "./version/images/suggest.ts"

export type { ProjectInput } from "./runtime/compose/examine.ts"

/** null: nothing is there yet, or it is not known. */
interface Sized {
  readonly bytes: number | null
}

export interface Examined extends Omit<ExaminedProject, "services" | "written" | "data" | "questions"> {
  readonly services: ReadonlyArray<ExaminedService & { readonly versions: Suggestion }>
  readonly data: ReadonlyArray<ExaminedData & Sized>
  readonly questions: ReadonlyArray<ExaminedQuestion & Sized>
  /** The line of the configuration. */
  readonly versions: string
  /** By root, as which lastgood usually runs: it refuses folders that another user could change (LAW-17). */
  readonly byRoot: boolean
  /** The line for its env file, with which compose finds the named files; null: it finds them itself. */
  readonly composeFile: string | null
  /** The folder is a git repository, so its tags or a branch can be versions too. */
  readonly isRepository: boolean
}

/** A folder for which it takes longer has no size. */
const sizeTimeoutMs = 10_000

const sized = <A extends { readonly path: string | null }>(one: A): Effect.Effect<A & Sized> =>
  Effect.map(one.path === null ? Effect.succeed(null) : diskUsage(one.path, sizeTimeoutMs), (bytes) => ({
    ...one,
    bytes
  }))

export const examine = Effect.fn("Project.examine")(function* (input: ProjectInput) {
  const { written, ...project } = yield* examineProject(input)
  // A folder that cannot be copied as a recipe would be refused when its first version is looked up.
  const recipe = yield* hashFolder(project.folder, written).pipe(
    Effect.as([]),
    Effect.catch(({ next, reason }) => {
      const what = `the folder ${project.folder} cannot be a recipe: ${reason}`
      return Effect.succeed([{ kind: "not-a-recipe", what, next }])
    })
  )
  const services = project.services.map((service) => ({
    ...service,
    versions: suggestFor(service.image, service.isLocal)
  }))
  const examined: Examined = {
    ...project,
    services,
    data: yield* Effect.forEach(project.data, sized, { concurrency: 4 }),
    questions: yield* Effect.forEach(project.questions, sized, { concurrency: 4 }),
    versions: versionsLine(services),
    byRoot: runningUser() === 0,
    composeFile:
      input.files.length === 0
        ? null
        : `COMPOSE_FILE=${input.files.map((file) => relative(project.folder, file)).join(":")}`,
    isRepository: (yield* kindAt(join(project.folder, ".git"))) !== null,
    problems: [...project.problems, ...recipe]
  }
  return examined
})

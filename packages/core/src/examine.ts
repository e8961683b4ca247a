/**
 * Whether lastgood can take a project of docker compose, and what it would make of it, before any configuration. Changes
 * nothing.
 */
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { folderSize } from "./disk/folderSize.ts"
import { kindAt } from "./disk/kindAt.ts"
import { runningUser } from "./disk/ownership.ts"
import { examineProject, type ProjectInput } from "./runtime/compose/examine.ts"
import type { ExaminedData, ExaminedProject, ExaminedQuestion, ExaminedService } from "./runtime/compose/examined.ts"
import { type Suggestion, suggestFor, versionsLine } from "./version/images/suggest.ts"

export type { ProjectInput } from "./runtime/compose/examine.ts"

interface Sized {
  /** null: nothing is there yet, or it is not known. */
  readonly bytes: number | null
  /** There is more: not everything was counted. */
  readonly isPartial: boolean
}

export interface Examined extends Omit<ExaminedProject, "services" | "data" | "questions"> {
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

const sized = Effect.fnUntraced(function* <A extends { readonly path: string | null }>(one: A) {
  const isThere = one.path !== null && (yield* kindAt(one.path)) !== null
  const { bytes, isPartial } =
    one.path !== null && isThere ? yield* folderSize(one.path) : { bytes: null, isPartial: false }
  const found: A & Sized = { ...one, bytes, isPartial }
  return found
})

export const examine = Effect.fn("Project.examine")(function* (input: ProjectInput) {
  const project = yield* examineProject(input)
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
    isRepository: (yield* kindAt(join(project.folder, ".git"))) !== null
  }
  return examined
})

/** The result of an examination (`examine.ts`), made from what the runtime judged. */
import * as Effect from "effect/Effect"
import type { DataAnswer } from "../../domain/App.ts"
import { type MountJudgement, whyNoData, writtenPath } from "../../domain/DataFolder.ts"
import { namedVolume, unnamedVolume } from "../../domain/folders.ts"
import type { Compose } from "../docker/Compose.ts"
import { unanswered } from "../docker/hazards.ts"
import { bindsOf, hostMountsOf } from "../docker/hostMounts.ts"
import { boundFolder } from "../docker/volumes.ts"
import type { Hazard } from "../Runtime.ts"
import type { ComposeProject, ServiceMore } from "./ComposeProject.ts"
import { anonymousVolumes, type ComposeFacts, foreignVolumes } from "./Hazards.ts"

export interface ExaminedService {
  readonly name: string
  /** null: it has none, or it is only built. */
  readonly image: string | null
  /** The image is on this host, and did not come from a registry. */
  readonly isLocal: boolean
  readonly healthcheck: "compose" | "image" | null
  readonly published: ServiceMore["published"]
}

/** Something that a service keeps data in. */
export interface ExaminedData {
  readonly kind: "volume" | "folder" | "file"
  /** The name of a volume as in the compose file, or the path of a folder: relative, if it is in the project's. */
  readonly name: string
  /** Absolute; null: a volume that does not exist yet, or whose folder is not known. */
  readonly path: string | null
  readonly services: ReadonlyArray<string>
}

export interface ExaminedQuestion {
  /** Absolute; null: a volume without a name. */
  readonly path: string | null
  /** As it is written in the configuration. */
  readonly name: string
  readonly services: ReadonlyArray<string>
  /** Each is the predicate of `<path> <reason>`. */
  readonly reasons: ReadonlyArray<string>
  readonly answers: ReadonlyArray<DataAnswer>
}

export interface ExaminedMount {
  readonly name: string
  readonly services: ReadonlyArray<string>
  /** The predicate of `<name> <why>`. */
  readonly why: string
}

export interface ExaminedProject {
  readonly name: string
  readonly folder: string
  /** Absolute. */
  readonly files: ReadonlyArray<string>
  readonly envFile: string | null
  /** Why the engine was not asked; null: it was. */
  readonly withoutEngine: string | null
  readonly services: ReadonlyArray<ExaminedService>
  readonly data: ReadonlyArray<ExaminedData>
  /** What the operator called external. */
  readonly external: ReadonlyArray<string>
  readonly questions: ReadonlyArray<ExaminedQuestion>
  readonly notData: ReadonlyArray<ExaminedMount>
  /** All that has to be done first. Empty: the project can be taken as it is. */
  readonly problems: ReadonlyArray<Hazard>
}

const mounting = ({ services }: Compose, key: string): ReadonlyArray<string> =>
  services
    .filter(({ mounts }) => mounts.some(({ kind, source }) => kind === "volume" && source === key))
    .map(({ name }) => name)

export const dataIn = (
  { compose }: ComposeProject,
  { data, external }: MountJudgement,
  folder: string,
  { answers, owners }: Pick<ComposeFacts, "answers" | "owners">
): Pick<ExaminedProject, "data" | "external"> => {
  const volumes = compose.volumes
    .filter(({ external: isElsewhere, name }) => !isElsewhere || answers.get(namedVolume(name)) === "own")
    .map(({ key, name }): ExaminedData => {
      const there = owners.volumes.find(({ Name }) => Name === name)
      const path = there === undefined ? null : (boundFolder(there) ?? there.Mountpoint)
      return { kind: "volume", name: key, path, services: mounting(compose, key) }
    })
  return {
    data: [
      ...volumes.filter(({ services }) => services.length > 0),
      ...data.map(({ kind, path, services }) => ({ kind, name: writtenPath(path, folder), path, services }))
    ],
    external: external.map((path) => writtenPath(path, folder))
  }
}

export const questionsIn = ({ questions }: MountJudgement, folder: string): ReadonlyArray<ExaminedQuestion> =>
  questions.map(({ answers, path, reasons, services, source }) => ({
    ...{ path, services, reasons, answers },
    name: writtenPath(source, folder)
  }))

export const foreignQuestions = (facts: ComposeFacts): ReadonlyArray<ExaminedQuestion> => {
  const { volumes } = facts.project.compose
  // Without an engine, the names of existing volumes are not known.
  const declared = volumes.filter(({ external, name }) => external && !name.startsWith(`${facts.stack}_`))
  const known = new Set(facts.owners.volumes.map(({ Name }) => Name))
  const names = [...foreignVolumes(facts), ...declared.map(({ name }) => name).filter((name) => !known.has(name))]
  return [...new Set(names)]
    .filter((name) => !facts.answers.has(namedVolume(name)))
    .map((name) => ({
      path: facts.owners.volumes.find(({ Name }) => Name === name)?.Mountpoint ?? null,
      name: namedVolume(name),
      services: mounting(facts.project.compose, volumes.find((one) => one.name === name)?.key ?? name),
      reasons: ["was made outside of the project"],
      answers: ["own", "external"]
    }))
}

export const unnamedQuestions = (facts: ComposeFacts): ReadonlyArray<ExaminedQuestion> => {
  const names = new Map(
    unanswered(anonymousVolumes(facts), facts.answers).map(({ path, service }) => [
      unnamedVolume(service, path),
      service
    ])
  )
  return [...names].map(([name, service]) => ({
    ...{ path: null, name, services: [service], answers: ["external"] },
    reasons: [
      "is a volume without a name, which is lost when the app is taken down: name it in the compose file if it holds data"
    ]
  }))
}

export const notDataIn = Effect.fnUntraced(function* ({ compose }: ComposeProject, folder: string) {
  const mounts = yield* hostMountsOf("compose", bindsOf(compose))
  const found = [
    ...mounts.flatMap((mount) => {
      const why = whyNoData(mount)
      return why === null ? [] : [{ name: writtenPath(mount.source, folder), service: mount.service, why }]
    }),
    ...compose.services.flatMap(({ mounts: all, name: service }) =>
      all.flatMap(({ kind, target }) => (kind === "tmpfs" ? [{ name: target, service, why: "is in memory" }] : []))
    )
  ]
  return [...Map.groupBy(found, ({ name, why }) => JSON.stringify([name, why])).values()].flatMap((same) => {
    const [first] = same
    const services = [...new Set(same.map(({ service }) => service))]
    return first === undefined ? [] : [{ name: first.name, why: first.why, services }]
  })
})

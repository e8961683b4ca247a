/** A project of docker compose as an app of the configuration. Pure. */
import { join } from "node:path"
import { projectNameOf } from "../domain/projectNameOf.ts"
import { countedSize } from "../domain/size.ts"
import type { Watchtower } from "../runtime/docker/Watchtower.ts"
import type { AppEntry, ProjectFacts } from "./AppEntry.ts"
import { gateLines } from "./checks.ts"
import { versionsLines, versionsNote } from "./follow.ts"
import { comment, indented, listed, noted, scalar } from "./lines.ts"
import { adviceFor, type WatchtowerAdvice } from "./watched.ts"

/** A name of the configuration: project names may be longer, and may begin with other characters. */
export const appName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, "-")
    .replace(/^[._-]+/, "")
    .slice(0, 63) || "app"

const sized = ({ bytes, isPartial }: Pick<ProjectFacts["data"][number], "bytes" | "isPartial">): string =>
  bytes === null ? "" : ` (${countedSize(bytes, isPartial)})`

const dataNote = ({ data }: ProjectFacts): ReadonlyArray<string> =>
  data.length === 0
    ? []
    : comment(
        `Data, snapshotted before an upgrade and restored by a rollback: ${data
          .map((one) => `${one.name} of ${listed(one.services)}${sized(one)}`)
          .join("; ")}.`
      )

type Question = ProjectFacts["questions"][number]

/** Reasons of a folder that can only be somebody else's: the engine's, or the whole host. */
const isOfHost = /^(?:is the whole host|belongs to the engine|holds .*, which is the engine's own)$/

/** Any other answer would be a guess about data. */
const isOpen = ({ answers, reasons }: Question): boolean =>
  answers.length !== 1 || !reasons.every((reason) => isOfHost.test(reason))

const questionText = ({ name, path, reasons, services, ...measured }: Question): string =>
  path === null
    ? `${name}${sized(measured)} ${reasons.join(", ")}.`
    : `${listed(services)} can write to ${path}${sized(measured)}, which ${reasons.join(", ")}.`

const dataLines = ({ questions }: ProjectFacts): ReadonlyArray<string> => {
  if (questions.length === 0) return []
  const told = questions
    .filter((question) => !isOpen(question))
    .flatMap((question) => [...comment(questionText(question)), `${JSON.stringify(question.name)}: external`])
  const open = questions.filter(isOpen)
  const why = open.flatMap((question) => comment(`OPEN: ${questionText(question)}`))
  const keys = open.map(({ answers: [first = "external", ...others], name }) =>
    noted(`# ${JSON.stringify(name)}: ${first}`, others.map((other) => `or ${other}`).join(", "))
  )
  const how = open.some(({ answers }) => answers.length > 1)
    ? "own: data of this app. external: neither snapshotted nor restored. Choose, and remove the # of these lines:"
    : "external: neither snapshotted nor restored. If no data is lost by that, remove the # of these lines:"
  if (told.length > 0)
    return ["data:", ...indented([...told, ...why, ...(keys.length > 0 ? [`# ${how}`] : []), ...keys])]
  return [...why, `# ${how}`, "# data:", ...keys.map((line) => line.replace("# ", "#   "))]
}

const envLine = ({ files, project, profiles }: ProjectFacts): ReadonlyArray<string> => {
  const [first, ...more] = project.envFiles
  const file = first ?? (project.folder === null ? ".env" : join(project.folder, ".env"))
  return [
    ...(first === undefined || first === join(project.folder ?? "/", ".env") ? [] : [`env: ${scalar(first)}`]),
    ...(more.length === 0
      ? []
      : comment(
          `OPEN: it was started with more than one env file. lastgood reads one: copy the variables of ${listed(more)} into ${first}.`
        )),
    ...(files.length === 0
      ? []
      : comment(`OPEN: it was started with these compose files. Write into ${file}: COMPOSE_FILE=${files.join(":")}`)),
    ...(profiles.length === 0
      ? []
      : comment(`OPEN: services of a profile run. Write into ${file}: COMPOSE_PROFILES=${profiles.join(",")}`))
  ]
}

const policyLines = ({ interval, isManual, notes, schedule }: WatchtowerAdvice): ReadonlyArray<string> => [
  ...notes.flatMap(comment),
  isManual
    ? noted("policy: manual", "no automatic upgrades")
    : noted("policy: minor", "patch, minor, major or manual: how far an automatic upgrade may go"),
  ...(schedule === null
    ? []
    : [noted(`schedule: ${JSON.stringify(schedule)}`, "as Watchtower had it, in the host's time zone")]),
  ...(interval === null ? [] : [noted(`interval: ${interval}`, "as Watchtower had it")])
]

const sourceLines = ({ images, tags }: ProjectFacts, kept: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (tags !== null) {
    return [noted("versions: tags", `the git tags of the folder; the newest is ${tags.newest}`)]
  }
  return [...comment(versionsNote(images, kept)), ...versionsLines(images, kept)]
}

const aboutProject = ({ project, tags }: ProjectFacts): ReadonlyArray<string> => {
  const running = project.services.filter(({ isRunning }) => isRunning).length
  const state =
    running === 0 ? "It is stopped." : running === project.services.length ? "It runs." : "A part of it runs."
  return [
    ...comment(
      `The compose project ${project.name}${project.folder === null ? "" : ` in ${project.folder}`}: ${project.services
        .map(({ image, service }) => `${service} (${image})`)
        .join(", ")}. ${state}`
    ),
    ...(tags === null
      ? []
      : comment(
          tags.here === null
            ? "No tag of a version is checked out in its folder: tell promote which version runs (--version)."
            : `The tag ${tags.here} is checked out in its folder. If that is what runs: promote with --version ${tags.here}.`
        ))
  ]
}

export const projectEntry = (facts: ProjectFacts, towers: ReadonlyArray<Watchtower>): AppEntry => {
  const { hazards, obstacles, project, recipe } = facts
  const folder = project.folder ?? "/"
  const advice = adviceFor(towers, project.services)
  const name = appName(project.name)
  const lines = [
    `recipe: ${scalar(recipe)}`,
    ...(project.folder === null ? [] : [noted(`folder: ${scalar(folder)}`, "the compose file there stays as it is")]),
    "runtime: compose",
    ...(projectNameOf(folder) === project.name ? [] : [`stack: ${scalar(project.name)}`]),
    ...envLine(facts),
    ...sourceLines(facts, advice.fixed),
    ...dataNote(facts),
    ...dataLines(facts),
    ...policyLines(advice),
    ...gateLines(project.services, facts.ports, facts.published)
  ]
  return {
    name,
    runtime: "compose",
    why: obstacles.length === 0 ? null : obstacles.map(({ next, what }) => `${what}: ${next}`).join("; "),
    about: [
      ...aboutProject(facts),
      ...obstacles.flatMap(({ next, what }) => comment(`NOT TAKEN: ${what}. To take it: ${next}.`)),
      ...hazards.flatMap(({ next, what }) => comment(`OPEN: ${what}. To do: ${next}.`))
    ],
    lines,
    open: facts.questions.filter(isOpen).map(({ name }) => name)
  }
}

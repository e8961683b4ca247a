/** Deploys a project and waits for it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { App, Release } from "../../domain/App.ts"
import { type Container, nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import type { Ready } from "../docker/deploy.ts"
import { missingOnes } from "../docker/hazards.ts"
import { releaseLabels } from "../docker/labels.ts"
import { missingFiles } from "../docker/prerequisites.ts"
import { untilEnded } from "../docker/untilEnded.ts"
import { failingChecks } from "./access.ts"
import type { ComposeProject } from "./ComposeProject.ts"
import { converge, type ExpectedContainers } from "./Convergence.ts"
import { labelled } from "./deployedModel.ts"
import { composeTool } from "./plugin.ts"
import {
  isOneOff,
  isStopping,
  projectContainers,
  serviceOf,
  servicesLabel,
  servicesToLabel
} from "./projectContainers.ts"
import { sourceEnv, sourceFlags } from "./source.ts"

export const pollMs = 300
/** Added to the time limit of the client, so that the wait ends first. */
const clientGraceMs = 60_000

/** Whether the containers of a project match the release. */
export const convergeTo = (
  { release, read }: Ready<ComposeProject>,
  before: ReadonlyArray<Container>,
  begunAt: number
) => {
  const expected: ExpectedContainers = {
    services: read.services,
    commit: release.commit,
    restartsBefore: new Map(before.map(({ Id, RestartCount }) => [Id, RestartCount ?? 0])),
    begunAt
  }
  return (containers: ReadonlyArray<Container>, now: number) => converge(expected, containers, now)
}

/** Compose waits for HEALTHCHECKs, also of dependencies, so their output comes first. */
export const failedDeploy = (docker: Docker, app: App, reason: string) =>
  Effect.map(failingChecks(docker, app), (checks) => docker.failed(checks + docker.redact(reason), seeThem(app)))

const seeThem = ({ stack }: App): string =>
  `inspect its containers: docker compose -p ${stack} ps --all, and their logs`

/** The part of a project that is needed to clear it. */
interface ToClear extends Pick<ComposeProject, "services"> {
  readonly docker: Pick<Docker, "all" | "failed" | "redact" | "run">
}

/**
 * Removes containers that must not exist when the release starts: those that an undeploy which ran out of time is still
 * stopping (`up` would take them for running), and those of services that the release does not have (`up` leaves one
 * whose service only lost its profile).
 */
export const clear = Effect.fnUntraced(function* (app: App, { docker, services }: ToClear, deadline: number) {
  const isGone = (container: Container) => !isOneOff(container) && !services.has(serviceOf(container))
  const list = Effect.map(projectContainers(docker, app.stack), (all) =>
    all.filter((container) => isStopping(container) || isGone(container))
  )
  let found = yield* list
  if (found.length === 0) return
  const round = Effect.gen(function* () {
    // Without --volumes. Otherwise compose would start an ended one again, under its current name.
    const ended = found.filter(({ State }) => !State.Running)
    if (ended.length > 0) yield* docker.run(["container", "rm", ...ended.map(({ Id }) => Id)], { codes: [0, 1] })
    const writing = found.filter(({ State }) => State.Running)
    if (writing.length > 0) {
      const left = Math.max(0, deadline - (yield* Clock.currentTimeMillis))
      // Again, because a process may have been killed after it marked the container and before it stopped it.
      yield* docker
        .run(["container", "stop", ...writing.map(({ Id }) => Id)], {
          codes: [0, 1],
          timeoutMs: left + clientGraceMs
        })
        .pipe(Effect.timeoutOption(left))
    }
    found = yield* list
    return found
  })
  yield* untilEnded(docker, round, { deadline, pollMs })
})

/**
 * Nothing is pulled or built now: prefetch has done it, and registry problems would only extend the downtime. Waits for
 * the `depends_on` conditions of the compose file.
 */
export const up = Effect.fnUntraced(function* ({ app, release, read: project, deadline }: Ready<ComposeProject>) {
  const { docker } = project
  yield* assertFiles(project)
  const flags = ["--detach", "--remove-orphans", "--pull", "never", "--no-build"]
  const left = Math.max(0, deadline - (yield* Clock.currentTimeMillis))
  const { model, source } = project
  const [from, input] =
    model === null
      ? [sourceFlags(source), override(release, project)]
      : [
          sourceFlags({ ...source, files: [], envFile: null }),
          JSON.stringify(labelled(model, labelsFor(release, project), release.images))
        ]
  const answer = yield* composeTool(docker, app.stack, [...from, "--file", "-", "up", ...flags], {
    env: sourceEnv(source, app),
    input,
    timeoutMs: left + clientGraceMs
  }).pipe(Effect.timeoutOption(left))
  if (Option.isNone(answer)) {
    const seen = (yield* projectContainers(docker, app.stack)).map(stateOf).toSorted().join(", ")
    const reason = `it did not start in time: ${seen || "there is no container yet"}`
    return yield* Effect.flip(failedDeploy(docker, app, reason))
  }
  const { code, complaint } = answer.value
  if (code === 0) return
  const said = complaint.trim().split("\n").slice(-5).join("; ").slice(-1000)
  const reason = said === "" ? `docker compose ended with code ${code}` : said
  return yield* Effect.flip(failedDeploy(docker, app, reason))
})

/**
 * In the place of a missing file, docker would make a folder, and the app could come up without its settings. Only a new
 * version has a preflight, which refuses it earlier.
 */
const assertFiles = Effect.fnUntraced(function* ({ compose, docker }: Pick<ComposeProject, "compose" | "docker">) {
  const [missing] = missingOnes(yield* missingFiles(compose))
  if (missing !== undefined) return yield* docker.failed(missing.what, missing.next)
})

const labelsFor = (release: Release, { services }: ComposeProject): Readonly<Record<string, string>> => ({
  ...releaseLabels(release),
  [servicesLabel]: servicesToLabel(services)
})

const stateOf = (container: Container): string => `${nameOf(container)} (${container.State.Status})`

/**
 * A last compose file, read from standard input, that labels containers with their release and its services. The
 * recipe's files are not changed.
 */
const override = (release: Release, project: ComposeProject): string => {
  const labels = labelsFor(release, project)
  const { images = {} } = release
  // JSON is YAML, but a `$` would start a variable.
  return JSON.stringify({
    services: Object.fromEntries(
      [...project.more.keys()].map((name) => {
        const image = images[name]?.image
        return [name, image === undefined ? { labels } : { labels, image }]
      })
    )
  }).replaceAll("$", "$$$$")
}

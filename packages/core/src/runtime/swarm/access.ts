/** A look into a running stack: commands in its containers, their state, and what they printed. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { redact } from "../../process/Redact.ts"
import { allContainers, type Container, labelOf } from "../docker/containers.ts"
import type { Call, Docker } from "../docker/Docker.ts"
import { type ContainerState, type ExecResult, RuntimeFailed } from "../Runtime.ts"
import {
  endOf,
  hasEnded,
  isWanted,
  namespaceLabel,
  readStack,
  type Service,
  type Stack,
  shortName
} from "./Services.ts"

const serviceNameLabel = "com.docker.swarm.service.name"

/** A command may end with any code: it is the answer. */
const anyCode = Array.from({ length: 256 }, (_, code) => code)

/**
 * The service that is meant: the named one, the only one, or (as Co-op Cloud's recipes name it) `app`.
 */
const pick = (call: Call, app: App, { services }: Stack, wanted: string | undefined) => {
  const named = new Map(services.map((service) => [shortName(app.stack, service.Spec.Name), service]))
  const only = named.size === 1 ? [...named.values()][0] : undefined
  const found = wanted === undefined ? (only ?? named.get("app")) : named.get(shortName(app.stack, wanted))
  if (found !== undefined) return Effect.succeed(found)
  const known = [...named.keys()].toSorted().join(", ")
  return Effect.fail(
    new RuntimeFailed({
      app: app.name,
      operation: call.operation,
      reason:
        named.size === 0
          ? "no service of it is there"
          : wanted === undefined
            ? `it has several services (${known}), and none is called app`
            : `it has no service ${wanted} (there are: ${known})`,
      next: named.size === 0 ? `lastgood deploy ${app.name}` : "name the service in the check"
    })
  )
}

const newestFirst = (containers: ReadonlyArray<Container>): ReadonlyArray<Container> =>
  containers.toSorted((a, b) => b.Created.localeCompare(a.Created))

const ownContainers = (docker: Docker, call: Call, app: App) =>
  Effect.map(allContainers(docker, call), (all) =>
    newestFirst(all.filter((container) => labelOf(container, namespaceLabel) === app.stack))
  )

const containerOf = Effect.fnUntraced(function* (docker: Docker, call: Call, app: App, service: Service) {
  const containers = yield* ownContainers(docker, call, app)
  const own = containers.filter((container) => labelOf(container, serviceNameLabel) === service.Spec.Name)
  return own.find(({ State }) => State.Running) ?? null
})

/** `sh -c` in the newest running container of a service. An interrupt ends the wait; the command itself may go on. */
export const exec = Effect.fn("swarm.exec")(function* (
  docker: Docker,
  call: Call,
  app: App,
  command: string,
  wanted: string | undefined
) {
  const service = yield* pick(call, app, yield* readStack(docker, call, app.stack), wanted)
  const container = yield* containerOf(docker, call, app, service)
  if (container === null) {
    return yield* new RuntimeFailed({
      app: app.name,
      operation: call.operation,
      reason: `no container of ${shortName(app.stack, service.Spec.Name)} runs on this host`,
      next: `see its tasks: docker service ps --no-trunc ${service.Spec.Name}`
    })
  }
  const { code, stdout, stderr } = yield* docker.run(call, ["exec", container.Id, "sh", "-c", command], {
    codes: anyCode,
    timeoutMs: execTimeoutMs
  })
  // Docker's own failures come with the code 1 of a command that failed; only their words tell them apart.
  if (code !== 0 && /^Error( response from daemon)?: /.test(stderr)) return yield* docker.complaint(call, stderr)
  const result: ExecResult = { code, output: redact(stdout + stderr, call.secrets) }
  return result
})

/** Longer than any check's own limit. */
const execTimeoutMs = 24 * 60 * 60 * 1000

/** The HEALTHCHECK of a service's container, or that it runs where it has none. */
export const containerState = Effect.fn("swarm.containerState")(function* (
  docker: Docker,
  call: Call,
  app: App,
  wanted: string | undefined
) {
  const stack = yield* readStack(docker, call, app.stack)
  const service = yield* pick(call, app, stack, wanted)
  const container = yield* containerOf(docker, call, app, service)
  if (container === null) {
    const tasks = stack.tasks.filter(({ ServiceID }) => ServiceID === service.ID)
    const newest = tasks.toSorted((a, b) => b.Status.Timestamp.localeCompare(a.Status.Timestamp))[0]
    const state: ContainerState = {
      ok: false,
      // The swarm makes the next task in the same moment in which it gives one up; none wanted: none will come.
      dead: tasks.length > 0 && !tasks.some((task) => isWanted(task) && !hasEnded(task)),
      seen: newest === undefined ? "no task yet" : redact(endOf(newest), call.secrets)
    }
    return state
  }
  const health = container.State.Health?.Status ?? "none"
  const state: ContainerState =
    health === "none"
      ? { ok: true, dead: false, seen: "running, without a HEALTHCHECK" }
      : { ok: health === "healthy", dead: false, seen: health }
  return state
})

/** Containers of one stack whose output is worth a look: those of a crash loop come last and say the most. */
const containersToRead = 12

/** The last lines of all containers of the stack, by time, and why tasks failed that never had a container. */
export const logs = Effect.fn("swarm.logs")(function* (docker: Docker, call: Call, app: App, lines: number) {
  const { services, tasks } = yield* readStack(docker, call, app.stack)
  const names = new Map(services.map(({ ID, Spec }) => [ID, shortName(app.stack, Spec.Name)]))
  const containers = yield* ownContainers(docker, call, app)
  const printed = yield* Effect.forEach(containers.slice(0, containersToRead), (container) => {
    const name = shortName(app.stack, labelOf(container, serviceNameLabel) ?? "")
    return docker
      .run(call, ["container", "logs", "--timestamps", "--tail", String(lines), container.Id], { codes: [0, 1] })
      .pipe(Effect.map(({ stdout, stderr }) => linesOf(stdout + stderr).map((line) => stamped(line, name))))
  })
  const refused = tasks
    .filter(({ Status }) => Status.State === "rejected" || Status.State === "failed")
    .map((task) => ({ at: task.Status.Timestamp, text: `${names.get(task.ServiceID) ?? "?"} | task ${endOf(task)}` }))
  const all = [...printed.flat(), ...refused].toSorted((a, b) => a.at.localeCompare(b.at))
  return redact(
    all
      .slice(-lines)
      .map(({ text }) => text)
      .join("\n"),
    call.secrets
  )
})

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

const stamped = (line: string, service: string) => {
  const space = line.indexOf(" ")
  return { at: line.slice(0, space), text: `${service} | ${line.slice(space + 1)}` }
}

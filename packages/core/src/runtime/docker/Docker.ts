/**
 * The docker command line, with the errors of the Runtime port. Output of docker is redacted before it leaves this file
 * (LAW-12): the client quotes environment values when it rejects a file.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { RuntimeKind } from "../../domain/App.ts"
import { run as runTool, type ToolFailed, type ToolOptions, type ToolResult } from "../../process/Tool.ts"
import { redact } from "../../secrets/Redact.ts"
import { type RuntimeError, RuntimeFailed, RuntimeUnavailable } from "../Runtime.ts"
import { clientEnv } from "./clientEnv.ts"
import { decodeJson } from "./decodeJson.ts"
import { inspectedBy, type ListedNoun, listedBy, type Noun, networksBy } from "./engineReads.ts"
import { ask, socketOf } from "./engineSocket.ts"

export type { Noun } from "./engineReads.ts"

/** The app and operation of a call to docker, and the secrets that no error may contain. */
export interface Call {
  readonly app: string
  /** As in `<operation> of <app> failed`. */
  readonly operation: string
  readonly secrets: ReadonlyArray<string>
}

/** The docker client for one call. */
export interface Docker {
  readonly kind: RuntimeKind
  readonly call: Call
  /** Any docker command. The client sees only `env` of the options and its own variables. */
  readonly run: (args: ReadonlyArray<string>, options?: ToolOptions) => Effect.Effect<ToolResult, RuntimeError>
  /** Ids (of volumes: names) of every object of a kind, or of those with a label (`key=value`). */
  readonly ids: (
    noun: Exclude<ListedNoun, "task">,
    label?: string
  ) => Effect.Effect<ReadonlyArray<string>, RuntimeError>
  /**
   * Ids of the tasks of a stack, in any state. Unlike the list of a service's tasks, it includes tasks of removed
   * services.
   */
  readonly taskIds: (stack: string, label: string) => Effect.Effect<ReadonlyArray<string>, RuntimeError>
  /** Every object of a kind, or those with a label, as `inspect` shows them. */
  readonly all: <A>(
    noun: Exclude<ListedNoun, "task">,
    schema: Schema.Decoder<A>,
    label?: string
  ) => Effect.Effect<ReadonlyArray<A>, RuntimeError>
  /** The name of every network by its id. */
  readonly networkNames: Effect.Effect<ReadonlyMap<string, string>, RuntimeError>
  /** The output of `docker info`. */
  readonly info: <A>(schema: Schema.Decoder<A>) => Effect.Effect<A, RuntimeError>
  /** `docker inspect` of many objects at once. An object that was removed after it was listed is omitted. */
  readonly inspect: <A>(
    noun: Noun,
    ids: ReadonlyArray<string>,
    schema: Schema.Decoder<A>
  ) => Effect.Effect<ReadonlyArray<A>, RuntimeError>
  /** The error for a complaint in an answer whose exit code was accepted. */
  readonly complaint: (said: string) => RuntimeError
  /** The error for the call. Output of docker or the app may go into `reason` only through `redact`. */
  readonly failed: (reason: string, next: string) => RuntimeFailed
  /** Removes the call's secrets from a text. */
  readonly redact: (text: string) => string
  /** The same client, with more secrets to redact. */
  readonly withSecrets: (more: ReadonlyArray<string>) => Docker
}

/**
 * An engine that takes longer to answer a read is considered broken. Pulls and commands in containers have their own
 * limits.
 */
const lookTimeoutMs = 60_000
const answerAtMost = 16 * 1024 * 1024

/** Reads the environment once. Each call then gets its own client. */
export const makeDocker = Effect.fn("Docker.make")(function* (kind: RuntimeKind) {
  const env = yield* clientEnv
  // Determined for each call, because the client follows a change of its context at once, and direct reads of the
  // engine must too.
  return (call: Call): Docker => clientFor(kind, env, socketOf(env), call)
})

/** Clients before 23.0 exit with code 0 when no engine answers, and print this complaint. */
const Complaints = Schema.Struct({ ServerErrors: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.String))) })

const lines = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

const clientFor = (
  kind: RuntimeKind,
  env: Readonly<Record<string, string>>,
  socket: string | null,
  call: Call
): Docker => {
  const run: Docker["run"] = (args, options = {}) =>
    runTool("docker", args, {
      timeoutMs: lookTimeoutMs,
      maxBytes: answerAtMost,
      ...options,
      env: { ...options.env, ...env }
    }).pipe(Effect.mapError((error) => dockerFailed(kind, call, error)))

  const unexpected = (command: string) => (what: string) =>
    failed(call, `docker ${command} returned unexpected output: ${what}`)

  const ids: Docker["ids"] = (noun, label) =>
    Effect.gen(function* () {
      const listed = socket === null ? null : yield* listedBy(socket, noun, label)
      if (listed !== null) return listed
      const all = noun === "container" ? ["--all"] : []
      const full = noun === "container" || noun === "network" ? ["--no-trunc"] : []
      const filter = label === undefined ? [] : ["--filter", `label=${label}`]
      return lines((yield* run([noun, "ls", ...all, "--quiet", ...full, ...filter])).stdout)
    })

  const taskIds: Docker["taskIds"] = (stack, label) =>
    Effect.gen(function* () {
      const listed = socket === null ? null : yield* listedBy(socket, "task", label)
      if (listed !== null) return listed
      const { code, stdout, stderr } = yield* run(["stack", "ps", "--quiet", "--no-trunc", stack], { codes: [0, 1] })
      // This answer proves that the stack is quiet (LAW-1), so a failure must not look like "there are none".
      if (code !== 0 && !/^nothing found in stack/i.test(stderr)) return yield* dockerSaid(kind, call, stderr)
      return lines(stdout)
    })

  const networkNames: Docker["networkNames"] = Effect.gen(function* () {
    const listed = socket === null ? null : yield* networksBy(socket)
    if (listed !== null) return listed
    const { stdout } = yield* run(["network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}}"])
    return new Map(
      lines(stdout).map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)] as const)
    )
  })

  const info: Docker["info"] = (schema) =>
    Effect.gen(function* () {
      const answer = socket === null ? null : yield* ask(socket, "/info")
      const text = answer?._tag === "found" ? answer.text : (yield* run(["info", "--format", "{{json .}}"])).stdout
      const { ServerErrors } = yield* Effect.mapError(decodeJson(Complaints, text), unexpected("info"))
      if ((ServerErrors ?? []).length > 0) return yield* dockerSaid(kind, call, (ServerErrors ?? []).join("; "))
      return yield* Effect.mapError(decodeJson(schema, text), unexpected("info"))
    })

  const inspect: Docker["inspect"] = (noun, ids, schema) =>
    Effect.gen(function* () {
      if (ids.length === 0) return []
      const answers = socket === null ? null : yield* inspectedBy(socket, noun, ids)
      if (answers?.every(({ _tag, text }) => _tag === "found" || isMissing(noun, text)) === true) {
        const found = answers.filter(({ _tag }) => _tag === "found")
        return yield* Effect.mapError(
          Effect.forEach(found, ({ text }) => decodeJson(schema, text)),
          unexpected(`${noun} inspect`)
        )
      }
      // There is no `docker task inspect`.
      const command = noun === "task" ? ["inspect", "--type", "task"] : [noun, "inspect"]
      const { code, stdout, stderr } = yield* run([...command, ...ids], { codes: [0, 1] })
      const complaints = stderr.split("\n").filter((line) => line.trim() !== "")
      if (code !== 0 && !complaints.every((line) => isGone(noun, line))) {
        return yield* dockerSaid(kind, call, stderr)
      }
      return yield* Effect.mapError(decodeJson(Schema.Array(schema), stdout), unexpected(`${noun} inspect`))
    })

  const all: Docker["all"] = (noun, schema, label) =>
    Effect.flatMap(ids(noun, label), (found) => inspect(noun, found, schema))

  return {
    kind,
    call,
    run,
    ids,
    taskIds,
    all,
    inspect,
    networkNames,
    info,
    complaint: (said) => dockerSaid(kind, call, said),
    failed: (reason, next) => failed(call, reason, next),
    redact: (text) => redact(text, call.secrets),
    withSecrets: (more) => clientFor(kind, env, socket, { ...call, secrets: [...new Set([...call.secrets, ...more])] })
  }
}

/** Only the engine's own message for a missing object counts. A missing socket is "no such file". */
const isGone = (noun: Noun, line: string): boolean =>
  /^(?:Status: )?Error(?: response from daemon)?: /i.test(line) && isMissing(noun, line)

const isMissing = (noun: Noun, said: string): boolean =>
  new RegExp(`no such ${noun}|${noun} \\S+ not found`, "i").test(said.slice(0, 2000))

const seeDocker = "make sure that Docker works (docker info), then try again"

const failed = ({ app, operation }: Call, reason: string, next = seeDocker): RuntimeFailed =>
  new RuntimeFailed({ app, operation, reason, next })

const dockerFailed = (kind: RuntimeKind, call: Call, error: ToolFailed): RuntimeError =>
  error.notFound
    ? new RuntimeUnavailable({
        runtime: kind,
        reason: "docker is not installed",
        next: "install it: apt-get install docker.io"
      })
    : dockerSaid(kind, call, error.said)

/** The error for a complaint of docker: about the engine itself, or about this operation. */
const dockerSaid = (kind: RuntimeKind, call: Call, said: string): RuntimeError => {
  const words = said.slice(0, complaintAtMost)
  const trouble = engineTroubles.find(({ pattern }) => pattern.test(words))
  if (trouble === undefined) return failed(call, firstLines(redact(words, call.secrets)))
  return new RuntimeUnavailable({ runtime: kind, reason: trouble.reason, next: trouble.next })
}

export const installCompose =
  "install the plugin: apt-get install docker-compose-plugin from Docker's own packages, or docker-compose-v2 on Ubuntu"

const engineTroubles: ReadonlyArray<{ readonly pattern: RegExp; readonly reason: string; readonly next: string }> = [
  {
    pattern: /permission denied while trying to connect|dial unix .*: permission denied/i,
    reason: "this user may not use the Docker engine",
    next: "run lastgood as root, or as a member of the group docker"
  },
  {
    pattern: /cannot connect to the docker daemon|error during connect|failed to connect to the docker API/i,
    reason: "the Docker engine does not respond",
    next: "start it: systemctl start docker (or check DOCKER_HOST, if it runs elsewhere)"
  },
  {
    // A client without the plugin rejects `docker compose --project-name …` this way.
    pattern: /unknown flag: --project-name|'compose' is not a docker command|unknown command: docker compose/i,
    reason: "docker compose is not installed",
    next: installCompose
  },
  {
    pattern: /this node is not a swarm manager/i,
    reason: "this host is not a manager of a swarm",
    next: "docker swarm init, or run lastgood on a manager"
  },
  {
    pattern: /swarm does not have a leader/i,
    reason: "the swarm has lost its managers",
    next: "bring the other managers back, or docker swarm init --force-new-cluster"
  }
]

/** The longest part of a complaint that is processed. */
const complaintAtMost = 16 * 1024

/** Enough to understand, short enough for an alert. Redact first: a truncated secret would not be found. */
const firstLines = (text: string): string => text.trim().split("\n").slice(0, 5).join("; ").slice(0, 1000)

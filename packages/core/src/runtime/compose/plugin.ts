/** Docker's compose plugin: `docker compose`, version 2. */
import * as Effect from "effect/Effect"
import type { ToolOptions } from "../../process/Tool.ts"
import { type Docker, installCompose } from "../docker/Docker.ts"
import { RuntimeUnavailable } from "../Runtime.ts"

/** The first with all that is asked of it here (`up --pull`, `config --format json`, labels with the dependencies). */
const oldest = [2, 20] as const

/** What an env file or a user's habit could otherwise change: what is printed, what is removed, what is fetched. */
const settings = {
  COMPOSE_ANSI: "never",
  COMPOSE_PROGRESS: "quiet",
  COMPOSE_MENU: "false",
  COMPOSE_IGNORE_ORPHANS: "false",
  // A release is what its commit holds: files that an `include` brings from elsewhere are not.
  COMPOSE_EXPERIMENTAL_GIT_REMOTE: "false",
  COMPOSE_EXPERIMENTAL_OCI_REMOTE: "false"
}

const anyCode = Array.from({ length: 256 }, (_, code) => code)

export interface Answer {
  readonly code: number
  readonly stdout: string
  /** What it complains of, without its warnings and the story of its progress. */
  readonly complaint: string
  /** Variables that have no value. It goes on with an empty one. */
  readonly unset: ReadonlyArray<string>
}

/** `docker compose` on a project, whatever its code. */
export const composeTool = Effect.fn("Compose.tool")(function* (
  docker: Docker,
  project: string,
  args: ReadonlyArray<string>,
  options: ToolOptions = {}
) {
  const { code, stdout, stderr } = yield* docker.run(["compose", "--project-name", project, ...args], {
    ...options,
    env: { ...options.env, ...settings },
    codes: anyCode
  })
  const lines = stderr.split("\n")
  const answer: Answer = {
    code,
    stdout,
    complaint: lines.filter((line) => line.trim() !== "" && !isChatter(line)).join("\n"),
    unset: [...new Set(lines.flatMap((line) => /The \\?"(\w+)\\?" variable is not set/.exec(line)?.[1] ?? []))]
  }
  // The client's own failures (no engine, no plugin) are never the project's.
  if (code !== 0 && answer.complaint !== "") {
    const error = docker.complaint(answer.complaint)
    if (error._tag === "RuntimeUnavailable") return yield* error
  }
  return answer
})

const isChatter = (line: string): boolean =>
  /^time="[^"]*" level=(?:warning|info|debug) /.test(line) ||
  /^\s*(?:Container|Network|Volume|Image|Secret|Config|Service) \S+ {1,3}[A-Z][a-z]+/.test(line)

/** The plugin is there, is new enough, and has an engine to talk to. */
export const composeVersion = Effect.fn("Compose.version")(function* (docker: Docker) {
  const unavailable = (reason: string, next: string) => new RuntimeUnavailable({ runtime: docker.kind, reason, next })
  yield* docker.run(["version", "--format", "{{.Server.Version}}"])
  const { code, stdout } = yield* docker.run(["compose", "version", "--short"], { codes: anyCode })
  const version = stdout.trim().replace(/^v/, "")
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? []
  if (code !== 0 || major === undefined) return yield* unavailable("docker compose is not installed", installCompose)
  const isOld = Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1])
  if (isOld) {
    return yield* unavailable(`docker compose is ${version}, and it takes ${oldest.join(".")} or newer`, installCompose)
  }
  return { version }
})

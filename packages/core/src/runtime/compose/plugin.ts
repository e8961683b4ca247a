/** Docker's compose plugin: `docker compose`, version 2. */
import * as Effect from "effect/Effect"
import type { ToolOptions } from "../../process/Tool.ts"
import { type Docker, installCompose } from "../docker/Docker.ts"
import { RuntimeUnavailable } from "../Runtime.ts"

/**
 * The first version with everything that lastgood uses (`up --pull`, `config --format json`, labels with the
 * dependencies).
 */
const oldest = [2, 20] as const

/** Variables of an env file or the user that would change what compose prints, removes or fetches. */
const settings = {
  COMPOSE_ANSI: "never",
  COMPOSE_PROGRESS: "quiet",
  COMPOSE_MENU: "false",
  COMPOSE_IGNORE_ORPHANS: "false",
  // A release is its commit. Files that an `include` fetches from elsewhere are not part of it.
  COMPOSE_EXPERIMENTAL_GIT_REMOTE: "false",
  COMPOSE_EXPERIMENTAL_OCI_REMOTE: "false"
}

const anyCode = Array.from({ length: 256 }, (_, code) => code)

export interface ComposeOutput {
  readonly code: number
  readonly stdout: string
  /** Its error messages, without warnings and progress. */
  readonly complaint: string
  /** Variables without a value. Compose continues with an empty one. */
  readonly unset: ReadonlyArray<string>
}

/** The part of the client that runs compose. */
export type ComposeClient = Pick<Docker, "run" | "complaint">

/** `docker compose` on a project, with any exit code. */
export const composeTool = Effect.fn("Compose.tool")(function* (
  docker: ComposeClient,
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
  const answer: ComposeOutput = {
    code,
    stdout,
    complaint: lines.filter((line) => line.trim() !== "" && !isChatter(line)).join("\n"),
    unset: [...new Set(lines.flatMap((line) => /The \\?"(\w+)\\?" variable is not set/.exec(line)?.[1] ?? []))]
  }
  // Failures of the client itself (no engine, no plugin) are not failures of the project.
  if (code !== 0 && answer.complaint !== "") {
    const error = docker.complaint(answer.complaint)
    if (error._tag === "RuntimeUnavailable") return yield* error
  }
  return answer
})

const isChatter = (line: string): boolean =>
  /^time="[^"]*" level=(?:warning|info|debug) /.test(line) ||
  /^\s*(?:Container|Network|Volume|Image|Secret|Config|Service) \S+ {1,3}[A-Z][a-z]+/.test(line)

/** Checks that the plugin is installed and new enough, and that an engine answers. */
export const composeVersion = Effect.fn("Compose.version")(function* (docker: Docker) {
  const unavailable = (reason: string, next: string) => new RuntimeUnavailable({ runtime: docker.kind, reason, next })
  yield* docker.run(["version", "--format", "{{.Server.Version}}"])
  const { code, stdout } = yield* docker.run(["compose", "version", "--short"], { codes: anyCode })
  const version = stdout.trim().replace(/^v/, "")
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? []
  if (code !== 0 || major === undefined) return yield* unavailable("docker compose is not installed", installCompose)
  const isOld = Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1])
  if (isOld) {
    return yield* unavailable(`docker compose is ${version}, want ${oldest.join(".")} or newer`, installCompose)
  }
  return { version }
})

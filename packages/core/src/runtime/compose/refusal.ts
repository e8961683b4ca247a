/** Why docker compose cannot use the files of a project, without values (LAW-12). */
import * as Effect from "effect/Effect"
import type { Invalid } from "../docker/composeEnv.ts"
import type { Docker } from "../docker/Docker.ts"
import type { ProjectFiles } from "./projectFiles.ts"

export const repair = "correct the recipe or the env file, then check it: docker compose config"

export const replaceFile = "put a regular file in its place"

export const unusableText = ({ at, path, why }: ProjectFiles["unusable"][number]): string =>
  `${at} names ${path}, which ${why}`

/** Everything that is known to be missing, since compose stops at the first. */
const missingText = ({ missing, unset }: ProjectFiles): ReadonlyArray<string> => [
  ...missing.map(({ at, path }) => `${at} names ${path}, which does not exist`),
  ...unset.map((name) => `the variable ${name} is not set`)
]

const next = "create the files and set the variables in the env file"

/** The complaint of compose. It quotes lines of an env file that it cannot read: only their numbers are repeated. */
export const complaintOf = (
  docker: Pick<Docker, "redact">,
  complaint: string
): { readonly about: "env" | "files"; readonly reason: string; readonly next: string } => {
  const words = complaint.slice(0, 16 * 1024)
  const env = /failed to read [^\n]*?: (?:line (\d+): )?([a-z ]*)/.exec(words)
  if (env === null) {
    const reason = docker.redact(words).trim().split("\n").slice(0, 5).join("; ").slice(0, 1000)
    return { about: "files", reason, next: repair }
  }
  const [, line, why = ""] = env
  const known = /^(?:unterminated quoted value|key cannot contain a space|unexpected character)/.exec(why)?.[0]
  return {
    about: "env",
    reason: `docker compose cannot read its env file${line === undefined ? "" : `, line ${line}`}: ${known ?? "a value is neither text nor a variable"}`,
    next: "put values with a $, a quote or a # in single quotes, then check it: docker compose --env-file <file> config"
  }
}

export const refusal = (docker: Docker, complaint: string, named: ProjectFiles, fail: Invalid) => {
  const said = complaintOf(docker, complaint)
  const missing = missingText(named)
  const several = said.about === "files" && missing.length > 1
  return Effect.fail(several ? fail(missing.slice(0, 20).join("; "), next) : fail(said.reason, said.next))
}

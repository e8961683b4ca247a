/**
 * LAW-17: git on a repository of another user runs as that user. Its configuration, alternates, links and hooks may
 * make git read, write or start anything, but nothing that the user could not do anyway.
 */
import * as Effect from "effect/Effect"
import { toolEnvironment } from "../process/environment.ts"
import { InheritedFds, run, type ToolFailed, type ToolResult } from "../process/Tool.ts"

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** `-c safe.directory`: the owner was already determined. */
const settings = ["safe.directory=*", "core.fsmonitor=false", "core.hooksPath=/dev/null"]
const gitWithSettings = ["git", ...settings.flatMap((setting) => ["-c", setting])]

const becoming = ({ gid, uid }: Owner): ReadonlyArray<string> => [
  "setpriv",
  `--reuid=${uid}`,
  `--regid=${gid}`,
  "--clear-groups",
  "--no-new-privs"
]

/** Not root's home: that user cannot read it, and git would fail. */
const environment = {
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_NO_LAZY_FETCH: "1",
  GIT_TERMINAL_PROMPT: "0"
}

/**
 * Runs one git command as the owner. The owner must not inherit the claim on the app, and could otherwise keep it for
 * ever (LAW-7).
 */
export const gitAs = (owner: Owner, args: ReadonlyArray<string>): Effect.Effect<ToolResult, ToolFailed> => {
  const [tool = "", ...before] = becoming(owner)
  const options = { cwd: "/", env: environment, timeoutMs: 60_000 }
  return Effect.provideService(run(tool, [...before, "--", ...gitWithSettings, ...args], options), InheritedFds, [])
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The same for the git that root's git starts as the owner. */
const closing = "exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; exec"

/** For `--upload-pack`: git passes it to a shell, followed by the repository's path. */
export const uploadPackAs = (owner: Owner): string => {
  const variables = { PATH: toolEnvironment()["PATH"] ?? "", LC_ALL: "C", ...environment }
  const clean = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  const words = [...becoming(owner), "--", "env", "-i", ...clean, ...gitWithSettings, "upload-pack"]
  return `${closing} ${words.map(quoted).join(" ")}`
}

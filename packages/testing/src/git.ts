import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"

/** Runs git in a folder, without the host's configuration. Returns its output. */
export const git = (folder: string, ...args: ReadonlyArray<string>) =>
  run("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", "-C", folder, ...args], {
    env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" }
  }).pipe(
    Effect.map(({ stdout }) => stdout.trim()),
    Effect.orDie
  )

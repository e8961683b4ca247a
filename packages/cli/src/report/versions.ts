/** The versions of lastgood, its interpreter, the host and the tools. */
import { readFile } from "node:fs/promises"
import { arch, availableParallelism, release, totalmem } from "node:os"
import { isOneFile, ownPackage } from "@lastgood/core/installation"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import own from "../../package.json" with { type: "json" }
import { interpreter } from "../platform.ts"

const tools = {
  docker: ["docker", "--version"],
  "docker engine": ["docker", "version", "--format", "{{.Server.Version}}"],
  "docker compose": ["docker", "compose", "version", "--short"],
  abra: ["abra", "--version"],
  git: ["git", "--version"],
  tar: ["tar", "--version"],
  flock: ["flock", "--version"],
  systemd: ["systemctl", "--version"]
} as const

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? ""

const versionOf = ([tool, ...args]: (typeof tools)[keyof typeof tools]) =>
  run(tool, args, { timeoutMs: 10_000 }).pipe(
    Effect.map(({ stdout }) => firstLine(stdout)),
    Effect.catch((error) => Effect.succeed(`not available: ${firstLine(error.said)}`))
  )

const distribution = Effect.tryPromise(() => readFile("/etc/os-release", "utf8")).pipe(
  Effect.map((text) => /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? "unknown"),
  Effect.orElseSucceed(() => "unknown")
)

export const versions = Effect.gen(function* () {
  return {
    lastgood: own.version,
    installedAs: isOneFile ? "one file" : ownPackage,
    ...interpreter,
    system: yield* distribution,
    kernel: `${release()} ${arch()}`,
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    isRoot: process.getuid?.() === 0,
    ...(yield* Effect.all(
      Object.fromEntries(Object.entries(tools).map(([name, command]) => [name, versionOf(command)])),
      { concurrency: "unbounded" }
    ))
  }
})

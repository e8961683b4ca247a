/** The installed abra: its version, and whether it has the flags that lastgood uses (LAW-14). */
import * as Effect from "effect/Effect"
import type { Call } from "../docker/Docker.ts"
import { RuntimeUnavailable } from "../Runtime.ts"
import { abra } from "./Abra.ts"

/** The flags that lastgood uses, by command. */
export const needed = {
  deploy: ["--force", "--no-domain-checks", "--no-converge-checks", "--no-input", "--offline"],
  undeploy: ["--no-input", "--offline"]
} as const

const askTimeoutMs = 30_000

/** `--offline` also in help such as `-o, --offline   do not …`; not in `--offline-only`. */
const hasFlag = (help: string, flag: string): boolean => new RegExp(`(?:^|[\\s,])${flag}(?![\\w-])`, "m").test(help)

/** Fails if this abra lacks something that lastgood needs, and names it. */
export const installed = Effect.fn("Abra.installed")(function* (call: Call) {
  const ask = (...args: ReadonlyArray<string>) =>
    Effect.map(abra(call, args, { dir: null, timeoutMs: askTimeoutMs }), ({ stdout, stderr }) => `${stdout}\n${stderr}`)
  const version = /\b\d+\.\d+\.\d+\S*/.exec(yield* ask("--version"))?.[0] ?? null
  const missing: Array<string> = []
  for (const command of ["deploy", "undeploy"] as const) {
    const help = yield* ask("app", command, "--help")
    missing.push(
      ...needed[command].filter((flag) => !hasFlag(help, flag)).map((flag) => `${flag} of \`abra app ${command}\``)
    )
  }
  if (missing.length > 0) {
    return yield* new RuntimeUnavailable({
      runtime: "abra",
      reason: `the installed abra (${version ?? "unknown version"}) lacks ${missing.join(", ")}`,
      next: "install another version of abra (abra upgrade), or set runtime: swarm for the app"
    })
  }
  return { version: version ?? "unknown" }
})

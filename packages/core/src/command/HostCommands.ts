/** Adapter: commands as processes of this host. */
import { spawn } from "node:child_process"
import { accessSync, constants, statSync } from "node:fs"
import { delimiter, resolve } from "node:path"
import type { Readable } from "node:stream"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { EffectiveApp } from "../domain/App.ts"
import { confidentialIn, confidentialOf } from "../secrets/confidential.ts"
import { secretsIn } from "../secrets/EnvFile.ts"
import { type CommandEnd, CommandMissing, CommandOutput, type CommandRequest, Commands } from "./Commands.ts"
import { endRemnants, markName } from "./remnants.ts"
import { makeTail } from "./tail.ts"

/** How long to keep reading after all processes ended: the last output may still be on its way. */
const drainMs = 2000

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

const find = (program: string): Effect.Effect<void, CommandMissing> =>
  Effect.suspend(() => {
    const folders = program.includes("/") ? [""] : (process.env["PATH"] ?? "/usr/bin:/bin").split(delimiter)
    const found = program !== "" && folders.some((folder) => isProgram(resolve(folder, program)))
    return found ? Effect.void : Effect.fail(new CommandMissing({ program }))
  })

type How = Pick<CommandEnd, "code" | "signal"> & { readonly trouble: string }

const started = ({ argv, attempt, env, timeoutMs }: CommandRequest, output: CommandOutput) =>
  Effect.callback<How & { readonly timedOut: boolean; readonly tail: ReturnType<typeof makeTail> }>((resume) => {
    const [program, ...args] = argv
    const tail = makeTail()
    const child = spawn(program, args, {
      env: { ...process.env, ...env, [markName]: attempt },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"]
    })
    const group = child.pid ?? null
    const pass = async (stream: "stdout" | "stderr", from: Readable) => {
      for await (const chunk of from) {
        tail.add(stream, chunk)
        await output(stream, chunk)
      }
    }
    const passed = Promise.allSettled([pass("stdout", child.stdout), pass("stderr", child.stderr)])
    const drained = () =>
      Promise.race([passed, new Promise((done) => setTimeout(done, drainMs))]).then(() => {
        child.stdout.destroy()
        child.stderr.destroy()
      })
    let timedOut = false
    const limit = setTimeout(() => {
      timedOut = true
      void endRemnants(attempt, group)
    }, timeoutMs)
    const ended = new Promise<How>((done) => {
      child.once("error", ({ message }) => done({ code: null, signal: null, trouble: message }))
      child.once("exit", (code, signal) => done({ code, signal, trouble: "" }))
    }).finally(() => clearTimeout(limit))
    void ended.then(async (how) => {
      await endRemnants(attempt, group)
      await drained()
      resume(Effect.succeed({ ...how, timedOut, tail }))
    })
    return Effect.promise(async () => {
      clearTimeout(limit)
      await endRemnants(attempt, group)
      await drained()
    })
  })

const run = Effect.fn("Commands.run")(function* (app: EffectiveApp, request: CommandRequest) {
  const { code, signal, tail, timedOut, trouble } = yield* started(request, yield* CommandOutput)
  const secrets = [
    ...(yield* secretsIn(request.envFiles)),
    ...confidentialOf(Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ""]))),
    ...confidentialIn(request.argv.join(" ")),
    ...(app.extension?.secrets ?? [])
  ]
  const end: CommandEnd = { code, signal, timedOut, output: trouble === "" ? tail.told(secrets) : trouble }
  return end
})

export const layer = Layer.succeed(
  Commands,
  Commands.of({ find, run, end: (attempt) => Effect.promise(() => endRemnants(attempt, null)) })
)

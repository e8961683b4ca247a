/** Processes as the kernel lists them. Asking /proc, not lastgood, is what makes "no stray process" a proof. */
import { readdir, readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import { temporaryFolder } from "./temporaryFolder.ts"

export interface Process {
  readonly pid: number
  readonly command: string
}

const look = async (pid: number, text: string): Promise<Process | null> => {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")
  // A zombie has ended: it has no command line any more.
  const command = (await read("cmdline")).replaceAll("\0", " ").trim()
  if (command === "") return null
  return command.includes(text) || (await read("environ")).includes(text) ? { pid, command } : null
}

/** Every live process with `text` in its command line or its environment, this one excepted. */
export const mentioning = (text: string): Effect.Effect<ReadonlyArray<Process>> =>
  Effect.promise(async () => {
    const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 1 && pid !== process.pid)
    const found = await Promise.all(pids.map((pid) => look(pid, text)))
    return found.filter((one) => one !== null)
  })

const signal = (pid: number, name: NodeJS.Signals): Effect.Effect<void> =>
  Effect.ignore(Effect.try({ try: () => process.kill(pid, name), catch: (cause) => cause }))

export const kill = (pid: number): Effect.Effect<void> => signal(pid, "SIGKILL")

/** With all that it started; one that could not be started has no group, and must not stand for the test's own. */
export const killGroup = (leader: number | undefined): void => {
  if (leader !== undefined) process.kill(-leader, "SIGKILL")
}

/** Until none is left: one that was just about to start another is not missed. */
export const killAll = (text: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let left = yield* mentioning(text); left.length > 0; left = yield* mentioning(text)) {
      yield* Effect.forEach(left, ({ pid }) => kill(pid), { discard: true })
      yield* Effect.sleep("20 millis")
    }
  })

/** An empty folder. When the scope closes, every process that mentions it is gone, and then the folder. */
export const processFolder = Effect.suspend(() => withProcesses(temporaryFolder()))

/** The same, in another folder. */
export const withProcesses = <E, R>(folder: Effect.Effect<string, E, R>) =>
  Effect.tap(folder, (path) => Effect.addFinalizer(() => killAll(path)))

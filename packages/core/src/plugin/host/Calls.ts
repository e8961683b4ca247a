/** The calls into a plugin, inside its process: finds the function, calls it, and sends the result. */
import { confidentialInSettings } from "../../secrets/confidential.ts"
import type { PluginApp } from "../definePlugin.ts"
import { isStandardSchema, type StandardResult } from "../StandardSchema.ts"
import { textOf } from "../textOf.ts"
import type { About, Ask, FromProcess, FunctionPath, SettingsAnswer, ToProcess } from "./Message.ts"
import { plain } from "./plain.ts"

const keyOf = (path: FunctionPath): string => JSON.stringify(path)

type Ran = { readonly code: number; readonly output: string }

interface Waiting {
  readonly resolve: (ran: Ran) => void
  readonly reject: (reason: Error) => void
}

/** The decoded settings of one app, and the functions of its checks. */
interface Told {
  readonly about: string
  readonly app: PluginApp<unknown>
  checks: Map<string, unknown> | null
}

/** Waits for the end of the turn, so that a promise rejected in it is reported before the answer. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

export class Calls {
  readonly #send: (message: FromProcess) => void
  readonly #begun: Array<Ask & { readonly id: number }> = []
  readonly #aborts = new Map<number, AbortController>()
  readonly #commands = new Map<number, Waiting>()
  readonly #functions = new Map<string, unknown>()
  #plugin: { readonly value: unknown } | null = null
  #told: Told | null = null
  #lastCommand = 0

  constructor(send: (message: FromProcess) => void) {
    this.#send = send
  }

  /** The module is loaded: answers the requests that arrived meanwhile. */
  loaded(value: unknown): void {
    this.#plugin = { value }
    for (const ask of this.#begun.splice(0)) void this.#answer(ask)
  }

  take(message: Exclude<ToProcess, { readonly dump: true }>): void {
    if ("ask" in message) {
      if (this.#plugin === null) this.#begun.push(message)
      else void this.#answer(message)
    } else if ("abort" in message) {
      this.#aborts.get(message.abort)?.abort()
    } else if ("ran" in message) {
      this.#commandOf(message.ran)?.resolve({ code: message.code, output: message.output })
    } else {
      this.#commandOf(message.failed)?.reject(new Error(message.reason))
    }
  }

  #commandOf(id: number): Waiting | undefined {
    const waiting = this.#commands.get(id)
    this.#commands.delete(id)
    return waiting
  }

  async #answer(ask: Ask & { readonly id: number }): Promise<void> {
    const abort = new AbortController()
    this.#aborts.set(ask.id, abort)
    try {
      const value = await this.#do(ask, abort.signal)
      await turn()
      this.#send({ answer: ask.id, value })
    } catch (thrown) {
      await turn()
      this.#send({ threw: ask.id, reason: textOf(thrown).slice(0, 8192) })
    } finally {
      this.#aborts.delete(ask.id)
    }
  }

  async #do(ask: Ask & { readonly id: number }, signal: AbortSignal): Promise<unknown> {
    switch (ask.ask) {
      case "describe":
        return this.#describe()
      case "settings":
        return this.#settings(ask.about)
      case "health":
        return this.#health(this.#tell(ask.about))
      case "run":
        return plain(await this.#run(ask, signal), [], () => undefined)
    }
  }

  #describe(): unknown {
    return plain(this.#plugin?.value, [], (path, value) => void this.#functions.set(keyOf(path), value))
  }

  /** A function of the plugin. A process that was started for this call has not described the plugin yet. */
  #functionAt(path: FunctionPath): unknown {
    if (this.#functions.size === 0) this.#describe()
    return this.#functions.get(keyOf(path))
  }

  /** null: the schema is asynchronous. */
  #validate(settings: unknown): StandardResult<unknown> | null {
    const schema = this.#functionAt(["settings"])
    const answer = isStandardSchema(schema) ? schema["~standard"].validate(settings ?? {}) : { value: undefined }
    if (!isThenable(answer)) return answer
    Promise.resolve(answer).catch(() => undefined)
    return null
  }

  #settings({ settings }: About): SettingsAnswer {
    const answer = this.#validate(settings)
    if (answer === null) return { later: true }
    if (answer.issues === undefined) return { secrets: confidentialInSettings(answer.value).slice(0, 10_000) }
    return {
      issues: Array.from(answer.issues).map(({ message, path = [] }) => ({
        message: textOf(message).slice(0, 4096),
        path: Array.from(path).map((part) => {
          const key = typeof part === "object" ? part.key : part
          return typeof key === "number" ? key : String(key)
        })
      }))
    }
  }

  /** Decodes the same settings once. */
  #tell(about: About): Told {
    const key = JSON.stringify(about)
    if (this.#told?.about === key) return this.#told
    const answer = this.#validate(about.settings)
    if (answer === null || answer.issues !== undefined)
      throw new Error("its settings schema refused settings that it had accepted before")
    const app = Object.freeze({ ...about.app, settings: answer.value })
    this.#told = { about: key, app, checks: null }
    return this.#told
  }

  #health(told: Told): unknown {
    const health = this.#functionAt(["health"])
    const returned = typeof health === "function" ? health(told.app) : []
    if (isThenable(returned)) Promise.resolve(returned).catch(() => undefined)
    const checks = new Map<string, unknown>()
    const list = plain(returned, ["health"], (path, value) => void checks.set(keyOf(path), value))
    told.checks = checks
    return list
  }

  #run(ask: Extract<Ask, { readonly ask: "run" }> & { readonly id: number }, signal: AbortSignal): unknown {
    const told = this.#tell(ask.about)
    const ofCheck = ask.path[0] === "health"
    if (ofCheck && told.checks === null) this.#health(told)
    const found = ofCheck ? told.checks?.get(keyOf(ask.path)) : this.#functionAt(ask.path)
    if (typeof found !== "function") throw new Error("it no longer has this function")
    const inside = { exec: this.#exec(ask.id), signal }
    return found(ofCheck ? inside : { ...inside, ...ask.told, app: told.app })
  }

  #exec(of: number) {
    return (command: unknown, options: { readonly service?: unknown } = {}): Promise<Ran> =>
      new Promise((resolve, reject) => {
        const { service } = options
        if (typeof command !== "string" || (service !== undefined && typeof service !== "string")) {
          reject(new TypeError("exec expects a command and, optionally, { service }, both strings"))
          return
        }
        this.#lastCommand += 1
        this.#commands.set(this.#lastCommand, { resolve, reject })
        this.#send({ exec: this.#lastCommand, of, command, service: service ?? null })
      })
  }
}

const isThenable = <A>(value: A | PromiseLike<A>): value is PromiseLike<A> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function"

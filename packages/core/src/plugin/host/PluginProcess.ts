/**
 * One process that runs one plugin. Every call ends: with an answer, with the plugin's error, or with a `PluginFault` if
 * the process ended first. An aborted call (its signal) has a moment to end; then lastgood kills the process and everything
 * that it started. A process that has not been called for a while exits.
 *
 * The plugin is foreign code: nothing that it sends, prints or does affects more than its own calls.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { Socket } from "node:net"
import { dirname } from "node:path"
import { Duplex } from "node:stream"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Inside } from "../../domain/Extension.ts"
import { channelFd, lifelineFd } from "./descriptors.ts"
import { command, environment } from "./environment.ts"
import { intoLines } from "./lines.ts"
import { type Ask, FromProcess, type ToProcess } from "./Message.ts"
import { fault, PluginFault } from "./PluginFault.ts"
import { positionIn } from "./positionIn.ts"

export interface PluginCall {
  readonly signal: AbortSignal
  /** Runs a command in the app's container; null: not allowed in this call. */
  readonly exec: Inside["exec"] | null
}

export interface PluginProcess {
  /** Rejects with a `PluginFault`. */
  readonly call: (ask: Ask, call: PluginCall) => Promise<unknown>
  readonly hasEnded: () => boolean
  readonly end: () => void
}

export interface Listener {
  /** A line that the plugin printed. */
  readonly printed: (line: string) => void
  /** The process ended between calls. */
  readonly died: (reason: string) => void
}

interface Waiting extends PluginCall {
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: PluginFault) => void
}

const mostBytes = 8 * 1024 * 1024
/** The most bytes of its output to keep; more is read and dropped. */
const mostPrinted = 16 * 1024
/** Time from the abort of a call to the kill. */
const graceMs = 500
const idleMs = 60_000
/** The most commands of one call at a time. */
const mostCommands = 64

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(FromProcess))

export const startProcess = (file: string, listener: Listener): PluginProcess => {
  const { program, argv0, args } = command(file)
  const child = spawn(program, args, {
    argv0,
    cwd: dirname(file),
    env: environment(),
    // A separate process group: lastgood alone handles Ctrl-C, and can end everything that the plugin started.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"]
  })
  const waiting = new Map<number, Waiting>()
  const commands = new Map<number, number>()
  let lastId = 0
  /** Why it ends, if lastgood or the plugin said so. */
  let why: PluginFault | null = null
  let state: "runs" | "asked to end" | "ended" = "runs"
  let printed = ""
  let idle: NodeJS.Timeout | undefined

  const kill = (reason: PluginFault | null) => {
    why ??= reason
    if (state === "runs") state = "asked to end"
    signalGroup(child)
  }
  const ended = (how: string) => {
    if (state === "ended") return
    const byItself = state === "runs"
    state = "ended"
    clearTimeout(idle)
    const at = why?.at ?? (why === null ? null : positionIn(printed))
    const reason =
      why === null
        ? fault(`its process (${file}) ${how}${lastPrinted(printed)}`)
        : new PluginFault({ reason: why.reason, threw: why.threw, code: why.code, next: why.next, at })
    if (waiting.size === 0 && (byItself || why !== null)) listener.died(reason.reason)
    for (const one of waiting.values()) one.reject(reason)
    waiting.clear()
  }
  child.once("error", (error) => ended(`could not be started: ${error.message}`))
  child.once("exit", (code, signal) => {
    const how = signal === null ? `exited with code ${code}` : `was killed by ${signal}`
    const told = () => ended(`${how} before it answered`)
    // Its children are ended too. Until then they may hold its output pipes open.
    signalGroup(child)
    child.once("close", told)
    setTimeout(told, graceMs).unref()
  })

  const channel = streamAt(child, channelFd)
  // The lifeline stays open until lastgood ends.
  streamAt(child, lifelineFd)
  const send = (message: ToProcess) => void channel?.write(`${JSON.stringify(message)}\n`)

  const execute = (id: number, of: number, text: string, service: string | null) => {
    const call = waiting.get(of)
    const refused = (reason: string) => send({ failed: id, reason })
    if (call === undefined || call.exec === null) return refused("the call that sent the command is over")
    const running = commands.get(of) ?? 0
    if (running >= mostCommands) return refused(`more than ${mostCommands} commands at a time`)
    commands.set(of, running + 1)
    call
      .exec(text, service === null ? {} : { service })
      .then(
        ({ code, output }) => send({ ran: id, code, output }),
        (thrown: Error) => refused(thrown.message)
      )
      .finally(() => commands.set(of, (commands.get(of) ?? 1) - 1))
  }
  const settle = (id: number, end: (one: Waiting) => void) => {
    const one = waiting.get(id)
    waiting.delete(id)
    commands.delete(id)
    if (one !== undefined) end(one)
    if (waiting.size === 0) idle = setTimeout(() => kill(null), idleMs).unref()
  }
  const take = (line: string) => {
    // Messages before the first broken one count, none after it.
    if (why !== null) return
    const decoded = decode(line)
    if (Result.isFailure(decoded)) return kill(fault(`its process (${file}) sent what lastgood does not understand`))
    const message = decoded.success
    if ("answer" in message) return settle(message.answer, ({ resolve }) => resolve(message.value))
    if ("threw" in message) return settle(message.threw, ({ reject }) => reject(fault(message.reason, true)))
    if ("exec" in message) return execute(message.exec, message.of, message.command, message.service)
    const isSyntax = /(?:^|\n)(?:\w*: )?SyntaxError/.test(message.stack) || message.broke.startsWith("SyntaxError")
    const at = isSyntax ? positionIn(message.stack) : null
    why = new PluginFault({ reason: message.broke, threw: true, code: message.code, next: message.next, at })
    if (!isSyntax || at !== null) return kill(why)
    printed = ""
    send({ dump: true })
  }
  const tooLong = () => kill(fault(`its process (${file}) sent more than ${mostBytes / 1024 / 1024} MiB at once`))
  channel?.on("data", intoLines(take, mostBytes, tooLong)).on("error", () => undefined)

  for (const stream of [child.stdout, child.stderr]) {
    let room = mostPrinted
    const lines = intoLines(
      (line) => why === null && listener.printed(line),
      mostPrinted,
      () => undefined
    )
    stream?.on("data", (chunk: Buffer) => {
      printed = `${printed}${chunk.toString("utf8")}`.slice(-4096)
      if (room > 0) lines(chunk.subarray(0, room))
      room -= chunk.length
    })
    unref(stream)
  }
  child.unref()

  return {
    call: (ask, call) =>
      new Promise((resolve, reject) => {
        clearTimeout(idle)
        lastId += 1
        const id = lastId
        if (state !== "runs" || call.signal.aborted) return reject(fault(`its process (${file}) has ended`))
        waiting.set(id, { ...call, resolve, reject })
        send({ ...ask, id })
        const givenUp = () => {
          if (!waiting.has(id)) return
          send({ abort: id })
          const late = fault(`its process (${file}) was killed because a call timed out`)
          setTimeout(() => waiting.has(id) && kill(late), graceMs).unref()
        }
        call.signal.addEventListener("abort", givenUp, { once: true })
      }),
    hasEnded: () => state !== "runs",
    end: () => kill(null)
  }
}

/** Signals the process and everything that it started. */
const signalGroup = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL")
  } catch {
    // It has ended meanwhile.
  }
}

const unref = (stream: unknown): void => {
  if (stream instanceof Socket) stream.unref()
}

const streamAt = (child: ChildProcess, fd: number): Duplex | null => {
  const stream = child.stdio[fd]
  if (!(stream instanceof Duplex)) return null
  unref(stream)
  return stream.on("error", () => undefined)
}

const lastPrinted = (printed: string): string => {
  const lines = printed.split(/\r?\n/).filter((line) => line.trim() !== "")
  const line = lines.find((one) => one.startsWith("FATAL ERROR")) ?? lines.at(-1)
  return line === undefined ? "" : `: ${line.trim()}`
}

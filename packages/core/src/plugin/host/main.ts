/**
 * The process of one plugin: imports it and calls it for lastgood. `PluginProcess` starts it. It imports little, so that it
 * starts fast. Whatever the plugin does, it can end only this process.
 */
import { Socket } from "node:net"
import { pathToFileURL } from "node:url"
import { Worker } from "node:worker_threads"
import { textOf } from "../textOf.ts"
import { Calls } from "./Calls.ts"
import { channelFd } from "./descriptors.ts"
import { importFile } from "./importFile.ts"
import { intoLines } from "./lines.ts"
import type { FromProcess, ToProcess } from "./Message.ts"
import { loadOnlyOwn, UntrustedModule } from "./onlyOwn.ts"

new Worker(new URL("./lifeline.ts", import.meta.url)).unref()

const channel = new Socket({ fd: channelFd, readable: true, writable: true })
const send = (message: FromProcess): boolean => channel.write(`${JSON.stringify(message)}\n`)

let whileDumping: unknown

/** Sends the last message. lastgood then ends the process. */
const breakDown = (what: string, thrown: unknown): void => {
  whileDumping = thrown
  const code = thrown instanceof Error && "code" in thrown ? textOf(thrown.code).slice(0, 256) : ""
  const stack = thrown instanceof Error ? textOf(thrown.stack).slice(0, 8192) : ""
  const next = thrown instanceof UntrustedModule ? thrown.next.slice(0, 8192) : null
  send({ broke: `${what}${textOf(thrown)}`.slice(0, 8192), code, stack, next })
}

process.on("unhandledRejection", (reason) => breakDown("an unhandled promise was rejected: ", reason))
process.on("uncaughtException", (thrown) => breakDown("an error was thrown outside of a call: ", thrown))

const calls = new Calls(send)

const take = (line: string): void => {
  const message: ToProcess = JSON.parse(line)
  if ("dump" in message) {
    process.removeAllListeners("uncaughtException")
    setImmediate(() => {
      throw whileDumping
    })
  } else {
    calls.take(message)
  }
}

const end = () => process.exit(0)
channel
  .on("data", intoLines(take, Number.POSITIVE_INFINITY, end))
  .on("error", end)
  .on("close", end)

const refused = loadOnlyOwn()

importFile(pathToFileURL(process.argv[2] ?? "").href).then(
  (module) => calls.loaded(module.default),
  (thrown) => breakDown("", refused() ?? thrown)
)

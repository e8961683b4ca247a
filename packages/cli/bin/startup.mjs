/**
 * What runs before the code of the command, in the package (`lastgood.mjs`) and in the one file (`build/sea`). Plain
 * JavaScript that an old Node can read too.
 */
import { spawn } from "node:child_process"
import { closeSync, readdirSync, readFileSync } from "node:fs"
import module from "node:module"
import { constants, userInfo } from "node:os"
import { join } from "node:path"

/**
 * Compiled code is kept for the next start in the user's own home. Never in the default place below /tmp, where others
 * could put code for root to run; and not at all where the user has no home.
 */
const cacheCompiled = () => {
  try {
    if (typeof module.enableCompileCache === "function") {
      module.enableCompileCache(join(userInfo().homedir, ".cache", "lastgood"))
    }
  } catch {
    // A user without an entry in passwd: it starts a little slower.
  }
}

/**
 * What the caller left open (`flock -n 200 lastgood …`) and every program that is started would inherit: an app would hold
 * that lock for ever (LAW-17). Node itself marks what it finds first as not to be inherited, up to the first gap.
 */
const leftOpen = () => {
  const isInherited = (fd) => {
    try {
      const [, flags] = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))
      return (Number.parseInt(flags, 8) & 0o2000000) === 0
    } catch {
      return false
    }
  }
  try {
    return readdirSync("/proc/self/fdinfo").filter((fd) => Number(fd) > 2 && isInherited(fd))
  } catch {
    return []
  }
}

/** Node closes them by itself; Deno cannot close what it has not opened. */
const closeAll = (fds) => {
  for (const fd of fds) {
    try {
      closeSync(Number(fd))
    } catch {
      // Asked for again by the caller.
    }
  }
  return leftOpen()
}

const closing = 'fds=$1; shift; for fd in $fds; do exec {fd}>&-; done; exec "$@"'

/** The arguments that this process was started with, for the same program again. */
const ownArguments = () => readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(1, -1)

/**
 * Signals go on to the child, whose word is the last: it may have to bring an app up before it leaves. What the caller
 * left open stays open here, for it may be a lock that is to be held meanwhile, and the child does not get it.
 */
export const runWith = (program, args) => {
  const fds = leftOpen()
  const [command, ...rest] =
    fds.length === 0 ? [program, ...args] : ["bash", "-c", closing, "bash", fds.join(" "), program, ...args]
  const child = spawn(command, rest, {
    stdio: "inherit",
    env: { ...process.env, LASTGOOD_REEXEC: "1" }
  })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("error", (error) =>
    refuse(`${command} cannot be started: ${error.message}`, fds.length === 0 ? installNode : closeIt(fds[0]))
  )
  child.on("exit", (code, signal) => {
    // Whoever waits for this process sees it killed as the child was.
    if (signal === "SIGKILL") process.kill(process.pid, signal)
    process.exit(code ?? 128 + constants.signals[signal])
  })
}

export const installNode = "install Node 24 or newer (https://nodejs.org)"

export const refuse = (reason, next) => {
  process.stderr.write(`lastgood: ${reason}\nnext: ${next}\n`)
  process.exit(64)
}

const closeIt = (fd) => `install bash, or close it for lastgood: lastgood … ${fd}>&-`

/** This process was started by another lastgood in its place. */
export const isChild = process.env.LASTGOOD_REEXEC === "1"

/** Node 22 would warn of its own SQLite on every start. */
const leaveOutExperimental = () => {
  const { emitWarning } = process
  process.emitWarning = (warning, ...rest) => {
    if (rest[0] !== "ExperimentalWarning") emitWarning.call(process, warning, ...rest)
  }
}

/**
 * Runs the command in this process, or in a child where the caller left something open.
 *
 * @param load imports the code of the command, which runs it
 */
export const start = async (load) => {
  const open = isChild ? closeAll(leftOpen()) : leftOpen()
  if (!isChild && open.length > 0) return runWith(process.execPath, ownArguments())
  if (open.length > 0) {
    refuse(
      `the caller left the descriptor ${open.join(", ")} open, and every app that is started would keep it`,
      closeIt(open[0])
    )
  }
  delete process.env.LASTGOOD_REEXEC
  cacheCompiled()
  leaveOutExperimental()
  await load()
}

export const saysVersion = () => process.argv[2] === "--version" || process.argv[2] === "-v"

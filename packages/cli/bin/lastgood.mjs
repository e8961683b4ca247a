#!/usr/bin/env node
// Plain JavaScript that an old Node can read too: it answers --version without loading anything, and sees to it that
// the rest runs on a Node (or Deno) that can.
import { spawn } from "node:child_process"
import { closeSync, existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs"
import module from "node:module"
import { constants, userInfo } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

/** This file itself, also when it was started through a link (Deno does not follow one). */
const self = realpathSync(fileURLToPath(import.meta.url))
const home = dirname(dirname(self))
const own = JSON.parse(readFileSync(join(home, "package.json"), "utf8"))

/** The range of `engines` in package.json: what `node:sqlite` and running TypeScript as it is need. */
const isRecent = () => {
  if (typeof globalThis.Deno !== "undefined") return true
  const [major, minor, patch] = process.versions.node.split(".").map(Number)
  if (major === 22) return minor > 22 || (minor === 22 && patch >= 3)
  return major > 24 || (major === 24 && minor >= 15)
}

/** Whoever owns this file owns lastgood; a `/tmp/node_modules` of another user is never taken. */
const isOwn = (path) => [0, process.getuid(), lstatSync(self).uid].includes(lstatSync(path).uid)

/** The Node that npm installed beside lastgood (package `node`), or null. */
const bundledNode = () => {
  for (let folder = home; ; folder = dirname(folder)) {
    const modules = join(folder, "node_modules")
    const candidate = join(modules, "node", "bin", "node")
    if (existsSync(candidate) && isOwn(modules) && isOwn(candidate)) return candidate
    if (folder === dirname(folder)) return null
  }
}

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
const runWith = (program, args) => {
  const fds = leftOpen()
  const [command, ...rest] =
    fds.length === 0 ? [program, ...args] : ["bash", "-c", closing, "bash", fds.join(" "), program, ...args]
  const child = spawn(command, rest, {
    stdio: "inherit",
    env: { ...process.env, LASTGOOD_REEXEC: "1" }
  })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("error", (error) => refuse(`${command} cannot be started: ${error.message}`))
  child.on("exit", (code, signal) => {
    // Whoever waits for this process sees it killed as the child was.
    if (signal === "SIGKILL") process.kill(process.pid, signal)
    process.exit(code ?? 128 + constants.signals[signal])
  })
}

const refuse = (reason, next) => {
  process.stderr.write(`lastgood: ${reason}\nnext: ${next}\n`)
  process.exit(64)
}

const isChild = process.env.LASTGOOD_REEXEC === "1"

/** The command as a bundle: in the package that users install, not in the repository. */
const built = join(home, "dist", "main.js")
const isBuilt = existsSync(built)

const refuseNode = () => {
  const install = "install Node 24 or newer (https://nodejs.org)"
  refuse(
    `Node ${process.versions.node} (${process.execPath}) is not supported: lastgood needs Node 22.22.3 or a newer 22, or Node 24.15 or newer`,
    isBuilt
      ? `${install}, then run lastgood again`
      : `${install}, or run npm ci in ${dirname(dirname(home))}: it installs a Node for lastgood there`
  )
}

/** Node 22 would warn of its own SQLite on every start. */
const leaveOutExperimental = () => {
  const { emitWarning } = process
  process.emitWarning = (warning, ...rest) => {
    if (rest[0] !== "ExperimentalWarning") emitWarning.call(process, warning, ...rest)
  }
}

const start = async () => {
  const open = isChild ? closeAll(leftOpen()) : leftOpen()
  if (!isChild && open.length > 0) return runWith(process.execPath, ownArguments())
  if (open.length > 0) {
    refuse(
      `the caller left the descriptor ${open.join(", ")} open, and every app that is started would keep it`,
      `install bash, or close it for lastgood: lastgood … ${open[0]}>&-`
    )
  }
  delete process.env.LASTGOOD_REEXEC
  cacheCompiled()
  leaveOutExperimental()
  await import(pathToFileURL(isBuilt ? built : join(home, "src", "main.ts")).href)
}

if (process.argv[2] === "--version" || process.argv[2] === "-v") {
  process.stdout.write(`${own.version}\n`)
} else if (isRecent()) {
  await start()
} else {
  const node = isChild ? null : bundledNode()
  if (node === null) refuseNode()
  else runWith(node, [self, ...process.argv.slice(2)])
}

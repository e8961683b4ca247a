#!/usr/bin/env node
// Plain JavaScript that an old Node can read too: it answers --version without loading anything, and sees to it that
// the rest runs on a Node (or Deno) that can.
import { spawn } from "node:child_process"
import { existsSync, readFileSync, realpathSync } from "node:fs"
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

/** The Node that npm installed beside lastgood (package `node`), or null. */
const bundledNode = () => {
  for (let folder = home; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", "node", "bin", "node")
    if (existsSync(candidate)) return candidate
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

/** Signals go on to the child, whose word is the last: it may have to bring an app up before it leaves. */
const runWith = (node) => {
  const child = spawn(node, [self, ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...process.env, LASTGOOD_REEXEC: "1" }
  })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("error", (error) => refuse(`${node} cannot be started: ${error.message}`))
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

const refuse = (reason) => {
  process.stderr.write(
    `lastgood: ${reason}\nnext: install Node 24 (https://nodejs.org) and start lastgood with it, or run npm install here: it brings its own\n`
  )
  process.exit(64)
}

if (process.argv[2] === "--version" || process.argv[2] === "-v") {
  process.stdout.write(`${own.version}\n`)
} else if (isRecent()) {
  delete process.env.LASTGOOD_REEXEC
  cacheCompiled()
  await import(pathToFileURL(join(home, "src", "main.ts")).href)
} else {
  const node = process.env.LASTGOOD_REEXEC === "1" ? null : bundledNode()
  if (node === null) refuse(`Node ${own.engines.node} is needed, this is ${process.versions.node}`)
  else runWith(node)
}

#!/usr/bin/env node
// Plain JavaScript that an old Node can read too: it answers --version without loading anything, and sees to it that
// the rest runs on a Node (or Deno) that can.
import { existsSync, lstatSync, readFileSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { installNode, isChild, refuse, runWith, saysVersion, start } from "./startup.mjs"

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

/** The command as a bundle: in the package that users install, not in the repository. */
const built = join(home, "dist", "main.js")
const isBuilt = existsSync(built)

const refuseNode = () => {
  refuse(
    `Node ${process.versions.node} (${process.execPath}) is not supported: lastgood needs Node 22.22.3 or a newer 22, or Node 24.15 or newer`,
    isBuilt
      ? `${installNode}, then run lastgood again`
      : `${installNode}, or run npm ci in ${dirname(dirname(home))}: it installs a Node for lastgood there`
  )
}

if (saysVersion()) {
  process.stdout.write(`${own.version}\n`)
} else if (isRecent()) {
  await start(() => import(pathToFileURL(isBuilt ? built : join(home, "src", "main.ts")).href))
} else {
  const node = isChild ? null : bundledNode()
  if (node === null) refuseNode()
  else runWith(node, [self, ...process.argv.slice(2)])
}

/**
 * LAW-17, in the process of a plugin: an imported module runs with the plugin's rights, so no module is loaded that another
 * user could have written. Every import is checked, also during a call. Threads and programs that the plugin starts are not
 * checked here.
 */
import module from "node:module"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { type Fault, faultOf, faultText, remedyFor } from "../../disk/ownership.ts"
import { ownCode } from "../../installation.ts"

export const untrustedCode = "LASTGOOD_UNTRUSTED"

export class UntrustedModule extends Error {
  readonly code = untrustedCode
  readonly next: string
  constructor(fault: Fault) {
    super(`it is not used: ${faultText(fault)}`)
    this.next = remedyFor(fault)
  }
}

/** lastgood's own code is not checked: a user who can write that does not need a plugin. */
const pathOf = (url: string | undefined): string | null =>
  url === undefined || !url.startsWith("file:") || (ownCode !== null && url.startsWith(ownCode))
    ? null
    : fileURLToPath(url)

/**
 * Checks every import from now on, in this thread.
 *
 * @returns the first module that was refused, because Deno replaces the error that a hook throws.
 */
export const loadOnlyOwn = (): (() => UntrustedModule | null) => {
  let first: UntrustedModule | null = null
  const assertOwn = (path: string | null) => {
    const fault = path === null ? null : faultOf(path)
    if (fault === null) return
    const refused = new UntrustedModule(fault)
    first ??= refused
    throw refused
  }
  const ownFolders = new Set<string>()
  const assertOwnFolder = (folder: string) => {
    if (ownFolders.has(folder)) return
    assertOwn(folder)
    ownFolders.add(folder)
  }
  module.registerHooks({
    // A symlink in another user's folder may lead to a file of ours.
    resolve: (specifier, context, next) => {
      const parent = pathOf(context.parentURL)
      if (parent !== null && /^\.\.?\//.test(specifier)) {
        assertOwnFolder(dirname(fileURLToPath(new URL(specifier, context.parentURL))))
      }
      return next(specifier, context)
    },
    load: (url, context, next) => {
      assertOwn(pathOf(url))
      return next(url, context)
    }
  })
  // Node's hooks do not see native addons.
  const { dlopen } = process
  process.dlopen = (into: object, file: string, ...flags) => {
    assertOwn(file)
    dlopen(into, file, ...flags)
  }
  return () => first
}

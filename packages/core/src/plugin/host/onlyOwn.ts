/**
 * LAW-17, in the process of a plugin: what a plugin imports runs as the plugin does, so no module is loaded that another
 * user could have written. It is judged when it is asked for, also in the middle of a call. What the plugin starts, a
 * thread or a program, is not seen here.
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

/** Of lastgood's own code nothing is asked: whoever can write that needs no plugin. */
const pathOf = (url: string | undefined): string | null =>
  url === undefined || !url.startsWith("file:") || (ownCode !== null && url.startsWith(ownCode))
    ? null
    : fileURLToPath(url)

/**
 * From now on, in this thread.
 *
 * @returns the first module that was refused: Deno makes another error of what a hook throws.
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
    // A link in a folder of another's: where it leads to may well be ours.
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
  // Node loads machine code past its hooks.
  const { dlopen } = process
  process.dlopen = (into: object, file: string, ...flags) => {
    assertOwn(file)
    dlopen(into, file, ...flags)
  }
  return () => first
}

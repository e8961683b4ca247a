/**
 * LAW-17: what the programs that lastgood starts find in their environment. Nothing of the caller's comes along but what
 * is named here or by whoever starts the program: `TAR_OPTIONS`, `GZIP`, `POSIXLY_CORRECT`, `GIT_DIR`, `BASH_ENV`,
 * `LD_PRELOAD` and their like would change what a snapshot holds, and nobody would see it.
 */
import { statSync } from "node:fs"
import { userInfo } from "node:os"
import { faultOf, faultText } from "../disk/ownership.ts"

/** Where the programs of a host are, when the caller's PATH names no folder that can be used. */
export const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

export interface LeftOut {
  /** As it stands in PATH. */
  readonly folder: string
  readonly why: string
}

const isThere = (folder: string): boolean => statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true

/** null: nothing. */
const troubleWith = (folder: string): string | null => {
  if (!folder.startsWith("/")) return "it counts from the working folder"
  const fault = faultOf(folder)
  return fault === null ? null : faultText(fault)
}

/** What is not there could be made by somebody, where it stands in a folder such as `/tmp`. */
const isUsable = (folder: string): boolean => {
  try {
    return troubleWith(folder) === null && isThere(folder)
  } catch {
    return false
  }
}

const foldersOf = (path: string): ReadonlyArray<string> => (path === "" ? [] : [...new Set(path.split(":"))])

/** The folders of a PATH from which no program is started. */
export const leftOutOf = (path: string): ReadonlyArray<LeftOut> =>
  foldersOf(path).flatMap((folder) => {
    const why = troubleWith(folder)
    return why === null ? [] : [{ folder, why }]
  })

/** A PATH without the folders that another user may write to, and without those that count from the working folder. */
export const ownPath = (path: string | undefined): string => {
  const usable = foldersOf(path ?? "").filter(isUsable)
  return usable.length === 0 ? defaultPath : usable.join(":")
}

/**
 * The home whose settings git and docker obey: as the caller says, where that is the running user's own. `sudo -E` keeps
 * another's, and root would run what that one's settings name.
 */
export const ownHome = (home: string | undefined): string => {
  if (home?.startsWith("/") === true && faultOf(home) === null) return home
  try {
    return userInfo().homedir
  } catch {
    return "/"
  }
}

/** Every tool's. Its output is read, so the language is fixed. */
export const toolEnvironment = (): Readonly<Record<string, string>> => ({
  PATH: ownPath(process.env["PATH"]),
  HOME: ownHome(process.env["HOME"]),
  LC_ALL: "C"
})

/**
 * How this host reaches the network, for git: proxies, the certificates of a company's own authority, and the user's ssh
 * agent. Not `GIT_SSH_COMMAND` and `GIT_ASKPASS`, which name programs: `core.sshCommand` and `credential.helper` of the
 * user's own `~/.gitconfig` are for those.
 */
const network = [
  "http_proxy",
  "https_proxy",
  "HTTPS_PROXY",
  "all_proxy",
  "ALL_PROXY",
  "no_proxy",
  "NO_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "SSH_AUTH_SOCK"
]

export const networkEnvironment = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    network.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value] as const]
    })
  )

/**
 * LAW-17: the environment of the programs that lastgood starts. Of the caller's environment it contains only what is
 * named here or by the code that starts the program: `TAR_OPTIONS`, `GZIP`, `POSIXLY_CORRECT`, `GIT_DIR`, `BASH_ENV`,
 * `LD_PRELOAD` and the like would change the content of a snapshot without a trace.
 */
import { statSync } from "node:fs"
import { userInfo } from "node:os"
import { faultOf, faultText } from "../disk/ownership.ts"

/** The PATH when the caller's PATH has no usable folder. */
export const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

export interface IgnoredFolder {
  /** As written in PATH. */
  readonly folder: string
  readonly why: string
}

const isThere = (folder: string): boolean => statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true

/** null: the folder is safe. */
const troubleWith = (folder: string): string | null => {
  if (!folder.startsWith("/")) return "it is relative to the working directory"
  const fault = faultOf(folder)
  return fault === null ? null : faultText(fault)
}

/** Another user could create a missing folder inside a folder such as `/tmp`. */
const isUsable = (folder: string): boolean => {
  try {
    return troubleWith(folder) === null && isThere(folder)
  } catch {
    return false
  }
}

const foldersOf = (path: string): ReadonlyArray<string> => (path === "" ? [] : [...new Set(path.split(":"))])

/** The folders of a PATH from which no program is started. */
export const leftOutOf = (path: string): ReadonlyArray<IgnoredFolder> =>
  foldersOf(path).flatMap((folder) => {
    const why = troubleWith(folder)
    return why === null ? [] : [{ folder, why }]
  })

/** A PATH without the folders that another user may write to, and without relative folders. */
export const ownPath = (path: string | undefined): string => {
  const usable = foldersOf(path ?? "").filter(isUsable)
  return usable.length === 0 ? defaultPath : usable.join(":")
}

/**
 * The home whose settings git and docker use: the caller's, if it belongs to the running user. `sudo -E` keeps another
 * user's home, and root would run the programs that its settings name.
 */
export const ownHome = (home: string | undefined): string => {
  if (home?.startsWith("/") === true && faultOf(home) === null) return home
  try {
    return userInfo().homedir
  } catch {
    return "/"
  }
}

/** The environment of every tool. The locale is fixed because lastgood parses the output. */
export const toolEnvironment = (): Readonly<Record<string, string>> => ({
  PATH: ownPath(process.env["PATH"]),
  HOME: ownHome(process.env["HOME"]),
  LC_ALL: "C"
})

/**
 * How this host reaches the network, for git: proxies, a company's own certificate authority, and the user's ssh agent.
 * Not `GIT_SSH_COMMAND` and `GIT_ASKPASS`, which name programs: use `core.sshCommand` and `credential.helper` in the
 * user's own `~/.gitconfig` instead.
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

/**
 * LAW-17: whether another user could have written a file, or put it where it is. As in sshd's StrictModes and git's
 * `safe.directory`, every part of a path, and of the links on it, must belong to root or to the user who runs lastgood,
 * and no other user may write to it. In a folder with the sticky bit (`/tmp`) others can create files, but can neither
 * replace nor rename ours, so such a folder may be on the path.
 *
 * Only modes are checked. An ACL that lets another user write shows as a writable group.
 *
 * The person who owns the `folder:` of an app is trusted for that app (`personOf`): the configuration, which belongs to
 * root, names the folder to run a project from it.
 */
import { lstatSync, readFileSync, readlinkSync, type Stats, statSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

/** The first part of a path that another user could have written. */
export interface Fault {
  /** Absolute: the path of the part itself. */
  readonly at: string
  /** The predicate of `<at> <what>`. */
  readonly what: string
  /** The owner of the part, if it is another user; null: the owner is trusted, but others may write to it. */
  readonly owner: { readonly uid: number; readonly gid: number } | null
}

export const trustVariable = "LASTGOOD_TRUST"

/** Paths that the operator trusts by name, each with everything below it. */
const trusted = (): ReadonlyArray<string> =>
  (process.env[trustVariable] ?? "").split(":").filter((path) => path.startsWith("/"))

const isBelow = (path: string, folder: string): boolean =>
  path === resolve(folder) || path.startsWith(resolve(folder) === "/" ? "/" : `${resolve(folder)}/`)

export const runningUser = (): number => process.geteuid?.() ?? process.getuid?.() ?? 0

const fieldsOf = (file: string): ReadonlyArray<ReadonlyArray<string>> => {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.split(":"))
  } catch {
    return []
  }
}

/** Groups with a lower id are the distribution's: Debian's `staff` may write to `/usr/local`. */
const firstOrdinaryGroup = 100

/**
 * Whether a group has no members but root and the running user, so that its permission to write adds nothing. Only a
 * group of the distribution, or the user's own group of the same name (Debian makes one per user, with umask 002), can
 * be known to be private. Any other may have members from a directory service, which the files of this host do not
 * list.
 */
const isPrivate = (gid: number, uids: ReadonlyArray<number>): boolean => {
  const group = fieldsOf("/etc/group").find(([, , id]) => id === String(gid))
  if (group === undefined) return false
  const named = new Set((group[3] ?? "").split(",").filter((name) => name !== ""))
  const members = fieldsOf("/etc/passwd").filter(
    ([name = "", , , primary]) => named.has(name) || primary === String(gid)
  )
  const unknown = [...named].some((name) => !members.some(([member]) => member === name))
  const isOfUser = members.some(([name, , , primary]) => name === group[0] && primary === String(gid))
  return (
    (isOfUser || gid < firstOrdinaryGroup) &&
    !unknown &&
    members.every(([, , id]) => id === "0" || uids.some((uid) => id === String(uid)))
  )
}

/** Users of this range are people. Below are services, above are containers, `nobody` and users that come and go. */
const [firstPerson, lastPerson] = [1000, 60_000]

const isService = (uid: number): boolean => {
  const shell = fieldsOf("/etc/passwd").find(([, , id]) => id === String(uid))?.[6] ?? ""
  return /\/(?:nologin|false)$/.test(shell)
}

/**
 * The person who owns an app's folder and is trusted for the app, by uid; null: root does, or a service. Only root can
 * trust somebody else in this way.
 */
export const personOf = (folder: string | null): number | null => {
  if (folder === null || runningUser() !== 0) return null
  try {
    const { uid } = statSync(folder)
    return uid >= firstPerson && uid <= lastPerson && !isService(uid) ? uid : null
  } catch {
    return null
  }
}

const nameOf = (uid: number): string => {
  const [name] = fieldsOf("/etc/passwd").find(([, , id]) => id === String(uid)) ?? []
  return name === undefined ? `uid ${uid}` : `${name} (uid ${uid})`
}

const isOurs = ({ uid }: Stats, users: ReadonlyArray<number>): boolean => uid === 0 || users.includes(uid)

const faultIn = (at: string, stats: Stats, isLast: boolean, users: ReadonlyArray<number>): Fault | null => {
  const user = runningUser()
  if (!isOurs(stats, users)) {
    const { gid, uid } = stats
    const what = `belongs to ${nameOf(uid)}, not to root${user === 0 ? "" : " or the user who runs lastgood"}`
    return { at, what, owner: { uid, gid } }
  }
  if (stats.isSymbolicLink()) return null
  const isSticky = stats.isDirectory() && (stats.mode & 0o1000) !== 0 && !isLast
  if (isSticky) return null
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0")
  if ((stats.mode & 0o002) !== 0) return { at, what: `may be written by every user (mode ${mode})`, owner: null }
  return (stats.mode & 0o020) !== 0 && !isPrivate(stats.gid, users)
    ? { at, what: `may be written by the group ${stats.gid} (mode ${mode})`, owner: null }
    : null
}

/** null: it does not exist, or this user may not stat it, and so cannot use it either. */
const look = (path: string): Stats | null => {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null
  } catch {
    return null
  }
}

const mostLinks = 40

/** In a sticky folder, another user can take the name of a person's folder once it is free. */
const passingFault = (sticky: string, at: string): Fault => ({
  at: sticky,
  what: `may be written by every user, and ${at} in it does not belong to root`,
  owner: null
})

/**
 * null: no other user could have written it. A path that does not exist yet is judged by the folders above it.
 *
 * @param person who is trusted too (`personOf`).
 */
export const faultOf = (path: string, person: number | null = null): Fault | null => {
  const users = person === null ? [runningUser()] : [runningUser(), person]
  const trust = trusted()
  const parts = resolve(path)
    .split("/")
    .filter((part) => part !== "")
  let at = "/"
  let links = 0
  let sticky: string | null = null
  for (;;) {
    const stats = look(at)
    if (stats === null) return null
    const isTrusted = trust.some((folder) => isBelow(at, folder))
    const fault = isTrusted ? null : faultIn(at, stats, parts.length === 0, users)
    if (fault !== null) return fault
    if (!isTrusted && sticky !== null && !isOurs(stats, [runningUser()])) return passingFault(sticky, at)
    sticky = stats.isDirectory() && (stats.mode & 0o1002) === 0o1002 ? at : null
    if (stats.isSymbolicLink()) {
      links += 1
      if (links > mostLinks) return { at, what: "leads through too many links", owner: null }
      const target = resolve(dirname(at), readlinkSync(at))
      parts.unshift(...target.split("/").filter((part) => part !== ""))
      at = "/"
      continue
    }
    const part = parts.shift()
    if (part === undefined) return null
    at = join(at, part)
  }
}

/**
 * The same for a file or folder itself, not a link, in a folder that `faultOf` has judged: only it is looked at.
 *
 * @param stats of the path itself.
 */
export const faultInside = (path: string, stats: Stats): Fault | null =>
  trusted().some((folder) => isBelow(path, folder)) ? null : faultIn(path, stats, true, [runningUser()])

/** The message for an error. */
export const faultText = ({ at, what }: Fault): string => `${at} ${what}`

/** What the operator does about it. */
export const remedyFor = ({ at, owner }: Fault): string => {
  const mine = runningUser() === 0 ? "root" : String(runningUser())
  const mend = owner === null ? `chmod go-w ${at}` : `inspect ${at}, then chown ${mine} ${at}`
  return `${mend}; or, if you trust every user who can write there, set ${trustVariable}=${at}`
}

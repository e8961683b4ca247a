/**
 * Decides which bind mounts of an app are its data: folders and single files, known by their paths, beside the named
 * volumes. Pure: an adapter reads the paths from the host.
 */
import type { DataAnswer } from "./App.ts"
import { isIn } from "./folders.ts"

/** A path as its filesystem knows it, whatever links and mounts lead to it. */
export interface HostPlace {
  readonly device: string
  readonly path: string
}

/** A path of the host, resolved. */
export interface HostSource {
  /** Without links on the way. */
  readonly path: string
  /** null: its filesystem cannot be told. */
  readonly place: HostPlace | null
}

/** Something of the host that a service mounts. */
export interface HostMount extends HostSource {
  readonly service: string
  /** Absolute, as the compose file has it. */
  readonly source: string
  /** `special`: a socket, a device, a pipe. `nothing`: the engine makes a folder there. */
  readonly kind: "folder" | "file" | "special" | "nothing"
  readonly readOnly: boolean
  /** The whole of a filesystem is mounted there. */
  readonly isFilesystemRoot: boolean
}

/** A mount of somebody else's: of a container, running or not, or of another app. */
export interface ForeignMount extends HostSource {
  /** For people, without anything that changes by itself: `container backup`. */
  readonly who: string
  readonly readOnly: boolean
}

/** Everything else that the decision depends on. */
export interface Surroundings {
  /** The operator's answers. */
  readonly answers: ReadonlyArray<HostSource & { readonly answer: DataAnswer }>
  readonly foreign: ReadonlyArray<ForeignMount>
  /** The folders of the app's named volumes. */
  readonly volumes: ReadonlyArray<HostSource & { readonly name: string }>
  readonly homes: ReadonlyArray<string>
  /** Folders of the engine and of lastgood itself: nobody's data. */
  readonly machinery: ReadonlyArray<HostSource & { readonly whose: string }>
}

/** A folder or a file of the host that holds data of the app. */
export interface DataFolder {
  readonly path: string
  readonly kind: "folder" | "file"
  readonly services: ReadonlyArray<string>
}

/** A question that only the operator can answer. */
export interface DataQuestion {
  readonly path: string
  readonly source: string
  readonly services: ReadonlyArray<string>
  /** Each as in `<path> <reason>`. */
  readonly reasons: ReadonlyArray<string>
  /** The possible answers. */
  readonly answers: ReadonlyArray<DataAnswer>
}

export interface MountJudgement {
  readonly data: ReadonlyArray<DataFolder>
  /** Paths that the operator has called external: neither snapshotted nor restored. */
  readonly external: ReadonlyArray<string>
  readonly questions: ReadonlyArray<DataQuestion>
  /** Paths of answers that are about nothing that is mounted. */
  readonly unused: ReadonlyArray<string>
}

/** Whether one path is the other or inside it. Compares places, because links and mounts give a folder several paths. */
export const isWithin = (one: HostSource, other: HostSource): boolean =>
  isIn(one.path, other.path) ||
  (one.place !== null &&
    other.place !== null &&
    one.place.device === other.place.device &&
    isIn(one.place.path, other.place.path))

/** They describe the host, are recreated when it boots, or belong to its distribution. */
const neverData: ReadonlyArray<string> = [
  ...["/proc", "/sys", "/dev", "/run", "/var/run", "/lib/modules", "/usr/lib/modules"],
  ...["/usr/share/zoneinfo", "/usr/share/ca-certificates", "/etc/ssl/certs", "/etc/pki", "/etc/ca-certificates"],
  ...["/etc/localtime", "/etc/timezone", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/machine-id"],
  ...["/etc/passwd", "/etc/group", "/etc/os-release", "/usr/lib/os-release", "/tmp/.X11-unix"]
]

/** With all that is in them. */
const systemFolders: ReadonlyArray<string> = [
  ...["/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/sbin", "/usr"],
  ...["/var/cache", "/var/lib/containerd", "/var/lib/dpkg", "/var/log", "/var/spool"]
]

/** By themselves: a folder in them may well be an app's. */
const sharedParents: ReadonlyArray<string> = [
  ...["/home", "/media", "/mnt", "/opt", "/root", "/srv", "/tmp", "/var", "/var/lib", "/var/tmp"]
]

const systemReason = ({ path, isFilesystemRoot }: HostMount, { homes }: Surroundings): ReadonlyArray<string> => {
  if (path === "/") return ["is the whole host"]
  if (systemFolders.some((folder) => isIn(path, folder))) return ["belongs to the system"]
  if (homes.includes(path)) return ["is a home folder"]
  if (sharedParents.includes(path)) return ["is a folder that many programs share"]
  return isFilesystemRoot ? ["is the root of a filesystem"] : []
}

const foreignReasons = (mount: HostMount, { foreign }: Surroundings): ReadonlyArray<string> =>
  foreign.flatMap((other) => {
    const [inside, around] = [isWithin(other, mount), isWithin(mount, other)]
    if (inside && around) return [`is mounted by ${other.who} too`]
    if (inside) return [`holds ${other.path}, which ${other.who} mounts`]
    // Backup programs and monitors read the whole host.
    return around && !other.readOnly ? [`is in ${other.path}, which ${other.who} mounts`] : []
  })

/** Restoring such a folder would also replace the engine's or lastgood's own files. */
const machineryReasons = (mount: HostMount, { machinery }: Surroundings): ReadonlyArray<string> =>
  machinery
    .filter((one) => isWithin(one, mount) || isWithin(mount, one))
    .map((one) => (isWithin(mount, one) ? `belongs to ${one.whose}` : `holds ${one.path}, which is ${one.whose}'s own`))

/** The answer for the path itself, or for the nearest folder that it is in. */
const answerFor = (mount: HostMount, { answers }: Surroundings): DataAnswer | null =>
  answers
    .filter((one) => isWithin(mount, one))
    .reduce<(typeof answers)[number] | null>(
      (nearest, one) => (nearest === null || isWithin(one, nearest) ? one : nearest),
      null
    )?.answer ?? null

type Verdict =
  | { readonly _tag: "data" | "external" | "nothing" }
  | { readonly _tag: "question"; readonly reasons: ReadonlyArray<string>; readonly answers: ReadonlyArray<DataAnswer> }

/** Why a mount is not data: the predicate of `<path> <reason>`. null: it can be data. */
export const whyNoData = ({ kind, path, readOnly, source }: HostMount): string | null => {
  if (kind === "special") return "is a socket, a device or a pipe"
  if (neverData.some((folder) => isIn(path, folder) || isIn(source, folder))) return "belongs to the host"
  return readOnly ? "is mounted read-only" : null
}

const isNoData = (mount: HostMount): boolean => whyNoData(mount) !== null

const verdictOf = (mount: HostMount, around: Surroundings): Verdict => {
  if (isNoData(mount)) return { _tag: "nothing" }
  const answer = answerFor(mount, around)
  if (answer === "external") return { _tag: "external" }
  const impossible = machineryReasons(mount, around)
  const isHost = mount.path === "/"
  if (impossible.length > 0 || isHost) {
    const reasons = [...(isHost ? systemReason(mount, around) : []), ...impossible]
    return { _tag: "question", reasons, answers: ["external"] }
  }
  if (answer === "own") return { _tag: "data" }
  const reasons = [...systemReason(mount, around), ...foreignReasons(mount, around)]
  return reasons.length === 0 ? { _tag: "data" } : { _tag: "question", reasons, answers: ["own", "external"] }
}

interface Group {
  readonly mounts: readonly [HostMount, ...Array<HostMount>]
}

/** Groups the mounts of one folder, whatever their paths. */
const grouped = (mounts: ReadonlyArray<HostMount>): ReadonlyArray<Group> => {
  const groups: Array<Array<HostMount>> = []
  for (const mount of mounts) {
    const known = groups.find(([one]) => one !== undefined && isWithin(one, mount) && isWithin(mount, one))
    if (known === undefined) groups.push([mount])
    else known.push(mount)
  }
  return groups.flatMap(([first, ...rest]) => (first === undefined ? [] : [{ mounts: [first, ...rest] as const }]))
}

const servicesOf = ({ mounts }: Group): ReadonlyArray<string> => [...new Set(mounts.map(({ service }) => service))]

/**
 * Sorts the bind mounts of an app into data folders (nested ones count as the outermost), external folders, and questions.
 */
export const judgeMounts = (mounts: ReadonlyArray<HostMount>, around: Surroundings): MountJudgement => {
  const judged = grouped(mounts.filter((mount) => !isNoData(mount))).map((group) => {
    const [mount] = group.mounts
    return { group, mount, verdict: verdictOf(mount, around) }
  })
  const external = judged.filter(({ verdict }) => verdict._tag === "external")
  const own = judged.filter(({ verdict }) => verdict._tag === "data")
  const isCovered = ({ mount }: (typeof judged)[number]): boolean =>
    around.volumes.some((volume) => isWithin(mount, volume)) ||
    own.some((other) => other.mount !== mount && isWithin(mount, other.mount))
  const outermost = own.filter((one) => !isCovered(one))
  const asked = judged.flatMap(
    ({ group, mount, verdict }): ReadonlyArray<DataQuestion> =>
      verdict._tag === "question" && !isCovered({ group, mount, verdict })
        ? [questionOf(group, verdict.reasons, verdict.answers)]
        : []
  )
  const mixed = outermost.flatMap(({ group, mount }): ReadonlyArray<DataQuestion> => {
    const inside = [
      ...external.filter((one) => isWithin(one.mount, mount)).map((one) => `${one.mount.path}, which is external`),
      ...around.volumes.filter((one) => isWithin(one, mount)).map((one) => `${one.path}, the volume ${one.name}`)
    ]
    // A restore renames the folder away, with all that is in it.
    return inside.length === 0 ? [] : [questionOf(group, [`holds ${inside.join(", and ")}`], ["external"])]
  })
  return {
    data: outermost.map(({ group, mount }) => ({
      path: mount.path,
      kind: mount.kind === "file" ? "file" : "folder",
      services: servicesOf(group)
    })),
    external: external.map(({ mount }) => mount.path),
    unused: around.answers
      .filter((answer) => !mounts.some((mount) => isWithin(mount, answer) || isWithin(answer, mount)))
      .map(({ path }) => path),
    questions: [...asked, ...mixed]
  }
}

const questionOf = (
  group: Group,
  reasons: ReadonlyArray<string>,
  answers: ReadonlyArray<DataAnswer>
): DataQuestion => ({
  path: group.mounts[0].path,
  source: group.mounts[0].source,
  services: servicesOf(group),
  reasons,
  answers
})

/** A path as the operator writes it: relative to the app's folder if it is inside. */
export const writtenPath = (path: string, folder: string | null): string =>
  folder !== null && path !== folder && isIn(path, folder) ? `.${path.slice(folder.length)}` : path

/** The line that answers a question: `data: { "/srv/media": external }`. */
export const answerLine = ({ answers, source }: DataQuestion, folder: string | null): string =>
  answers.map((answer) => `data: { ${JSON.stringify(writtenPath(source, folder))}: ${answer} }`).join(", or ")

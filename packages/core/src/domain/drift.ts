/**
 * Whether the world agrees with the log (LAW-15, LAW-16): compares what was noted when the health gate last passed with
 * what is observed now. Pure and total. Facts that were never noted, as in an older log, are not compared.
 */
import { type Attempt, fromOf, toOf } from "./Attempt.ts"
import { volumeText } from "./folders.ts"
import { isEndedMark } from "./marks.ts"
import type { Ref } from "./Ref.ts"
import type { AppState } from "./State.ts"
import { sameConfig } from "./sameConfig.ts"
import { stoppedText } from "./stopped.ts"
import { compareVersions } from "./Version.ts"
import type { Drift, NotedService, NotedVolume, Seen, SeenService, SeenVolume } from "./World.ts"

/**
 * Compares `<inode>@<creation time in seconds>@<UUID of the subvolume>`. Inode numbers are reused, and all subvolumes of btrfs
 * have the same. What is missing is unknown: an older lastgood did not note the UUID.
 */
const isSameFolder = (one: string, other: string): boolean => {
  const [inode, ...more] = one.split("@")
  const [otherInode, ...otherMore] = other.split("@")
  const isKnown = (part: string | undefined) => part !== undefined && part !== ""
  return (
    inode === otherInode && more.every((part, i) => !isKnown(part) || !isKnown(otherMore[i]) || part === otherMore[i])
  )
}

/** @returns why the volume is unusable; null: it is usable. */
const absentIn = (noted: NotedVolume, seen: SeenVolume | undefined): string | null => {
  const volume = volumeText(noted.name)
  if (seen === undefined || seen.inode === null) return `${volume} is gone (there is no folder of it)`
  if (noted.mounted && !seen.mounted) return remountedIn(noted, seen)
  if (!noted.held || seen.held) return null
  return remountedIn(noted, seen) ?? `${volume} held data and is empty`
}

/** @returns how a filesystem came or went at the volume's folder; null: it did not. */
const remountedIn = (noted: NotedVolume, seen: SeenVolume | undefined): string | null => {
  if (seen === undefined || seen.inode === null || noted.mounted === seen.mounted) return null
  return seen.mounted
    ? `${volumeText(noted.name)}: another filesystem is mounted over it`
    : `${volumeText(noted.name)}: its filesystem is not mounted`
}

/** @returns why the volume does not hold the noted data; null: it does. */
const lostIn = (noted: NotedVolume, seen: SeenVolume | undefined): string | null => {
  const volume = volumeText(noted.name)
  const absent = absentIn(noted, seen)
  if (absent !== null || seen === undefined || seen.inode === null) return absent
  const isMoved = noted.marked && seen.mark !== null && seen.moved
  if (isMoved || noted.inode === null) return null
  const isMadeAnew = noted.created !== null && seen.created !== null && noted.created !== seen.created
  if (isMadeAnew) return `${volume} was made anew at ${seen.created} (the app's data was in one of ${noted.created})`
  if (isSameFolder(noted.inode, seen.inode)) return null
  return remountedIn(noted, seen) ?? `${volume} is another folder than the one with the app's data`
}

/**
 * The data has a mark that this log does not expect, so one of the two is older than the other. If the mark says that an
 * attempt ended which this log has in flight, the app has used the data since: that attempt must not replace it.
 */
const strangeMark = (state: AppState, seen: Seen): Drift | null => {
  // A log without any attempt of a running app (a lost root) is behind in any case; `promote` adopts the app.
  if (state.workedAt === null && seen.present) return null
  const { isMarked, marks, pastMarks } = state
  const strange = seen.volumes.flatMap(({ mark, name }): ReadonlyArray<Drift> => {
    if (mark === null || marks.includes(mark.mark)) return []
    const [attempt] = mark.mark.split("/")
    const isOwn = attempt === state.attempt?.id
    const used =
      isOwn && isEndedMark(mark.mark) ? "was used after" : `was last used by${isOwn ? " a later step of" : ""}`
    const of = `${volumeText(name)} ${used} attempt ${attempt} (${mark.version}, ${mark.at})`
    // Times are not compared: the clock may have been set back.
    const isNewer = !isMarked || !pastMarks.includes(mark.mark)
    const what = isNewer
      ? `${of}, which this log does not know: the log is older than the data`
      : `${of}: the data is older than the log`
    return [{ kind: isNewer ? "log-behind" : "data-missing", what: [what], usedBy: mark.version }]
  })
  // The newest data of all volumes counts: nothing older starts on it (LAW-2).
  return strange.find(({ kind }) => kind === "log-behind") ?? strange[0] ?? null
}

type SeenData = Pick<Seen, "volumes" | "isExternal">

type Fault = (noted: NotedVolume, seen: SeenVolume | undefined) => string | null

/** Why noted volumes do not hold their data, one line each. */
const faults = ({ noted }: AppState, { isExternal, volumes }: SeenData, faultIn: Fault): ReadonlyArray<string> =>
  (noted?.volumes ?? []).flatMap((one) => {
    if (isExternal?.(one.name) === true) return []
    const what = faultIn(
      one,
      volumes.find(({ name }) => name === one.name)
    )
    return what === null ? [] : [what]
  })

/** Without a note (an older log, a new host), the data is lost if none of the latest snapshot's volumes exists. */
const lostWithoutNote = (state: AppState, seen: SeenData): ReadonlyArray<string> => {
  const held = state.snapshots.find(({ id }) => id === state.tip)?.volumes.map(({ name }) => name) ?? []
  const names = held.filter((name) => seen.isExternal?.(name) !== true)
  const isGone = names.length > 0 && names.every((name) => !seen.volumes.some((v) => v.name === name))
  return state.noted === null && isGone ? names.map((name) => `${volumeText(name)} is gone`) : []
}

/** One line per volume whose data is missing, empty or replaced (LAW-15). Checked again before any version starts. */
export const lostData = (state: AppState, seen: SeenData): ReadonlyArray<string> => [
  ...faults(state, seen, lostIn),
  ...lostWithoutNote(state, seen)
]

/** One line per volume at which a filesystem came or went: data that is restored there would not be where it was. */
export const remounted = (state: AppState, seen: SeenData): ReadonlyArray<string> => faults(state, seen, remountedIn)

/**
 * LAW-15: the data is not what lastgood left there; or the log is older than the data (LAW-16). An older log does not know
 * a folder that a later restore swapped in, so a newer mark takes precedence if there is data at all.
 */
const dataDrift = (state: AppState, seen: Seen): Drift | null => {
  const strange = strangeMark(state, seen)
  const isBehind = strange?.kind === "log-behind"
  if (isBehind && faults(state, seen, absentIn).length === 0) return strange
  const lost = lostData(state, seen)
  if (lost.length === 0) return strange
  // The data of other volumes may be of a newer version than the log knows: nothing older starts on it (LAW-2).
  const behind = isBehind ? strange : null
  return { kind: "data-missing", what: [...lost, ...(behind?.what ?? [])], usedBy: behind?.usedBy ?? null }
}

const shown = (service: SeenService | NotedService): string => service.image ?? "what was deployed"

const changeOf = (noted: NotedService, seen: SeenService): string | null => {
  const { name } = seen
  // With compose, a service whose containers were removed is known by name alone, from the labels of the others.
  if (noted.image !== null && seen.image === null) return noted.ran ? `${name} is gone` : null
  if (noted.image !== seen.image) return `${name}: expected ${shown(noted)}, found ${shown(seen)}`
  if (noted.replicas !== seen.replicas)
    return `${name}: expected ${noted.replicas ?? "no"} replicas, found ${seen.replicas ?? "none"}`
  if (sameConfig(noted.config, seen.config) === false) return `${name}: its configuration was changed`
  if (noted.digest !== null && seen.digest !== null && noted.digest !== seen.digest)
    return `${name}: ${shown(seen)} is another image now (expected ${noted.digest}, found ${seen.digest})`
  return noted.labelled && seen.version === null ? `${name} was not deployed by lastgood` : null
}

const changedServices = (noted: ReadonlyArray<NotedService>, seen: Seen): ReadonlyArray<string> => [
  ...seen.services.flatMap((service) => {
    const before = noted.find(({ name }) => name === service.name)
    const what = before === undefined ? `${service.name} was added` : changeOf(before, service)
    return what === null ? [] : [what]
  }),
  ...noted
    .filter(({ name, ran }) => ran && !seen.services.some((s) => s.name === name))
    .map(({ name }) => `${name} is gone`)
]

const isOf = (ref: Ref, { commit, version }: SeenService): boolean =>
  version === ref.version && (commit === null || ref.commit === "" || commit === ref.commit)

/** Services that lastgood did not deploy, by their labels alone. `allowed`: the versions that may run. */
const strangers = (allowed: ReadonlyArray<Ref>, seen: Seen, mayLackLabels: boolean): ReadonlyArray<string> => {
  if (!seen.labels) {
    const isAllowed = seen.version === null || allowed.some(({ version }) => version === seen.version)
    return isAllowed ? [] : [`expected ${namesOf(allowed)}, found ${seen.version}`]
  }
  return seen.services.flatMap((service) => {
    const { commit, name, version } = service
    if (version === null) {
      return mayLackLabels || service.since === null ? [] : [`${name} was not deployed by lastgood`]
    }
    if (allowed.some((ref) => isOf(ref, service))) return []
    const isSame = allowed.some((ref) => ref.version === version)
    return [`${name}: expected ${namesOf(allowed)}, found ${version}${isSame ? ` of another commit (${commit})` : ""}`]
  })
}

const namesOf = (allowed: ReadonlyArray<Ref>): string => [...new Set(allowed.map((ref) => ref.version))].join(" or ")

/** LAW-16: the running app is not what lastgood deployed. `promote` adopts an app that the log does not know. */
const serviceDrift = (state: AppState, seen: Seen): Drift | null => {
  const { noted, running } = state
  const expected = running ?? state.data
  if (expected === null || !seen.present) return null
  const services = running === null ? null : (noted?.services ?? null)
  const strange = strangers([expected], seen, services !== null || !state.deployed)
  const changed = services === null ? [] : changedServices(services, seen)
  const nameOf = (line: string) => line.split(/[: ]/, 1)[0]
  const named = new Set(strange.map(nameOf))
  const { stopped } = state.down ?? {}
  const restarted =
    strange.length > 0 || stopped === undefined ? [] : [`it is running, but was ${stoppedText(stopped)}`]
  const what = [...strange, ...restarted, ...changed.filter((line) => !named.has(nameOf(line)))]
  return what.length === 0 ? null : { kind: "drift", what, usedBy: newerOf(expected, seen) }
}

/** The newest running version, if it is newer than the expected one: it may have changed the data (LAW-2). */
const newerOf = (expected: Ref, seen: Seen): string | null => {
  const versions = [seen.version, ...seen.services.map(({ version }) => version)].filter((one) => one !== null)
  const newer = versions.filter((one) => compareVersions(one, expected.version) > 0)
  return newer.toSorted(compareVersions).at(-1) ?? null
}

/** @returns how the world disagrees with the log; null: it agrees. */
export const driftOf = (state: AppState, seen: Seen): Drift | null =>
  dataDrift(state, seen) ?? serviceDrift(state, seen)

/** Whether the attempt still has to restore data, so that missing data is not drift. */
const bringsData = (a: Attempt): boolean =>
  a.direction === "back" && a.plan.includes("restore") && !a.done.includes("restore")

/** Every version that an interrupted attempt may have left running. */
const leftBy = (a: Attempt): ReadonlyArray<Ref> =>
  [fromOf(a), toOf(a), ...(a.direction === "back" ? [a.to, a.attempted] : [])].filter((ref) => ref !== null)

/**
 * Whether an operator accepted this drift when the attempt began, or the attempt itself restores the data (LAW-16). Not if
 * the log is also older than the data: the attempt may have ended long ago.
 */
const isDecided = (a: Attempt, state: AppState, { kind, usedBy }: Drift): boolean => {
  if (kind !== "data-missing") return a.over === kind
  return bringsData(a) ? usedBy === null || a.over === kind : a.over === kind && state.noted === null
}

/** Nobody expects data of a removed app. A deploy of it compares all the same. */
export const isLeftAlone = (state: AppState, { present }: Pick<Seen, "present">): boolean =>
  state.attempt === null && state.down?.removed !== undefined && !present

/**
 * Drift before an attempt is resumed: data that was removed or used since, or a running version that the attempt cannot
 * have started. An attempt with drift is not resumed.
 */
export const driftDuring = (state: AppState, seen: Seen): Drift | null => {
  const a = state.attempt
  if (a === null) return driftOf(state, seen)
  const data = dataDrift(state, seen)
  if (data !== null && !isDecided(a, state, data)) return data
  const allowed = leftBy(a)
  const noted = state.noted?.services ?? []
  const isAsNoted = (s: SeenService) =>
    noted.some(({ config, name }) => name === s.name && sameConfig(config, s.config) === true)
  const rest = { ...seen, services: seen.services.filter((s) => s.version !== null || !isAsNoted(s)) }
  const what = allowed.length === 0 ? [] : strangers(allowed, rest, !state.deployed && state.noted === null)
  return what.length === 0 ? null : { kind: "drift", what, usedBy: null }
}

/** Drift that is told of: none while a removed app is down, or while its data waits for its new name. */
export const driftNow = (state: AppState, seen: Seen): Drift | null =>
  state.renamed !== undefined || isLeftAlone(state, seen) ? null : driftDuring(state, seen)

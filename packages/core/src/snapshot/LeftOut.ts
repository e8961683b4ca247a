/**
 * Measures what a filter leaves out of a volume. A filter that leaves out a whole volume, a whole database or a part of
 * one is refused (LAW-15): a rollback would start the app without its data. The operator can declare a whole one
 * disposable, but never a part of one.
 */
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../domain/App.ts"
import { disposableOf, filterBy, filterOf, filterText, keepsAll } from "../domain/volumeFilter.ts"
import { besides, type FolderKind, fileKindOf, isMark, kindsOf, mayBeDatabase } from "./Databases.ts"
import { keeps, makeSelector } from "./Filter.ts"
import type { Folder } from "./Folder.ts"
import { readHeader } from "./Header.ts"
import { SnapshotRefusal } from "./Trouble.ts"
import { type Entry, forEachEntry } from "./Walk.ts"

export interface LeftOut {
  readonly files: number
  readonly bytes: number
}

/** A database or a volume of which something is left out. */
interface Loss {
  readonly what: string
  readonly isPart: boolean
}

/** @param list of `walk`. */
export const leftOutOf = (app: EffectiveApp, folder: Folder, list: string) =>
  Effect.gen(function* () {
    const filter = filterOf(app, folder.volume.key)
    if (keepsAll(filter)) return { files: 0, bytes: 0 } satisfies LeftOut
    const judge = () => {
      const select = makeSelector(filter)
      const spared = makeSelector({ include: [], exclude: disposableOf(filter) })
      return ({ path }: Entry) => {
        const isRoot = path.length === 0
        return { isKept: isRoot || select(path).length > 0, isDisposable: !isRoot && spared(path).length === 0 }
      }
    }
    const found = yield* survey(list, judge(), (path) => keeps(filter, path))
    const losses = [
      ...volumeLoss(found),
      ...(yield* folderLosses(list, judge(), found.marks)),
      ...(yield* fileLosses(folder, found.candidates, (path) => keeps(filter, path)))
    ]
    if (losses.length > 0) return yield* refusalOf(app, folder, losses)
    return { files: found.files - found.kept, bytes: found.bytes } satisfies LeftOut
  })

type Judge = (entry: Entry) => { readonly isKept: boolean; readonly isDisposable: boolean }

interface Candidate {
  readonly path: Buffer
  readonly isKept: boolean
}

const survey = Effect.fnUntraced(function* (list: string, judge: Judge, wouldKeep: (path: Buffer) => boolean) {
  let [files, kept, lost, bytes] = [0, 0, 0, 0]
  const candidates: Array<Candidate> = []
  /** The names that may identify a database, by folder. Bytes are kept unchanged as latin1. */
  const marks = new Map<string, Set<string>>()
  yield* forEachEntry(list, (entry) => {
    const { path, size, type } = entry
    const { isDisposable, isKept } = judge(entry)
    const [above, name] = split(path.toString("latin1"))
    if (isMark(name)) marks.set(above, (marks.get(above) ?? new Set()).add(name))
    // A socket is never kept, and is not data.
    if (type === "d" || type === "s") return
    files += 1
    if (isKept) kept += 1
    else {
      bytes += size
      if (!isDisposable) lost += 1
    }
    if (type !== "f" || !mayBeDatabase(size)) return
    const lacks = isKept && besides.some((end) => !wouldKeep(Buffer.concat([path, Buffer.from(end)])))
    if (lacks || (!isKept && !isDisposable)) candidates.push({ path, isKept })
  })
  return { files, kept, lost, bytes, candidates, marks }
})

const split = (path: string): readonly [above: string, name: string] => {
  const slash = path.lastIndexOf("/")
  return slash === -1 ? ["", path] : [path.slice(0, slash), path.slice(slash + 1)]
}

const volumeLoss = ({ files, kept, lost }: Effect.Success<ReturnType<typeof survey>>): ReadonlyArray<Loss> =>
  files > 0 && kept === 0 && lost > 0 ? [{ what: `all of it (${count(files, "file")})`, isPart: false }] : []

interface Tally {
  readonly folder: string
  readonly kind: FolderKind
  all: number
  dropped: number
  /** Left out and not declared disposable. */
  lost: number
  first: string
}

const folderLosses = Effect.fnUntraced(function* (
  list: string,
  judge: Judge,
  marks: ReadonlyMap<string, ReadonlySet<string>>
) {
  const databases = new Map<string, ReadonlyArray<Tally>>()
  for (const [folder, names] of marks) {
    const kinds = kindsOf(names)
    const tallies = kinds.map((kind): Tally => ({ folder, kind, all: 0, dropped: 0, lost: 0, first: "" }))
    if (tallies.length > 0) databases.set(folder, tallies)
  }
  if (databases.size === 0) return []
  yield* forEachEntry(list, (entry) => {
    const path = entry.path.toString("latin1")
    const { isDisposable, isKept } = judge(entry)
    if (path === "" || entry.type === "s") return
    for (const folder of foldersAbove(path)) {
      const inside = folder === "" ? path : path.slice(folder.length + 1)
      for (const tally of databases.get(folder) ?? []) {
        if (!tally.kind.isMember(inside)) continue
        tally.all += 1
        if (isKept) continue
        tally.dropped += 1
        if (!isDisposable) tally.lost += 1
        if (tally.first === "") tally.first = inside
      }
    }
  })
  return [...databases.values()].flat().flatMap(({ all, dropped, first, folder, kind, lost }): ReadonlyArray<Loss> => {
    const where = folder === "" ? "" : ` in ${shown(folder)}`
    if (dropped === 0 || (dropped === all && lost === 0)) return []
    if (dropped === all) return [{ what: `the ${kind.name} database${where}`, isPart: false }]
    const more = dropped === 1 ? "" : ` and ${dropped - 1} more`
    return [{ what: `a part of the ${kind.name} database${where} (${shown(first)}${more})`, isPart: true }]
  })
})

/** The folders above `a/b/c`: the volume itself, `a`, `a/b`. */
const foldersAbove = (path: string): ReadonlyArray<string> => {
  const above = [""]
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) above.push(path.slice(0, at))
  return above
}

const fileLosses = Effect.fnUntraced(function* (
  folder: Folder,
  candidates: ReadonlyArray<Candidate>,
  wouldKeep: (path: Buffer) => boolean
) {
  const losses: Array<Loss> = []
  for (const { isKept, path } of candidates) {
    const header = yield* readHeader(folder, path)
    const kind = header === null ? null : fileKindOf(header)
    if (kind === null) continue
    const name = shown(path.toString("latin1"))
    if (!isKept) losses.push({ what: `the ${kind.name} database ${name}`, isPart: false })
    const missing = kind.beside.find((end) => !wouldKeep(Buffer.concat([path, Buffer.from(end)])))
    if (isKept && missing !== undefined) {
      losses.push({ what: `a part of the ${kind.name} database ${name} (${name}${missing})`, isPart: true })
    }
  }
  return losses
})

const mostShown = 3

const refusalOf = (app: EffectiveApp, { volume: { key, name } }: Folder, losses: ReadonlyArray<Loss>) => {
  const filter = filterOf(app, key)
  const by = filterBy(app, key)
  const more = losses.length > mostShown ? [`${losses.length - mostShown} more`] : []
  const what = [...losses.slice(0, mostShown).map((loss) => loss.what), ...more].join(", ")
  const correct =
    app.settledBy.get(`snapshot.volume.${key}`) === "plugin" || app.settledBy.get(`snapshot.volume.${key}`) === "label"
      ? `write \`snapshot: { exclude: { ${key}: [] } }\` in lastgood.yaml, which takes precedence over ${by}`
      : filter.include.length > 0
        ? `add the missing files to \`include\` of ${key}, with all files that belong to them`
        : `remove the matching pattern from the filter of ${key}`
  const globs = JSON.stringify([...filter.exclude, ...disposableOf(filter)])
  const mayGo = !losses.some(({ isPart }) => isPart) && filter.include.length === 0
  const lose = mayGo ? `; or, if it may be lost, \`snapshot: { disposable: { ${key}: ${globs} } }\`` : ""
  return new SnapshotRefusal({
    reason: `volume ${name}: the filter ${filterText(filter)} (${by}) leaves out ${what}: a rollback could not bring it back`,
    next: `${correct}${lose}`,
    gate: "filter"
  })
}

/** Names are foreign bytes, so they are quoted unless they are plain. */
const shown = (path: string): string => {
  const text = Buffer.from(path.slice(0, 200), "latin1").toString("utf8")
  return /^[\w./@+-]+$/.test(text) ? text : JSON.stringify(text)
}

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`

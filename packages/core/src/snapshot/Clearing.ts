/**
 * Removes what a restore leaves: staged trees that were not swapped in, and data that was set aside, after its
 * retention. In places that a volume's users can reach, everything is removed through folders that are held open
 * (LAW-13).
 */
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { exists, namesIn } from "../disk/Durable.ts"
import type { App, Volume } from "../domain/App.ts"
import { advise, nextText } from "../domain/Next.ts"
import { holdOwn, removeEmpty } from "./Held.ts"
import { checkName, checkVolumeNames, fileNameOf, isSafeName } from "./Layout.ts"
import { holdBase, holdStaged, type Place, placeOf, rootFolders, type Trees, treesUnder } from "./Place.ts"
import { removeTree } from "./removeTree.ts"
import { SnapshotRefusal } from "./Trouble.ts"

/** Removes staged trees that were not swapped in. Refused in the middle of a swap, because that would lose data. */
export const unstage = (app: App, attempt: string, volumes: ReadonlyArray<Volume>) =>
  Effect.gen(function* () {
    yield* checkName("attempt", attempt)
    yield* checkVolumeNames(volumes)
    const places = yield* placesOfAttempt(app, attempt, yield* stillThere(volumes))
    yield* assertNotBegun([...places, ...(yield* treesUnderRoot(app, attempt))])
    for (const place of places) yield* removeStaged(place, ["unpacking", "tree"])
  })

/** Removes the given entries of the folder with the staged tree, and then our empty folders. */
const removeStaged = (place: Place, names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { base, staged } = yield* holdStaged(place)
    if (staged !== null) yield* Effect.forEach(names, (name) => removeTree(join(staged.at, name)), { discard: true })
    yield* removeEmpty(base, place.stagedIn)
    yield* removeEmpty(base, place.asideIn)
  }).pipe(Effect.scoped)

/** Every place of an attempt, for all of its snapshots. */
const placesOfAttempt = (app: App, attempt: string, volumes: ReadonlyArray<Volume>) =>
  Effect.forEach(volumes, (volume) =>
    Effect.gen(function* () {
      const place = yield* placeOf(app, volume, attempt, "any")
      const ids = (yield* namesAt(place, place.stagedRoot)).filter(isSafeName)
      return yield* Effect.forEach(ids, (id) => placeOf(app, volume, attempt, id))
    })
  ).pipe(Effect.map((places) => places.flat()))

/** The trees under the root, also of volumes that a runtime does not list because their data is set aside. */
const treesUnderRoot = (app: App, attempt: string) =>
  Effect.gen(function* () {
    const roots = rootFolders(app, attempt)
    const ids = yield* namesIn(roots[0])
    const each = yield* Effect.forEach(ids, (id) =>
      Effect.map(namesIn(join(roots[0], id)), (names) => names.map((name) => treesUnder(roots, id, name)))
    )
    return each.flat()
  })

/**
 * A swap covers all volumes or none: if it has begun for one and is not done for another, the staged trees are still
 * needed.
 */
const assertNotBegun = (all: ReadonlyArray<Trees>) =>
  Effect.gen(function* () {
    const begun = yield* Effect.filter(all, (trees) =>
      Effect.gen(function* () {
        const touched = (yield* exists(trees.aside)) || (yield* exists(trees.leaving))
        return touched && !(yield* exists(trees.swapped))
      })
    )
    const left = yield* Effect.filter(all, (trees) => exists(trees.staged))
    if (begun.length === 0 || left.length === 0) return
    return yield* new SnapshotRefusal({
      reason: `the attempt is in the middle of a swap: data is at ${begun[0]?.aside}, the tree to swap in is at ${left[0]?.staged}`,
      next: nextText(null, advise`finish the restore: \`${{ do: "Restore" }}\` continues it`)
    })
  })

/** The entries of one of our folders; none if it does not exist. */
const namesAt = (place: Place, names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const base = yield* holdBase(place).pipe(
      Effect.catchTag("IoFailed", (error) => (error.code === "ENOENT" ? Effect.succeed(null) : Effect.fail(error)))
    )
    const held = base === null ? null : yield* holdOwn(base, names)
    return held === null ? [] : yield* namesIn(held.at)
  }).pipe(Effect.scoped)

/** Removes the data that an attempt set aside, for good, and every trace of it in its places. */
export const removeAside = (app: App, attempt: string, volumes: ReadonlyArray<Volume>) =>
  Effect.gen(function* () {
    yield* unstage(app, attempt, volumes)
    for (const volume of yield* stillThere(volumes)) {
      const place = yield* placeOf(app, volume, attempt, "any")
      yield* removeAsidesIn(place)
      for (const one of yield* placesOfAttempt(app, attempt, [volume])) yield* removeStaged(one, ["swapped"])
    }
    // Under the root, also the data of volumes that no longer exist.
    yield* Effect.forEach(rootFolders(app, attempt), removeTree, { discard: true })
  })

const removeAsidesIn = (place: Place) =>
  Effect.gen(function* () {
    const base = yield* holdBase(place)
    const asides = yield* holdOwn(base, place.asideIn)
    if (asides === null) return
    const mine = (yield* namesIn(asides.at)).filter((name) => isAsideOf(fileNameOf(place.volume.name), name))
    yield* Effect.forEach(mine, (name) => removeTree(join(asides.at, name)), { discard: true })
    yield* removeEmpty(base, place.asideIn)
  }).pipe(Effect.scoped)

/** A removed volume took the folder beside it along. */
const stillThere = (volumes: ReadonlyArray<Volume>) => Effect.filter(volumes, (volume) => exists(dirname(volume.path)))

/** `data`, and `data~2` … if something was put in the place of the data in the middle of a swap. */
const isAsideOf = (file: string, name: string): boolean => name === file || name.startsWith(`${file}~`)

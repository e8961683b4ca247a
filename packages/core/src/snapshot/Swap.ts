/**
 * The quiet half of a restore: the data is renamed aside, and the staged tree is renamed to its place. Nothing is
 * deleted or copied, so it takes milliseconds for any size. A kill between any two renames leaves a state that shows
 * what remains to be done:
 *
 *   staged  data  aside
 *   yes     yes   no     nothing done yet
 *   yes     no    yes    the data is aside
 *   no      yes   yes    renamed; done once the mark `swapped` exists, which records that quiet was proven after it
 *   yes     yes   yes    something else took the place of the data: it is set aside too, under `<volume>~2`
 *   yes     no    no     the data was missing before: there is nothing to set aside
 *   else                 not staged: refused, untouched
 *
 * Renamed but not marked (the proof failed, or a kill came first): the app may have written to the tree, so it is
 * refused until it is staged again. Then it is set aside like anything else that was put in the place of the data
 * (LAW-1).
 */
import type { BigIntStats } from "node:fs"
import * as fs from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { exists, rename, statOrNull, sync, writeFileDurably } from "../disk/Durable.ts"
import { io } from "../disk/io.ts"
import type { App, Volume } from "../domain/App.ts"
import { volumeText } from "../domain/folders.ts"
import { run } from "../process/Tool.ts"
import { unchangeable } from "../removal/removeTree.ts"
import { restoreRootAttributes } from "./Archive.ts"
import { subvolumeUuid } from "./btrfs/Identity.ts"
import { openFolder, ownFolder } from "./Folder.ts"
import { assertIs, type Held, hold, holdTree, makeOwn } from "./Held.ts"
import { archiveFile } from "./Layout.ts"
import { holdBase, holdTrees, type Place } from "./Place.ts"
import { locate } from "./Shelf.ts"
import type { SetAside, SwapRequest } from "./SnapshotStore.ts"
import { isMovedInside, placesOf } from "./Staging.ts"
import { SnapshotRefusal } from "./Trouble.ts"

/** Swaps the staged trees in. All volumes are checked before the first is touched. */
export const swap = (app: App, request: SwapRequest) =>
  Effect.gen(function* () {
    const places = yield* placesOf(app, request)
    for (const place of places) yield* assertReady(app, place)
    for (const place of places) {
      if (!(yield* exists(place.staged))) continue
      yield* place.kind === "inside" ? swapChildren(app, request.id, place) : swapFolder(place)
    }
    const unmarked = yield* Effect.filter(places, ({ swapped }) => Effect.map(exists(swapped), (marked) => !marked))
    if (unmarked.length > 0) yield* request.stillQuiet
    for (const place of unmarked) yield* mark(place)
    const asides = yield* Effect.filter(places, ({ aside }) => exists(aside))
    return asides.map(({ volume, aside }): SetAside => ({ name: volume.name, path: aside }))
  })

/**
 * Records that quiet was proven after this volume's tree was swapped in, with the folder's identity and whether it had
 * content.
 */
const mark = (place: Place) =>
  Effect.gen(function* () {
    const staged = yield* makeOwn(yield* holdBase(place), place.stagedIn)
    yield* writeFileDurably(join(staged.at, basename(place.swapped)), yield* standing(place))
  }).pipe(Effect.scoped)

const standing = ({ data, kind, volume }: Place) =>
  Effect.gen(function* () {
    const { ino, size } = yield* io("look at", data, () => fs.lstat(data, { bigint: true }))
    const held =
      volume.kind === "file"
        ? size > 0n
        : (yield* io("list", data, () => fs.readdir(data))).some((name) => name !== ownFolder && name !== "lost+found")
    const uuid = yield* subvolumeUuid(data, ino)
    const folder = uuid === null ? `${ino}` : `${ino}@${uuid}`
    return `${kind === "inside" ? "inside" : folder} ${held ? "held" : "empty"}`
  })

/**
 * LAW-15: a kill may have come between the swap and its evidence, so the current folder need not be the one that was
 * swapped in.
 */
const assertStill = (place: Place) =>
  Effect.gen(function* () {
    const marked = yield* io("read", place.swapped, () => fs.readFile(place.swapped, "utf8"))
    const [folder = "", held] = marked.split(" ")
    const [found = "", now] = (yield* standing(place)).split(" ")
    const [[ino, uuid], [nowIno, nowUuid]] = [folder.split("@"), found.split("@")]
    // A mark of an older lastgood has no identity, or not that of a subvolume.
    const isSame =
      marked === "" || (ino === nowIno && (uuid === undefined || nowUuid === undefined || uuid === nowUuid))
    // A volume that the snapshot left empty may have been filled; that is checked later.
    if (isSame && (held === now || held !== "held")) return
    return yield* new SnapshotRefusal({
      reason: `${volumeText(place.volume.name)}: the data that was restored to ${place.data} is missing`,
      next: "put it back, or restore again"
    })
  })

const assertReady = (app: App, place: Place) =>
  Effect.gen(function* () {
    const data = yield* exists(place.data)
    if (data) yield* Effect.scoped(openFolder(app, place.volume))
    const staged = yield* statOrNull(place.staged)
    if (staged !== null && isOfKind(place.volume, staged)) return
    const marked = yield* exists(place.swapped)
    if (staged === null && data && marked) return yield* assertStill(place)
    if (staged === null && data && (yield* isMovedInside(place))) return
    return yield* new SnapshotRefusal({
      reason: `${volumeText(place.volume.name)} is not staged: expected a tree at ${place.staged}`,
      next: "stage the snapshot first"
    })
  })

const swapFolder = (place: Place) =>
  Effect.gen(function* () {
    const { staged, aside, trees } = yield* holdTrees(place)
    const around = yield* hold(dirname(place.data))
    const data = join(around.at, basename(place.data))
    const isFile = place.volume.kind === "file"
    const tree = isFile ? yield* fileAt(trees.staged) : yield* holdTree(staged)
    const before = yield* statOrNull(data)
    if (before !== null) {
      const replaced = yield* freeName(trees.aside)
      yield* rename(data, replaced)
      const moved = yield* statOrNull(replaced)
      if (moved?.ino !== before.ino || moved.dev !== before.dev || !isOfKind(place.volume, moved)) {
        return yield* new SnapshotRefusal({
          reason: `${volumeText(place.volume.name)}: something was written to ${place.data} while the data was set aside; it is now at ${join(aside.path, basename(replaced))} now`,
          next: "find out what changes the volumes, then try again"
        })
      }
    }
    yield* rename(trees.staged, data)
    yield* assertIs(tree, data)
  }).pipe(Effect.scoped)

const isOfKind = ({ kind }: Volume, stat: BigIntStats): boolean =>
  kind === "file" ? stat.isFile() : stat.isDirectory()

/** The staged file: in a folder that only lastgood can write to. */
const fileAt = (path: string) =>
  Effect.map(
    io("look at", path, () => fs.lstat(path, { bigint: true })),
    ({ dev, ino }) => ({ path, dev, ino })
  )

const freeName = (path: string, n = 2): Effect.Effect<string, Effect.Error<ReturnType<typeof exists>>> =>
  Effect.gen(function* () {
    if (!(yield* exists(path))) return path
    return (yield* exists(`${path}~${n}`)) ? yield* freeName(path, n + 1) : `${path}~${n}`
  })

/**
 * For a folder that is itself a mount, so that only its children can be renamed. All old ones are moved out before the
 * first new one is moved in. `aside` gets its name only then, so that a later call can tell which ones it sees.
 */
const swapChildren = (app: App, id: string, place: Place) =>
  Effect.gen(function* () {
    const { base, staged, aside, trees } = yield* holdTrees(place)
    if (!(yield* exists(trees.aside))) {
      yield* moveChildren(base, yield* makeOwn(aside, [basename(trees.leaving)]))
      yield* rename(trees.leaving, trees.aside)
    }
    yield* moveChildren(yield* holdTree(staged), base)
    const folder = yield* locate(app, id).pipe(
      Effect.mapError((error) =>
        error._tag === "SnapshotMissing"
          ? new SnapshotRefusal({
              reason: error.message,
              next: "put the snapshot back, which has the attributes of the volume's root"
            })
          : error
      )
    )
    const archive = join(folder, archiveFile(place.volume.name))
    if (yield* exists(archive)) yield* restoreRootAttributes(archive, base.at)
    yield* sync(base.at)
    yield* io("remove", place.staged, () => fs.rmdir(trees.staged))
    yield* assertIs(base, place.data)
  }).pipe(Effect.scoped)

/** Renames the content of a folder into another on the same mount, except lastgood's own. Replaces nothing. */
const moveChildren = (from: Held, to: Held) =>
  Effect.gen(function* () {
    const cwd = { cwd: from.at }
    const children = [".", "-mindepth", "1", "-maxdepth", "1", "!", "-path", `./${ownFolder}`]
    const move = run(
      "find",
      [...children, "-exec", "mv", "--no-clobber", `--target-directory=${to.at}`, "--", "{}", "+"],
      cwd
    )
    // A file that an app marked (`chattr +i`, `+a`) cannot be moved. These attributes are not kept anyway. Deeper files
    // move along with their folder.
    const unmark = run("find", [...children, "(", "-type", "f", "-o", "-type", "d", ")", ...chattr], cwd)
    yield* move.pipe(
      Effect.catchIf(
        ({ stderr }) => unchangeable.test(stderr),
        () => Effect.andThen(Effect.ignore(unmark), move)
      )
    )
    const { stdout } = yield* run("find", [...children, "-print", "-quit"], cwd)
    if (stdout !== "") {
      return yield* new SnapshotRefusal({
        reason: `${JSON.stringify(stdout.trim())} could not be moved out of ${from.path}: ${to.path} already has a file of that name`,
        next: "find out what created it, move it away, then try again"
      })
    }
    yield* sync(to.at)
    yield* sync(from.at)
  })

const chattr = ["-exec", "chattr", "-f", "-ia", "--", "{}", "+"]

/**
 * The quiet half of a restore: the data is renamed aside, the staged tree is renamed in. Nothing is deleted or copied,
 * so it takes milliseconds for any size, and a kill between any two renames leaves a state that says what is left to do:
 *
 *   staged  data  aside
 *   yes     yes   no     nothing done yet
 *   yes     no    yes    the data is aside
 *   no      yes   yes    done
 *   yes     yes   yes    something was put into the data's place meanwhile: it is set aside too, under `<volume>~2`
 *   yes     no    no     the data was gone before: there is nothing to set aside
 *   else                 not staged: refused, untouched
 */
import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import { run } from "../process/Tool.ts"
import { restoreRootAttributes } from "./Archive.ts"
import { exists, makePrivateFolder, rename, statOrNull, sync, writeFileDurably } from "./Durable.ts"
import { openFolder, ownFolder } from "./Folder.ts"
import { archiveFile } from "./Layout.ts"
import type { Place } from "./Place.ts"
import { locate } from "./Shelf.ts"
import type { SetAside } from "./SnapshotStore.ts"
import { placesOf, type RestoreRequest } from "./Staging.ts"
import { io, Refusal } from "./Trouble.ts"

/** Puts the staged trees in. All volumes are looked at before the first is touched. */
export const swap = (app: App, request: RestoreRequest) =>
  Effect.gen(function* () {
    const places = yield* placesOf(app, request)
    for (const place of places) yield* assertReady(app, place)
    for (const place of places) {
      if (!(yield* exists(place.staged))) continue
      yield* place.kind === "inside" ? swapChildren(app, request.id, place) : swapFolder(place)
    }
    for (const place of places) yield* writeFileDurably(place.swapped, "")
    const asides = yield* Effect.filter(places, ({ aside }) => exists(aside))
    return asides.map(({ volume, aside }): SetAside => ({ name: volume.name, path: aside }))
  })

const assertReady = (app: App, place: Place) =>
  Effect.gen(function* () {
    const data = yield* exists(place.data)
    if (data) yield* openFolder(app, place.volume)
    const staged = yield* statOrNull(place.staged)
    if (staged?.isDirectory() === true) return
    const marked = yield* exists(place.swapped)
    const moved = (yield* exists(place.aside)) && (yield* exists(dirname(place.staged)))
    if (staged === null && data && (marked || moved)) return
    return yield* new Refusal({
      reason: `volume ${place.volume.name} is not staged: expected a tree at ${place.staged}`,
      next: "stage the snapshot first; nothing was touched"
    })
  })

const swapFolder = (place: Place) =>
  Effect.gen(function* () {
    const before = yield* statOrNull(place.data)
    if (before !== null) {
      yield* makePrivateFolder(dirname(place.aside))
      const aside = yield* freeName(place.aside)
      yield* rename(place.data, aside)
      const moved = yield* statOrNull(aside)
      if (moved?.ino !== before.ino || moved.dev !== before.dev || !moved.isDirectory()) {
        return yield* new Refusal({
          reason: `volume ${place.volume.name}: something else was put at ${place.data} while it was set aside; it lies at ${aside} now`,
          next: "find what changes the volumes, then try again: the staged tree is untouched"
        })
      }
    }
    yield* rename(place.staged, place.data)
  })

const freeName = (path: string, n = 2): Effect.Effect<string, Effect.Error<ReturnType<typeof exists>>> =>
  Effect.gen(function* () {
    if (!(yield* exists(path))) return path
    return (yield* exists(`${path}~${n}`)) ? yield* freeName(path, n + 1) : `${path}~${n}`
  })

/**
 * For a folder that is itself a mount, and cannot be renamed: its children are. The old ones are all out before the
 * first new one goes in: `aside` gets its name only then, so that a later call knows which ones it sees.
 */
const swapChildren = (app: App, id: string, place: Place) =>
  Effect.gen(function* () {
    if (!(yield* exists(place.aside))) {
      yield* makePrivateFolder(place.leaving)
      yield* moveChildren(place.data, place.leaving)
      yield* rename(place.leaving, place.aside)
    }
    yield* moveChildren(place.staged, place.data)
    const folder = yield* locate(app, id).pipe(
      Effect.mapError((error) =>
        error._tag === "SnapshotMissing"
          ? new Refusal({
              reason: error.message,
              next: "put the snapshot back: the volume root's own attributes are in it"
            })
          : error
      )
    )
    const archive = join(folder, archiveFile(place.volume.name))
    if (yield* exists(archive)) yield* restoreRootAttributes(archive, place.data)
    yield* sync(place.data)
    yield* io("remove", place.staged, () => fs.rmdir(place.staged))
  })

/** Renames what is in a folder into another of the same mount, all but lastgood's own. Replaces nothing. */
const moveChildren = (from: string, to: string) =>
  Effect.gen(function* () {
    const children = [from, "-mindepth", "1", "-maxdepth", "1", "!", "-path", join(from, ownFolder)]
    yield* run("find", [...children, "-exec", "mv", "--no-clobber", `--target-directory=${to}`, "--", "{}", "+"])
    const { stdout } = yield* run("find", [...children, "-print", "-quit"])
    if (stdout !== "") {
      return yield* new Refusal({
        reason: `${JSON.stringify(stdout.trim())} could not be moved: something of that name is in ${to} already`,
        next: "find what put it there, move it away, then try again: nothing was replaced"
      })
    }
    yield* sync(to)
    yield* sync(from)
  })

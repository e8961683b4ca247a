/** When the content of a mirror is compared with its volume (`tree/Comparing.ts`), and what follows from a difference. */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { exists } from "../../disk/Durable.ts"
import { io } from "../../disk/io.ts"
import type { EffectiveApp } from "../../domain/App.ts"
import { volumeText } from "../../domain/folders.ts"
import type { Folder } from "../Folder.ts"
import type { Held } from "../Held.ts"
import { forgetTree } from "./Home.ts"
import { isOfThisBoot } from "./tree/Boot.ts"
import { differingContent, mostPartsOf, partsOf } from "./tree/Comparing.ts"
import { manifestAt, readList } from "./tree/List.ts"
import { pendingAt, shown } from "./tree/Manifest.ts"

/** Milliseconds from one part to the next, which a mirror that is refreshed more often waits for. */
export const ComparedEvery = Context.Reference<number>("lastgood/snapshot/mirror/ComparedEvery", {
  defaultValue: () => 20 * 3_600_000
})

/** The part that was compared last, and when. */
interface Compared {
  /** -1: none. */
  readonly part: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** How many times as many parts there are as `partsOf` says: twice as many after each one that took too long. */
  readonly times: number
}

const never: Compared = { part: -1, at: 0, times: 1 }

const comparedAt = (held: Held) => join(held.at, "compared")

const readCompared = (held: Held) =>
  io("read", join(held.path, "compared"), () => fs.readFile(comparedAt(held), "utf8")).pipe(
    Effect.map((text): Compared => {
      const [, part, at, times = "1"] = /^(-1|\d{1,9}) (\d{1,15})(?: (\d{1,9}))?$/.exec(text) ?? []
      return part === undefined ? never : { part: Number(part), at: Number(at), times: Math.max(1, Number(times)) }
    }),
    Effect.catch((error) => (error.code === "ENOENT" ? Effect.succeed(never) : Effect.fail(error)))
  )

const writeCompared = (held: Held, { at, part, times }: Compared) =>
  io("write", join(held.path, "compared"), () =>
    fs.writeFile(comparedAt(held), `${part} ${at}${times === 1 ? "" : ` ${times}`}`, { mode: 0o600 })
  )

/** Of the time for a refresh, which the copy needs. */
const shareOfTime = 10

/**
 * Before a refresh beside the app: compares the next part of a mirror with its volume. A mirror that differs is copied
 * anew. It must not be the only copy of a snapshot.
 *
 * @param folder of the volume.
 */
export const distrustDifferent = (app: EffectiveApp, folder: Folder, held: Held) =>
  Effect.gen(function* () {
    const manifest = yield* readList(manifestAt(held))
    if (manifest === null || !(yield* isOfThisBoot(held)) || (yield* exists(pendingAt(held)))) return
    const now = yield* Clock.currentTimeMillis
    const { at, part: before, times } = yield* readCompared(held)
    if (now >= at && now - at < (yield* ComparedEvery)) return
    const parts = partsOf(manifest) * times
    const part = (before + 1) % parts
    const limit = app.deadlines.prefetchMs / shareOfTime
    const [took, differing] = yield* Effect.timed(
      Effect.timeoutOption(differingContent(folder.at, held, manifest, part, parts), limit)
    )
    if (Option.isNone(differing)) {
      if (parts < mostPartsOf(manifest)) {
        yield* writeCompared(held, { part: before, at, times: times * 2 })
      }
      return yield* Effect.logWarning(outOfTime(folder))
    }
    const isQuick = times > 1 && Duration.toMillis(took) < limit / 4
    yield* writeCompared(held, { part, at: now, times: isQuick ? times / 2 : times })
    if (differing.value.length === 0) return
    yield* Effect.logWarning(differsFrom(folder, differing.value))
    yield* forgetTree(held)
  }).pipe(
    Effect.catch(({ message }) =>
      Effect.logWarning(`the mirror of ${volumeText(folder.volume.name)} could not be compared with it: ${message}`)
    )
  )

const outOfTime = ({ volume }: Folder) =>
  `the mirror of ${volumeText(volume.name)} could not be compared with it in a tenth of \`deadlines.prefetch\`; the next refresh tries half as much`

const differsFrom = ({ volume }: Folder, paths: ReadonlyArray<string>) => {
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : ""
  const files = `${paths.slice(0, 3).map(shown).join(", ")}${more}`
  return `the mirror of ${volumeText(volume.name)} is made anew, because its content differs, although nothing changed these files: ${files}; check the disk and the memory of this host, and these files in the app and in its last snapshots`
}

/** The snapshot of a subvolume, listed like the tree of a mirror. It is captured without a walk, so there is no manifest. */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../../disk/io.ts"
import type { Held } from "../Held.ts"
import { forEachLine } from "../mirror/tree/Line.ts"
import { complete, manifestAt } from "../mirror/tree/List.ts"
import { treeAt } from "../mirror/tree/Manifest.ts"
import { walkInto } from "../mirror/tree/Walking.ts"

/** Makes a manifest of the read-only tree for the time of an effect. No refresh may take it for that of a mirror. */
export const whileListed = <A, E, R>(home: Held, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const walk = join(home.at, "walk")
    const list = yield* walkInto(walk, treeAt(home), "quiet")
    let entries = 0
    let bytes = 0
    yield* io("read", list.file, () =>
      forEachLine(list.file, list.size, ({ size, type }) => {
        entries += 1
        if (type === "f") bytes += size
      })
    )
    yield* complete(list, [], { entries, bytes })
    yield* io("rename", walk, () => fs.rename(walk, manifestAt(home)))
    return yield* effect
  }).pipe(
    Effect.ensuring(Effect.ignore(io("remove", manifestAt(home), () => fs.rm(manifestAt(home), { force: true }))))
  )

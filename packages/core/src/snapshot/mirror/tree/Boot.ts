/**
 * A mirror is trusted only until the next boot. If the host crashes, the content of a change may be on disk without its
 * ctime, which the filesystem writes later (seconds; with the mount option `lazytime`, up to a day). Whether it crashed
 * cannot be told afterwards.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { sync } from "../../../disk/Durable.ts"
import { io } from "../../../disk/io.ts"
import { bootId } from "../../../host/Proc.ts"
import type { Held } from "../../Held.ts"
import { manifestAt } from "./List.ts"

const thisBoot = io("read", "the boot id", async () => bootId())

const bootAt = (home: Held) => join(home.at, "boot")

const bootOf = (home: Held) =>
  io("read", bootAt(home), () => fs.readFile(bootAt(home), "utf8")).pipe(
    Effect.catch((error) => (error.code === "ENOENT" ? Effect.succeed(null) : Effect.fail(error)))
  )

export const isOfThisBoot = (home: Held) =>
  Effect.gen(function* () {
    return (yield* bootOf(home)) === (yield* thisBoot)
  })

/** Without a manifest, everything is copied. */
export const distrustOtherBoot = (home: Held) =>
  Effect.gen(function* () {
    if (yield* isOfThisBoot(home)) return
    const file = manifestAt(home)
    yield* io("remove", file, () => fs.rm(file, { force: true }))
    yield* sync(home.at)
    const boot = yield* thisBoot
    yield* io("write", bootAt(home), () => fs.writeFile(bootAt(home), boot, { mode: 0o600 }))
  })

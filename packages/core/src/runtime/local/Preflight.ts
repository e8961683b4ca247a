/** LAW-14 for processes: what would go wrong once the app was taken down, found while it runs. */
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import type { Hazard } from "../Runtime.ts"
import { isAlive, leaders } from "./Members.ts"
import { othersOn } from "./Quiet.ts"
import { readRelease } from "./Release.ts"
import * as Volumes from "./Volumes.ts"

const volumeHazard = Effect.fnUntraced(function* (app: App, name: string) {
  if (!Volumes.isVolumeName(name)) {
    const hazard: Hazard = {
      kind: "invalid-volume",
      what: `${JSON.stringify(name)} is no name for a volume: expected letters, digits, "_", "." or "-"`,
      next: "rename it in `volumes` of the app"
    }
    return [hazard]
  }
  if ((yield* Volumes.kindOf(app, name)) !== "other") return []
  const hazard: Hazard = {
    kind: "foreign-volume",
    what: `volume ${name}: ${Volumes.volumeFolder(app, name)} is not a folder (a link or a file is in its place)`,
    next: "put a real folder there; lastgood follows no link out of its root"
  }
  return [hazard]
})

/** One that only passes by (a backup that reads, an `ls`) is waited for after the app was taken down, as ever. */
const looks = 4
const betweenLooksMs = 500

/**
 * Others who stay on the app's volumes: after it was taken down they would keep it from being quiet (LAW-1), and it
 * would be brought up again for nothing.
 */
const heldVolumes = Effect.fnUntraced(function* (app: App) {
  // An app that is not whole is to be brought up, whoever stands in its volumes or reads; never beside another writer.
  const started = leaders(app)
  const isWhole = started.length > 0 && started.every(isAlive)
  const whom = isWhole ? "anyone" : "writing"
  let staying = yield* othersOn(app, whom)
  for (let look = 1; look < looks && staying.length > 0; look++) {
    yield* Effect.sleep(betweenLooksMs)
    const now = yield* othersOn(app, whom)
    staying = now.filter(({ pid, what }) => staying.some((one) => (pid === null ? one.what === what : one.pid === pid)))
  }
  return staying.map(
    ({ pid, what }): Hazard => ({
      kind: "held-volume",
      what: `somebody else holds its data: ${what}`,
      next:
        pid === null
          ? "unmount what it names, then detach it: losetup --detach, swapoff"
          : `close it, or leave that folder; if nobody needs it: kill ${pid}`
    })
  )
})

export const preflight = Effect.fn("Local.preflight")(function* (app: App, release: Release) {
  yield* readRelease(app, release)
  const volumes = yield* Effect.forEach(app.volumes, (name) => volumeHazard(app, name))
  return [...volumes.flat(), ...(yield* heldVolumes(app))]
})

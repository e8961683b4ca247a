/** LAW-14 for processes: what would go wrong after the app is taken down, found while it runs. */
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
      what: `${JSON.stringify(name)} is not a valid volume name: use letters, digits, "_", "." or "-"`,
      next: "rename it in `volumes` of the app"
    }
    return [hazard]
  }
  if ((yield* Volumes.kindOf(app, name)) !== "other") return []
  const hazard: Hazard = {
    kind: "foreign-volume",
    what: `volume ${name}: ${Volumes.volumeFolder(app, name)} is a link or a file, not a folder`,
    next: "replace it with a folder (lastgood does not follow links out of its root)"
  }
  return [hazard]
})

/** A process that only passes by (a backup that reads, an `ls`) is waited for after the app is taken down. */
const looks = 4
const betweenLooksMs = 500

/**
 * Other processes that keep using the app's volumes. After the app is taken down they would keep it from being quiet
 * (LAW-1), and the downtime would be for nothing.
 */
const heldVolumes = Effect.fnUntraced(function* (app: App) {
  // An app that is partly down must be brought up, whoever reads or has its working directory in its volumes; but never
  // beside another writer.
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
      what: `its data is in use outside of the app: ${what}`,
      next:
        pid === null
          ? "unmount it, then detach it: losetup --detach, swapoff"
          : `close the file or leave the folder, or end the process: kill ${pid}`
    })
  )
})

export const preflight = Effect.fn("Local.preflight")(function* (app: App, release: Release) {
  yield* readRelease(app, release)
  const volumes = yield* Effect.forEach(app.volumes, (name) => volumeHazard(app, name))
  return [...volumes.flat(), ...(yield* heldVolumes(app))]
})

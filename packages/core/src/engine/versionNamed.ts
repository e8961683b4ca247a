/** Finds a version by the name that an operator gave: the whole, or a part that only one version has. */
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import { namedBy } from "../domain/namedBy.ts"
import { nearestVersion } from "../domain/nearestVersion.ts"
import { orList } from "../domain/orList.ts"
import { type Looking, VersionSource } from "../version/VersionSource.ts"
import { CommandRejected } from "./Request.ts"

/** @returns the version, and all that there are. */
export const versionNamed = Effect.fnUntraced(function* (app: App, version: string, looking: Looking) {
  const versions = yield* VersionSource
  const offers = yield* versions.list(app, looking)
  const alike = namedBy(offers, version)
  const exact = alike.find((o) => o.version === version) ?? (yield* versions.find(app, version, looking))
  const offer = exact ?? (alike.length === 1 ? (alike[0] ?? null) : null)
  if (offer !== null) return { offer, offers }
  if (alike.length > 1) {
    return yield* new CommandRejected({
      app: app.name,
      reason: `${version} is part of ${alike.length} versions`,
      next: `name one of them (${orList(alike.slice(-5).map((o) => o.version))})`
    })
  }
  const newest = offers.slice(-5).map((o) => o.version)
  const meant = nearestVersion(
    offers.map((o) => o.version),
    version
  )
  return yield* new CommandRejected({
    app: app.name,
    reason: `the recipe has no version ${version}`,
    next: `name an existing one (${meant === null ? "" : `did you mean ${meant}? `}the newest: ${newest.join(", ")})`
  })
})

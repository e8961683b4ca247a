/** What an upgrade would change, as the runtime reads both releases: images, and what the services ask of the host. */
import * as Effect from "effect/Effect"
import type { App, Release } from "../domain/App.ts"
import { type OutlineDifference, outlineDifference } from "../domain/Outline.ts"
import type { Project } from "../domain/Project.ts"
import type { Ref } from "../domain/Ref.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { VersionSource } from "../version/VersionSource.ts"

export interface ImageChange {
  readonly service: string
  /** null: the service is new. */
  readonly from: string | null
  /** null: the service is removed. */
  readonly to: string | null
  /** What the new image says of itself; null: unknown. */
  readonly version: string | null
  readonly source: string | null
  readonly revision: string | null
}

export interface ReleaseChanges {
  readonly images: ReadonlyArray<ImageChange>
  /** null: nothing but images changes, or it is not known. */
  readonly changes: OutlineDifference | null
}

export const noChanges: ReleaseChanges = { images: [], changes: null }

const imagesOf = ({ services }: Project): ReadonlyMap<string, string> =>
  new Map(services.flatMap(({ image, service }) => (image === null ? [] : [[service, image] as const])))

const imageChanges = (before: Project, after: Project, { images = {} }: Release): ReadonlyArray<ImageChange> => {
  const [old, next] = [imagesOf(before), imagesOf(after)]
  return [...new Set([...old.keys(), ...next.keys()])].toSorted().flatMap((service) => {
    const [was, will] = [old.get(service) ?? null, next.get(service) ?? null]
    const { revision = null, source = null, version = null } = images[service] ?? {}
    return was === will ? [] : [{ service, from: was, to: will, version, source, revision }]
  })
}

/** A release that cannot be read is reported as a hazard, so here it has no changes. */
export const releaseChanges = Effect.fn("Engine.releaseChanges")(
  function* (app: App, runtime: Runtime, from: Ref | null, to: Ref | null) {
    if (from === null || to === null || from.commit === to.commit || runtime.project === undefined) return noChanges
    const versions = yield* VersionSource
    const [old, next] = [yield* versions.existing(app, from), yield* versions.existing(app, to)]
    if (old === null || next === null) return noChanges
    const [before, after] = [yield* runtime.project(app, old), yield* runtime.project(app, next)]
    const changes: ReleaseChanges = {
      images: imageChanges(before, after, next),
      changes:
        before.outline === undefined || after.outline === undefined
          ? null
          : outlineDifference(before.outline, after.outline)
    }
    return changes
  },
  Effect.orElseSucceed(() => noChanges)
)

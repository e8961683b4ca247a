/** The images that an upgrade would change, with the source of the new ones. */
import * as Effect from "effect/Effect"
import type { App, Release } from "../domain/App.ts"
import type { Ref } from "../domain/Ref.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { VersionSource } from "../version/VersionSource.ts"

export interface ImageChange {
  readonly service: string
  /** null: the service is new. */
  readonly from: string | null
  /** null: the service is removed. */
  readonly to: string | null
  /** `org.opencontainers.image.source` and `.revision` of the new image; null: unknown. */
  readonly source: string | null
  readonly revision: string | null
}

const imagesOf = Effect.fnUntraced(function* (app: App, runtime: Runtime, release: Release) {
  if (runtime.project === undefined) return new Map<string, string>()
  const { services } = yield* runtime.project(app, release)
  return new Map(services.flatMap(({ image, service }) => (image === null ? [] : [[service, image] as const])))
})

/** A release that cannot be read is reported as a hazard, so here it has no changes. */
export const imageChanges = Effect.fn("Engine.imageChanges")(
  function* (app: App, runtime: Runtime, from: Ref | null, to: Ref | null) {
    if (from === null || to === null || from.commit === to.commit) return []
    const versions = yield* VersionSource
    const [before, after] = [yield* versions.existing(app, from), yield* versions.existing(app, to)]
    if (before === null || after === null) return []
    const old = yield* imagesOf(app, runtime, before)
    const next = yield* imagesOf(app, runtime, after)
    return [...new Set([...old.keys(), ...next.keys()])].toSorted().flatMap((service): ReadonlyArray<ImageChange> => {
      const [was, will] = [old.get(service) ?? null, next.get(service) ?? null]
      const { revision = null, source = null } = after.images?.[service] ?? {}
      return was === will ? [] : [{ service, from: was, to: will, source, revision }]
    })
  },
  Effect.orElseSucceed((): ReadonlyArray<ImageChange> => [])
)

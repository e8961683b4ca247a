/** What a source of versions is told about an app, as a runtime would tell it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Ref } from "@lastgood/core/domain/Ref"
import type { Looking } from "@lastgood/core/version/VersionSource"
import * as Effect from "effect/Effect"
import { parse } from "yaml"

/** A compose file with nothing to interpolate. */
const project: Looking["project"] = ({ dir }) =>
  Effect.sync(() => {
    const file = join(dir, "compose.yml")
    const { services } = parse(readFileSync(file, "utf8"))
    return {
      services: Object.entries<{ readonly image: string }>(services).map(([service, { image }]) => ({
        service,
        image
      })),
      files: [file],
      folders: [join(dir, "data")]
    }
  })

export const lookingAt = (running: Ref | null, fetch = true): Looking => ({ fetch, running, project })

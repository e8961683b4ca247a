/** Containers of this host, in any state: what may write to a volume, whoever it belongs to. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Volume } from "../../domain/App.ts"
import type { Call, Docker } from "./Docker.ts"

export const Container = Schema.Struct({
  Id: Schema.String,
  Name: Schema.String,
  Created: Schema.String,
  State: Schema.Struct({
    Status: Schema.String,
    Running: Schema.Boolean,
    ExitCode: Schema.Int,
    Health: Schema.optionalKey(
      Schema.NullOr(Schema.Struct({ Status: Schema.String, FailingStreak: Schema.optionalKey(Schema.Int) }))
    )
  }),
  Config: Schema.Struct({
    Image: Schema.String,
    Labels: Schema.NullOr(Schema.Record(Schema.String, Schema.String))
  }),
  Mounts: Schema.Array(
    Schema.Struct({
      Type: Schema.String,
      Name: Schema.optionalKey(Schema.String),
      Source: Schema.optionalKey(Schema.String),
      Destination: Schema.String,
      RW: Schema.Boolean
    })
  )
})
export type Container = typeof Container.Type

/** Every container of the host, running or not. */
export const allContainers = Effect.fn("containers.all")(function* (docker: Docker, call: Call) {
  const ids = yield* docker.lines(call, ["container", "ls", "--all", "--quiet", "--no-trunc"])
  return yield* docker.inspect(call, "container", ids, Container)
})

export const labelOf = (container: Container, label: string): string | undefined => container.Config.Labels?.[label]

/** A container's name as people type it. */
export const nameOf = (container: Container): string => container.Name.replace(/^\//, "")

/**
 * Whether a container holds a volume: by name, or by a writable bind mount of the volume's folder or of something in it.
 * A mount of a folder above (backup tools and monitors mount all of /var/lib/docker) does not count: it would keep such
 * hosts from ever being quiet.
 */
export const holds = (container: Container, volume: Pick<Volume, "name" | "path">): boolean =>
  container.Mounts.some(
    ({ Type, Name, Source, RW }) =>
      (Type === "volume" && Name === volume.name) ||
      (Type === "bind" &&
        RW &&
        Source !== undefined &&
        (Source === volume.path || Source.startsWith(`${volume.path}/`)))
  )

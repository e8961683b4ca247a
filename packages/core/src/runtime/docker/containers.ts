/** Containers of this host, in any state: any of them may write to a volume, whoever owns it. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Docker } from "./Docker.ts"
import { type Footprint, isIn } from "./volumes.ts"

/** The rest of the configuration, kept to detect a manual change. */
const rest = [Schema.Record(Schema.String, Schema.Unknown)] as const

export const Container = Schema.Struct({
  Id: Schema.String,
  Name: Schema.String,
  Created: Schema.String,
  /** Id of the image that it was created from. */
  Image: Schema.optionalKey(Schema.String),
  State: Schema.Struct({
    Status: Schema.String,
    Running: Schema.Boolean,
    ExitCode: Schema.Int,
    StartedAt: Schema.optionalKey(Schema.String),
    /** Why the engine could not start it. */
    Error: Schema.optionalKey(Schema.String),
    Health: Schema.optionalKey(
      Schema.NullOr(
        Schema.Struct({
          Status: Schema.String,
          FailingStreak: Schema.optionalKey(Schema.Int),
          /** The latest results, oldest first. */
          Log: Schema.optionalKey(
            Schema.NullOr(Schema.Array(Schema.Struct({ ExitCode: Schema.Int, Output: Schema.String })))
          )
        })
      )
    )
  }),
  Config: Schema.StructWithRest(
    Schema.Struct({
      Image: Schema.String,
      Labels: Schema.NullOr(Schema.Record(Schema.String, Schema.String)),
      Env: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.String)))
    }),
    rest
  ),
  RestartCount: Schema.optionalKey(Schema.Int),
  HostConfig: Schema.optionalKey(
    Schema.StructWithRest(
      Schema.Struct({
        RestartPolicy: Schema.optionalKey(
          Schema.NullOr(Schema.Struct({ Name: Schema.String, MaximumRetryCount: Schema.optionalKey(Schema.Int) }))
        )
      }),
      rest
    )
  ),
  NetworkSettings: Schema.optionalKey(
    Schema.Struct({
      Networks: Schema.optionalKey(
        Schema.NullOr(Schema.Record(Schema.String, Schema.Struct({ NetworkID: Schema.String })))
      ),
      /** Where each port is published, by port and protocol (`80/tcp`). */
      Ports: Schema.optionalKey(
        Schema.NullOr(
          Schema.Record(
            Schema.String,
            Schema.NullOr(Schema.Array(Schema.Struct({ HostIp: Schema.String, HostPort: Schema.String })))
          )
        )
      )
    })
  ),
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
export const allContainers = Effect.fn("Docker.containers")(function* (docker: Pick<Docker, "all">) {
  return yield* docker.all("container", Container)
})

export const labelOf = (container: Container, label: string): string | undefined => container.Config.Labels?.[label]

/** A container's name as people type it. */
export const nameOf = (container: Container): string => container.Name.replace(/^\//, "")

/**
 * Whether a container uses a volume, running or not: by one of its names, or by a writable bind mount of its folder or
 * a part of it. A mount of a folder above does not count, because backup and monitoring tools mount all of
 * /var/lib/docker, and such hosts would never be quiet. Writers through such a mount are found by their open files.
 */
export const holds = (container: Container, { names, folders }: Footprint): boolean =>
  container.Mounts.some(
    ({ Type, Name, Source, RW }) =>
      (Type === "volume" && Name !== undefined && names.has(Name)) ||
      (Type === "bind" && RW && Source !== undefined && folders.some((folder) => isIn(Source, folder)))
  )

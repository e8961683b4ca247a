/** The state of a stack in the swarm: its services and their tasks, current and past. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Docker } from "../Docker.ts"

export const namespaceLabel = "com.docker.stack.namespace"

const Labels = Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.String)))
const MountSpec = Schema.Struct({
  Type: Schema.String,
  Source: Schema.optionalKey(Schema.String),
  Target: Schema.String,
  ReadOnly: Schema.optionalKey(Schema.Boolean)
})
const rest = [Schema.Record(Schema.String, Schema.Unknown)] as const

const ContainerSpec = Schema.StructWithRest(
  Schema.Struct({
    Image: Schema.String,
    Labels,
    Env: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.String))),
    Mounts: Schema.optionalKey(Schema.NullOr(Schema.Array(MountSpec)))
  }),
  rest
)

/** How to run a task. Unknown fields are kept, to tell a task of an older spec from a newer one. */
export const TaskSpec = Schema.StructWithRest(
  Schema.Struct({
    ContainerSpec: Schema.optionalKey(ContainerSpec),
    RestartPolicy: Schema.optionalKey(Schema.Struct({ Condition: Schema.optionalKey(Schema.String) }))
  }),
  rest
)

export const Service = Schema.Struct({
  ID: Schema.String,
  UpdatedAt: Schema.optionalKey(Schema.String),
  Spec: Schema.StructWithRest(
    Schema.Struct({
      Name: Schema.String,
      Labels,
      TaskTemplate: TaskSpec,
      Mode: Schema.Struct({
        Replicated: Schema.optionalKey(Schema.Struct({ Replicas: Schema.Int })),
        Global: Schema.optionalKey(Schema.Struct({})),
        ReplicatedJob: Schema.optionalKey(Schema.Struct({ TotalCompletions: Schema.optionalKey(Schema.Int) })),
        GlobalJob: Schema.optionalKey(Schema.Struct({}))
      })
    }),
    rest
  ),
  Endpoint: Schema.optionalKey(
    Schema.Struct({
      Ports: Schema.optionalKey(
        Schema.NullOr(
          Schema.Array(
            Schema.Struct({
              Protocol: Schema.String,
              PublishedPort: Schema.optionalKey(Schema.Int),
              PublishMode: Schema.optionalKey(Schema.String)
            })
          )
        )
      )
    })
  ),
  UpdateStatus: Schema.optionalKey(
    Schema.Struct({ State: Schema.optionalKey(Schema.String), Message: Schema.optionalKey(Schema.String) })
  )
})
export type Service = typeof Service.Type

export const Task = Schema.Struct({
  ID: Schema.String,
  ServiceID: Schema.String,
  NodeID: Schema.optionalKey(Schema.String),
  /** The number of the replica. Tasks of a global service are identified by their node. */
  Slot: Schema.optionalKey(Schema.Int),
  DesiredState: Schema.String,
  Spec: TaskSpec,
  Status: Schema.Struct({
    Timestamp: Schema.String,
    State: Schema.String,
    Err: Schema.optionalKey(Schema.String),
    ContainerStatus: Schema.optionalKey(
      Schema.NullOr(
        Schema.Struct({ ContainerID: Schema.optionalKey(Schema.String), ExitCode: Schema.optionalKey(Schema.Int) })
      )
    )
  })
})
export type Task = typeof Task.Type

export interface Stack {
  readonly services: ReadonlyArray<Service>
  /** Tasks on every node, including those of removed services while their containers are being stopped. */
  readonly tasks: ReadonlyArray<Task>
}

/** How often a stack is read before the last read counts, for a stack that changes all the time. */
const readsAtMost = 5

/**
 * The stack at one moment. The swarm replaces a task in one step, but listing and inspecting are two. Only if the list
 * is the same after inspecting, no successor was missed.
 */
export const readStack = Effect.fn("Swarm.readStack")(function* (docker: Docker, stack: string) {
  const label = `${namespaceLabel}=${stack}`
  const services = yield* docker.all("service", Service, label)
  let ids = yield* docker.taskIds(stack, label)
  let tasks: ReadonlyArray<Task> = []
  for (let reads = 0; reads < readsAtMost; reads++) {
    tasks = yield* docker.inspect("task", ids, Task)
    const idsAfter = yield* docker.taskIds(stack, label)
    if (idsAfter.toSorted().join() === ids.toSorted().join()) break
    ids = idsAfter
  }
  const found: Stack = { services, tasks }
  return found
})

/** A service's name in the compose file. */
export const shortName = (stack: string, service: string): string =>
  service.startsWith(`${stack}_`) ? service.slice(stack.length + 1) : service

/** Whether a task has ended, successfully or not, so that its container does not run. */
export const hasEnded = ({ Status }: Task): boolean =>
  ["complete", "shutdown", "failed", "rejected", "orphaned", "remove"].includes(Status.State)

/** Whether the swarm wants the task to run, now or later. */
export const isWanted = ({ DesiredState }: Task): boolean => ["running", "ready", "accepted"].includes(DesiredState)

/** Why a task ended, in the engine's words. */
export const endOf = ({ Status }: Task): string => {
  const code = Status.ContainerStatus?.ExitCode
  const word = Status.Err === undefined || Status.Err === "" ? Status.State : Status.Err
  return code === undefined || code === 0 || word.includes(`(${code})`) ? word : `${word} (exit code ${code})`
}

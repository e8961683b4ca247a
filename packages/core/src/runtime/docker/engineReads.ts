/** Paths of the Engine API for `docker <noun> ls` and `docker <noun> inspect`, and how to read their answers. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decodeJson } from "./decodeJson.ts"
import { ask } from "./engineSocket.ts"

export type Noun = "container" | "image" | "volume" | "network" | "service" | "task" | "secret" | "config" | "node"
export type ListedNoun = Exclude<Noun, "image">

/** The number of concurrent reads: an engine has other users. */
const concurrency = 8

/** Whether an id is safe in a path. Other names are left to the client. */
const isPlain = (id: string): boolean => /^[\w][\w.:@/+-]*$/.test(id) && !id.includes("..") && !id.includes("//")

/**
 * Objects of a swarm are left to the client. It adds its own defaults, and the recorded configuration of a service must
 * not depend on the way it was read.
 */
const hasPath = (noun: Noun): noun is "container" | "image" | "volume" | "network" =>
  noun === "container" || noun === "image" || noun === "volume" || noun === "network"

const objectPath = (noun: "container" | "image" | "volume" | "network", id: string): string =>
  noun === "container" || noun === "image" ? `/${noun}s/${id}/json` : `/${noun}s/${id}`

const listPath = (noun: ListedNoun, label: string | undefined): string => {
  const filters = label === undefined ? "" : `filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`
  return noun === "container" ? `/containers/json?all=1&${filters}` : `/${noun}s?${filters}`
}

// LAW-1: an answer of another shape must not look like "there are none".
const Upper = Schema.Array(Schema.Struct({ ID: Schema.String }))
const Lower = Schema.Array(Schema.Struct({ Id: Schema.String }))
const Volumes = Schema.Struct({ Volumes: Schema.NullOr(Schema.Array(Schema.Struct({ Name: Schema.String }))) })
const Named = Schema.Array(Schema.Struct({ Id: Schema.String, Name: Schema.String }))

const idsIn = (noun: ListedNoun, text: string): Effect.Effect<ReadonlyArray<string>, string> => {
  switch (noun) {
    case "volume":
      return Effect.map(decodeJson(Volumes, text), (found) => (found.Volumes ?? []).map(({ Name }) => Name))
    case "container":
    case "network":
      return Effect.map(decodeJson(Lower, text), (all) => all.map(({ Id }) => Id))
    default:
      return Effect.map(decodeJson(Upper, text), (all) => all.map(({ ID }) => ID))
  }
}

/** Ids (of volumes: names); null: ask the client. */
export const listedBy = Effect.fnUntraced(function* (socket: string, noun: ListedNoun, label: string | undefined) {
  const answer = yield* ask(socket, listPath(noun, label))
  if (answer._tag !== "found") return null
  return yield* Effect.orElseSucceed(idsIn(noun, answer.text), () => null)
})

/** The names of all networks by their ids; null: ask the client. */
export const networksBy = Effect.fnUntraced(function* (socket: string) {
  const answer = yield* ask(socket, listPath("network", undefined))
  if (answer._tag !== "found") return null
  return yield* decodeJson(Named, answer.text).pipe(
    Effect.map((all): ReadonlyMap<string, string> => new Map(all.map(({ Id, Name }) => [Id, Name]))),
    Effect.orElseSucceed(() => null)
  )
})

/** One answer per id, in the order of the ids; null: ask the client. */
export const inspectedBy = Effect.fnUntraced(function* (socket: string, noun: Noun, ids: ReadonlyArray<string>) {
  if (!hasPath(noun) || !ids.every(isPlain)) return null
  const clear = (id: string) =>
    Effect.flatMap(ask(socket, objectPath(noun, id)), (answer) =>
      answer._tag === "unclear" ? Effect.fail(null) : Effect.succeed(answer)
    )
  // Stop at the first unclear answer, so that a hanging engine does not cost a hundred timeouts.
  return yield* Effect.orElseSucceed(Effect.forEach(ids, clear, { concurrency }), () => null)
})

/** What the Engine API's paths are for what `docker <noun> ls` and `docker <noun> inspect` show, and how to read a list. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decodeJson } from "./decodeJson.ts"
import { type Answer, ask } from "./engineSocket.ts"

export type Noun = "container" | "image" | "volume" | "network" | "service" | "task" | "secret" | "config" | "node"
export type ListedNoun = Exclude<Noun, "image">

/** Looks at once: an engine has other users. */
const concurrency = 8

/** Nothing that a path could mean otherwise. What else names an object is left to the client. */
const isPlain = (id: string): boolean => /^[\w][\w.:@/+-]*$/.test(id) && !id.includes("..") && !id.includes("//")

/**
 * A swarm's objects are left to the client: it shows them with its own defaults, and what was recorded of a service must
 * not differ by who was asked.
 */
const hasPath = (noun: Noun): noun is "container" | "image" | "volume" | "network" =>
  noun === "container" || noun === "image" || noun === "volume" || noun === "network"

const objectPath = (noun: "container" | "image" | "volume" | "network", id: string): string =>
  noun === "container" || noun === "image" ? `/${noun}s/${id}/json` : `/${noun}s/${id}`

const listPath = (noun: ListedNoun, label: string | undefined): string => {
  const filters = label === undefined ? "" : `filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`
  return noun === "container" ? `/containers/json?all=1&${filters}` : `/${noun}s?${filters}`
}

const Listed = Schema.Struct({ ID: Schema.optionalKey(Schema.String), Id: Schema.optionalKey(Schema.String) })
const ListedVolumes = Schema.Struct({
  Volumes: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.Struct({ Name: Schema.String }))))
})

const idsIn = (noun: ListedNoun, text: string): Effect.Effect<ReadonlyArray<string>, string> =>
  noun === "volume"
    ? Effect.map(decodeJson(ListedVolumes, text), ({ Volumes }) => (Volumes ?? []).map(({ Name }) => Name))
    : Effect.map(decodeJson(Schema.Array(Listed), text), (all) => all.flatMap(({ ID, Id }) => ID ?? Id ?? []))

/** Ids (of volumes: names); null: ask the client. */
export const listedBy = Effect.fnUntraced(function* (socket: string, noun: ListedNoun, label: string | undefined) {
  const answer = yield* ask(socket, listPath(noun, label))
  if (answer._tag !== "found") return null
  return yield* Effect.orElseSucceed(idsIn(noun, answer.text), () => null)
})

/** One answer an id, in their order; null: ask the client. */
export const inspectedBy = Effect.fnUntraced(function* (socket: string, noun: Noun, ids: ReadonlyArray<string>) {
  if (!hasPath(noun) || !ids.every(isPlain)) return null
  const answers: ReadonlyArray<Answer> = yield* Effect.forEach(ids, (id) => ask(socket, objectPath(noun, id)), {
    concurrency
  })
  const clear = answers.flatMap((answer) => (answer._tag === "unclear" ? [] : [answer]))
  return clear.length === answers.length ? clear : null
})

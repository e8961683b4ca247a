/** `log --attempt`: each attempt that the query means, as a story. */
import { decodeEnvelope } from "@lastgood/core/log/Codec"
import { eachPage } from "@lastgood/core/log/eachPage"
import * as Effect from "effect/Effect"
import { BadUsage } from "./errors.ts"
import { isWanted, type LogQuery } from "./logQuery.ts"
import { storyText, type Told } from "./render/story.ts"
import { print } from "./Screen.ts"

/** Of more attempts, each in full, nobody reads the stories. */
const mostStories = 20

/** @param stream of one app; null: the whole log. */
export const tellAttempts = Effect.fn("Cli.tellAttempts")(function* (stream: string | null, query: LogQuery) {
  const attempts = new Map<string, Array<Told>>()
  yield* eachPage(stream, (page) =>
    Effect.gen(function* () {
      for (const envelope of page.filter((one) => isWanted(query, one))) {
        const one = { envelope, event: yield* decodeEnvelope(envelope) }
        const id = envelope.attempt ?? ""
        const known = attempts.get(id)
        if (known === undefined) attempts.set(id, [one])
        else known.push(one)
      }
      return attempts.size <= mostStories
    })
  )
  if (attempts.size > mostStories) {
    return yield* new BadUsage({
      reason: `more than ${mostStories} attempts have an id that begins or ends with ${query.attempt}`,
      next: "give more of the id: lastgood history <app> lists them"
    })
  }
  const stories = [...attempts.values()].map(storyText)
  yield* print(stories.length === 0 ? "the log has no such attempt" : stories.join("\n\n"))
})

/** Finds the apps of this host, and writes the configuration for them. Changes nothing but that text. */
import * as Effect from "effect/Effect"
import { makeDocker } from "../runtime/docker/Docker.ts"
import { discover } from "./discover.ts"
import { otherEntries } from "./otherEntries.ts"
import { projectEntry } from "./projectEntry.ts"
import { projectFacts } from "./projectFacts.ts"
import { configFor } from "./write.ts"

/** @param root the folder in which lastgood keeps its own data. Fails if the engine does not answer. */
export const configForHost = Effect.fn("Init.host")(function* (root: string) {
  const clientFor = yield* makeDocker("compose")
  const host = yield* discover(clientFor({ app: "this host", operation: "looking for apps", secrets: [] }))
  const projects = host.projects.filter(({ isManaged }) => !isManaged)
  const facts = yield* Effect.forEach(projects, (project) => projectFacts(project, root))
  const entries = [...facts.map((one) => projectEntry(one, host.watchtowers)), ...otherEntries(host)]
  return { host, ...configFor(host, entries) }
})

/** `npm run docs:events` brings `docs/events.md` up to date. */
import { fileURLToPath } from "node:url"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { eventsPage } from "./eventsPage.ts"

const file = fileURLToPath(new URL("../../docs/events.md", import.meta.url))

FileSystem.FileSystem.use((fs) => fs.writeFileString(file, eventsPage())).pipe(
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)

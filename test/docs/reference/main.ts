/** `npm run docs:reference` brings the generated pages of `docs/reference` up to date. */
import { fileURLToPath } from "node:url"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { pages } from "./pages.ts"

const folder = fileURLToPath(new URL("../../../docs/reference", import.meta.url))

Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  for (const [name, text] of Object.entries(yield* pages)) yield* fs.writeFileString(`${folder}/${name}`, text)
}).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)

/** `npm run docs:json` writes `docs/json/*.schema.json`. */
import { fileURLToPath } from "node:url"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { documentNames, jsonSchemaText } from "./jsonDocuments.ts"

const folder = fileURLToPath(new URL("../../docs/json", import.meta.url))

Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(folder, { recursive: true })
  yield* Effect.forEach(documentNames, (name) =>
    fs.writeFileString(`${folder}/${name}.schema.json`, jsonSchemaText(name))
  )
}).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)

/** `node packages/core/src/config/writeJsonSchema.ts` writes `packages/core/lastgood.schema.json`. */
import { fileURLToPath } from "node:url"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { jsonSchemaText } from "./jsonSchema.ts"

const file = fileURLToPath(new URL("../../lastgood.schema.json", import.meta.url))

FileSystem.FileSystem.use((fs) => fs.writeFileString(file, jsonSchemaText())).pipe(
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)

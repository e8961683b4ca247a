/** The pages of `docs/reference` that are made from the code, by file. */
import * as Effect from "effect/Effect"
import { cliPage } from "./cliPage.ts"
import { configPage } from "./configPage.ts"
import { jsonPage } from "./jsonPage.ts"
import { labelsPage } from "./labelsPage.ts"

export const pages = Effect.map(cliPage, (cli) => ({
  "cli.md": cli,
  "configuration.md": configPage(),
  "json.md": jsonPage(),
  "labels.md": labelsPage()
}))

/** What the author of a plugin writes, in a folder where the packages are installed. */
export const typed = `import { http } from "@lastgood/core/plugin/checks"
import { definePlugin } from "@lastgood/core/plugin/definePlugin"

export default definePlugin({
  recipe: "typed",
  health: (app) => [http({ url: \`http://127.0.0.1:1/\${app.name}\` })]
})
`

export const plain = `import { tcp } from "@lastgood/core/plugin/checks"
import { definePlugin } from "@lastgood/core/plugin/definePlugin"

export default definePlugin({ recipe: "plain", health: () => [tcp("127.0.0.1:1")] })
`

/** Does not compile unless both packages bring their types; `unsafe` is what strict types refuse. */
export const typedTest = `import assert from "node:assert/strict"
import { definePlugin } from "@lastgood/core/plugin/definePlugin"
import { tryPlugin } from "@lastgood/plugins/testkit"
import plugin from "./typed.ts"

// @ts-expect-error a recipe is a text
export const wrong = definePlugin({ recipe: 1 })

const { app, refused } = tryPlugin(plugin, { domain: "typed.example.org" })
assert.equal(refused, null)
const first: string | undefined = app?.gate.checks[0]?.kind
assert.equal(first, "http")
`

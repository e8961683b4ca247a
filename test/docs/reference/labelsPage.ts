/** `docs/reference/labels.md`, made from the labels that lastgood reads: each with its key in the configuration. */
import { labelNames, prefix } from "@lastgood/core/recipe/Label"
import { allKeys } from "./configPage.ts"
import { cell, code, generated, page, table } from "./markdown.ts"

const introduction = `# Labels: reference

The labels of lastgood that a recipe's compose file may have on its services. Each sets what the key of the same name sets in \`lastgood.yaml\`, which overrides it. [Recipes](../recipes.md#labels) explains precedence, checks in labels, and what lastgood does with the labels of others.`

/** The key of the configuration that a label sets: a label of one check sets a check of the list. */
const keyOf = (name: string): string =>
  name
    .replace(/\.<volume>$/, "")
    .replace(/^health\.(?!deadline|stableFor|interval|watch|checks)\w+$/, "health.checks[].$&")

const meaningOf = (name: string): string => {
  const key = keyOf(name).replace("health.checks[].health.", "health.checks[].")
  return allKeys().find(({ path }) => path === `apps.<name>.${key}`)?.node.description ?? ""
}

export const labels = labelNames.map((name) => ({ name, meaning: meaningOf(name) }))

export const labelsPage = (): string =>
  page(
    generated("packages/core/src/recipe"),
    introduction,
    table(
      ["label", ""],
      labels.map(({ meaning, name }) => [code(`${prefix}${name}`), cell(meaning)])
    )
  )

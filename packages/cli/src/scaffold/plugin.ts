/** The template of a plugin and its test, which `lastgood plugin new` writes. Both run unchanged. */

/** @param recipe a checked name, because it becomes part of code. */
export const pluginFile = (
  recipe: string
): string => `/** The plugin for the recipe ${recipe}. See docs/plugins.md of lastgood. */
import type { Plugin } from "@lastgood/core/plugin/definePlugin"

const plugin: Plugin = {
  recipe: "${recipe}",

  // The health checks. Request a page that needs the database.
  health: (app) => [{ http: \`https://\${app.domain}/\`, status: 200 }],

  // Paths that are not data, by the volume's name in the recipe. A rollback does not restore them.
  // volumes: { exclude: { <volume>: ["cache/**"] } }

  // Gates that refuse an upgrade: return the reason as a text.
  // gates: { "no-jobs": async ({ exec }) => ((await exec("ls /data/jobs")).output === "" ? null : "jobs are running") },

  // Hooks before and after steps. The log keeps a returned text. A hook that throws fails the step.
  // hooks: {
  //   before: {
  //     undeploy: async ({ exec, kind }) =>
  //       kind === "deploy" ? "it is down" : (await exec("maintenance on", { service: "app" })).output
  //   }
  // }
}

export default plugin
`

export const testFile = (recipe: string): string => `import assert from "node:assert/strict"
import { test } from "node:test"
import plugin from "./${recipe}.ts"

// For \`runtime: local\`, set it here. An app without a \`domain\` in lastgood.yaml then has its name as its domain, and
// nothing answers at https://<domain>/: let \`health\` request the port of the app (http://127.0.0.1:8080/), and expect
// that below.
const app = {
  name: "${recipe}",
  recipe: "${recipe}",
  domain: "${recipe}.example.org",
  stack: "${recipe}_example_org",
  runtime: "swarm",
  settings: undefined
} as const

test("asks the app itself whether it is healthy", () => {
  const checks = plugin.health?.(app) ?? []
  assert.deepEqual(checks, [{ http: "https://${recipe}.example.org/", status: 200 }])
})

test("leaves nothing out of snapshots", () => {
  assert.equal(plugin.volumes, undefined)
})
`

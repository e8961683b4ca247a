/** A plugin to start from, and a test for it: what `lastgood plugin new` writes. Both run as they are. */

/** @param recipe a name that has been checked: it stands in code. */
export const pluginFile = (
  recipe: string
): string => `/** What lastgood cannot read from the recipe ${recipe}. The guide: docs/plugins.md of lastgood. */
import type { Plugin } from "@lastgood/core/plugin/definePlugin"

const plugin: Plugin = {
  recipe: "${recipe}",

  // What a healthy app answers. Ask something that needs its database.
  health: (app) => [{ http: \`https://\${app.domain}/\`, status: 200 }],

  // Which paths of which volumes are not data, by the volume's name in the recipe. What is excluded is lost in a rollback.
  // volumes: { exclude: { <volume>: ["cache/**"] } }

  // What holds an upgrade back: return a text to say why.
  // gates: { "no-jobs": async ({ exec }) => ((await exec("ls /data/jobs")).output === "" ? null : "jobs are running") },

  // What is done beside the steps: a text that it returns is kept in the log, one that throws fails the step.
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

// With \`runtime: local\` say so here. An app without a \`domain\` in lastgood.yaml then has its name as its domain, and
// nothing answers at https://<domain>/: let \`health\` ask the port that it listens on (http://127.0.0.1:8080/), and
// expect that below.
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

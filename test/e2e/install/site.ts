/** An app on a host without anything but a shell, with a plugin in TypeScript: its configuration, its recipe, its data. */
import * as Effect from "effect/Effect"
import type { Host } from "./host.ts"

export const plugin = "/etc/lastgood/plugins/site.ts"
export const v1 = "1.0.0+1.0.0"
export const v2 = "1.1.0+1.1.0"

const pluginCode = `
import { readFile } from "node:fs/promises"
import { said } from "./said.ts"

const recipe: string = await Promise.resolve("site")

export default {
  recipe,
  health: (app: { readonly name: string }) => [
    { check: "page", look: async () => (await readFile("/var/lib/lastgood/" + app.name + "/last_good", "utf8").catch(() => "none")).trim() }
  ],
  hooks: { before: { undeploy: () => said() } }
}
`

/** Writes what an operator would have; the version is tagged, nothing is deployed. */
export const makeSite = Effect.fnUntraced(function* (host: Host) {
  yield* host.write(
    "/etc/lastgood/lastgood.yaml",
    `plugins: [./plugins/site.ts]
apps:
  site:
    recipe: /srv/site
    runtime: local
    volumes: [data]
    health: { deadline: 10s, stableFor: 200ms, interval: 100ms }
`
  )
  yield* host.write(plugin, pluginCode)
  yield* host.write(
    "/etc/lastgood/plugins/said.ts",
    `import { writeFileSync } from "node:fs"
export const said = (): string => {
  writeFileSync("/tmp/said", JSON.stringify({ options: process.env["NODE_OPTIONS"] ?? null, node: process.version }))
  return "the site is told"
}
`
  )
  yield* host.write(
    "/srv/site/Procfile",
    'web: echo "$LASTGOOD_VERSION" >>"$LASTGOOD_VOLUME_DATA/starts"; exec sleep 1000000\n'
  )
  yield* host.must(
    `cd /srv/site && git init --quiet && git config user.name t && git config user.email t@example.org && git add . && git commit --quiet -m 1 && git tag ${v1}`
  )
})

export const tagNext = (host: Host) =>
  host.must(`cd /srv/site && git commit --quiet --allow-empty -m 2 && git tag ${v2}`)

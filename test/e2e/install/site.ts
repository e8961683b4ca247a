/** An app on a host without anything but a shell, with a plugin in TypeScript: its configuration, its recipe, its data. */
import * as Effect from "effect/Effect"
import type { Host } from "./host.ts"

export const plugin = "/etc/lastgood/plugins/site.ts"
export const v1 = "1.0.0+1.0.0"
export const v2 = "1.1.0+1.1.0"

const config = `plugins: [./plugins/site.ts]
apps:
  site:
    recipe: /srv/site
    runtime: local
    volumes: [data]
    interval: 1s
    health: { deadline: 10s, stableFor: 200ms, interval: 100ms }
`

/** It waits at its top level, has types, and imports another file that has: what only a loader of files can load. */
const pluginCode = `
import { said } from "./said.ts"

const recipe: string = await Promise.resolve("site")

export default {
  recipe,
  health: (app: { readonly name: string }) => [{ check: "name", look: () => app.name }],
  hooks: { before: { undeploy: () => said() } }
}
`

const saidCode = `
import { writeFileSync } from "node:fs"

export const said = (): string => {
  writeFileSync("/tmp/said", JSON.stringify({ options: process.env["NODE_OPTIONS"] ?? null }))
  return "the site is told"
}
`

const procfile = 'web: echo "$LASTGOOD_VERSION" >>"$LASTGOOD_VOLUME_DATA/starts"; exec sleep 1000000'

/** Writes what an operator would have; the version is tagged, nothing is deployed. */
export const makeSite = Effect.fnUntraced(function* (host: Host) {
  yield* host.write("/etc/lastgood/lastgood.yaml", config)
  yield* host.write(plugin, pluginCode)
  yield* host.write("/etc/lastgood/plugins/said.ts", saidCode)
  yield* host.write("/srv/site/Procfile", `${procfile}\n`)
  yield* host.must(`cd /srv/site && git init --quiet && git config user.name t && git config user.email t@example.org
    git add . && git commit --quiet -m 1 && git tag ${v1}`)
})

export const tagNext = (host: Host) =>
  host.must(`cd /srv/site && git commit --quiet --allow-empty -m 2 && git tag ${v2}`)

/** What `status` says of it. */
export const statusOf = (host: Host) =>
  Effect.map(host.must("lastgood status --json"), (text) => JSON.parse(text).apps[0])

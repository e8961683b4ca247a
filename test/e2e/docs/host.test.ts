/**
 * The guides about a new host, on the runtime `local`: on the old host, an app with its data; between the hosts, everything
 * of the first is taken away but what the page copied.
 */
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { freePort } from "@lastgood/testing/freePort"
import { assert, describe, it } from "vitest"
import { type Replaced, reader } from "./reader.ts"
import { plant, treeOf } from "./trees.ts"

const configuration = (base: string, port: number) => `
root: ${base}/root
apps:
  wiki:
    recipe: ${base}/etc/recipe
    runtime: local
    env: ./wiki.env
    volumes: [data]
    health: { deadline: 1m, stableFor: 1s, checks: [{ http: "http://127.0.0.1:${port}/" }] }
`

/** What a recipe's author and an operator do before the page begins. */
const before = `
git init --quiet etc/recipe
echo 'web: exec python3 -m http.server "$PORT" --bind 127.0.0.1 --directory "$LASTGOOD_VOLUME_DATA"' > etc/recipe/Procfile
git -C etc/recipe add Procfile
git -C etc/recipe commit --quiet --message one && git -C etc/recipe tag 1.0.0
git -C etc/recipe commit --quiet --allow-empty --message two && git -C etc/recipe tag 1.1.0
lastgood deploy wiki --to 1.0.0
`

const host = async (page: string) => {
  const replaced: Array<Replaced[number]> = []
  const all = await reader(page, {
    replaced,
    commands: { systemctl: "exit 0", scp: "exit 0" },
    env: (base) => ({ LASTGOOD_CONFIG: join(base, "etc/lastgood.yaml") })
  })
  const { base, type } = all
  const port = await freePort()
  await mkdir(join(base, "etc"))
  await mkdir(join(base, "srv"))
  await writeFile(join(base, "etc/lastgood.yaml"), configuration(base, port))
  await writeFile(join(base, "etc/wiki.env"), `PORT=${port}\n`)
  await type(`cd ${base}${before}cd reader`)
  await plant(join(base, "root/wiki/volumes/data"))
  await type("lastgood upgrade wiki")
  replaced.push(["/var/lib/lastgood", join(base, "root")], ["/etc/lastgood", join(base, "etc")])
  replaced.push(["/srv/wiki", join(base, "srv")])
  const leave = async () => {
    await mkdir(join(base, "left"))
    for (const folder of ["root", "etc", "srv"]) await rename(join(base, folder), join(base, "left", folder))
  }
  const data = join(base, "root/wiki/volumes/data")
  return { ...all, data, leave, answer: async () => (await fetch(`http://127.0.0.1:${port}/`)).status }
}

const guides = [
  { path: "guides/move-to-a-new-host.md", ends: "On the old host" },
  { path: "guides/back-up-off-site.md", ends: "Every night" }
]

describe.concurrent("The guide", () => {
  /** Verifies: LAW-3, LAW-11, LAW-15 */
  it.each(guides)("docs/$path brings an app with its data to an empty host", { timeout: 600_000 }, async (guide) => {
    const { answer, base, blocks, data, leave, run, type } = await host(guide.path)
    try {
      const [first, ...rest] = blocks.filter(({ heading }) => heading === guide.ends)
      await run(first ?? assert.fail("no commands"))
      const was = await treeOf(data)
      assert.include(was, "photo")
      for (const block of rest) await run(block)
      // A host that is lost does not go on running the app.
      await type("lastgood promote wiki --at-teardown || true")
      await leave()
      for (const block of blocks.filter(
        ({ heading }) => heading === "On the new host" || heading === "On an empty host"
      )) {
        await run(block)
      }
      assert.strictEqual(await treeOf(data), was)
      assert.strictEqual(await answer(), 200)
      await type("lastgood verify && lastgood plan wiki")
    } finally {
      await type("lastgood promote wiki --at-teardown --wait 1m").catch(() => "")
      await rm(base, { recursive: true, force: true })
    }
  })
})

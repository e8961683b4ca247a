/**
 * The guides about losing or leaving a host, run as an operator does on a real engine: a project with a volume and a data
 * folder, whose image tag has moved on. Between two hosts, everything of the first is taken away: containers, volumes,
 * images, root, configuration, project.
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { forgetKept, pruneAll, pushRunning } from "@lastgood/testing/dockerImages"
import { freePort } from "@lastgood/testing/freePort"
import { missingRegistry, startRegistry } from "@lastgood/testing/registry"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { execa } from "execa"
import { afterEach, assert, beforeAll, it } from "vitest"
import { composeEnv, describeCompose } from "../../docker/composePlugin.ts"
import { ensureImages } from "../../docker/images.ts"
import { removeStack } from "../../docker/testStack.ts"
import type { Block } from "../../docs/Page.ts"
import { describeNeeding } from "../../needing.ts"
import { type Replaced, reader } from "./reader.ts"
import { plant, treeOf } from "./trees.ts"

const name = `lgdocs${process.pid}`
const serves = (version: string) => ({
  version,
  command: `echo ${version} > /data/version; exec httpd -f -p 8000 -h /data`
})

const composeFile = (image: string, port: number) => `
services:
  web:
    image: ${image}
    init: true
    env_file: [web.env]
    volumes:
      - pages:/data
      - ./uploads:/uploads
    ports: ["127.0.0.1:${port}:8000"]
volumes:
  pages:
`

const configuration = (base: string, port: number) => `
root: ${base}/root
apps:
  ${name}:
    recipe: ${base}/srv/${name}
    folder: ${base}/srv/${name}
    runtime: compose
    versions: digest
    health: { deadline: 2m, stableFor: 1s, checks: [{ http: "http://127.0.0.1:${port}/version" }] }
`

/** A host on which version 1.1.0 runs and is the last good version, and 1.2.0 is out. */
const host = async (page: string, scope: Scope.Scope) => {
  const provided = <A>(effect: Effect.Effect<A, never, Scope.Scope>) => Effect.runPromise(Scope.provide(effect, scope))
  const registry = await provided(startRegistry())
  const latest = `${registry.host}/${name}:latest`
  const port = await freePort()
  // Grows: what the page names is known when the world is.
  const replaced: Array<Replaced[number]> = []
  const all = await reader(page, {
    replaced,
    commands: { systemctl: "exit 0", scp: "exit 0" },
    env: (base) => ({ ...composeEnv, LASTGOOD_CONFIG: join(base, "etc/lastgood.yaml") })
  })
  const { base, type } = all
  const at = (...path: ReadonlyArray<string>) => join(base, ...path)
  const home = at("srv", name)
  const files = async () => {
    await mkdir(home, { recursive: true })
    await mkdir(at("etc"), { recursive: true })
    await writeFile(join(home, "compose.yml"), composeFile(latest, port))
    await writeFile(join(home, "web.env"), "KEY=canary\n", { mode: 0o600 })
    await writeFile(at("etc/lastgood.yaml"), configuration(base, port), { mode: 0o600 })
  }
  await files()
  const inHome = (text: string) => execa("bash", ["-euc", text], { cwd: home, env: composeEnv, all: true })

  await provided(pushRunning(latest, serves("1.0.0")))
  await inHome("docker compose up --detach")
  const pages = (await inHome(`docker volume inspect --format '{{.Mountpoint}}' ${name}_pages`)).stdout
  await plant(pages)
  await plant(join(home, "uploads"))
  await type(`lastgood promote ${name}`)
  await provided(pushRunning(latest, serves("1.1.0")))
  await type(`lastgood upgrade ${name}`)
  const { running } = JSON.parse(await type("lastgood status --offline --json 2> /dev/null")).apps[0]
  await provided(pushRunning(latest, serves("1.2.0")))
  replaced.push(
    ["/var/lib/lastgood", at("root")],
    ["/etc/lastgood", at("etc")],
    ["/srv/wiki", home],
    ["/root/wiki-before", at("before")],
    ["registry.example.org/wiki:latest", latest],
    ["1.1.0", running],
    ["wiki", name]
  )

  const trees = async () => ({
    pages: await treeOf((await inHome(`docker volume inspect --format '{{.Mountpoint}}' ${name}_pages`)).stdout),
    uploads: await treeOf(join(home, "uploads"))
  })
  const removeImages = () =>
    Effect.runPromise(
      Effect.ignore(Effect.andThen(Effect.ignore(forgetKept(name)), pruneAll(registry.host)).pipe(Effect.sandbox))
    )
  /** Nothing of the app is left but what was copied. */
  const leave = async () => {
    await Effect.runPromise(removeStack(name))
    await removeImages()
    await mkdir(at("left"))
    for (const folder of ["root", "etc", "srv"]) await rename(at(folder), at("left", folder))
  }
  return {
    ...all,
    ...{ at, home, trees, leave, removeImages },
    /** An engine that is too busy to answer in time is asked again: `status` says so and exits with 1. */
    run: async (block: Block): Promise<string> => {
      for (let tries = 0; tries < 10 && block.commands === "lastgood status"; tries++) {
        if (!(await type("lastgood status || true")).includes("did not answer")) break
      }
      return all.run(block)
    },
    answer: async () => (await fetch(`http://127.0.0.1:${port}/version`)).text()
  }
}

describeNeeding("LASTGOOD_TEST_REGISTRY", missingRegistry(), "The guide", () => {
  describeCompose("on docker compose", () => {
    let scope: Scope.Closeable
    let world: Awaited<ReturnType<typeof host>> | null = null
    beforeAll(() => Effect.runPromise(ensureImages("busybox")), 600_000)
    afterEach(async () => {
      await Effect.runPromise(removeStack(name))
      await world?.removeImages()
      if (world !== null) await rm(world.base, { recursive: true, force: true })
      world = null
      await Effect.runPromise(Scope.close(scope, Exit.void))
    }, 120_000)
    const begin = async (page: string) => {
      scope = Effect.runSync(Scope.make())
      world = await host(page, scope)
      return world
    }

    /** Verifies: LAW-3, LAW-11, LAW-15 */
    it("docs/guides/move-to-a-new-host.md moves an app with its data to an empty host", {
      timeout: 900_000
    }, async () => {
      const { answer, at, blocks, home, leave, run, trees, type } = await begin("guides/move-to-a-new-host.md")
      const under = (heading: string) => blocks.filter((block) => block.heading === heading)
      assert.deepStrictEqual([...new Set(blocks.map(({ heading }) => heading))], ["On the old host", "On the new host"])
      const [down, ...rest] = under("On the old host")
      await run(down ?? assert.fail("no commands"))
      const before = await trees()
      assert.include(before.pages, "photo")
      let head = ""
      for (const block of rest) head = /head (\S+)/.exec(await run(block))?.[1] ?? head
      await leave()
      const said: Array<string> = []
      for (const block of under("On the new host")) said.push(await run(block))
      assert.include(said.join("\n"), `head ${head}`)
      assert.include(said.join("\n"), "data-missing")
      // The app writes its version when it starts; everything else is as it was.
      const after = await trees()
      const written = /^('version'|'\.') .*$/gm
      assert.strictEqual(after.pages.replaceAll(written, "$1"), before.pages.replaceAll(written, "$1"))
      assert.strictEqual(after.uploads, before.uploads)
      assert.strictEqual((await answer()).trim(), "1.1.0")
      // It goes on from here.
      await type(`lastgood upgrade ${name}`)
      assert.strictEqual((await answer()).trim(), "1.2.0")

      // A project in another folder: its data would be restored where nothing mounts it.
      await type(`lastgood promote ${name} --at-teardown`)
      await rename(home, at("srv/elsewhere"))
      await mkdir(home)
      await execa("sed", ["-i", `s,srv/${name}$,srv/elsewhere,`, at("etc/lastgood.yaml")])
      await execa("sed", ["-i", `s,runtime: compose,&\\n    stack: ${name},`, at("etc/lastgood.yaml")])
      await rm(at("srv/elsewhere/uploads"), { recursive: true })
      const refused = await type(`lastgood restore ${name}`, 1)
      assert.include(refused, `move the project's folder back to ${home}`)
    })

    /** Verifies: LAW-11 */
    it("docs/guides/restore-by-hand.md ends in the running app, without lastgood", { timeout: 900_000 }, async () => {
      const { answer, at, blocks, run, trees, type } = await begin("guides/restore-by-hand.md")
      await type(`lastgood snapshot ${name}`)
      const meta = JSON.parse(await readFile(at("root", name, "snapshot/meta.json"), "utf8"))
      const uploads = (await trees()).uploads
      // What an operator has before them: damaged data, and a newer image behind the tag.
      await type(`docker exec ${name}-web-1 sh -c 'echo broken > /data/version; rm -r /uploads/deep'`)
      for (const block of blocks.filter(({ heading }) => heading !== "When lastgood works again")) {
        assert.notMatch(block.commands, /^lastgood/m)
        await run(block)
      }
      for (let tries = 0; tries < 50 && (await answer().catch(() => "")) === ""; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      assert.strictEqual((await answer()).trim(), "1.1.0")
      assert.strictEqual((await trees()).uploads, uploads)
      const archive = join(at("root", name, "snapshot"), meta.archives[`${name}_pages`].file)
      const unpacked = at("unpacked")
      await mkdir(unpacked)
      await execa("tar", ["--xattrs", "--xattrs-include=*", "--acls", "-xpf", archive, "-C", unpacked])
      const written = /^('version'|'\.') .*$/gm
      assert.strictEqual(
        (await trees()).pages.replaceAll(written, "$1"),
        (await treeOf(unpacked)).replaceAll(written, "$1")
      )
      for (const block of blocks.filter(({ heading }) => heading === "When lastgood works again")) await run(block)
      const [app] = JSON.parse(await type("lastgood status --offline --json 2> /dev/null")).apps
      assert.strictEqual(app.phase, "running")
      assert.match(app.lastGood, /web=1\.1\.0$/)
    })
  })
})

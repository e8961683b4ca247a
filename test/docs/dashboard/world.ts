/** The apps of the dashboard's pictures: a few that are well, one that was rolled back, one on hold, and others. */
import { copyFile, mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { freePort } from "@lastgood/testing/freePort"
import { initRecipe, tagRecipe } from "@lastgood/testing/recipe"
import { worldIn } from "@lastgood/testing/World"
import { waitUntil } from "@lastgood/testing/waitUntil"
import * as Effect from "effect/Effect"

interface Release {
  readonly bytes: number
  readonly health: number
  readonly lines: ReadonlyArray<string>
  readonly stopMs: number
}

const fine: Release = { bytes: 2_000_000, health: 200, lines: [], stopMs: 80 }

const names = ["bookmarks", "calendar", "forum", "git", "photos", "recipes", "wiki"] as const

type Name = (typeof names)[number]

const forumFails: Partial<Release> = {
  health: 500,
  lines: [
    "migrating the database from schema 41 to 43",
    'ERROR  relation "post_reactions" does not exist at character 15',
    "FATAL  cannot start: migration 43 failed",
    "serving errors until somebody looks"
  ]
}

const configuration = (port: number, ports: ReadonlyArray<number>): string => `root: ./root
http: { listen: "127.0.0.1:${port}" }
apps:
${names
  .map(
    (name, index) => `  ${name}:
    recipe: ./${name}
    runtime: local
    env: ./${name}.env
    volumes: [data]
    policy: patch
    schedule: "0 4 * * *"
    health: { deadline: 4s, stableFor: 500ms, interval: 100ms, watch: 500ms, checks: [{ http: "http://127.0.0.1:${ports[index]}/", status: 200 }] }
`
  )
  .join("")}`

/** @param home an empty folder. @returns the world with its daemon running, and a link that signs a browser in. */
export const dashboardWorld = Effect.fnUntraced(function* (home: string) {
  const world = worldIn(home)
  const port = yield* Effect.promise(freePort)
  const ports = yield* Effect.promise(() => Promise.all(names.map(freePort)))
  yield* world.write("lastgood.yaml", configuration(port, ports))
  yield* Effect.promise(() => mkdir(world.root, { mode: 0o700 }))

  const tag = Effect.fnUntraced(function* (name: Name, version: string, release: Partial<Release> = {}) {
    const text = JSON.stringify({ ...fine, ...release })
    yield* world.write(`${name}/release.json`, text)
    yield* tagRecipe(world.at(name), version)
  })
  const run = (...args: ReadonlyArray<string>) => world.lastgood(args)

  for (const [index, name] of names.entries()) {
    yield* Effect.promise(async () => {
      await mkdir(world.at(name))
      await copyFile(join(import.meta.dirname, "app.mjs"), world.at(name, "app.mjs"))
      await writeFile(world.at(name, "Procfile"), `web: exec "$NODE" app.mjs\n`)
      await writeFile(
        world.at(`${name}.env`),
        `PORT=${ports[index]}\nSICK=${world.at(`${name}.sick`)}\nNODE=${process.execPath}\n`,
        { mode: 0o600 }
      )
    })
    yield* initRecipe(world.at(name))
    yield* tag(name, `2.${index}.0+4.1.0`, { bytes: 1_500_000 + index * 700_000 })
  }
  yield* Effect.forEach(names, (name) => run("deploy", name), { concurrency: 2 })

  const upgrades = (name: Name, versions: ReadonlyArray<readonly [string, Partial<Release>]>) =>
    Effect.forEach(versions, ([version, release]) =>
      Effect.andThen(tag(name, version, release), run("upgrade", name, "--to", version))
    )
  yield* Effect.all(
    [
      upgrades("photos", [["2.4.1+4.1.1", { bytes: 9_000_000 }]]),
      upgrades("forum", [
        ["2.2.1+4.1.1", { bytes: 4_100_000, stopMs: 300 }],
        ["2.2.2+4.1.2", { bytes: 5_000_000, stopMs: 200 }],
        ["2.2.3+4.1.3", { bytes: 5_600_000, stopMs: 420 }],
        ["2.2.4+4.1.4", { bytes: 6_900_000, stopMs: 350 }],
        ["2.3.0+4.2.0", { ...forumFails, bytes: 7_000_000, stopMs: 250 }]
      ]),
      upgrades("git", [["2.3.1+4.1.1", {}]])
    ],
    { concurrency: 2 }
  )
  yield* tag("wiki", "3.0.0+5.0.0", { bytes: 2_600_000 })
  yield* tag("photos", "2.4.2+4.1.2", { bytes: 9_500_000, stopMs: 1500 })
  yield* run("hold", "calendar", "--for", "2d", "--reason", "the conference ends on Friday")
  yield* run("upgrade", "wiki")

  const daemon = yield* Effect.acquireRelease(
    Effect.sync(() => world.start(["reconcile"])),
    ({ done, signal }) =>
      Effect.andThen(
        Effect.sync(() => signal("SIGTERM")),
        done
      )
  )
  yield* waitUntil(
    "the daemon does not serve HTTP",
    Effect.promise(() =>
      fetch(`http://127.0.0.1:${port}/healthz`).then(
        ({ ok }) => ok,
        () => false
      )
    ),
    60_000
  )
  yield* world.write("recipes.sick", "")
  yield* waitUntil(
    "the daemon does not see that an app is unhealthy",
    Effect.map(world.namesIn("root", "recipes", "alerts"), ({ length }) => length > 0),
    60_000
  )
  const link = Effect.map(run("dashboard", "--json"), ({ stdout }) => String(JSON.parse(stdout).link))
  return { ...world, base: `http://127.0.0.1:${port}`, daemon, link, run, tag }
})
